"""JSON shapes of balances and kept cards."""

from marshmallow import fields

from app.api.schemas.base import In, Moment, Out, Shaped
from app.api.schemas.orders import return_path
from app.domains.payments.values import EntryKind, Route

CARD_REF = r"^pm_[A-Za-z0-9_]{1,80}$"


class SumOut(Out):
    currency = fields.String()
    cents = fields.Integer()


class BalanceOut(Out):
    sums = fields.List(fields.Nested(SumOut), metadata={"description": "One for each currency that she ever had"})
    refunds_to = fields.Enum(Route, by_value=True, metadata={"description": "`source`: the way the money came"})


class RefundsToIn(In):
    to = fields.Enum(Route, by_value=True, required=True, metadata={"description": "`source` or `balance`"})


class BalanceEntryOut(Out):
    id = fields.UUID()
    kind = fields.Enum(EntryKind, by_value=True)
    currency = fields.String()
    amount_cents = fields.Integer(metadata={"description": "Money in is positive"})
    order_id = fields.UUID()
    order_no = fields.String()
    at = Moment()


class CardOut(Out):
    ref = fields.String()
    brand = fields.String()
    last4 = fields.String()
    exp_month = fields.Integer()
    exp_year = fields.Integer()


class KeepCardIn(In):
    return_path = return_path()


class CardPageOut(Out):
    url = fields.String(metadata={"description": "The provider's page"})


class CardIn(In):
    ref = fields.String(required=True, validate=Shaped(CARD_REF))
