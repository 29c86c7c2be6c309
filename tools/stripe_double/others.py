"""The smaller endpoints: customers, payment methods, transfers, payouts, balance, and every list."""

import json
from itertools import islice

from tools.stripe_double import methods, shapes
from tools.stripe_double.params import Params
from tools.stripe_double.store import Row
from tools.stripe_double.wire import Json, Refusal, not_found
from tools.stripe_double.work import Work

_PAGE = frozenset({"limit", "starting_after", "ending_before", "created"})
_FILTERS = {
    "balance_transaction": {"currency", "source", "type", "payout"},
    "charge": {"customer", "payment_intent", "transfer_group"},
    "customer": {"email"},
    "event": {"type", "types", "delivery_success"},
    "payment_intent": {"customer"},
    "payment_method": {"customer", "type"},
    "payout": {"destination", "status"},
    "refund": {"charge", "payment_intent"},
    "setup_intent": {"customer", "payment_method"},
    "transfer": {"destination", "transfer_group"},
}
_PERSON = ("name", "email", "phone", "description")
_TRANSFER = frozenset({
    "amount", "currency", "destination", "description", "metadata", "source_transaction", "source_type",
    "transfer_group",
})  # fmt: skip
_PAYOUT = frozenset({
    "amount", "currency", "description", "destination", "metadata", "method", "source_type", "statement_descriptor",
})  # fmt: skip


def page(work: Work, kind: str, form: Json) -> Json:
    """A page of objects, newest first: ``limit`` 1-100 (10), after or before an object, by time, by filters."""
    sent = Params(form, _PAGE | _FILTERS[kind])
    limit = sent.integer("limit", 10) or 0
    if not 1 <= limit <= 100:
        raise Refusal(400, "This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    marks = {name: sent.text(name) for name in ("starting_after", "ending_before")}
    for name, ident in marks.items():
        if ident and work.store.body(kind, ident) is None:
            raise not_found(kind, ident, name, 400)
    singles = _FILTERS[kind] - {"types", "delivery_success", "payout"}
    tags = [f"{name}={value}" for name in sorted(singles) if (value := sent.text(name))]
    bounds = sent.created()
    types = {f"type={name}" for name in sent.items("types")}
    rows = work.store.newest_first(kind, tags, marks["starting_after"], marks["ending_before"])
    fitting = (row for row in rows if _within(row, bounds) and (not types or types & row.tags))
    found = list(islice(fitting, limit + 1))
    items = [json.loads(row.body) for row in found[:limit]]
    if marks["ending_before"]:
        items.reverse()
    if kind == "event":
        for item in items:
            mark_pending(work, item)
    return shapes.listing(items, f"/v1/{kind}s", has_more=len(found) > limit)


def mark_pending(work: Work, event: Json) -> Json:
    """Show whether the receiver has accepted the event."""
    event["pending_webhooks"] = int(event["id"] in work.store.undelivered)
    return event


def create_customer(work: Work, form: Json, _ident: str) -> Json:
    """A new customer."""
    return _describe(work, shapes.customer(work), form)


def update_customer(work: Work, form: Json, ident: str) -> Json:
    """Change a customer."""
    return _describe(work, work.get("customer", ident), form)


def create_method(work: Work, form: Json, _ident: str) -> Json:
    """A new payment method."""
    return methods.from_data(work, form)


def methods_of_customer(work: Work, form: Json, ident: str) -> Json:
    """A page of a customer's payment methods, newest first."""
    return page(work, "payment_method", {**form, "customer": work.get("customer", ident)["id"]})


def create_transfer(work: Work, form: Json, _ident: str) -> Json:
    """Move money to a connected account; any ``acct_…`` is taken to exist."""
    sent = Params(form, _TRANSFER)
    amount, currency, destination = sent.needed_amount(), sent.currency(), sent.required("destination")
    if not destination.startswith("acct_"):
        raise not_found("destination", destination, "destination", 400)
    _check_balance(work, amount, currency)
    made = shapes.transfer(work, amount, currency, destination)
    if source := sent.text("source_transaction"):
        made["source_transaction"] = work.get("charge", source, "source_transaction", 400)["id"]
    for name in ("description", "transfer_group"):
        made[name] = sent.text(name)
    made["metadata"] = sent.metadata({})
    line = work.put(shapes.entry(work, made, "transfer", -amount))
    made["balance_transaction"] = line["id"]
    work.emit("transfer.created", work.put(made))
    return made


def create_payout(work: Work, form: Json, _ident: str) -> Json:
    """Send money to the bank; it arrives at once."""
    sent = Params(form, _PAYOUT)
    amount, currency = sent.needed_amount(), sent.currency()
    _check_balance(work, amount, currency)
    made = shapes.payout(work, amount, currency)
    for name in ("description", "destination", "statement_descriptor"):
        made[name] = sent.text(name)
    made["method"] = sent.choice("method", {"standard", "instant"}, "standard")
    made["metadata"] = sent.metadata({})
    line = work.put(shapes.entry(work, made, "payout", -made["amount"]))
    made["balance_transaction"] = line["id"]
    work.emit("payout.created", work.put({**made, "status": "pending"}))
    work.emit("payout.paid", work.put(made))
    return made


def fail_payout(work: Work, made: Json) -> Json:
    """The bank sends a payout back: the money is the shop's again. Repeating it changes nothing."""
    if made["status"] == "failed":
        return made
    line = work.put(shapes.entry(work, made, "payout_failure", made["amount"]))
    made |= {
        "status": "failed", "failure_code": "account_closed", "failure_balance_transaction": line["id"],
        "failure_message": "The bank account has been closed.",
    }  # fmt: skip
    work.emit("payout.failed", work.put(made))
    return made


def balance(work: Work, form: Json, _ident: str) -> Json:
    """What the shop has at Stripe, per currency: the sum of all net amounts."""
    Params(form, ())
    sums = _sums(work)
    available = [
        {"amount": amount, "currency": name, "source_types": {"card": amount}} for name, amount in sorted(sums.items())
    ]
    pending = [{"amount": 0, "currency": name, "source_types": {"card": 0}} for name in sorted(sums)]
    return {"object": "balance", "available": available, "pending": pending, "livemode": False}


def _sums(work: Work) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in work.store.newest_first("balance_transaction"):
        line = json.loads(row.body)
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["net"]
    return sums


def _check_balance(work: Work, amount: int, currency: str) -> None:
    if work.settings.check_balance and amount > _sums(work).get(currency, 0):
        reason = "You have insufficient available funds in your Stripe account."
        raise Refusal(400, reason, code="balance_insufficient", saved=True)


def _describe(work: Work, person: Json, form: Json) -> Json:
    sent = Params(form, {*_PERSON, "metadata", "address", "shipping", "preferred_locales"})
    for name in _PERSON:
        if sent.has(name):
            person[name] = sent.text(name)
    for name in ("address", "shipping"):
        if sent.has(name):
            person[name] = sent.group(name) or None
    if sent.has("preferred_locales"):
        person["preferred_locales"] = sent.items("preferred_locales")
    person["metadata"] = sent.metadata(person["metadata"])
    return work.put(person)


def _within(row: Row, bounds: dict[str, int]) -> bool:
    return (
        bounds.get("gte", row.created) <= row.created <= bounds.get("lte", row.created)
        and bounds.get("gt", row.created - 1) < row.created < bounds.get("lt", row.created + 1)
    )  # fmt: skip
