"""Pure decisions of the groupbuys room."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.groupbuys.errors import BelowCost, StationTooEarly
from app.domains.groupbuys.values import (
    STATIONS,
    Box,
    GroupBuyStatus,
    OfferInput,
    PriceBreak,
    QueuedWish,
    Station,
    StepState,
    WishStep,
)
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.money import format_cents, parse_cents

#: Between the cut-off and the pickup lie at most so many days.
LONGEST_WAIT = timedelta(days=30)
#: Who may run which station.
STATION_RIGHTS: dict[Station, Permission] = {
    Station.OPEN: Permission.GROUPBUYS_PLAN,
    Station.CUTOFF: Permission.GROUPBUYS_CLOSE,
    Station.RECEIVE: Permission.SUPPLY_RECEIVE,
    Station.SORT: Permission.LOGISTICS_SORT,
    Station.ROUTE: Permission.LOGISTICS_ROUTE,
    Station.DISPATCH: Permission.LOGISTICS_DISPATCH,
    Station.HANDOVER: Permission.LOGISTICS_DISPATCH,
    Station.REMIND: Permission.LOGISTICS_DISPATCH,
    Station.SETTLE: Permission.SETTLEMENT_CLOSE,
}


def price_at(base_cents: int, breaks: Iterable[PriceBreak], group_qty: int) -> int:
    """Price of a piece when the whole group takes `group_qty`: the lowest break reached, else the base price."""
    return min([base_cents, *(b.price_cents for b in breaks if b.from_qty <= group_qty)])


def takes_orders(status: GroupBuyStatus, opens_at: datetime, cutoff_at: datetime, now: datetime) -> bool:
    """True while residents may order: open, begun, and strictly before the cut-off."""
    return status is GroupBuyStatus.OPEN and opens_at <= now < cutoff_at


def check_offer(offer: OfferInput, cost_cents: int) -> None:
    """Refuse an offer that cannot be meant: breaks must fall as quantity rises, nothing may be below cost."""
    if offer.quota <= 0:
        raise Invalid(field="quota", reason="must be at least 1 piece")
    if not 0 < offer.per_resident_limit <= offer.quota:
        raise Invalid(field="per_resident_limit", reason="must be between 1 and the quota")
    if not 0 <= offer.min_group_qty <= offer.quota:
        raise Invalid(field="min_group_qty", reason="must be between 0 and the quota")
    check_boxes(offer.pack_size, offer.min_group_qty, offer.quota)
    if not 0 <= offer.commission_bps <= 3000:
        raise Invalid(field="commission_bps", reason="must be between 0 and 3000 (30 %)")
    _check_prices(offer, cost_cents)


def _check_prices(offer: OfferInput, cost_cents: int) -> None:
    last_qty, last_price = 1, offer.price_cents
    for step in offer.breaks:
        if step.from_qty <= last_qty or step.price_cents >= last_price:
            raise Invalid(field="price_breaks", reason="quantities must rise and prices must fall from step to step")
        last_qty, last_price = step.from_qty, step.price_cents
    if last_price <= 0:
        raise Invalid(field="price", reason="must be above 0")
    if last_price < cost_cents:
        raise BelowCost(sku_id=offer.sku_id, price_cents=last_price, cost_cents=cost_cents)


def check_boxes(pack_size: int, min_qty: int, quota: int) -> None:
    """Refuse boxes that the quota could never fill; all in pieces."""
    if not 1 <= pack_size <= quota:
        raise Invalid(field="pack_size", reason="must be between 1 and the quota")
    if least_order_qty(min_qty, pack_size) > quota:
        raise Invalid(field="min_group_qty", reason="rounded up to full boxes, it is above the quota")


def check_days(round_on: date, opens_at: datetime, cutoff_at: datetime, pickup_on: date, zone: ZoneInfo) -> None:
    """Refuse days that cannot be meant; `zone` is the hub's, in which the day of the cut-off names the round."""
    if opens_at >= cutoff_at:
        raise Invalid(field="cutoff_at", reason="must lie after the opening")
    if cutoff_at.astimezone(zone).date() != round_on:
        raise Invalid(field="cutoff_at", reason="must lie on the day of the round")
    if not round_on <= pickup_on <= round_on + LONGEST_WAIT:
        raise Invalid(
            field="pickup_on", reason=f"must lie on the day of the round or up to {LONGEST_WAIT.days} days after"
        )


def check_turn(station: Station, states: Mapping[Station, StepState]) -> None:
    """Raise StationTooEarly unless every earlier station is done."""
    for earlier in STATIONS[: STATIONS.index(station)]:
        if states.get(earlier) is not StepState.DONE:
            raise StationTooEarly(station=station, waits_for=earlier)


def parse_breaks(text: str) -> tuple[PriceBreak, ...]:
    """Read "50:18.90;100:17.90" (from quantity : price) as price breaks; raises ValueError for anything else."""
    steps = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        qty, _, price = part.partition(":")
        steps.append(PriceBreak(from_qty=int(qty), price_cents=parse_cents(price)))
    return tuple(steps)


def format_breaks(breaks: Iterable[PriceBreak]) -> str:
    """Write price breaks as `parse_breaks` reads them."""
    return ";".join(f"{b.from_qty}:{format_cents(b.price_cents)}" for b in breaks)


# --- full boxes and tolerance -------------------------------------------------------------------------------------


def packs_of(wanted_qty: int, tolerance_qty: int, pack_size: int) -> int:
    """Boxes of `pack_size` pieces for so many pieces wanted, and so many tolerated.

    The full ones, plus one exactly when wanted pieces lie in the next box and tolerated ones fill it: tolerance alone
    never opens a box.
    """
    packs, open_qty = divmod(wanted_qty, pack_size)
    return packs + (open_qty > 0 and open_qty + tolerance_qty >= pack_size)


def least_order_qty(min_qty: int, pack_size: int) -> int:
    """A minimum in pieces, rounded up to full boxes: less than that is never ordered."""
    return -(-min_qty // pack_size) * pack_size


def order_qty(wanted_qty: int, tolerance_qty: int, pack_size: int, min_qty: int) -> int:
    """Pieces that are ordered for a group: whole boxes, or nothing.

    Minimum and boxes combine so: the minimum counts rounded up to full boxes (`least_order_qty`). Boxes that reach it
    are ordered. If they stay below, nothing is, unless wanted and tolerated pieces together reach it: then exactly the
    rounded minimum. That is the one case in which tolerance may fill more than one box, and somebody must want a piece.
    With boxes of one piece and no tolerance this is the plain minimum.
    """
    qty = packs_of(wanted_qty, tolerance_qty, pack_size) * pack_size
    least = least_order_qty(min_qty, pack_size)
    if qty >= least:
        return qty
    return least if wanted_qty > 0 and wanted_qty + tolerance_qty >= least else 0


def box_of(wanted_qty: int, tolerance_qty: int, pack_size: int) -> Box | None:
    """How the boxes stand, for people to see; None for an offer by the piece. The minimum is told apart."""
    if pack_size <= 1:
        return None
    packs = packs_of(wanted_qty, tolerance_qty, pack_size)
    open_qty = max(0, wanted_qty - packs * pack_size)
    missing = pack_size - open_qty - tolerance_qty if open_qty else 0
    return Box(pack_size=pack_size, packs=packs, open_qty=open_qty, missing_qty=missing)


def queue_of(steps: Iterable[WishStep]) -> list[QueuedWish]:
    """Who stands where: what is left of each wish, the earliest first, ties by id. `steps` may come in any order.

    An increase joins the back of the queue; a decrease takes the newest wish of its line first. Wanted and tolerated
    pieces are two counts that never mix.
    """
    in_time = sorted(steps, key=lambda step: (step.at, step.id))
    left = [[step.wanted_delta, step.tolerance_delta] for step in in_time]
    places: dict[UUID, list[int]] = defaultdict(list)
    for place, step in enumerate(in_time):
        for kind in (0, 1):
            _take_back(left, places[step.line_id], place, kind)
        places[step.line_id].append(place)
    return [
        QueuedWish(line_id=step.line_id, wanted_qty=wanted, tolerance_qty=tolerance)
        for step, (wanted, tolerance) in zip(in_time, left, strict=True)
        if wanted or tolerance
    ]


def _take_back(left: list[list[int]], earlier: list[int], place: int, kind: int) -> None:
    """Pay a decrease out of the line's earlier wishes, newest first."""
    less = max(0, -left[place][kind])
    left[place][kind] = max(0, left[place][kind])
    for newest in reversed(earlier):
        taken = min(less, left[newest][kind])
        left[newest][kind] -= taken
        less -= taken


def give(supply_qty: int, steps: Iterable[WishStep]) -> dict[UUID, int]:
    """Pieces for every line out of `supply_qty`: in order of wish time up to what is wanted, the rest as tolerance.

    What remains after everybody's wanted pieces walks the same queue once more as tolerance. Nobody gets more than she
    wants and tolerates; lines that get nothing stand in the answer with 0.
    """
    steps = list(steps)
    queue = queue_of(steps)
    given = {step.line_id: 0 for step in steps}
    for most in ([wish.wanted_qty for wish in queue], [wish.tolerance_qty for wish in queue]):
        for wish, qty in zip(queue, most, strict=True):
            taken = min(qty, supply_qty)
            given[wish.line_id] += taken
            supply_qty -= taken
    return given
