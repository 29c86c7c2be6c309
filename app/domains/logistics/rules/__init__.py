"""Pure decisions of the logistics room."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

import numpy as np

from app.domains.catalogue.values import Zone
from app.domains.logistics.errors import NotEnoughTrucks, PlanWrong, StopTooBig
from app.domains.logistics.rules.allocation import divide
from app.domains.logistics.values.pickup import PickupState
from app.domains.logistics.values.routes import LoadLine, PlannedRoute, StopDemand, Unplanned, VehicleCard
from app.domains.logistics.values.sorting import PackedCrate, PackLine, Share, SharePolicy, ShareWish
from app.kernel.errors import Invalid

# --- sharing out a shortage ---------------------------------------------------------------------------------------


def share_out(policy: SharePolicy, wishes: Sequence[ShareWish], supply: int) -> list[Share]:
    """Share `supply` pieces of one SKU out among those who paid for it; answers in the order of `wishes`.

    The parts always add up to min(supply, sum of wishes) and no line gets more than it wants.
    FIRST_COME: in order of rank until nothing is left. PRO_RATA: in proportion, whole pieces by largest remainder
    (Hamilton's method). SPREAD: everyone gets one before anyone gets two. Ties go to the lower rank, then the lower id.
    """
    if not wishes:
        return []
    queue = sorted(wishes, key=lambda w: (w.rank, w.line_id))
    wanted = np.array([w.qty for w in queue], dtype=np.int64)
    shares = divide(policy, np.zeros_like(wanted), wanted, np.array([supply], dtype=np.int64))
    given = dict(zip((w.line_id for w in queue), shares.tolist(), strict=True))
    return [Share(line_id=w.line_id, wanted_qty=w.qty, given_qty=given[w.line_id]) for w in wishes]


# --- crates ---------------------------------------------------------------------------------------------------------

#: A folding crate of 60 x 40 cm as sorting sites use it: its space, how much of it can be filled, how much one lifts.
CRATE_ML = 40_000
CRATE_USABLE_ML = CRATE_ML * 85 // 100
CRATE_MAX_G = 15_000
CRATE_TARE_G = 1_800

#: The letter of a zone in a crate's code.
ZONE_LETTERS = {Zone.AMBIENT: "A", Zone.CHILLED: "C", Zone.FROZEN: "F"}


def pack(lines: Sequence[PackLine]) -> list[PackedCrate]:
    """Put the pieces of one sheet into crates in shelf order, so that a picker walks the shelves once.

    Every piece is in exactly one crate. No crate is above its usable volume or weight; a piece that is bigger than a
    crate travels alone under a crate's label. Pieces that do not fit begin the next crate (next fit).
    """
    crates: list[PackedCrate] = []
    contents: list[tuple[UUID, int]] = []
    volume = weight = 0
    for line in lines:
        left = line.qty
        while left:
            fits = min(left, _room_for(line, volume, weight))
            if not fits and contents:
                crates.append(PackedCrate(contents=tuple(contents), volume_ml=volume, weight_g=weight))
                contents, volume, weight = [], 0, 0
                continue
            fits = fits or 1
            contents.append((line.sku_id, fits))
            volume, weight, left = volume + fits * line.volume_ml, weight + fits * line.weight_g, left - fits
    if contents:
        crates.append(PackedCrate(contents=tuple(contents), volume_ml=volume, weight_g=weight))
    return crates


def _room_for(line: PackLine, volume: int, weight: int) -> int:
    return max(0, min((CRATE_USABLE_ML - volume) // line.volume_ml, (CRATE_MAX_G - weight) // line.weight_g))


def crate_code(round_on: date, pickup_point_code: str, zone: Zone, seq: int) -> str:
    """What stands on a crate's label, e.g. "261120-P001-C02": day of the cut-off, pickup point, zone and number.

    Unique because a hub has one round a day and a pickup point one sheet per round and zone.
    """
    return f"{round_on:%y%m%d}-{pickup_point_code}-{ZONE_LETTERS[zone]}{seq:02d}"


def stop_volume_ml(crates: int) -> int:
    """The room that crates take in a truck: all of it, however full they are."""
    return crates * CRATE_ML


def stop_weight_g(goods_g: int, crates: int) -> int:
    """What crates weigh with their goods."""
    return goods_g + crates * CRATE_TARE_G


# --- the sorting queue ------------------------------------------------------------------------------------------------

#: How many neighbouring slots one task serves: a bay is walked in a few minutes, and two sorters share a large SKU.
BAY_SLOTS = 24
#: A task whose phone is silent for so long goes back into the queue; a pause may last longer.
LEASE = timedelta(minutes=10)
PAUSE = timedelta(minutes=30)
#: The pace of sorting is that of the last quarter of an hour.
PACE = timedelta(minutes=15)


def walk_key(shelf: str) -> str:
    """A shelf's place on the walk: numbers are padded, so that "A-10" comes after "A-9"."""
    return re.sub(r"\d+", lambda digits: digits[0].lstrip("0").zfill(6), shelf.upper())


def walk_order(shelf: str) -> tuple[bool, str]:
    """Sorts shelves as they are walked; goods without a shelf come last."""
    return not shelf, walk_key(shelf)


def slot_label(number: int, route_no: int | None, stop_seq: int | None) -> str:
    """What stands at a place of the sorting wall: route and stop ("2-07"), before routes exist its number ("007")."""
    return f"{number:03d}" if route_no is None or stop_seq is None else f"{route_no}-{stop_seq:02d}"


def bay_of(slot_no: int) -> int:
    """The bay, counted from 1, in which a slot stands; slots count from 1."""
    return (slot_no - 1) // BAY_SLOTS + 1


def stamp(plan_version: int | None, sheets: Iterable[tuple[UUID, int]]) -> str:
    """The version stamp of all prints of one night, from the route plan's version and those of all sheets.

    The hash over (sheet, version) tells apart what the highest version alone would not.
    """
    versions = sorted(sheets)
    text = ";".join(f"{sheet_id}:{version}" for sheet_id, version in versions)
    digest = hashlib.sha256(f"{plan_version}|{text}".encode()).hexdigest()[:4]
    return f"R{plan_version or 0}·S{max((v for _, v in versions), default=0)}·{digest}"


# --- routes ---------------------------------------------------------------------------------------------------------

#: Trucks leave the hub after sorting and before the late morning; the solver counts seconds from the first instant.
DEPART_FROM, DEPART_UNTIL = time(5), time(11)
#: When a stop can be served. Residents come from 16:00 on, so goods must be there by then; leaders are up from 06:00.
#: A pickup point's own hours are those for residents and say nothing about deliveries.
STOP_OPENS, STOP_CLOSES = time(6), time(16)
#: Trucks are back at the hub by then.
BACK_BY = time(18)
#: Parking and greeting, and each crate from the tail lift to the door.
STOP_SERVICE_S, CRATE_SERVICE_S = 240, 20
#: Mean speed of a delivery van in a city, lights and jams included.
SPEED_KMH = 25


def service_s(crates: int) -> int:
    """Seconds that a stop takes."""
    return STOP_SERVICE_S + CRATE_SERVICE_S * crates


def stop_service_s(stop: StopDemand) -> int:
    """Seconds that this stop takes: what its pickup point is known to take, else by the crates."""
    return service_s(stop.crates) if stop.service_s is None else stop.service_s


def seconds_after_departure(moment: time) -> int:
    """Seconds between the earliest usual departure and a local time of the same day; negative before it."""
    return (moment.hour - DEPART_FROM.hour) * 3600 + (moment.minute - DEPART_FROM.minute) * 60 + moment.second


def route_cost_cents(vehicle: VehicleCard, distance_m: int, stops: int = 0, trip: int = 1) -> int:
    """What a tour costs: kilometres, rounded half up to a cent, and stops; a truck's first tour its fixed cost."""
    fixed = vehicle.fixed_cost_cents if trip == 1 else 0
    return fixed + (vehicle.cost_per_km_cents * distance_m + 500) // 1000 + vehicle.cost_per_stop_cents * stops


def check_fleet(vehicles: Sequence[VehicleCard], stops: Sequence[StopDemand]) -> None:
    """Refuse what no solver can solve: raises StopTooBig or NotEnoughTrucks with the shortfall."""
    for stop in stops:
        if vehicles and not any(carries(v, [stop]) for v in vehicles):
            raise StopTooBig(pickup_point_id=stop.pickup_point_id, volume_ml=stop.volume_ml, weight_g=stop.weight_g)
    missing_ml = max(0, sum(s.volume_ml for s in stops) - sum(v.capacity_ml * v.max_tours for v in vehicles))
    missing_g = max(0, sum(s.weight_g for s in stops) - sum(v.capacity_g * v.max_tours for v in vehicles))
    if missing_ml or missing_g:
        raise NotEnoughTrucks(trucks=len(vehicles), missing_ml=missing_ml, missing_g=missing_g)


def carries(vehicle: VehicleCard, stops: Sequence[StopDemand]) -> bool:
    """Whether a truck has the room, the strength and the zones for these stops at once."""
    return (
        vehicle.capacity_ml >= sum(s.volume_ml for s in stops)
        and vehicle.capacity_g >= sum(s.weight_g for s in stops)
        and all(s.zones <= vehicle.zones for s in stops)
    )


def check_plan(
    routes: Sequence[PlannedRoute],
    stops: Sequence[StopDemand],
    vehicles: Sequence[VehicleCard],
    unplanned: Sequence[Unplanned] = (),
) -> None:
    """Trust no solver: every crate on exactly one tour or listed as unplanned, no truck above what it carries.

    The loads are added up anew from the stops; a truck drives each of its tours once and not more than it may.
    Raises PlanWrong with the truck or stop.
    """
    demand = {s.pickup_point_id: s for s in stops}
    trucks = {v.id: v for v in vehicles}
    taken: dict[UUID, set[int]] = {point: set() for point in demand}
    used: set[tuple[UUID, int]] = set()
    for route in routes:
        parts = [_claim(taken, demand, s.pickup_point_id, s.first_crate, s.crates) for s in route.stops]
        truck = trucks.get(route.vehicle_id)
        tour = (route.vehicle_id, route.trip)
        if truck is None or tour in used or not 1 <= route.trip <= truck.max_tours or not carries(truck, parts):
            raise PlanWrong(problem="above_capacity", subject_id=route.vehicle_id)
        used.add(tour)
    for left in unplanned:
        _claim(taken, demand, left.pickup_point_id, left.first_crate, left.crates)
    for point, crates in taken.items():
        if len(crates) < demand[point].crates:
            raise PlanWrong(problem="missing_stop", subject_id=point)


def _claim(
    taken: dict[UUID, set[int]], demand: dict[UUID, StopDemand], point: UUID, first: int, crates: int | None
) -> StopDemand:
    """Put crates on a tour; raises PlanWrong for crates that do not exist or are on a tour already."""
    if point not in demand:
        raise PlanWrong(problem="unknown_stop", subject_id=point)
    whole = demand[point]
    wanted = range(first, whole.crates if crates is None else first + crates)
    if not taken[point].isdisjoint(wanted):
        raise PlanWrong(problem="double_stop", subject_id=point)
    if not wanted or wanted.start < 0 or wanted.stop > whole.crates:
        raise PlanWrong(problem="unknown_stop", subject_id=point)
    taken[point].update(wanted)
    return whole.part(first, len(wanted))


def load_order(crates: Sequence[LoadLine]) -> list[LoadLine]:
    """The order in which a truck is loaded: the last stop's crates first, so that the first stop's are at the door.

    Within a stop, crates come off by code and therefore go in by code backwards. Positions count from 1.
    """
    backwards = sorted(crates, key=lambda c: (c.stop_seq, c.crate_code), reverse=True)
    return [replace(crate, position=position) for position, crate in enumerate(backwards, 1)]


# --- handover -------------------------------------------------------------------------------------------------------


def split_loss(lost: Sequence[int], short_qty: int) -> list[tuple[int, int]]:
    """Divide what each line loses into (short, damaged); the first `short_qty` pieces count as short."""
    parts = []
    for qty in lost:
        short = min(qty, short_qty)
        short_qty -= short
        parts.append((short, qty - short))
    return parts


# --- pickup ---------------------------------------------------------------------------------------------------------

#: Digits of a pickup code, wrong tries that a leader has, and in which time.
CODE_DIGITS = 6
WRONG_TRIES = 10
WRONG_WINDOW_S = 600
#: A code of the last days is not given out again at the same pickup point while somebody may still come with it.
CODE_REST = timedelta(days=7)


def check_code(code: str) -> None:
    """Six digits, before anything is looked up: what cannot be a code is no wrong try. Raises Invalid."""
    if not (code.isascii() and code.isdigit() and len(code) == CODE_DIGITS):
        raise Invalid(field="code", reason="type the digits that the resident shows you")


def state_after(lines: Sequence[tuple[int, int]]) -> PickupState:
    """The state of a pickup whose lines have (due, picked) pieces, at least one of them picked."""
    return PickupState.DONE if all(due == picked for due, picked in lines) else PickupState.PARTLY
