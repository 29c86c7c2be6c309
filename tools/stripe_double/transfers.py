"""Taking transfers back: wholly or in part, as a platform does when a payee was paid by mistake."""

from tools.stripe_double import shapes
from tools.stripe_double.params import Params
from tools.stripe_double.wire import Json, Refusal, new_id
from tools.stripe_double.work import Work

_REVERSE = frozenset({"amount", "description", "metadata", "refund_application_fee"})


def reverse(work: Work, form: Json, ident: str) -> Json:
    """Take an amount of a transfer back, or all that is left; never more than was sent."""
    sent = Params(form, _REVERSE)
    moved = work.get("transfer", ident)
    left = moved["amount"] - moved["amount_reversed"]
    amount = sent.amount("amount") or left
    if not 0 < amount <= left:
        raise Refusal(400, f"Reversal amount ({amount}) is greater than what is left ({left}).", param="amount")
    moved["amount_reversed"] += amount
    moved["reversed"] = moved["amount_reversed"] == moved["amount"]
    made = {
        "id": new_id("trr"), "object": "transfer_reversal", "amount": amount, "created": work.now,
        "currency": moved["currency"], "metadata": sent.metadata({}), "transfer": ident,
    }  # fmt: skip
    moved["reversals"]["data"].insert(0, made)
    line = work.put(shapes.entry(work, {**moved, "id": made["id"]}, "transfer_refund", amount))
    work.put(made | {"balance_transaction": line["id"]})
    work.emit("transfer.reversed", work.put(moved))
    return made
