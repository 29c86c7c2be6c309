"""JSON shapes of baskets, orders and payments."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.api.schemas.base import Id, In, Moment, Out, Shaped, Text, Whole
from app.api.schemas.communities import PlaceOut
from app.domains.logistics.values.pickup import PickupState
from app.domains.orders.rules import MAX_ITEMS, MAX_QTY
from app.domains.orders.values import CutReason, OrderItem, OrderStatus
from app.domains.payments.values import Method, PaymentStatus, RefundKind, RefundStatus, Route


class ItemIn(In):
    offer_id = Id(required=True)
    qty = Whole(1, MAX_QTY, required=True, metadata={"description": "Pieces wanted in any case"})
    tolerance_qty = Whole(
        0, MAX_QTY - 1, load_default=0,
        metadata={"description": "Pieces taken besides, only if they fill a box; only where the offer has a pack_size"},
    )  # fmt: skip

    @post_load
    def as_input(self, data: dict[str, Any], **_: object) -> OrderItem:
        return OrderItem(**data)


class QuoteIn(In):
    group_buy_id = Id(required=True)
    items = fields.List(fields.Nested(ItemIn), required=True, validate=validate.Length(1, MAX_ITEMS))


def _total_shown() -> Whole:
    return Whole(
        0, 2_000_000_000, load_default=None, metadata={"description": "The total shown; another one is refused"}
    )


class PlaceOrderIn(QuoteIn):
    expected_total_cents = _total_shown()
    note = Text(200, load_default="")


class AmendOrderIn(In):
    """The quantities from now on; offers that are not named are taken out, an empty list cancels."""

    items = fields.List(fields.Nested(ItemIn), required=True, validate=validate.Length(0, MAX_ITEMS))
    expected_total_cents = _total_shown()


def return_path() -> fields.String:
    """Where the payer is sent back to from the provider's page."""
    return fields.String(
        load_default="/",
        validate=Shaped(r"^/([A-Za-z0-9._~-][A-Za-z0-9._~/-]{0,199})?$"),
        metadata={"description": "Where on this site the payer comes back to"},
    )


class PayIn(In):
    method = fields.String(
        load_default="alipay",
        validate=validate.OneOf([method.value for method in Method]),
        metadata={
            "description": "`card` is a kept one; `cash` where the leader takes it; `card_test` pays at once and works "
            "with test keys only"
        },
    )
    use_balance = fields.Boolean(
        load_default=False, metadata={"description": "Take what the balance has first, and the rest this way"}
    )
    card_ref = fields.String(load_default=None, allow_none=True, validate=Shaped(r"^pm_[A-Za-z0-9_]{1,80}$"))
    return_path = return_path()


class QuoteLineOut(Out):
    offer_id = fields.UUID()
    sku_id = fields.UUID()
    qty = fields.Integer(metadata={"description": "Wanted and tolerated pieces: what is charged at most"})
    tolerance_qty = fields.Integer()
    unit_price_cents = fields.Integer()


class QuoteOut(Out):
    group_buy_id = fields.UUID()
    currency = fields.String()
    total_cents = fields.Integer(
        metadata={"description": "The most it can cost; what boxes do not need, and grams that are missing, go back"}
    )
    lines = fields.List(fields.Nested(QuoteLineOut))


class PlacedOut(Out):
    id = fields.UUID()
    no = fields.String()
    status = fields.Enum(OrderStatus, by_value=True)
    total_cents = fields.Integer()
    currency = fields.String()
    pay_by = Moment()
    is_new = fields.Boolean(metadata={"description": "False when the same key had placed it before"})


class LineOut(Out):
    id = fields.UUID()
    offer_id = fields.UUID()
    sku_id = fields.UUID()
    sku_code = fields.String()
    sku_name = fields.String()
    sku_name_en = fields.String()
    spec = fields.String()
    spec_en = fields.String()
    picture = fields.String()
    qty = fields.Integer(metadata={"description": "Pieces charged: wanted and tolerated"})
    wanted_qty = fields.Integer(allow_none=True, metadata={"description": "Null unless ordered in full boxes"})
    tolerance_qty = fields.Integer(metadata={"description": "Of these pieces, taken only if they fill a box"})
    given_qty = fields.Integer(allow_none=True, metadata={"description": "Out of full boxes; null before the cut-off"})
    estimate_g = fields.Integer(metadata={"description": "Grams of a piece sold by weight; 0 = by the piece"})
    weight_g = fields.Integer(allow_none=True, metadata={"description": "What the scale showed for all pieces"})
    cut_qty = fields.Integer(metadata={"description": "Pieces taken off since"})
    effective_qty = fields.Integer()
    unit_price_cents = fields.Integer()
    final_price_cents = fields.Integer(
        metadata={"description": "After the cut-off's price break, and by weight after the scale"}
    )
    refunded_cents = fields.Integer()
    net_cents = fields.Integer()


class OrderOut(Out):
    id = fields.UUID()
    no = fields.String()
    status = fields.Enum(OrderStatus, by_value=True)
    hub_id = fields.UUID()
    group_buy_id = fields.UUID()
    pickup_point_id = fields.UUID()
    leader_id = fields.UUID()
    pickup_on = fields.Date()
    currency = fields.String()
    total_cents = fields.Integer()
    refunded_cents = fields.Integer()
    note = fields.String()
    placed_at = Moment()
    pay_by = Moment()
    paid_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True, metadata={"description": "When it lapsed or was cancelled."})
    lines = fields.List(fields.Nested(LineOut))


class CutOut(Out):
    id = fields.UUID()
    line_id = fields.UUID()
    qty = fields.Integer()
    amount_cents = fields.Integer()
    reason = fields.Enum(CutReason, by_value=True)


class RefundOut(Out):
    id = fields.UUID()
    amount_cents = fields.Integer()
    currency = fields.String()
    reason = fields.String()
    kind = fields.Enum(RefundKind, by_value=True)
    status = fields.Enum(RefundStatus, by_value=True)
    route = fields.Enum(Route, by_value=True)
    created_at = Moment()
    settled_at = Moment(allow_none=True)


class PickedOut(Out):
    order_line_id = fields.UUID()
    due_qty = fields.Integer()
    picked_qty = fields.Integer()


class OwnPickupOut(Out):
    id = fields.UUID()
    state = fields.Enum(PickupState, by_value=True)
    code = fields.String(allow_none=True, metadata={"description": "Null once nothing is left to fetch"})
    picked_at = Moment(allow_none=True)
    lines = fields.List(fields.Nested(PickedOut))


class OrderDetailOut(OrderOut):
    """An order with all that happened to it; `pickup` is null before it is paid."""

    cuts = fields.List(fields.Nested(CutOut))
    refunds = fields.List(fields.Nested(RefundOut))
    pickup = fields.Nested(OwnPickupOut, allow_none=True)
    pickup_point = fields.Nested(PlaceOut)


class PaymentOut(Out):
    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    amount_cents = fields.Integer()
    part_cents = fields.Integer(metadata={"description": "Taken from the balance beside it"})
    received_cents = fields.Integer()
    refunded_cents = fields.Integer()
    currency = fields.String()
    method = fields.String()
    status = fields.Enum(PaymentStatus, by_value=True)
    redirect_url = fields.String(allow_none=True, metadata={"description": "Where the payer approves"})
    failure = fields.String(allow_none=True)
    created_at = Moment()
    settled_at = Moment(allow_none=True)
