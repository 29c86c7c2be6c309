"""For the trucks: the load list, last stop first, and the route sheet in the order of the stops."""

from collections import Counter
from typing import Any

from app.documents.layout import Blank, Column, Document, Fact, Note, Table
from app.documents.scope import Scope
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.routes import LoadLine, PlanCard, RouteCard


def load_lists(session: Any, scope: Scope) -> list[Document]:
    """The crates of each tour in the order in which they go into the truck."""
    plan = logistics.current_plan(session, scope.card.id)
    tours = [tour for tour in plan.routes if scope.wants(tour.id)] if plan else []
    return [_load_list(scope, plan, tour, logistics.load_list(session, tour.id)) for tour in tours if plan]


def route_sheets(session: Any, scope: Scope) -> list[Document]:
    """The stops of each tour in the order in which they are reached."""
    plan = logistics.current_plan(session, scope.card.id)
    return [_route_sheet(scope, plan, tour) for tour in plan.routes if scope.wants(tour.id)] if plan else []


def _number(scope: Scope, tour: RouteCard) -> str:
    return f"{scope.card.code}-T{tour.no}"


def _tour_facts(scope: Scope, tour: RouteCard) -> tuple[Fact, ...]:
    words, _ = scope.words, scope.words.gettext
    begins = words.clock(tour.stops[0].arrive_at) if tour.stops else "–"
    return (
        Fact(_("Truck"), tour.vehicle_code), Fact(_("Day"), words.day(scope.card.pickup_on)),
        Fact(_("Stops"), str(len(tour.stops))), Fact(_("First arrival"), begins),
        Fact(_("Crates"), str(sum(stop.crates for stop in tour.stops))),
        Fact(_("Volume"), f"{tour.volume_ml / 1_000_000:.2f} / {tour.capacity_ml / 1_000_000:.2f} m³"),
        Fact(_("Weight"), f"{tour.weight_g / 1000:,.0f} / {tour.capacity_g / 1000:,.0f} kg"),
        Fact(_("Way"), f"{tour.distance_m / 1000:.1f} km"),
    )  # fmt: skip


def _load_list(scope: Scope, plan: PlanCard, tour: RouteCard, crates: list[LoadLine]) -> Document:
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("No."), 12, is_number=True), Column(_("Stop"), 14, is_number=True, is_strong=True),
        Column(_("Pickup point"), 70), Column(_("Crate"), 50), Column(_("Zone"), 20), Column(_("Loaded"), 18),
    )  # fmt: skip
    rows = [
        (one.position, one.stop_seq, one.pickup_point_name, one.crate_code, words.name(one.zone), Blank.BOX)
        for one in crates
    ]
    zones = Counter(words.name(one.zone) for one in crates)
    told = " · ".join(f"{zone} {many}" for zone, many in sorted(zones.items()))
    return Document(
        title=_("Load list"), name=_("Tour %(no)s · %(truck)s", no=tour.no, truck=tour.vehicle_name),
        number=_number(scope, tour), stamp=scope.stamp, version=plan.version, qr=_number(scope, tour),
        facts=_tour_facts(scope, tour),
        blocks=(
            Note(_("The last stop goes in first. Crates by zone: %(zones)s", zones=told or "–")),
            Table(columns=columns, rows=rows, totals=(None, None, _("Crates in all"), str(len(crates)), None, None)),
        ),
        keys=(Fact(_("Tour"), str(tour.no)), Fact(_("Truck"), tour.vehicle_code)),
        signs=(_("Loaded by"), _("Driver"), _("Time of departure")),
    )  # fmt: skip


def _route_sheet(scope: Scope, plan: PlanCard, tour: RouteCard) -> Document:
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("Stop"), 12, is_number=True, is_strong=True), Column(_("Arrival"), 17),
        Column(_("Pickup point"), 38), Column(_("Address"), 50), Column(_("Leader"), 20),
        Column(_("Crates"), 15, is_number=True), Column(_("Empties"), 16), Column(_("Signature"), 24),
    )  # fmt: skip
    rows = [
        (stop.seq, words.clock(stop.arrive_at), stop.pickup_point_name, stop.address, stop.leader_name or "–",
         stop.crates, Blank.LINE, Blank.LINE)
        for stop in tour.stops
    ]  # fmt: skip
    total = (None, None, _("In all"), None, None, sum(stop.crates for stop in tour.stops), None, None)
    return Document(
        title=_("Route sheet"), name=_("Tour %(no)s · %(truck)s", no=tour.no, truck=tour.vehicle_name),
        number=_number(scope, tour), stamp=scope.stamp, version=plan.version, qr=_number(scope, tour),
        facts=_tour_facts(scope, tour),
        blocks=(Table(columns=columns, rows=rows, totals=total, is_roomy=True),),
        keys=(Fact(_("Tour"), str(tour.no)), Fact(_("Truck"), tour.vehicle_code)),
        signs=(_("Driver"), _("Back at the hub"), _("Empties returned")),
    )  # fmt: skip
