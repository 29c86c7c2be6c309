"""JSON shapes of handovers and pickups, as leaders use them."""

from typing import Any

from marshmallow import fields, post_load, validate

from app.api.schemas.base import KEY, Id, In, Moment, Out, Shaped, Text, Whole
from app.domains.logistics.values.handover import CountLine, Fault, HandoverState
from app.domains.logistics.values.pickup import PickLine, PickupState, RecordPickup
from app.domains.orders.rules import MAX_QTY

#: More different SKUs than a round offers, and more lines than an order may have.
MAX_LINES = 300


class HandoversIn(In):
    on = fields.Date(load_default=None, metadata={"description": "Pickup day; without it the last thirty"})


class PickupsIn(In):
    on = fields.Date(load_default=None, metadata={"description": "Pickup day; without it today at the hub"})
    text = Text(40, load_default="", metadata={"description": "Order number, part of a name, or end of a phone number"})


class CountLineIn(In):
    sku_id = Id(required=True)
    short_qty = Whole(0, 1_000_000, load_default=0)
    damaged_qty = Whole(0, 1_000_000, load_default=0)
    fault = fields.Enum(Fault, by_value=True, load_default=Fault.HUB)
    note = Text(200, load_default="")

    @post_load
    def as_input(self, data: dict[str, Any], **_: object) -> CountLine:
        return CountLine(**data)


class CountIn(In):
    """Only what is short or damaged; an empty list says that all is complete."""

    lines = fields.List(fields.Nested(CountLineIn), required=True, validate=validate.Length(0, MAX_LINES))


class PickLineIn(In):
    order_line_id = Id(required=True)
    qty = Whole(1, MAX_QTY, required=True)

    @post_load
    def as_input(self, data: dict[str, Any], **_: object) -> PickLine:
        return PickLine(**data)


class RecordPickupIn(In):
    """Hand out against a code; `lines` null means all that is due. The same `event_key` again changes nothing."""

    code = fields.String(required=True, validate=Shaped(r"^[0-9]{6}$"))
    event_key = fields.String(required=True, validate=Shaped(KEY))
    lines = fields.List(
        fields.Nested(PickLineIn), load_default=None, allow_none=True, validate=validate.Length(1, MAX_LINES)
    )
    pickup_id = Id(load_default=None, allow_none=True)
    cash_cents = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 99_999_999),
        metadata={"description": "What was collected in cash, where the order is paid so"},
    )  # fmt: skip

    @post_load
    def as_input(self, data: dict[str, Any], **_: object) -> RecordPickup:
        lines = data.pop("lines")
        return RecordPickup(lines=tuple(lines) if lines is not None else None, **data)


class HandoverLineOut(Out):
    id = fields.UUID()
    sku_id = fields.UUID()
    sku_code = fields.String()
    sku_name = fields.String()
    sku_name_en = fields.String()
    spec = fields.String()
    spec_en = fields.String()
    picture = fields.String()
    expected_qty = fields.Integer()
    short_qty = fields.Integer()
    damaged_qty = fields.Integer()
    good_qty = fields.Integer()
    fault = fields.Enum(Fault, by_value=True, allow_none=True)
    note = fields.String()


class HandoverOut(Out):
    id = fields.UUID()
    group_buy_id = fields.UUID()
    pickup_point_id = fields.UUID()
    pickup_point_name = fields.String()
    pickup_on = fields.Date()
    state = fields.Enum(HandoverState, by_value=True)
    crates = fields.Integer()
    counted_at = Moment(allow_none=True)
    lines = fields.List(fields.Nested(HandoverLineOut))


class PickupLineOut(Out):
    order_line_id = fields.UUID()
    sku_id = fields.UUID()
    sku_name = fields.String()
    sku_name_en = fields.String()
    spec = fields.String()
    spec_en = fields.String()
    picture = fields.String()
    due_qty = fields.Integer()
    picked_qty = fields.Integer()


class PickupOut(Out):
    """An order at the leader's point; never its code, which only the resident knows."""

    id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    resident_name = fields.String()
    phone_tail = fields.String()
    pickup_on = fields.Date()
    state = fields.Enum(PickupState, by_value=True)
    picked_at = Moment(allow_none=True)
    lines = fields.List(fields.Nested(PickupLineOut))


class PickedLineOut(Out):
    order_line_id = fields.UUID()
    qty = fields.Integer()
    picked_qty = fields.Integer(metadata={"description": "Of this line so far"})


class PickupDoneOut(Out):
    event_id = fields.UUID()
    pickup_id = fields.UUID()
    order_id = fields.UUID()
    order_no = fields.String()
    state = fields.Enum(PickupState, by_value=True)
    picked = fields.List(fields.Nested(PickedLineOut))
    is_new = fields.Boolean(metadata={"description": "False when the same event had been recorded before"})


class TodayOut(Out):
    """A leader's day at a glance."""

    on = fields.Date()
    leader_id = fields.UUID()
    name = fields.String()
    share_code = fields.String()
    pickup_point_id = fields.UUID()
    pickup_point_name = fields.String()
    residents = fields.Integer()
    handovers_open = fields.Integer(metadata={"description": "Trucks of today that are not counted"})
    pickups_expected = fields.Integer()
    pickups_waiting = fields.Integer(metadata={"description": "Ready or partly handed out"})
    pickups_done = fields.Integer()
    unread = fields.Integer()
