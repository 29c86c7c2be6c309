"""The documents of a night: pick, load and deliver from one snapshot, and the delta sheets of what changed since."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics import rules
from app.domains.logistics.errors import NightPlanDisagrees, PlanOutdated
from app.domains.logistics.models import (
    Crate,
    Route,
    RoutePlan,
    Sheet,
    SheetChange,
    SheetLine,
    Shelf,
    Stop,
    Vehicle,
)
from app.domains.logistics.queries.columns import POINT_TEXTS, SKU_TEXTS
from app.domains.logistics.queries.crates import empties_of_round
from app.domains.logistics.values.night import (
    DeltaLine,
    DeltaSheet,
    NightLine,
    NightPlan,
    NightRoute,
    NightSheet,
    NightStop,
    PickRow,
)
from app.domains.logistics.values.routes import PlanState

_LINE = ("sku_id", "sku_code", "sku_name", "sku_name_en", "spec", "spec_en", "shelf")


def stop_places(session: Session, group_buy_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Route number and stop number of each pickup point on the current plan; empty before routes are planned."""
    rows = session.execute(
        select(Stop.pickup_point_id, Route.no, Stop.seq)
        .join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    )  # fmt: skip
    return {point: (no, seq) for point, no, seq in rows}


def night_plan(session: Session, group_buy_id: UUID) -> NightPlan:
    """Pick, load and deliver of a round from one snapshot, with one stamp; totals per SKU and of crates are equal.

    Before tours are planned all points stand on one list without a number, in slot order. Raises PlanOutdated when a
    point with goods is on no tour, NightPlanDisagrees if the three would not add up to what the sheets hold.
    """
    sheets, plan_version, vehicles = _snapshot(session, group_buy_id)
    if plan_version is not None and any(sheet.route_no is None for sheet in sheets):
        raise PlanOutdated
    deliver = _deliver(sheets, vehicles, empties_of_round(session, group_buy_id))
    plan = NightPlan(
        group_buy_id=group_buy_id, plan_version=plan_version,
        stamp=rules.stamp(plan_version, ((s.sheet_id, s.version) for s in sheets)),
        pick=_pick(sheets), load=_load(deliver), deliver=deliver,
        pieces=sum(line.qty for sheet in sheets for line in sheet.lines),
        crates=sum(len(sheet.crates) for sheet in sheets), empties=sum(route.empties for route in deliver),
    )  # fmt: skip
    check_night_plan(plan, sheets)
    return plan


def check_night_plan(plan: NightPlan, sheets: Sequence[NightSheet]) -> None:
    """Trust no arrangement: each print must hold the sheets' pieces per SKU and crates. Raises NightPlanDisagrees."""
    wanted = Counter({line.sku_code: 0 for sheet in sheets for line in sheet.lines})
    for sheet in sheets:
        wanted.update({line.sku_code: line.qty for line in sheet.lines})
    crates = sorted(code for sheet in sheets for code in sheet.crates)
    picked: Counter[str] = Counter()
    for row in plan.pick:
        picked[row.line.sku_code] += row.line.qty
    _same("pick", picked, wanted)
    for name, routes in (("load", plan.load), ("deliver", plan.deliver)):
        found: Counter[str] = Counter()
        for line in (line for route in routes for stop in route.stops for line in stop.lines):
            found[line.sku_code] += line.qty
        _same(name, found, wanted)
        on_it = sorted(code for route in routes for stop in route.stops for code in stop.crates)
        if on_it != crates:
            raise NightPlanDisagrees(problem=f"{name}: {len(on_it)} crates, sheets: {len(crates)}")


def _same(name: str, found: Counter[str], wanted: Counter[str]) -> None:
    for code in sorted(found.keys() | wanted.keys()):
        if found[code] != wanted[code]:
            raise NightPlanDisagrees(problem=f"{name} {code}: {found[code]}, sheets: {wanted[code]}")


def _snapshot(session: Session, group_buy_id: UUID) -> tuple[list[NightSheet], int | None, dict[int, str]]:
    """Sheets with lines, crates and place on a tour in one statement, so that nothing can change in between."""
    line = func.json_build_array(
        Sku.id, Sku.code, Sku.name, Sku.name_en, Sku.spec, Sku.spec_en, func.coalesce(Shelf.shelf, ""), SheetLine.qty
    )
    walk = aggregate_order_by(line, func.coalesce(Shelf.walk, "~"), Sku.code)
    lines = (
        select(func.json_agg(walk)).select_from(SheetLine).join(Sku, Sku.id == SheetLine.sku_id)
        .outerjoin(Shelf, and_(Shelf.hub_id == Sheet.hub_id, Shelf.sku_id == SheetLine.sku_id))
        .where(SheetLine.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    )  # fmt: skip
    crates = (
        select(func.json_agg(aggregate_order_by(Crate.code, Crate.seq)))
        .where(Crate.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    )  # fmt: skip
    place = (
        select(RoutePlan.version.label("plan_version"), Route.no, Stop.seq, Stop.pickup_point_id, Vehicle.name)
        .select_from(RoutePlan).join(Route, Route.plan_id == RoutePlan.id).join(Stop, Stop.route_id == Route.id)
        .join(Vehicle, Vehicle.id == Route.vehicle_id)
        .where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED).subquery("place")
    )  # fmt: skip
    rows = session.execute(
        select(
            Sheet.id.label("sheet_id"), Sheet.version, Sheet.pickup_point_id, *POINT_TEXTS, Sheet.zone, Sheet.slot,
            Sheet.slot_no, place.c.no.label("route_no"), place.c.seq.label("stop_seq"), lines.label("lines"),
            crates.label("crates"), place.c.plan_version, place.c.name.label("vehicle"),
        )
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .outerjoin(place, place.c.pickup_point_id == Sheet.pickup_point_id)
        .where(Sheet.group_buy_id == group_buy_id).order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone)
    )  # fmt: skip
    sheets, versions, vehicles = [], set(), {}
    for row in rows.mappings():
        fields: dict[str, Any] = dict(row)
        plan_version, vehicle = fields.pop("plan_version"), fields.pop("vehicle")
        if plan_version is not None:
            versions.add(plan_version)
            vehicles[fields["route_no"]] = vehicle
        if fields["lines"]:
            fields["lines"] = tuple(_line(values, fields["zone"]) for values in fields["lines"])
            fields["crates"] = tuple(fields["crates"] or ())
            sheets.append(NightSheet(**fields))
    return sheets, max(versions, default=None), vehicles


def _line(values: Sequence[Any], zone: Any) -> NightLine:
    known = dict(zip(_LINE, values, strict=False))
    return NightLine(**(known | {"sku_id": UUID(values[0])}), zone=zone, qty=values[-1])


def _pick(sheets: Sequence[NightSheet]) -> tuple[PickRow, ...]:
    """One row per SKU in shelf order, zone by zone; SKUs without a shelf come last, by code."""
    found: dict[UUID, PickRow] = {}
    for line in (line for sheet in sheets for line in sheet.lines):
        known = found.get(line.sku_id, PickRow(line=replace(line, qty=0), slots=0))
        found[line.sku_id] = PickRow(line=replace(line, qty=known.line.qty + line.qty), slots=known.slots + 1)
    return tuple(
        sorted(found.values(), key=lambda row: (row.line.zone, *rules.walk_order(row.line.shelf), row.line.sku_code))
    )


def _deliver(
    sheets: Sequence[NightSheet], vehicles: dict[int, str], empties: dict[UUID, int]
) -> tuple[NightRoute, ...]:
    """Tours in the order of their numbers, stops in visiting order (or, without tours, in slot order)."""
    by_point: dict[UUID, list[NightSheet]] = defaultdict(list)
    for sheet in sheets:
        by_point[sheet.pickup_point_id].append(sheet)
    stops: dict[int | None, list[NightStop]] = defaultdict(list)
    for point_id, of_point in by_point.items():
        first = of_point[0]
        stops[first.route_no].append(
            NightStop(
                seq=first.stop_seq, slot=first.slot, pickup_point_id=point_id,
                pickup_point_code=first.pickup_point_code, pickup_point_name=first.pickup_point_name,
                crates=tuple(code for sheet in of_point for code in sheet.crates),
                lines=tuple(line for sheet in of_point for line in sheet.lines), empties=empties.get(point_id, 0),
            )
        )  # fmt: skip
    return tuple(
        NightRoute(no=no, vehicle=vehicles.get(no, "") if no else "",
                   stops=tuple(sorted(of_route, key=lambda s: (s.seq or 0, s.slot, s.pickup_point_code))))
        for no, of_route in sorted(stops.items(), key=lambda item: item[0] or 0)
    )  # fmt: skip


def _load(deliver: Sequence[NightRoute]) -> tuple[NightRoute, ...]:
    """The same tours as they are loaded: last stop first, and within a stop the last crate first."""
    return tuple(
        replace(route, stops=tuple(replace(stop, crates=stop.crates[::-1]) for stop in reversed(route.stops)))
        for route in deliver
    )


def delta_sheets(session: Session, group_buy_id: UUID) -> list[DeltaSheet]:
    """Sheets that changed after their print, with only the SKUs that changed, in slot order.

    Each compares the printed version with the one that counts; what went back and forth does not appear.
    """
    rows = session.execute(
        select(
            Sheet.id, *POINT_TEXTS, Sheet.zone, Sheet.slot, Sheet.printed_version, Sheet.version, Sheet.printed_at,
            SheetChange.sku_id, Sku.code.label("sku_code"), *SKU_TEXTS,
            func.min(case((SheetChange.version == _first_change(), SheetChange.before_qty))).label("before_qty"),
            func.coalesce(func.min(SheetLine.qty), 0).label("after_qty"),
        )
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .join(SheetChange, and_(SheetChange.sheet_id == Sheet.id, SheetChange.version > Sheet.printed_version))
        .join(Sku, Sku.id == SheetChange.sku_id)
        .outerjoin(SheetLine, and_(SheetLine.sheet_id == Sheet.id, SheetLine.sku_id == SheetChange.sku_id))
        .where(Sheet.group_buy_id == group_buy_id)
        .group_by(Sheet.id, PickupPoint.id, SheetChange.sku_id, Sku.id)
        .order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone, Sku.code)
    )  # fmt: skip
    found: dict[UUID, DeltaSheet] = {}
    for row in rows.mappings():
        fields = dict(row)
        line = DeltaLine(**{name: fields.pop(name) for name in _DELTA})
        if line.change_qty:
            sheet_id = fields.pop("id")
            known = found.get(sheet_id) or DeltaSheet(sheet_id=sheet_id, lines=(), **fields)
            found[sheet_id] = replace(known, lines=(*known.lines, line))
    return list(found.values())


_DELTA = ("sku_id", "sku_code", "sku_name", "sku_name_en", "spec", "spec_en", "before_qty", "after_qty")


def _first_change() -> Any:
    """The first version after the print that touched this SKU of this sheet."""
    first = SheetChange.__table__.alias("first")
    return (
        select(func.min(first.c.version))
        .where(first.c.sheet_id == SheetChange.sheet_id, first.c.sku_id == SheetChange.sku_id,
               first.c.version > Sheet.printed_version)
        .correlate(SheetChange, Sheet).scalar_subquery()
    )  # fmt: skip
