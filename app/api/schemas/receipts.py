"""JSON shapes of receipts."""

from marshmallow import fields

from app.api.schemas.base import In, Moment, Out, Text
from app.domains.receipts.values import PaperKind


class BuyerIn(In):
    title = Text(100, load_default="", metadata={"description": "To whom an invoice is made out; empty: a receipt"})
    tax_no = Text(20, load_default="")


class PaperOut(Out):
    """A receipt, an invoice or a credit note; `credits_no` is what a credit note takes back from."""

    id = fields.UUID()
    kind = fields.Enum(PaperKind, by_value=True)
    no = fields.String()
    order_no = fields.String()
    credits_no = fields.String(allow_none=True)
    currency = fields.String()
    total_cents = fields.Integer()
    buyer_title = fields.String()
    issued_at = Moment()
