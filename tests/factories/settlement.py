"""The life of the small world's round after the cut-off, one call per station."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import event

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import STATIONS, OfferInput, PlanGroupBuy, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import PickLine, PickupDone, RecordPickup
from app.flows.pickup import hand_out
from app.flows.stations import run_station
from app.infra.clock import SetClock
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.world import HUB, World

#: How a round runs by itself: everything comes as ordered and is counted as complete.
SMOOTH: dict[Station, dict[str, Any]] = {
    Station.CUTOFF: {"early": True},
    Station.RECEIVE: {"as_ordered": True},
    Station.SORT: {"finish": True, "unweighed": True},
    Station.ROUTE: {"iterations": 20},
    Station.HANDOVER: {"as_expected": True},
    Station.SETTLE: {"early": True},
}


def run_to(world: World, station: Station, **options: Any) -> str:
    """Run every station up to this one (those that are done are passed over); `options` are those of the last."""
    database, note = world.services.database, ""
    run = world.run_as(Actor.system("test"))
    for one in STATIONS[: STATIONS.index(station) + 1]:
        wanted = SMOOTH.get(one, {}) | (options if one is station else {})
        note = run_station(run, database.read, world.group_buy_id, one, wanted)
    return note


def pick_up(world: World, order_id: UUID, leader: str = "L901", key: str = "", **pieces: int) -> PickupDone:
    """Let a leader hand out an order, or only `pieces` of it by name: `pick_up(w, order, orange=1)`."""
    read = world.services.database.read
    card = read(logistics.pickup_of_order, order_id)
    assert card is not None
    code = read(logistics.pickup_code_of_order, order_id, card.resident_id)
    assert code is not None
    by_sku = {line.sku_id: line.order_line_id for line in card.lines}
    lines = tuple(PickLine(order_line_id=by_sku[world.skus[name]], qty=qty) for name, qty in pieces.items())
    wish = RecordPickup(code=code, event_key=key or str(new_id()), lines=lines or None)
    return hand_out(world.run_as(world.leader(leader)), wish)


def move_clock(world: World, **delta: Any) -> None:
    """Let time pass: `move_clock(world, hours=30)`."""
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(clock.now() + timedelta(**delta))


def next_round(world: World) -> World:
    """The same world a day later, with an open group-buy of the same offers (no price breaks, no minimum)."""
    database = world.services.database
    now = database.clock.now() + timedelta(days=1)
    terms = {"orange": (1_990, 1_000), "greens": (500, 800), "dumplings": (2_500, 500), "rice": (6_990, 300)}
    cutoff_at = now + timedelta(hours=12)
    round_on = cutoff_at.astimezone(ZoneInfo(HUB.timezone)).date()
    wish = PlanGroupBuy(
        hub_id=world.hub_id, round_on=round_on, title="后一团", title_en="Later group-buy",
        opens_at=now - timedelta(hours=1), cutoff_at=cutoff_at, pickup_on=round_on + timedelta(days=1),
        offers=tuple(
            OfferInput(sku_id=world.skus[name], price_cents=price, commission_bps=bps, quota=50, per_resident_limit=10)
            for name, (price, bps) in terms.items()
        ),
    )  # fmt: skip
    move_clock(world, days=1)
    run = world.run_as(Actor.system("test"))
    group_buy_id = run(plans.plan, wish)
    run_station(run, database.read, group_buy_id, Station.OPEN, {})
    offer_of = {o.sku_id: o.id for o in database.read(groupbuys.offer_cards, group_buy_id)}
    offers = {name: offer_of[sku_id] for name, sku_id in world.skus.items()}
    return replace(world, group_buy_id=group_buy_id, offers=offers)


@contextmanager
def statements_of(world: World) -> Iterator[list[str]]:
    """The SQL statements that run inside."""
    seen: list[str] = []

    def note(*args: Any) -> None:
        seen.append(args[2])

    engine = world.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
