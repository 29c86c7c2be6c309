"""Delivery of events to the shop: signed, at least once, in no promised order, with retries."""

import asyncio
import hashlib
import hmac
import random
import secrets
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from tools.stripe_double.settings import Settings
from tools.stripe_double.store import Store
from tools.stripe_double.wire import Json

_TIMEOUT_S = 10
_AT_ONCE = 16
_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0
_SHUFFLE_S = 0.25


class Webhooks:
    """Sends stored events to one address. An event stays in the store's list until the receiver answers 2xx."""

    def __init__(self, url: str, secret: str, store: Store, settings: Settings) -> None:
        parts = urlsplit(url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or (443 if self._secure else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._netloc = parts.netloc
        self._secret = secret.encode()
        self._store = store
        self._settings = settings
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._jobs: set[asyncio.Task[None]] = set()
        self._held: list[str] = []
        self._parked: list[str] = []
        self._started = 0
        self._free_until = 0
        self._delivered = 0
        self._failures = 0
        self._last_failure: str | None = None

    def queue(self, event_ids: Iterable[str]) -> None:
        """Deliver these events, each as often as the settings say; with no copies wanted they count as delivered."""
        for ident in event_ids:
            if self._settings.webhook_copies == 0:
                self._store.delivered(ident)
            for _ in range(self._settings.webhook_copies):
                self._start(ident, self._settings.webhook_delay_ms / 1000)

    async def flush(self, wait_s: float) -> bool:
        """Release everything queued so far, held and parked events too, and wait until nothing is on its way.

        Returns False when the time ran out. What is queued after the call is held again while ``hold`` is on.
        """
        waiting, self._held, self._parked = self._held + self._parked, [], []
        if self._settings.shuffle:
            secrets.SystemRandom().shuffle(waiting)
        for ident in waiting:
            self._start(ident, 0)
        self._free_until = self._started
        until = asyncio.get_running_loop().time() + wait_s
        while self._jobs and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._jobs, timeout=left)
        return not self._jobs

    def release(self) -> None:
        """Send the held events on their normal way."""
        waiting, self._held = self._held, []
        for ident in waiting:
            self._start(ident, 0)

    def _accepted(self, ident: str) -> None:
        """The receiver took an event, so it is up: what was parked while it was down gets its tries again."""
        self._delivered += 1
        self._store.delivered(ident)
        waiting, self._parked = self._parked, []
        for parked in waiting:
            self._start(parked, 0)
        if len(self._jobs) == 1:
            self._store.note_deliveries()

    def stats(self) -> Json:
        """Counts of copies by what became of them."""
        return {
            "delivered": self._delivered,
            "underway": len(self._jobs),
            "held": len(self._held),
            "parked": len(self._parked),
            "failed_tries": self._failures,
            "last_failure": self._last_failure,
            "undelivered_events": len(self._store.undelivered),
        }

    def _start(self, ident: str, delay_s: float) -> None:
        self._started += 1
        job = asyncio.create_task(self._deliver(ident, delay_s, self._started))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _deliver(self, ident: str, delay_s: float, number: int) -> None:
        body = self._store.body("event", ident)
        if body is None:
            return
        if self._settings.shuffle:
            delay_s += random.uniform(0, _SHUFFLE_S)
        for attempt in range(self._settings.webhook_tries):
            await asyncio.sleep(delay_s)
            if self._settings.hold and number > self._free_until:
                self._held.append(ident)
                return
            async with self._slots:
                if await self._try(body):
                    self._accepted(ident)
                    return
            delay_s = min(_FIRST_BACKOFF_S * 2**attempt, _LONGEST_BACKOFF_S)
        self._parked.append(ident)

    async def _try(self, body: bytes) -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                status = await self._post(body)
        except (OSError, TimeoutError, ValueError) as failure:
            self._last_failure = f"{type(failure).__name__}: {failure}"
        else:
            if 200 <= status < 300:
                return True
            self._last_failure = f"status {status}"
        self._failures += 1
        return False

    async def _post(self, body: bytes) -> int:
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._secure or None)
        try:
            writer.write(self._head(body) + body)
            await writer.drain()
            first = await reader.readline()  # empty when the receiver died over it
            status = int(first.split(b" ")[1]) if first.startswith(b"HTTP/") else 0
            while await reader.read(65536):
                pass
            return status
        finally:
            writer.close()

    def _head(self, body: bytes) -> bytes:
        lines = (
            f"POST {self._target} HTTP/1.1",
            f"Host: {self._netloc}",
            "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Accept: */*; q=0.5, application/xml",
            "Content-Type: application/json; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"Stripe-Signature: {signature(body, self._secret, int(time.time()))}",
            "Connection: close",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def signature(body: bytes, secret: bytes, at: int) -> str:
    """The ``Stripe-Signature`` header, scheme v1: HMAC-SHA256 of ``<epoch seconds>.<body>``."""
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
