"""One piece of work: reads, changes and events that are stored together or not at all."""

import json
from collections.abc import Iterator
from typing import Any

from tools.stripe_double.settings import Settings
from tools.stripe_double.store import Changes, Store
from tools.stripe_double.wire import Json, dump, new_id, not_found

API_VERSION = "2026-10-28.endive"

#: What the webhook endpoint has subscribed to; other events are only listed under /v1/events.
_SUBSCRIBED = ("payment_intent.", "charge.refunded", "refund.", "setup_intent.", "transfer.", "payout.")

#: Kinds of object by the prefix of their identifier.
KINDS = {
    "ch": "charge", "cus": "customer", "evt": "event", "pi": "payment_intent", "pm": "payment_method", "po": "payout",
    "re": "refund", "seti": "setup_intent", "tr": "transfer", "trr": "transfer_reversal", "txn": "balance_transaction",
}  # fmt: skip


class Work:
    """The view of the double that one request has; ``now`` is epoch seconds."""

    def __init__(self, store: Store, settings: Settings, base_url: str, now: int) -> None:
        self.store = store
        self.settings = settings
        self.base_url = base_url
        self.now = now
        self.request_id = new_id("req", 14)
        self.idempotency_key: str | None = None
        self.api_version = API_VERSION
        self.followups: list[tuple[int, str, str]] = []
        self._puts: dict[tuple[str, str], Json] = {}
        self._events: list[tuple[str, bytes, bool]] = []

    def find(self, kind: str, ident: str) -> Json | None:
        """An own copy of the object, with the changes of this work, or None."""
        if (kind, ident) in self._puts:
            return self._puts[kind, ident]
        body = self.store.body(kind, ident)
        return None if body is None else json.loads(body)

    def get(self, kind: str, ident: str, param: str = "id", status: int = 404) -> Json:
        """An own copy of the object; refuses an unknown one."""
        found = self.find(kind, ident)
        if found is None:
            raise not_found(kind, ident, param, status)
        return found

    def put(self, item: Json) -> Json:
        """Store the object when the work is done."""
        self._puts[item["object"], item["id"]] = item
        return item

    def emit(self, event_type: str, item: Json) -> None:
        """Record an event with the object as it is now."""
        ident = new_id("evt")
        event = {
            "id": ident,
            "object": "event",
            "account": None,
            "api_version": API_VERSION,
            "created": self.now,
            "data": {"object": item},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": event_type,
        }
        self._events.append((ident, dump(event), event_type.startswith(_SUBSCRIBED)))

    def later(self, delay_ms: int, action: str, ident: str) -> None:
        """Ask for a follow-up after some milliseconds."""
        self.followups.append((delay_ms, action, ident))

    def changes(self) -> Changes:
        """What is to be stored."""
        return Changes(list(self._puts.values()), self._events)

    def expand(self, item: Json, paths: list[str]) -> Json:
        """Replace identifiers by objects along dotted paths such as ``latest_charge.balance_transaction``."""
        for path in paths:
            self._expand(item, path.split("."))
        return item

    def _expand(self, here: Any, steps: list[str]) -> None:
        for holder in _holders(here):
            value = holder.get(steps[0])
            if isinstance(value, str):
                kind = KINDS.get(value.partition("_")[0], "")
                value = holder[steps[0]] = self.find(kind, value) or value
            if len(steps) > 1 and not isinstance(value, str):
                self._expand(value, steps[1:])


def _holders(here: Any) -> Iterator[Json]:
    if isinstance(here, dict):
        yield here
    elif isinstance(here, list):
        yield from (item for item in here if isinstance(item, dict))
