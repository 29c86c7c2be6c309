"""Three prints of one night: pick list in shelf order, load list last stop first, route sheet in stop order.

All three are made of one `NightPlan`, so their pieces and crates agree, and they carry its stamp.
"""

from typing import Any

from app.documents.layout import Blank, Column, Document, Fact, Note, Table
from app.documents.scope import Scope
from app.domains.catalogue.values import Zone
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.night import NightPlan, NightRoute, PickRow
from app.domains.logistics.values.routes import RouteCard, StopCard


def pick_lists(session: Any, scope: Scope) -> list[Document]:
    """What is fetched from the shelves for the whole round, one list a zone; raises PlanOutdated."""
    night = logistics.night_plan(session, scope.card.id)
    by_zone = {zone: [row for row in night.pick if row.line.zone is zone] for zone in Zone}
    return [_pick_list(scope, night, zone, rows) for zone, rows in by_zone.items() if rows]


def load_lists(session: Any, scope: Scope) -> list[Document]:
    """The crates of each tour in the order in which they go into the truck; raises PlanOutdated."""
    zones = {label.code: label.zone for label in logistics.crate_labels(session, scope.card.id)}
    night = logistics.night_plan(session, scope.card.id)
    loads = {load.no: load for load in night.load}
    return [
        _load_list(scope, night, tour, loads[tour.no], zones)
        for tour in _tours(session, scope) if tour.no in loads
    ]  # fmt: skip


def route_sheets(session: Any, scope: Scope) -> list[Document]:
    """The stops of each tour in the order in which they are reached; raises PlanOutdated."""
    night = logistics.night_plan(session, scope.card.id)
    deliveries = {route.no: route for route in night.deliver}
    return [
        _route_sheet(scope, night, tour, deliveries[tour.no])
        for tour in _tours(session, scope) if tour.no in deliveries
    ]  # fmt: skip


def _tours(session: Any, scope: Scope) -> list[RouteCard]:
    """Tours by number; an object is a tour. Empty before routes are planned."""
    plan = logistics.current_plan(session, scope.card.id)
    return [tour for tour in plan.routes if scope.wants(tour.id)] if plan else []


def _pick_list(scope: Scope, night: NightPlan, zone: Zone, rows: list[PickRow]) -> Document:
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("Shelf"), 24, is_strong=True), Column(_("SKU"), 26), Column(_("Goods"), 84),
        Column(_("Pickup points"), 22, is_number=True), Column(_("Pieces"), 24, is_number=True, is_strong=True),
        Column(_("Fetched"), 18),
    )  # fmt: skip
    cells = [
        (row.line.shelf or "–", row.line.sku_code, words.goods(row.line), row.slots, row.line.qty, Blank.BOX)
        for row in rows
    ]
    pieces = sum(row.line.qty for row in rows)
    total = (None, None, _("Pieces in all"), None, pieces, None)
    return Document(
        title=_("Pick list"), name=words.head(zone), number=f"{scope.card.code}-PICK-{zone.value[0].upper()}",
        stamp=scope.stamp, plan=night.stamp,
        facts=(
            Fact(_("Zone"), words.head(zone)), Fact(_("Pieces in this zone"), pieces),
            Fact(_("Pieces of the round"), night.pieces), Fact(_("Crates of the round"), night.crates),
        ),
        blocks=(Table(columns=columns, rows=cells, totals=total, is_large=True),),
        keys=(Fact(_("Zone"), words.head(zone)),),
        signs=(_("Fetched by"), _("Time")),
    )  # fmt: skip


def _tour_facts(scope: Scope, tour: RouteCard, load: NightRoute) -> tuple[Fact, ...]:
    words, _ = scope.words, scope.words.gettext
    begins = words.clock(tour.stops[0].arrive_at) if tour.stops else "–"
    return (
        Fact(_("Truck"), tour.vehicle_code), Fact(_("Day"), words.day(scope.card.pickup_on)),
        Fact(_("Stops"), len(load.stops)), Fact(_("First arrival"), begins),
        Fact(_("Crates"), load.crates), Fact(_("Pieces"), sum(stop.pieces for stop in load.stops)),
        Fact(_("Weight"), f"{tour.weight_g / 1000:,.0f} / {tour.capacity_g / 1000:,.0f} kg"),
        Fact(_("Way"), f"{tour.distance_m / 1000:.1f} km"),
    )  # fmt: skip


def _load_list(
    scope: Scope, night: NightPlan, tour: RouteCard, load: NightRoute, zones: dict[str, Zone]
) -> Document:  # fmt: skip
    words, _ = scope.words, scope.words.gettext
    columns = (
        Column(_("Stop"), 14, is_number=True, is_strong=True), Column(_("Slot"), 16), Column(_("Pickup point"), 66),
        Column(_("No."), 12, is_number=True), Column(_("Crate"), 48), Column(_("Zone"), 20), Column(_("Loaded"), 16),
    )  # fmt: skip
    crates = [(stop, code) for stop in load.stops for code in stop.crates]
    rows = [
        (stop.seq, stop.slot, stop.pickup_point_name, at, code, words.head(zones[code]), Blank.BOX)
        for at, (stop, code) in enumerate(crates, start=1)
    ]
    total = (None, None, _("Crates in all"), len(crates), None, None, None)
    number = f"{scope.card.code}-T{tour.no}"
    return Document(
        title=_("Load list"), name=_("Tour %(no)s · %(truck)s", no=tour.no, truck=tour.vehicle_name), number=number,
        stamp=scope.stamp, plan=night.stamp, qr=number, facts=_tour_facts(scope, tour, load),
        blocks=(
            Note(_("The last stop goes in first.")),
            Table(columns=columns, rows=rows, totals=total, merged=3, is_large=True),
        ),
        keys=(Fact(_("Tour"), tour.no), Fact(_("Truck"), tour.vehicle_code)),
        signs=(_("Loaded by"), _("Driver"), _("Time of departure")),
    )  # fmt: skip


def _route_sheet(scope: Scope, night: NightPlan, tour: RouteCard, load: NightRoute) -> Document:
    words, _ = scope.words, scope.words.gettext
    cards: dict[Any, StopCard] = {stop.pickup_point_id: stop for stop in tour.stops}
    columns = (
        Column(_("Stop"), 12, is_number=True, is_strong=True), Column(_("Arrival"), 15),
        Column(_("Pickup point"), 36), Column(_("Address"), 44), Column(_("Leader"), 18),
        Column(_("Crates"), 14, is_number=True, is_strong=True), Column(_("Pieces"), 13, is_number=True),
        Column(_("Empties to collect"), 17, is_number=True), Column(_("Signature"), 24),
    )  # fmt: skip
    rows = [
        (stop.seq, words.clock(cards[stop.pickup_point_id].arrive_at), stop.pickup_point_name,
         cards[stop.pickup_point_id].address, cards[stop.pickup_point_id].leader_name or "–", len(stop.crates),
         stop.pieces, stop.empties, Blank.LINE)
        for stop in load.stops
    ]  # fmt: skip
    pieces = sum(stop.pieces for stop in load.stops)
    total = (None, None, _("In all"), None, None, load.crates, pieces, load.empties, None)
    number = f"{scope.card.code}-T{tour.no}"
    return Document(
        title=_("Route sheet"), name=_("Tour %(no)s · %(truck)s", no=tour.no, truck=tour.vehicle_name), number=number,
        stamp=scope.stamp, plan=night.stamp, qr=number, facts=_tour_facts(scope, tour, load),
        blocks=(Table(columns=columns, rows=rows, totals=total, is_roomy=True),),
        keys=(Fact(_("Tour"), tour.no), Fact(_("Truck"), tour.vehicle_code)),
        signs=(_("Driver"), _("Back at the hub"), _("Empties returned")),
    )  # fmt: skip
