"""JSON shapes of a leader's earnings."""

from marshmallow import fields

from app.api.schemas.base import Moment, Out, PageIn
from app.domains.settlement.values import EntryKind


class EarningsIn(PageIn):
    first = fields.Date(load_default=None, metadata={"description": "First day; without it the first of this month"})
    last = fields.Date(load_default=None, metadata={"description": "Last day, included; without it today"})


class TotalOut(Out):
    currency = fields.String()
    accrued_cents = fields.Integer()
    reversed_cents = fields.Integer()
    net_sales_cents = fields.Integer()
    effective_bps = fields.Integer(metadata={"description": "Commission over net sales, in ten-thousandths"})
    orders = fields.Integer()


class EntryOut(Out):
    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    sku_name = fields.String()
    sku_name_en = fields.String()
    kind = fields.Enum(EntryKind, by_value=True)
    amount_cents = fields.Integer()
    net_cents = fields.Integer()
    commission_bps = fields.Integer()
    at = Moment()


class EarningsOut(Out):
    """Sums of the period by currency (local days of the hub), and all entries of the leader, newest first."""

    first = fields.Date()
    last = fields.Date()
    totals = fields.List(fields.Nested(TotalOut))
    items = fields.List(fields.Nested(EntryOut))
    next_cursor = fields.String(allow_none=True)
