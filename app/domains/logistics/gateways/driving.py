"""Tours in an order that people chose: times, loads, costs and broken rules; and who takes over from a broken truck."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domains.logistics import rules
from app.domains.logistics.gateways.shaping import RELOAD_S, Yard
from app.domains.logistics.values.routes import PlannedRoute, PlannedStop, StopDemand, VehicleCard
from app.domains.logistics.values.tours import Driven, DrivenStop

#: Moving crates from a broken truck into another one at the roadside.
TRANSFER_S = 900


def drive(
    yard: Yard, vehicle: VehicleCard, trip: int, parts: Sequence[StopDemand], ready_s: int | None = None
) -> Driven:
    """What a tour in this order comes to; it leaves just in time for its first stop, but not before `ready_s`."""
    ground, here, distance, stops = yard.ground, 0, 0, []
    shift = rules.seconds_after_departure(vehicle.shift_from)
    earliest = max(shift, rules.seconds_after_departure(yard.hub.dock_opens), shift if ready_s is None else ready_s)
    clock = earliest
    for part in parts:
        place = ground.place_of[part.pickup_point_id]
        arrive = max(clock + ground.leg_s(here, place), rules.seconds_after_departure(part.opens))
        late = max(0, arrive - rules.seconds_after_departure(part.closes))
        leave = arrive + rules.stop_service_s(part)
        leg = ground.leg_m(here, place)
        stops.append(DrivenStop(part=part, arrive_s=arrive, leave_s=leave, leg_m=leg, late_s=late))
        here, clock, distance = place, leave, distance + leg
    distance += ground.leg_m(here, 0)
    back = clock + ground.leg_s(here, 0)
    ends = min(rules.seconds_after_departure(t) for t in (vehicle.shift_until, yard.hub.dock_closes))
    first = stops[0].arrive_s - ground.leg_s(0, ground.place_of[stops[0].part.pickup_point_id]) if stops else earliest
    return Driven(
        vehicle=vehicle, trip=trip, stops=tuple(stops), leave_s=first, back_s=back, distance_m=distance,
        volume_ml=sum(p.volume_ml for p in parts), weight_g=sum(p.weight_g for p in parts),
        cost_cents=rules.route_cost_cents(vehicle, distance, len(parts), trip) if parts else 0,
        wrong_zones=frozenset(z for p in parts for z in p.zones - vehicle.zones), overtime_s=max(0, back - ends),
    )  # fmt: skip


def drive_all(yard: Yard, tours: Sequence[tuple[VehicleCard, Sequence[StopDemand]]]) -> list[Driven]:
    """Tours in the given order; further tours of one truck begin after its loading and are numbered; empty ones go."""
    found: list[Driven] = []
    ready: dict[object, tuple[int, int]] = {}
    for vehicle, parts in tours:
        if not parts:
            continue
        trip, ready_s = ready.get(vehicle.id, (1, None))
        driven = drive(yard, vehicle, trip, parts, ready_s)
        ready[vehicle.id] = (trip + 1, driven.back_s + RELOAD_S)
        found.append(driven)
    return found


def as_planned(driven: Driven, *, locked: bool = False) -> PlannedRoute:
    """A tour by hand in the words of the solver's."""
    return PlannedRoute(
        vehicle_id=driven.vehicle.id,
        stops=tuple(
            PlannedStop(
                pickup_point_id=s.part.pickup_point_id, arrive_s=s.arrive_s, leave_s=s.leave_s, leg_m=s.leg_m,
                first_crate=s.part.first_crate, crates=s.part.crates,
            )
            for s in driven.stops
        ),
        distance_m=driven.distance_m, volume_ml=driven.volume_ml, weight_g=driven.weight_g, trip=driven.trip,
        leave_s=driven.leave_s, back_s=driven.back_s, locked=locked,
    )  # fmt: skip


# --- after a breakdown ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnRoad:
    """A truck that can help: where it is, since when it is free there, and what it still has on board in order."""

    vehicle: VehicleCard
    place: int
    free_s: int
    left: tuple[StopDemand, ...]
    #: What it has taken over, by part; and after how many of its stops it meets the broken truck.
    taken: frozenset[tuple[object, int]] = field(default_factory=frozenset)
    meets_after: int | None = None


def take_over(
    yard: Yard, wreck_place: int, lost: Sequence[StopDemand], helpers: Sequence[OnRoad]
) -> tuple[list[OnRoad], list[StopDemand]]:
    """Spread a broken truck's stops over others from where they are; returns the helpers' new tours, and what is left.

    The most urgent stop is placed first, each where it makes fewest seconds of lateness and then fewest metres
    (cheapest insertion); a helper fetches the goods at the wreck once, and is never loaded above its capacity.
    """
    now, stranded = list(helpers), []
    for part in sorted(lost, key=lambda p: (p.closes, str(p.pickup_point_id), p.first_crate)):
        best: tuple[tuple[int, int], int, OnRoad] | None = None
        for n, helper in enumerate(now):
            late, metres = _effort(yard, wreck_place, helper)
            for wish in _wishes(helper, part):
                if not _carries_all_the_way(wish):
                    continue
                effort = _effort(yard, wreck_place, wish)
                added = (effort[0] - late, effort[1] - metres)
                if best is None or added < best[0]:
                    best = (added, n, wish)
        if best is None:
            stranded.append(part)
        else:
            now[best[1]] = best[2]
    return now, stranded


def _wishes(helper: OnRoad, part: StopDemand) -> list[OnRoad]:
    """Every way to add a part to a helper's tour: when to meet the wreck, if not decided yet, and where to stop."""
    meets = range(len(helper.left) + 1) if helper.meets_after is None else [helper.meets_after]
    taken = helper.taken | {(part.pickup_point_id, part.first_crate)}
    return [
        replace(helper, left=(*helper.left[:at], part, *helper.left[at:]), taken=taken, meets_after=meet)
        for meet in meets
        for at in range(meet, len(helper.left) + 1)
    ]


def _carries_all_the_way(helper: OnRoad) -> bool:
    """Whether what is on board fits at the start and after meeting the wreck."""
    own = [p for p in helper.left if (p.pickup_point_id, p.first_crate) not in helper.taken]
    after = helper.left[helper.meets_after or 0 :]
    return rules.carries(helper.vehicle, own) and rules.carries(helper.vehicle, after)


def _effort(yard: Yard, wreck_place: int, helper: OnRoad) -> tuple[int, int]:
    stops, _back, metres = road_times(yard, wreck_place, helper)
    return sum(stop.late_s for stop in stops), metres


def road_times(yard: Yard, wreck_place: int, helper: OnRoad) -> tuple[list[DrivenStop], int, int]:
    """Times of a helper's stops from where it is, by way of the wreck; seconds of coming back, and metres to go."""
    ground, here, clock, metres, stops = yard.ground, helper.place, helper.free_s, 0, []
    for n, part in enumerate(helper.left):
        leg, place = 0, ground.place_of[part.pickup_point_id]
        if helper.meets_after == n:
            leg, clock = ground.leg_m(here, wreck_place), clock + ground.leg_s(here, wreck_place) + TRANSFER_S
            here = wreck_place
        leg += ground.leg_m(here, place)
        arrive = max(clock + ground.leg_s(here, place), rules.seconds_after_departure(part.opens))
        clock = arrive + rules.stop_service_s(part)
        late = max(0, arrive - rules.seconds_after_departure(part.closes))
        stops.append(DrivenStop(part=part, arrive_s=arrive, leave_s=clock, leg_m=leg, late_s=late))
        here, metres = place, metres + leg
    return stops, clock + ground.leg_s(here, 0), metres + ground.leg_m(here, 0)
