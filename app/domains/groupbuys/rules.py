"""Pure decisions of the groupbuys room."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.domains.groupbuys.errors import BelowCost, StationTooEarly
from app.domains.groupbuys.values import STATIONS, GroupBuyStatus, OfferInput, PriceBreak, Station, StepState
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.money import format_cents, parse_cents

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
    if not 0 <= offer.commission_bps <= 3000:
        raise Invalid(field="commission_bps", reason="must be between 0 and 3000 (30 %)")
    last_qty, last_price = 1, offer.price_cents
    for step in offer.breaks:
        if step.from_qty <= last_qty or step.price_cents >= last_price:
            raise Invalid(field="price_breaks", reason="quantities must rise and prices must fall from step to step")
        last_qty, last_price = step.from_qty, step.price_cents
    if last_price <= 0:
        raise Invalid(field="price", reason="must be above 0")
    if last_price < cost_cents:
        raise BelowCost(sku_id=offer.sku_id, price_cents=last_price, cost_cents=cost_cents)


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
