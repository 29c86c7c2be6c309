"""The /v1 door: keys, limits, idempotency, and which function answers which address."""

import asyncio
import base64
import hashlib
import os
import signal
from collections import deque
from collections.abc import Callable

from tools.stripe_double import intents, others, refunds, setups, transfers
from tools.stripe_double.double import Double
from tools.stripe_double.params import Params
from tools.stripe_double.store import KeptAnswer
from tools.stripe_double.wire import Answer, Json, Refusal, Request, dump, nest
from tools.stripe_double.work import Work

Handler = Callable[[Work, Json, str], Json]

_ROUTES: dict[tuple[str, str, str], Handler] = {
    ("POST", "payment_intents", ""): intents.create,
    ("POST", "payment_intents", "*"): intents.update,
    ("POST", "payment_intents", "confirm"): intents.confirm,
    ("POST", "payment_intents", "capture"): intents.capture,
    ("POST", "payment_intents", "cancel"): intents.cancel,
    ("POST", "refunds", ""): refunds.create,
    ("POST", "refunds", "*"): refunds.update,
    ("POST", "customers", ""): others.create_customer,
    ("POST", "customers", "*"): others.update_customer,
    ("GET", "customers", "payment_methods"): others.methods_of_customer,
    ("POST", "checkout/sessions", ""): setups.create_session,
    ("POST", "payment_methods", ""): others.create_method,
    ("POST", "payment_methods", "attach"): setups.attach,
    ("POST", "payment_methods", "detach"): setups.detach,
    ("POST", "setup_intents", ""): setups.create,
    ("POST", "setup_intents", "cancel"): setups.cancel,
    ("POST", "setup_intents", "confirm"): setups.confirm,
    ("POST", "transfers", ""): others.create_transfer,
    ("POST", "transfers", "reversals"): transfers.reverse,
    ("POST", "payouts", ""): others.create_payout,
    ("GET", "balance", ""): others.balance,
}
_LISTED = {
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "customers": "customer",
    "events": "event",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "payouts": "payout",
    "refunds": "refund",
    "setup_intents": "setup_intent",
    "transfers": "transfer",
}
_READ = {**_LISTED, "checkout/sessions": "checkout.session"}


class Api:
    """Answers /v1 requests."""

    def __init__(self, double: Double) -> None:
        self._double = double
        self._busy: set[str] = set()
        self._recent: deque[float] = deque()
        self.requests = 0

    async def answer(self, request: Request) -> Answer:
        """The answer to one request, after the forced delay and the forced failures that the settings ask for."""
        self.requests += 1
        settings = self._double.settings
        work = self._double.work()
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        work.idempotency_key = key
        work.api_version = request.headers.get("stripe-version", work.api_version)
        if key and key in self._busy:
            return self._dress(_in_use(key).answer(), work)
        if key:
            self._busy.add(key)
        try:
            if settings.latency_ms:
                await asyncio.sleep(settings.latency_ms / 1000)
            return self._dress(self._answer(request, work, key), work)
        finally:
            self._busy.discard(key or "")

    def _answer(self, request: Request, work: Work, key: str | None) -> Answer:
        settings = self._double.settings
        try:
            _check_key(request.headers.get("authorization", ""))
            self._check_rate()
        except Refusal as refusal:
            return refusal.answer()
        self._die_at(1)
        failing = settings.fail_next > 0
        if failing:
            settings.fail_next -= 1
            if not settings.fail_after:
                return _forced(settings.fail_status)
        answer = self._once(request, work, key) if key else self._run(request, work, None)
        self._die_at(2)
        return _forced(settings.fail_status) if failing else answer

    def _once(self, request: Request, work: Work, key: str) -> Answer:
        pairs = "&".join(f"{name}={value}" for name, value in sorted(request.pairs()))
        print_ = hashlib.sha256(pairs.encode()).hexdigest()
        kept = self._double.store.kept_answer(key)
        if kept is None:
            return self._run(request, work, (key, print_))
        if kept.path != request.path:
            reason = (
                "Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{kept.path}'). Try using a key other than '{key}'."
            )
            return Refusal(400, reason, "idempotency_error").answer()
        if kept.fingerprint != print_:
            reason = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            return Refusal(400, reason, "idempotency_error").answer()
        return Answer(kept.status, kept.body, {"Idempotent-Replayed": "true", "Original-Request": kept.request_id})

    def _run(self, request: Request, work: Work, key: tuple[str, str] | None) -> Answer:
        try:
            answer, store_it, save = Answer(200, dump(_handle(request, work))), True, True
        except Refusal as refusal:
            answer, store_it, save = refusal.answer(), refusal.keeps_changes, refusal.saved
        changes = work.changes() if store_it else None
        kept = None
        if key and save:
            kept = (key[0], KeptAnswer(key[1], request.path, work.request_id, answer.status, answer.body))
        self._double.commit(work, changes, kept)
        return answer

    def _die_at(self, step: int) -> None:
        """End as a power cut would, where the settings ask for it."""
        if self._double.settings.die_at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def _check_rate(self) -> None:
        limit = self._double.settings.rate_limit
        if not limit:
            return
        now = asyncio.get_running_loop().time()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if len(self._recent) >= limit:
            raise _rate_limited()
        self._recent.append(now)

    def _dress(self, answer: Answer, work: Work) -> Answer:
        headers = {"Request-Id": work.request_id, "Stripe-Version": work.api_version, **answer.headers}
        if work.idempotency_key:
            headers["Idempotency-Key"] = work.idempotency_key
        if answer.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        return Answer(answer.status, answer.body, headers)


def _handle(request: Request, work: Work) -> Json:
    noun, ident, action = _split(request)
    form = nest(request.pairs())
    expand = Params({"expand": form.get("expand")}, ()).items("expand")
    handler = _ROUTES.get((request.method, noun, action or ("*" if ident else "")))
    if handler:
        return work.expand(handler(work, form, ident), expand)
    if request.method != "GET" or action or noun not in (_READ if ident else _LISTED):
        raise Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).")
    if not ident:
        return work.expand(others.page(work, _LISTED[noun], form), expand)
    Params(form, {"client_secret"})
    found = work.get(_READ[noun], ident, "intent" if noun == "payment_intents" else "id")
    if noun == "events":
        others.mark_pending(work, found)
    return work.expand(found, expand)


def _split(request: Request) -> tuple[str, str, str]:
    noun, ident, action, *rest = [*request.path.removeprefix("/v1/").split("/"), "", ""]
    if (noun, ident) == ("checkout", "sessions"):
        noun, ident, action, rest = "checkout/sessions", action, "".join(rest[:1]), rest[1:]
    if any(rest):
        raise Refusal(404, f"Unrecognized request URL ({request.method}: {request.path}).")
    return noun, ident, action


def _check_key(header: str) -> None:
    scheme, _, value = header.partition(" ")
    key = value.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key).decode().partition(":")[0]
        except ValueError:
            key = ""
    if not key:
        reason = "You did not provide an API key. Provide it in the Authorization header, using Bearer auth."
        raise Refusal(401, reason)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise Refusal(401, f"Invalid API Key provided: {key[:8]}{'*' * max(0, len(key) - 12)}{key[8:][-4:]}")


def _in_use(key: str) -> Refusal:
    reason = f"There is currently another in-progress request using this Idempotent Key: {key}. Please try again later."
    return Refusal(409, reason, "idempotency_error", "idempotency_key_in_use")


def _rate_limited() -> Refusal:
    return Refusal(429, "Request rate limit exceeded.", code="rate_limit")


def _forced(status: int) -> Answer:
    if status == 0:
        return Answer(0, b"")
    if status == 429:
        return _rate_limited().answer()
    return Refusal(status, "An unknown error occurred.", "api_error").answer()
