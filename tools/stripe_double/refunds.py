"""Refunds: never more than what was taken."""

from tools.stripe_double import shapes
from tools.stripe_double.params import Params
from tools.stripe_double.wire import Json, Refusal, missing
from tools.stripe_double.work import Work

_CREATE = frozenset({"payment_intent", "charge", "amount", "reason", "metadata", "currency", "instructions_email"})
_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


def create(work: Work, form: Json, _ident: str) -> Json:
    """Send back an amount, or all that is left of a payment.

    Refuses what was never taken, what is already refunded, and more than what is left.
    """
    sent = Params(form, _CREATE)
    reason = sent.choice("reason", _REASONS)
    amount = sent.amount("amount")
    paid = _charge(work, sent)
    left = paid["amount_captured"] - paid["amount_refunded"]
    if left <= 0:
        text = f"Charge {paid['id']} has already been refunded."
        raise Refusal(400, text, code="charge_already_refunded", extra={"charge": paid["id"]}, saved=True)
    if amount is not None and amount > left:
        text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Refusal(400, text, code="amount_too_large", param="amount", saved=True)
    made = shapes.refund(work, paid, amount or left, reason, sent.metadata({}))
    _count(paid, made["amount"])
    work.put(made)
    work.put(paid)
    if work.settings.refund_pending_ms:
        made |= {"status": "pending", "pending_reason": "processing"}
        work.later(work.settings.refund_pending_ms, "refund", made["id"])
    else:
        _book(work, made, paid)
    work.emit("refund.created", made)
    work.emit("charge.refunded", paid)
    return made


def update(work: Work, form: Json, ident: str) -> Json:
    """Change the metadata of a refund."""
    sent = Params(form, {"metadata"})
    made = work.get("refund", ident)
    made["metadata"] = sent.metadata(made["metadata"])
    work.emit("refund.updated", work.put(made))
    return made


def finish(work: Work, made: Json) -> Json:
    """The bank reports that a pending refund has arrived. Repeating it changes nothing."""
    if made["status"] == "pending":
        made |= {"status": "succeeded", "pending_reason": None}
        _book(work, made, work.get("charge", made["charge"]))
        work.emit("refund.updated", work.put(made))
    return made


def fail(work: Work, made: Json) -> Json:
    """The bank sends a refund back: the money is the shop's again and may be refunded anew."""
    if made["status"] not in {"pending", "succeeded"}:
        return made
    paid = work.get("charge", made["charge"])
    _count(paid, -made["amount"])
    work.put(paid)
    if made["status"] == "succeeded":
        line = work.put(shapes.entry(work, made, "payment_failure_refund", made["amount"]))
        made["failure_balance_transaction"] = line["id"]
    made |= {"status": "failed", "pending_reason": None, "failure_reason": "expired_or_canceled_card"}
    work.emit("refund.failed", work.put(made))
    work.emit("refund.updated", made)
    return made


def _charge(work: Work, sent: Params) -> Json:
    if ident := sent.text("payment_intent"):
        intent = work.get("payment_intent", ident, "payment_intent")
        if intent["status"] != "succeeded":
            text = f"This PaymentIntent ({ident}) does not have a successful charge to refund."
            raise Refusal(400, text, param="payment_intent", saved=True)
        return work.get("charge", intent["latest_charge"])
    if ident := sent.text("charge"):
        paid = work.get("charge", ident, "charge")
        if paid["captured"]:
            return paid
        raise Refusal(400, f"Charge {ident} has not been captured.", param="charge", saved=True)
    raise missing("payment_intent")


def _count(paid: Json, amount: int) -> None:
    paid["amount_refunded"] += amount
    paid["refunded"] = paid["amount_refunded"] == paid["amount_captured"]


def _book(work: Work, made: Json, paid: Json) -> None:
    card = paid["payment_method_details"]["type"] == "card"
    line = work.put(shapes.entry(work, made, "refund" if card else "payment_refund", -made["amount"]))
    made["balance_transaction"] = line["id"]
