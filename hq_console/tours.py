"""How tours are shown: on the map, as bars of time, and in words."""

from datetime import datetime, timedelta
from typing import Any

from app.domains.communities.values.ground import Hub
from app.domains.logistics.gateways import osrm
from app.domains.logistics.values.routes import PlanCard, RouteCard, StopCard, Unplanned
from app.infra.distance import DistanceSource
from app.kernel.money import format_cents
from app.web.context import services
from app.web.filters import clock_time, local
from app.web.words import gettext as _, ngettext
from hq_console import names

#: Width of the picture of times, of the column of names, and height of a truck's row.
WIDE, LABEL, ROW = 1000, 150, 34


def map_tour(hub: Hub, route: RouteCard) -> dict[str, Any]:
    """One tour for the map: its way as straight legs, and its stops."""
    way = [hub.place, *(stop.place for stop in route.stops), hub.place]
    return {
        "name": tour_name(route), "text": ngettext("%(num)s stop", "%(num)s stops", len(route.stops)),
        "points": [[place.lat, place.lon] for place in way], "stops": [_map_stop(stop) for stop in route.stops],
    }  # fmt: skip


def roads() -> DistanceSource | None:
    """Who knows the roads in this installation; None = straight lines with the hub's detour."""
    settings = services().settings
    return osrm.roads_of(settings.osrm_url, settings.osrm_timeout_s)


def tour_name(route: RouteCard) -> str:
    """What a tour is called."""
    return _("Tour %(no)s · %(truck)s", no=route.no, truck=route.vehicle_name)


def _map_stop(stop: StopCard) -> dict[str, Any]:
    crates = ngettext("%(num)s crate", "%(num)s crates", stop.crates)
    return {
        "lat": stop.place.lat, "lon": stop.place.lon, "name": stop.pickup_point_name,
        "text": f"{clock_time(stop.arrive_at)} · {crates}",
    }  # fmt: skip


def way_out(left: Unplanned, currency: str) -> str:
    """The cheapest way to get an unplanned stop delivered, in words."""
    cost = f"{format_cents(left.cost_cents, currency)} {currency}"
    return _(names.NAMES[type(left.fix)][left.fix.value], truck=left.vehicle_code, cost=cost)


def gantt(plan: PlanCard) -> dict[str, Any] | None:
    """Bars of time: a row per tour with driving in grey and stops in colour, between the hours that are needed."""
    routes = [route for route in plan.routes if route.stops]
    if not routes:
        return None
    begins = min(_leaves(route) for route in routes)
    ends = max(_back(route) for route in routes)
    first = local(begins).replace(minute=0, second=0, microsecond=0)
    hours = int((ends - first).total_seconds() // 3600) + 1
    scale = (WIDE - LABEL) / (hours * 3600)

    def x(moment: datetime) -> float:
        return round(LABEL + (moment - first).total_seconds() * scale, 1)

    every = 1 if hours <= 10 else 2
    return {
        "width": WIDE + 24, "height": ROW * len(routes) + 24,
        "hours": [{"x": x(first + timedelta(hours=n)), "text": f"{(first + timedelta(hours=n)):%H:%M}"}
                  for n in range(0, hours + 1, every)],
        "rows": [_gantt_row(n, route, x) for n, route in enumerate(routes)],
    }  # fmt: skip


def _gantt_row(n: int, route: RouteCard, x: Any) -> dict[str, Any]:
    leaves, back = _leaves(route), _back(route)
    told = _(
        "%(tour)s: leaves %(at)s, %(stops)s stops, back %(back)s", tour=tour_name(route), at=clock_time(leaves),
        stops=len(route.stops), back=clock_time(back),
    )  # fmt: skip
    return {
        "y": 24 + n * ROW, "label": f"{route.no} · {route.vehicle_code}", "told": told,
        "x": x(leaves), "width": max(1, round(x(back) - x(leaves), 1)),
        "stops": [{"x": x(s.arrive_at), "width": max(2, round(x(s.leave_at) - x(s.arrive_at), 1)),
                   "done": s.arrived_at is not None,
                   "told": f"{clock_time(s.arrive_at)}–{clock_time(s.leave_at)} {s.pickup_point_name}"}
                  for s in route.stops],
    }  # fmt: skip


def _leaves(route: RouteCard) -> datetime:
    return route.leaves_at or route.stops[0].arrive_at


def _back(route: RouteCard) -> datetime:
    return route.back_at or route.stops[-1].leave_at
