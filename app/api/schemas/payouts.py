"""JSON shapes of a leader's money: weeks, withdrawals, and where they go."""

from marshmallow import fields, validate

from app.api.schemas.base import In, Moment, Out, Text
from app.domains.aftersales.values import ClaimKind
from app.domains.logistics.values.handover import Fault
from app.domains.payouts.values import PayoutStatus, PayoutWay
from app.domains.statements.values import LineKind


class DetailsIn(In):
    way = fields.Enum(PayoutWay, by_value=True, required=True, validate=validate.NoneOf([PayoutWay.BY_HAND]))
    holder = Text(60, 1, required=True)
    bank_name = Text(60, load_default="")
    account_no = Text(60, 1, required=True)


class DetailsOut(Out):
    way = fields.Enum(PayoutWay, by_value=True)
    holder = fields.String()
    bank_name = fields.String()
    masked_no = fields.String(metadata={"description": "Only its last four characters"})
    usable_at = Moment(metadata={"description": "Payouts are not sent earlier: changed details wait"})


class MoneyOut(Out):
    """What a leader may withdraw, and by which rules."""

    currency = fields.String()
    available_cents = fields.Integer()
    frozen_cents = fields.Integer(metadata={"description": "Earned, while complaints are still possible"})
    transit_cents = fields.Integer(metadata={"description": "Withdrawn and not arrived yet"})
    cash_cents = fields.Integer(metadata={"description": "Cash in the leader's hands that is ours"})
    min_cents = fields.Integer()
    fee_cents = fields.Integer()
    details = fields.Nested(DetailsOut, allow_none=True)


class AskPayoutIn(In):
    amount_cents = fields.Integer(required=True, strict=True)
    shown_cents = fields.Integer(
        required=True, strict=True,
        metadata={"description": "The available balance that you showed; another one is refused as changed"},
    )  # fmt: skip


class PayoutStepOut(Out):
    status = fields.Enum(PayoutStatus, by_value=True)
    at = Moment()
    note = fields.String()


class PayoutOut(Out):
    id = fields.UUID()
    no = fields.String()
    currency = fields.String()
    amount_cents = fields.Integer()
    fee_cents = fields.Integer()
    net_cents = fields.Integer()
    way = fields.Enum(PayoutWay, by_value=True)
    status = fields.Enum(PayoutStatus, by_value=True)
    masked_no = fields.String()
    asked_at = Moment()
    not_before_at = Moment()
    reason = fields.String()


class PayoutDetailOut(PayoutOut):
    steps = fields.List(fields.Nested(PayoutStepOut))


class WeekOut(Out):
    id = fields.UUID()
    no = fields.String()
    week_on = fields.Date(metadata={"description": "Its Monday"})
    currency = fields.String()
    opening_cents = fields.Integer()
    change_cents = fields.Integer()
    closing_cents = fields.Integer()


class WeekSumOut(Out):
    kind = fields.Enum(LineKind, by_value=True)
    amount_cents = fields.Integer()


class WeekLineOut(Out):
    kind = fields.Enum(LineKind, by_value=True)
    at = Moment()
    amount_cents = fields.Integer()
    order_no = fields.String(allow_none=True)
    sku_name = fields.String(allow_none=True)
    sku_name_en = fields.String(allow_none=True)
    net_cents = fields.Integer()
    commission_bps = fields.Integer(allow_none=True)
    claim_kind = fields.Enum(ClaimKind, by_value=True, allow_none=True)
    fault = fields.Enum(Fault, by_value=True, allow_none=True)
    payout_no = fields.String(allow_none=True)
    reason = fields.String()


class WeekSheetOut(Out):
    """A closed week: its lines lead from the opening to the closing balance."""

    no = fields.String()
    week_on = fields.Date()
    currency = fields.String()
    opening_cents = fields.Integer()
    closing_cents = fields.Integer()
    net_sales_cents = fields.Integer()
    effective_bps = fields.Integer()
    sums = fields.List(fields.Nested(WeekSumOut))
    lines = fields.List(fields.Nested(WeekLineOut))
