"""The documents of a night: pick, load and deliver from one snapshot, and the delta sheets of what changed since."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, and_, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from app.domains.catalogue.models import Sku
from app.domains.catalogue.values import Zone
from app.domains.communities.models import PickupPoint
from app.domains.logistics import rules
from app.domains.logistics.errors import NightPlanDisagrees
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
    NightBox,
    NightLine,
    NightPlan,
    NightRoute,
    NightSheet,
    NightSlice,
    NightStop,
    PickRow,
)
from app.domains.logistics.values.routes import PlanState
from app.domains.logistics.values.sorting import PackLine

_LINE = ("sku_id", "sku_code", "sku_name", "sku_name_en", "spec", "spec_en", "shelf")
_SLICE = ("route_no", "seq", "first_crate", "crates", "vehicle")
_SHEET = (
    "sheet_id", "version", "pickup_point_id", "pickup_point_code", "pickup_point_name", "zone", "slot", "slot_no",
)  # fmt: skip


def stop_places(session: Session, group_buy_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Route number and stop number of each pickup point on the current plan; empty before routes are planned.

    A point that several trucks serve counts with its first stop.
    """
    rows = session.execute(
        select(Stop.pickup_point_id, Route.no, Stop.seq)
        .join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .where(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
        .order_by(Route.no.desc(), Stop.seq.desc())
    )  # fmt: skip
    return {point: (no, seq) for point, no, seq in rows}


def night_plan(session: Session, group_buy_id: UUID) -> NightPlan:
    """Pick, load and deliver of a round from one snapshot, with one stamp; totals per SKU and of crates are equal.

    Crates that no tour carries (before tours are planned: all) stand on a list without a number, in slot order.
    Raises NightPlanDisagrees if the three would not add up to what the sheets hold.
    """
    sheets, plan_version = _snapshot(session, group_buy_id)
    deliver = _deliver(sheets, empties_of_round(session, group_buy_id))
    plan = NightPlan(
        group_buy_id=group_buy_id, plan_version=plan_version,
        stamp=rules.stamp(plan_version, ((s.sheet_id, s.version) for s in sheets)),
        pick=_pick(sheets), load=_load(deliver), deliver=deliver,
        pieces=sum(line.qty for sheet in sheets for line in sheet.lines),
        crates=sum(len(sheet.boxes) for sheet in sheets), empties=sum(route.empties for route in deliver),
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


def _snapshot(session: Session, group_buy_id: UUID) -> tuple[list[NightSheet], int | None]:
    """Sheets with lines, crates and places on tours in one statement, so that nothing can change in between."""
    current = and_(RoutePlan.group_buy_id == group_buy_id, RoutePlan.state != PlanState.REPLACED)
    line = func.json_build_array(
        Sku.id, Sku.code, Sku.name, Sku.name_en, Sku.spec, Sku.spec_en, func.coalesce(Shelf.shelf, ""), SheetLine.qty,
        Sku.volume_ml, Sku.weight_g,
    )  # fmt: skip
    lines = (
        select(func.json_agg(aggregate_order_by(line, func.coalesce(Shelf.walk, "~"), Sku.code)))
        .select_from(SheetLine).join(Sku, Sku.id == SheetLine.sku_id)
        .outerjoin(Shelf, and_(Shelf.hub_id == Sheet.hub_id, Shelf.sku_id == SheetLine.sku_id))
        .where(SheetLine.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    )  # fmt: skip
    crates = (
        select(func.json_agg(aggregate_order_by(Crate.code, Crate.seq)))
        .where(Crate.sheet_id == Sheet.id).correlate(Sheet).scalar_subquery()
    )  # fmt: skip
    stop = func.json_build_array(Route.no, Stop.seq, Stop.first_crate, Stop.crates, Vehicle.name)
    stops = (
        select(func.json_agg(aggregate_order_by(stop, Route.no, Stop.seq)))
        .select_from(Stop).join(Route, Route.id == Stop.route_id).join(RoutePlan, RoutePlan.id == Route.plan_id)
        .join(Vehicle, Vehicle.id == Route.vehicle_id)
        .where(current, Stop.pickup_point_id == Sheet.pickup_point_id).correlate(Sheet).scalar_subquery()
    )  # fmt: skip
    rows = session.execute(
        select(
            Sheet.id.label("sheet_id"), Sheet.version, Sheet.pickup_point_id, *POINT_TEXTS, Sheet.zone, Sheet.slot,
            Sheet.slot_no, lines.label("lines"), crates.label("crates"), stops.label("stops"),
            select(RoutePlan.version).where(current).scalar_subquery().label("plan_version"),
        )
        .join(PickupPoint, PickupPoint.id == Sheet.pickup_point_id)
        .where(Sheet.group_buy_id == group_buy_id).order_by(Sheet.slot_no, PickupPoint.code, Sheet.zone)
    ).mappings().all()  # fmt: skip
    return [_sheet(row) for row in rows if row["lines"]], (rows[0]["plan_version"] if rows else None)


def _sheet(row: RowMapping) -> NightSheet:
    fields = {name: row[name] for name in _SHEET}
    lines = tuple(_line(values, row["zone"]) for values in row["lines"])
    slices = tuple(NightSlice(**dict(zip(_SLICE, values, strict=True))) for values in row["stops"] or ())
    return NightSheet(**fields, lines=lines, slices=slices, boxes=_boxes(row, lines))


def _line(values: Sequence[Any], zone: Zone) -> NightLine:
    known = dict(zip(_LINE, values, strict=False))
    return NightLine(**(known | {"sku_id": UUID(values[0])}), zone=zone, qty=values[len(_LINE)])


def _boxes(row: RowMapping, lines: Sequence[NightLine]) -> tuple[NightBox, ...]:
    """What lies in which crate, as the crates were counted: packed by SKU code. A crate too many is an empty one."""
    by_id = {line.sku_id: line for line in lines}
    goods = [
        PackLine(sku_id=UUID(values[0]), qty=values[-3], volume_ml=values[-2], weight_g=values[-1])
        for values in sorted(row["lines"], key=lambda values: str(values[1]))
    ]
    packed = [crate.contents for crate in rules.pack(goods)]
    codes: list[str] = row["crates"] or []
    contents = packed + [()] * (len(codes) - len(packed))
    return tuple(
        NightBox(code=code, lines=tuple(replace(by_id[sku_id], qty=qty) for sku_id, qty in held))
        for code, held in zip(codes, contents, strict=False)
    )


def _pick(sheets: Sequence[NightSheet]) -> tuple[PickRow, ...]:
    """One row per SKU in shelf order, zone by zone; SKUs without a shelf come last, by code."""
    goods: dict[UUID, NightLine] = {}
    qty, slots = Counter[UUID](), Counter[UUID]()
    for line in (line for sheet in sheets for line in sheet.lines):
        goods.setdefault(line.sku_id, line)
        qty[line.sku_id] += line.qty
        slots[line.sku_id] += 1
    rows = [PickRow(line=replace(line, qty=qty[one]), slots=slots[one]) for one, line in goods.items()]
    return tuple(sorted(rows, key=lambda row: (row.line.zone, *rules.walk_order(row.line.shelf), row.line.sku_code)))


def _deliver(sheets: Sequence[NightSheet], empties: dict[UUID, int]) -> tuple[NightRoute, ...]:
    """Tours in the order of their numbers, stops in visiting order (what no tour carries: in slot order, at the end).

    A point with several stops gets at each what lies in the crates that this stop carries.
    """
    by_point: dict[UUID, list[NightSheet]] = defaultdict(list)
    for sheet in sheets:
        by_point[sheet.pickup_point_id].append(sheet)
    stops: dict[int | None, list[NightStop]] = defaultdict(list)
    vehicles: dict[int | None, str] = {}
    for point_id, of_point in by_point.items():
        vehicles |= {cut.route_no: cut.vehicle for cut in of_point[0].slices}
        left = empties.get(point_id, 0)
        for route_no, seq, boxes in _parts(of_point):
            stops[route_no].append(_stop(of_point[0], seq, boxes, left))
            left = 0  # the first truck takes the empties
    return tuple(
        NightRoute(no=no, vehicle=vehicles.get(no, ""), stops=tuple(sorted(of_route, key=_visited)))
        for no, of_route in sorted(stops.items(), key=lambda item: (item[0] is None, item[0] or 0))
    )


def _parts(of_point: Sequence[NightSheet]) -> list[tuple[int | None, int | None, list[NightBox]]]:
    """The point's crates by stop, and at the end those that no stop carries."""
    boxes = [box for sheet in of_point for box in sheet.boxes]
    parts: list[tuple[int | None, int | None, list[NightBox]]] = []
    taken: set[int] = set()
    for cut in of_point[0].slices:
        numbers = [n for n in range(cut.first_crate, cut.first_crate + cut.crates) if n < len(boxes) and n not in taken]
        taken.update(numbers)
        if numbers:
            parts.append((cut.route_no, cut.seq, [boxes[n] for n in numbers]))
    rest = [box for n, box in enumerate(boxes) if n not in taken]
    return [*parts, (None, None, rest)] if rest else parts


def _stop(point: NightSheet, seq: int | None, boxes: Sequence[NightBox], empties: int) -> NightStop:
    lines: dict[UUID, NightLine] = {}
    for line in (line for box in boxes for line in box.lines):
        known = lines.get(line.sku_id)
        lines[line.sku_id] = replace(known, qty=known.qty + line.qty) if known else line
    return NightStop(
        seq=seq, slot=point.slot, pickup_point_id=point.pickup_point_id, pickup_point_code=point.pickup_point_code,
        pickup_point_name=point.pickup_point_name, crates=tuple(box.code for box in boxes),
        lines=tuple(lines.values()), empties=empties,
    )  # fmt: skip


def _visited(stop: NightStop) -> tuple[int, str, str]:
    return stop.seq or 0, stop.slot, stop.pickup_point_code


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
