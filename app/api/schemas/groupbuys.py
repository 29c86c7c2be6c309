"""JSON shapes of group-buys, offers and rounds."""

from typing import Any

from marshmallow import fields, validate

from app.api.schemas.base import Flag, In, Moment, Out, PageIn, Text, Whole
from app.domains.catalogue.values import Zone
from app.domains.groupbuys.values import GroupBuyStatus, OfferRole, Station, StepState
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy


class CurrentIn(In):
    hub = Text(40, 1, required=True, metadata={"description": "Code of a hub"})


class RoundsIn(PageIn):
    hub = Text(40, 1, load_default=None, metadata={"description": "Code of a hub"})


class GroupBuyOut(Out):
    id = fields.UUID()
    hub_id = fields.UUID()
    code = fields.String()
    title = fields.String()
    title_en = fields.String()
    status = fields.Enum(GroupBuyStatus, by_value=True)
    round_on = fields.Date(metadata={"description": "Local day of the cut-off"})
    opens_at = Moment()
    cutoff_at = Moment()
    pickup_on = fields.Date()
    currency = fields.String()
    offer_count = fields.Integer()


class PriceBreakOut(Out):
    from_qty = fields.Integer(metadata={"description": "Pieces of the whole group"})
    price_cents = fields.Integer()


class OfferOut(Out):
    """An offer with its product's texts. Counters that move stand in the stock list."""

    id = fields.UUID()
    sku_id = fields.UUID()
    code = fields.String()
    name = fields.String()
    name_en = fields.String()
    spec = fields.String()
    spec_en = fields.String()
    unit = fields.String()
    unit_en = fields.String()
    category = fields.String()
    category_name = fields.String()
    category_name_en = fields.String()
    zone = fields.Enum(Zone, by_value=True)
    picture = fields.String(metadata={"description": "File name below /static/img/products/"})
    origin = fields.String()
    price_cents = fields.Integer(metadata={"description": "Of a piece, before any price break"})
    breaks = fields.List(fields.Nested(PriceBreakOut))
    per_resident_limit = fields.Integer()
    min_group_qty = fields.Integer(metadata={"description": "The offer is cancelled below it; 0 = no minimum"})
    role = fields.Enum(OfferRole, by_value=True)
    pack_size = fields.Integer(metadata={"description": "Pieces of a box; above 1 an order may name a tolerance"})
    estimate_g = fields.Integer(
        metadata={"description": "Above 0 sold by weight: a piece is about so heavy, and its price the most it costs"}
    )


class BoxOut(Out):
    """How the boxes of an offer stand with what is wanted and tolerated so far."""

    pack_size = fields.Integer()
    packs = fields.Integer(metadata={"description": "Boxes that would be ordered now"})
    open_qty = fields.Integer(metadata={"description": "Pieces in the next box"})
    missing_qty = fields.Integer(metadata={"description": "Pieces that fill it"})


class OfferListOut(Out):
    group_buy_id = fields.UUID()
    currency = fields.String()
    items = fields.List(fields.Nested(OfferOut))


class StockOut(Out):
    """What moves: pieces sold and left, what a piece costs at the quantity reached so far, and how the boxes stand."""

    offer_id = fields.UUID()
    sold_qty = fields.Integer()
    left_qty = fields.Integer()
    price_cents = fields.Integer()
    is_cancelled = fields.Boolean()
    box = fields.Nested(BoxOut, allow_none=True)


class StepOut(Out):
    station = fields.Enum(Station, by_value=True)
    state = fields.Enum(StepState, by_value=True)
    done = fields.Integer()
    total = fields.Integer()
    note = fields.String()
    started_at = Moment(allow_none=True)
    finished_at = Moment(allow_none=True)


class RoundOut(Out):
    group_buy = fields.Nested(GroupBuyOut)
    steps = fields.List(fields.Nested(StepOut))


class AskStationIn(In):
    """How the station shall work; what a station does not know is refused."""

    early = Flag(metadata={"description": "cutoff: before its time"})
    as_ordered = Flag(metadata={"description": "receive: all came as ordered"})
    policy = fields.String(
        validate=validate.OneOf([policy.value for policy in SharePolicy]),
        metadata={"description": "receive: how a shortage is shared out"},
    )
    protect = fields.String(
        validate=validate.OneOf([protect.value for protect in Protect]),
        metadata={"description": "receive: whose lines a shortage spares"},
    )
    finish = Flag(metadata={"description": "sort: every sheet is sorted"})
    unweighed = Flag(
        metadata={"description": "sort, dispatch: lines that nobody weighed keep their price as ordered"},
    )
    iterations = Whole(1, 1_000_000, metadata={"description": "route: instead of time; the same plan every time"})
    seconds = Whole(1, 600, metadata={"description": "route: time for the solver"})
    as_expected = Flag(metadata={"description": "handover: every open one is complete"})
    unclaimed = fields.String(
        validate=validate.OneOf(["refund", "keep"]),
        metadata={"description": "settle: what happens to goods that nobody fetched"},
    )


class StationAskedOut(Out):
    group_buy_id = fields.UUID()
    station = fields.Enum(Station, by_value=True)
    queued = fields.Boolean(metadata={"description": "False when the station is done already"})


#: Options that each station knows.
STATION_OPTIONS: dict[Station, frozenset[str]] = {
    Station.CUTOFF: frozenset({"early"}),
    Station.RECEIVE: frozenset({"as_ordered", "policy", "protect"}),
    Station.SORT: frozenset({"finish", "unweighed"}),
    Station.DISPATCH: frozenset({"unweighed"}),
    Station.ROUTE: frozenset({"iterations", "seconds"}),
    Station.HANDOVER: frozenset({"as_expected"}),
    Station.SETTLE: frozenset({"unclaimed"}),
}


def options_of(station: Station, asked: dict[str, Any]) -> list[str]:
    """Names among the options asked for that the station does not know."""
    return sorted(set(asked) - STATION_OPTIONS.get(station, frozenset()))
