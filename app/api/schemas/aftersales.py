"""JSON shapes of claims."""

from marshmallow import fields

from app.api.schemas.base import Id, In, Moment, Out, PageIn, Text, Whole
from app.domains.aftersales.values import ClaimKind, ClaimStatus
from app.domains.orders.rules import MAX_QTY


class ClaimIn(In):
    order_line_id = Id(required=True)
    kind = fields.Enum(ClaimKind, by_value=True, required=True)
    qty = Whole(1, MAX_QTY, required=True)
    text = Text(500, 1, required=True)


class ClaimsIn(PageIn):
    order_id = Id(load_default=None)


class ClaimOut(Out):
    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    order_line_id = fields.UUID()
    sku_id = fields.UUID()
    sku_name = fields.String()
    sku_name_en = fields.String()
    kind = fields.Enum(ClaimKind, by_value=True)
    qty = fields.Integer()
    text = fields.String()
    status = fields.Enum(ClaimStatus, by_value=True)
    claimed_cents = fields.Integer(metadata={"description": "What a full refund of these pieces would be"})
    refunded_cents = fields.Integer()
    reason = fields.String(metadata={"description": "What HQ says to its decision"})
    filed_at = Moment()
    due_at = Moment(metadata={"description": "HQ decides until then"})
    decided_at = Moment(allow_none=True)
