"""Files into rooms: the whole demo city goes in, comes out, and goes in again unchanged; errors by row and column."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from app.domains.accounts import queries as accounts
from app.domains.accounts.values import LookReason
from app.domains.analytics.queries import broken_invariants
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.service.leaders import change_status
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import RoundExists
from app.domains.supply import queries as supply
from app.flows.exports import ExportFile, export_file
from app.flows.imports import ImportFile, ImportReport, import_file
from app.infra.coordinates import from_wgs84, shape_from_wgs84
from app.infra.distance import geodesic_m
from app.infra.tables import RowError, RowErrors
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point, System
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from tests.conftest import START
from tests.factories.communities import make_city

DEMO = Path(__file__).parent.parent.parent / "demo"
FILES = {
    "hubs": "hubs.csv", "neighbourhoods": "neighbourhoods.geojson", "pickup-points": "pickup_points.csv",
    "leaders": "leaders.csv", "categories": "categories.csv", "suppliers": "suppliers.xlsx",
    "products": "products.xlsx",
}  # fmt: skip
DAY = date(2026, 11, 20)
WHY = LookReason.MOVING_DATA


def load(run: Any, kind: str, content: bytes | str, name: str = "x.csv", **other: Any) -> ImportReport:
    body = content.encode() if isinstance(content, str) else content
    return import_file(run, ImportFile(kind=kind, name=name, content=body, **other))


def errors(run: Any, kind: str, content: bytes | str, name: str = "x.csv", **other: Any) -> list[RowError]:
    with pytest.raises(RowErrors) as refusal:
        load(run, kind, content, name, **other)
    return refusal.value.errors


def counts(report: ImportReport) -> dict[str, tuple[int, int, int]]:
    return {part: (c.created, c.updated, c.unchanged) for part, c in report.parts.items()}


def fill(run: Any) -> None:
    for kind, name in FILES.items():
        load(run, kind, (DEMO / name).read_bytes(), name)


def rows_of(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def test_the_demo_city_in_and_out_and_in_again(run: Any, read: Any) -> None:
    expected = {
        "hubs": {"hubs": (3, 0, 0)},
        "neighbourhoods": {"neighbourhoods": (60, 0, 0)},
        "pickup-points": {"pickup-points": (67, 0, 0)},
        "leaders": {"leaders": (65, 0, 0)},
        "categories": {"categories": (13, 0, 0)},
        "suppliers": {"suppliers": (12, 0, 0)},
        "products": {"products": (120, 0, 0), "terms": (120, 0, 0)},
    }
    for kind, name in FILES.items():
        content = (DEMO / name).read_bytes()
        assert counts(load(run, kind, content, name)) == expected[kind]
        again = {part: (0, 0, made) for part, (made, _, _) in expected[kind].items()}
        assert counts(load(run, kind, content, name)) == again
        endings = (".geojson",) if kind == "neighbourhoods" else (".csv", ".xlsx")
        for ending in endings:
            out = run(export_file, ExportFile(kind=kind, name=kind + ending, reason=WHY))
            assert counts(load(run, kind, out, kind + ending)) == again, kind + ending
    assert counts(load(run, "terms", run(export_file, ExportFile(kind="terms", name="t.csv")))) == {
        "terms": (0, 0, 120)
    }
    orange = read(catalogue.sku_ids_by_code)["FR001"]
    assert read(catalogue.get_sku, orange).name == "赣南脐橙"
    terms = read(supply.terms_by_sku, [orange])[orange]
    assert (terms.supplier_code, terms.cost_cents, terms.pack_size, terms.min_packs) == ("S01", 1620, 8, 2)
    assert read(communities.hubs)[0].place.lat == 30.296211


def test_six_thousand_residents_with_few_statements(run: Any, read: Any, database: Database) -> None:
    fill(run)
    content = (DEMO / "residents.csv").read_bytes()
    seen: list[str] = []
    note = lambda *call: seen.append(call[2])  # noqa: E731  the same object must be taken off again
    event.listen(database.engine, "before_cursor_execute", note)
    report = load(run, "residents", content)
    event.remove(database.engine, "before_cursor_execute", note)
    assert counts(report) == {"residents": (6000, 0, 0)}
    assert len(seen) < 100, len(seen)  # none for a single row
    loads = read(communities.residents_by_point)
    assert sum(loads.values()) == 6000
    assert all(
        loads[p.pickup_point_id] <= p.capacity_orders for p in read(communities.places) if p.pickup_point_id in loads
    )
    assert counts(load(run, "residents", content)) == {"residents": (0, 0, 6000)}
    out = run(export_file, ExportFile(kind="residents", name="r.csv", reason=WHY))
    assert counts(load(run, "residents", out)) == {"residents": (0, 0, 6000)}


def test_a_rehearsal_tells_and_changes_nothing(run: Any, database: Database) -> None:
    fill(run)
    before = rows_of(database)
    for kind, name in FILES.items():
        report = load(run, kind, (DEMO / name).read_bytes(), name, rehearse=True)
        assert report.is_rehearsal
    changed = (
        (DEMO / "leaders.csv")
        .read_text()
        .replace("L001,李叔", "L001,王叔")
        .replace("primary,active", "primary,resting", 1)
    )
    report = load(run, "leaders", changed + "L099,新人,19900000099,home,N001,P001,backup,applicant\n", rehearse=True)
    assert counts(report) == {"leaders": (1, 1, 64)}
    detail = report.parts["leaders"].details[0]
    assert (detail.key, detail.before, detail.after) == (
        "L001", {"name": "李叔", "status": "active"}, {"name": "王叔", "status": "resting"},
    )  # fmt: skip
    assert rows_of(database) == before


def test_every_error_of_a_file_at_once_and_nothing_saved(run: Any, database: Database) -> None:
    make_city(run)
    before = rows_of(database)
    bad = (
        "code,neighbourhood,name,address,lat,lon,opens,closes,capacity_orders,reach_m\n"
        "P010,N001,A,X,30.1,115.1,16:00,21:00,100,800\n"
        "P011,N404,A,X,thirty,115.1,16:00,21:00,0,8.5\n"
        "P010,N001,A,X,30.1,115.1,16:00,21:00,100,800\n"
        "P012,N404,,X,30.1,195.1,25:00,09:00,100,-1\n"
        "P013,N404,A,X,30.1,115.1,16:00,09:00,100,800\n"
    )
    assert errors(run, "pickup-points", bad) == [
        RowError(3, "capacity_orders", Reason.TOO_SMALL, "0 (1…100000)"),
        RowError(3, "lat", Reason.NOT_NUMBER, "thirty"),
        RowError(3, "reach_m", Reason.NOT_WHOLE, "8.5"),
        RowError(4, "code", Reason.TWICE, "P010"),
        RowError(5, "lon", Reason.OUT_OF_RANGE, "195.1"),
        RowError(5, "name", Reason.MISSING),
        RowError(5, "opens", Reason.NOT_TIME, "25:00"),
        RowError(5, "reach_m", Reason.TOO_SMALL, "-1 (1…100000)"),
        RowError(6, "closes", Reason.CLOSES_EARLY, "09:00"),
        RowError(6, "neighbourhood", Reason.UNKNOWN, "N404"),
    ]
    assert rows_of(database) == before


def test_a_file_removes_nobody_who_works_and_leaves_a_removed_one_as_she_is(run: Any, read: Any) -> None:
    """Removal takes two persons; a file is the act of one."""
    city = make_city(run)
    before = run(export_file, ExportFile(kind="leaders", name="l.csv", reason=WHY)).decode("utf-8-sig")
    tried = before.replace(",active", ",probation")
    assert errors(run, "leaders", tried) == [RowError(n, "status", Reason.APPRAISAL, "probation") for n in (2, 3)]
    second_gone = before.replace(",active", ",removed").replace(",removed", ",active", 1)
    assert errors(run, "leaders", second_gone) == [RowError(3, "status", Reason.TWO_PERSONS, "removed")]
    assert read(communities.get_leader, city.leaders["L002"]).status is LeaderStatus.ACTIVE
    run(change_status, city.leaders["L002"], LeaderStatus.REMOVED, "moved away")
    out = run(export_file, ExportFile(kind="leaders", name="l.csv", reason=WHY))
    assert counts(load(run, "leaders", out)) == {"leaders": (0, 0, 2)}
    # An applicant has nobody who would miss her, and history of another system may be brought in.
    fresh = before.splitlines()[0] + "\nL003,新人,19900000093,home,N001,P001,backup,{}\n"
    assert counts(load(run, "leaders", fresh.format("applicant"))) == {"leaders": (1, 0, 0)}
    assert counts(load(run, "leaders", fresh.format("removed"))) == {"leaders": (0, 1, 0)}
    old = fresh.replace("L003", "L004").replace("0093", "0094").format("removed")
    assert counts(load(run, "leaders", old)) == {"leaders": (1, 0, 0)}
    assert read(broken_invariants, START) == []


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    fields = {"code": "N9", "name": "甲", "name_en": "A", "hub": "LJ-E", "households": 10} | properties
    return {"type": "Feature", "properties": fields, "geometry": geometry}


def collection(*features: Any, **other: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)} | other)


DOT = {"type": "Point", "coordinates": [115.1, 30.3]}
CROSSED = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


def test_faults_of_geojson_by_feature(run: Any, read: Any) -> None:
    make_city(run, points=[], leaders=[])
    content = collection(
        feature(CROSSED),
        feature(DOT, code="N10", hub="X", households=0),
        feature({"type": "Point", "coordinates": [30.3, 115.1]}, code="N11"),
        feature(None, code="N12", floor=3),
        feature(DOT, code="N9"),
        "nothing",
        feature(DOT, code="N13", name=["甲"], households=None),
        {"type": "Feature", "properties": {"code": "N14", "name": "甲\x07", "hub": "LJ-E"}, "geometry": DOT},
    )
    assert errors(run, "neighbourhoods", content, "x.geojson") == [
        RowError(1, "geometry", Reason.CROSSES_ITSELF),
        RowError(2, "households", Reason.TOO_SMALL, "0 (1…100000)"),
        RowError(3, "geometry", Reason.OUT_OF_RANGE),
        RowError(4, "floor", Reason.UNKNOWN_COLUMN),
        RowError(4, "geometry", Reason.NOT_SHAPE),
        RowError(5, "code", Reason.TWICE, "N9"),
        RowError(6, "", Reason.BAD_FILE),
        RowError(7, "households", Reason.MISSING),
        RowError(7, "name", Reason.NOT_TEXT),
        RowError(8, "households", Reason.MISSING_COLUMN),
        RowError(8, "name", Reason.CONTROL),
        RowError(8, "name_en", Reason.MISSING_COLUMN),
    ]
    assert len(read(communities.neighbourhood_inputs)) == 2


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.csv", "a", Reason.BAD_TYPE),
        ("x.geojson", "{", Reason.BAD_FILE),
        ("x.geojson", "[" * 100_000, Reason.BAD_FILE),
        ("x.geojson", '{"type": "FeatureCollection", "features": [NaN]}', Reason.BAD_FILE),
        ("x.geojson", '{"type": "Feature"}', Reason.BAD_FILE),
        ("x.geojson", "小区".encode("gbk"), Reason.BAD_ENCODING),
        ("x.geojson", collection(), Reason.EMPTY_FILE),
        ("x.geojson", collection(feature(DOT), crs={"properties": {"name": "EPSG:3857"}}), Reason.OTHER_CRS),
    ],
)
def test_geojson_that_cannot_be_read(run: Any, name: str, content: bytes | str, reason: Reason) -> None:
    assert errors(run, "neighbourhoods", content, name) == [RowError(0, "", reason, name)]


def test_geojson_that_names_wgs84_is_welcome(run: Any) -> None:
    make_city(run, points=[], leaders=[])
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    report = load(run, "neighbourhoods", collection(feature(DOT), crs=crs), "x.geojson")
    assert counts(report) == {"neighbourhoods": (1, 0, 0)}


PRODUCT = {
    "code": "A1", "name": "盐", "name_en": "Salt", "category": "fruit", "spec": "1", "spec_en": "1", "unit": "袋",
    "unit_en": "bag", "weight_g": "500", "volume_ml": "400", "zone": "ambient", "shelf_days": "900", "barcode": "",
    "origin": "", "producer": "", "ingredients": "", "storage": "", "picture": "", "description": "",
    "description_en": "",
}  # fmt: skip


def sheet(*rows: dict[str, str]) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])


@pytest.mark.parametrize("system", [System.GCJ02, System.BD09])
def test_places_in_another_coordinate_system_are_kept_in_wgs84(run: Any, read: Any, system: System) -> None:
    load(run, "hubs", (DEMO / "hubs.csv").read_bytes(), "hubs.csv")
    drawn = json.loads((DEMO / "neighbourhoods.geojson").read_text())
    for feature in drawn["features"]:
        feature["geometry"] = shape_from_wgs84(feature["geometry"], system)
    shapes = json.dumps(drawn)
    head, *rows = (DEMO / "pickup_points.csv").read_text().splitlines()
    at, typed = head.split(",").index("lat"), []
    for row in rows:
        cells = row.split(",")
        cells[at : at + 2] = map(str, from_wgs84(Point(float(cells[at]), float(cells[at + 1])), system))
        typed.append(",".join(cells))
    points = "\n".join([head, *typed])
    tried = load(run, "neighbourhoods", shapes, "n.geojson", system=system, rehearse=True)
    assert (tried.system, tried.parts["neighbourhoods"].created) == (system, len(drawn["features"]))
    load(run, "neighbourhoods", shapes, "n.geojson", system=system)
    load(run, "pickup-points", points, system=system)
    places = {place.pickup_point_code: place.place for place in read(communities.places)}
    for row in rows:
        cells = row.split(",")
        there = Point(float(cells[at]), float(cells[at + 1]))
        assert geodesic_m(places[cells[0]], there) < 0.02, cells[0]
        assert geodesic_m(Point(*map(float, typed[rows.index(row)].split(",")[at : at + 2])), there) > 300
    (again,) = load(run, "pickup-points", points, system=system).parts.values()
    assert (again.created, again.updated, again.unchanged) == (0, 0, len(rows))
    for kind, name in (("neighbourhoods", "n.geojson"), ("pickup-points", "p.csv")):  # out in WGS-84 and in again
        (back,) = load(run, kind, run(export_file, ExportFile(kind=kind, name=name)), name).parts.values()
        assert (back.created, back.updated) == (0, 0), kind


def test_a_coordinate_system_is_for_places_and_does_not_contradict_the_file(run: Any, read: Any) -> None:
    load(run, "hubs", (DEMO / "hubs.csv").read_bytes(), "hubs.csv")
    with pytest.raises(Invalid) as refusal:
        load(run, "categories", "code,name,name_en,claim_hours\ntea,茶,Tea,72\n", system=System.GCJ02)
    assert refusal.value.field == "system"
    named = json.loads((DEMO / "neighbourhoods.geojson").read_text())
    named["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    (fault,) = errors(run, "neighbourhoods", json.dumps(named), "n.geojson", system=System.BD09)
    assert fault.reason is Reason.OTHER_CRS
    assert read(communities.neighbourhood_inputs) == []


def test_products_with_and_without_terms(run: Any, read: Any, database: Database) -> None:
    load(run, "categories", (DEMO / "categories.csv").read_bytes())
    assert counts(load(run, "products", sheet(PRODUCT))) == {"products": (1, 0, 0)}
    full = PRODUCT | {"supplier": "S09", "cost": "1.25", "pack_size": "6", "min_packs": "0"}
    assert errors(
        run, "products", sheet(full, full | {"code": "A2", "cost": ""}, full | {"code": "A3", "category": "x"})
    ) == [
        RowError(2, "supplier", Reason.UNKNOWN, "S09"),
        RowError(3, "cost", Reason.TOGETHER),
        RowError(4, "category", Reason.UNKNOWN, "x"),
        RowError(4, "supplier", Reason.UNKNOWN, "S09"),
    ]
    suppliers = "code,name,name_en,contact,phone,email,min_order,lead_days\nS09,盐场,,,,,12.50,1\n"
    load(run, "suppliers", suppliers)
    assert counts(load(run, "products", sheet(full))) == {"products": (0, 0, 1), "terms": (1, 0, 0)}
    merchandiser = Actor("m", Role.HQ_MERCHANDISER, new_id())
    as_merchandiser = lambda use_case, *args: database.transact(merchandiser, use_case, *args)  # noqa: E731  short, and used on the next lines only
    with pytest.raises(Forbidden):
        load(as_merchandiser, "products", sheet(full | {"cost": "9.99"}))
    assert counts(load(as_merchandiser, "products", sheet(PRODUCT))) == {"products": (0, 0, 1)}
    assert [one.cost_cents for one in read(supply.terms_by_sku).values()] == [125]
    out = run(export_file, ExportFile(kind="suppliers", name="s.csv")).decode("utf-8-sig").splitlines()
    assert out[1] == "S09,盐场,,,,,12.50,1"


def test_offers_become_a_draft(run: Any, read: Any) -> None:
    fill(run)
    content = (DEMO / "offers.xlsx").read_bytes()
    report = load(run, "offers", content, "offers.xlsx", hub="LJ-E", round_on=DAY)
    assert counts(report) == {"offers": (100, 0, 0)}
    hub = read(communities.find_hub_by_code, "LJ-E")
    card = read(groupbuys.find_round, hub.id, DAY)
    assert (card.status.value, card.offer_count, card.title, card.title_en) == (
        "draft",
        100,
        "11月20日团",
        "Group-buy of November 20",
    )
    assert (card.opens_at.isoformat(), card.cutoff_at.isoformat(), card.pickup_on) == (
        "2026-11-19T16:00:00+00:00", "2026-11-20T15:00:00+00:00", date(2026, 11, 21),
    )  # fmt: skip
    with pytest.raises(RoundExists):
        load(run, "offers", content, "offers.xlsx", hub="LJ-E", round_on=DAY)
    out = run(export_file, ExportFile(kind="offers", name="o.xlsx", hub="LJ-E", round_on=DAY))
    load(run, "offers", out, "o.xlsx", hub="LJ-W", round_on=DAY)
    other = read(groupbuys.find_round, read(communities.find_hub_by_code, "LJ-W").id, DAY)

    def told(group_buy_id: Any) -> list[Any]:
        return [
            (o.sku_id, o.base_price_cents, o.quota, o.commission_bps, o.breaks)
            for o in read(groupbuys.offer_cards, group_buy_id)
        ]

    assert told(other.id) == told(card.id)


def test_faults_of_offers(run: Any, read: Any) -> None:
    fill(run)
    load(run, "products", sheet(PRODUCT))
    content = (
        "sku,price,role,commission_percent,quota,per_resident_limit,min_group_qty,price_breaks\n"
        "NOPE,19.9,traffic,4,600,3,0,\n"
        "A1,19.9,traffic,4,600,3,0,\n"
        "FR001,16.10,traffic,4,600,3,0,\n"
        "FR002,19.9,loss,31,600,700,601,100:20\n"
        "FR003,99,volume,4,600,3,,50:98;100:0.01\n"
        "FR004,99,volume,4,600,3,0,many\n"
    )
    assert errors(run, "offers", content, hub="LJ-E", round_on=DAY) == [
        RowError(2, "sku", Reason.UNKNOWN, "NOPE"),
        RowError(3, "sku", Reason.NO_TERMS, "A1"),
        RowError(4, "price", Reason.BELOW_COST),
        RowError(5, "commission_percent", Reason.TOO_LARGE, "31"),
        RowError(5, "min_group_qty", Reason.TOO_LARGE, "601 (0…600)"),
        RowError(5, "per_resident_limit", Reason.TOO_LARGE, "700 (1…600)"),
        RowError(5, "price_breaks", Reason.NOT_FALLING, "100:20"),
        RowError(5, "role", Reason.NOT_ONE_OF, "loss (traffic, volume, profit)"),
        RowError(6, "price_breaks", Reason.BELOW_COST),
        RowError(7, "price_breaks", Reason.NOT_BREAKS, "many"),
    ]
    for other, named in (
        ({"hub": "X", "round_on": DAY}, "hub"),
        ({"round_on": DAY}, "hub"),
        ({"hub": "LJ-E"}, "round_on"),
    ):
        with pytest.raises(Invalid) as refusal:
            load(run, "offers", content, **other)
        assert refusal.value.field == named


def test_residents_are_corrected_and_homed_later(run: Any, read: Any) -> None:
    city = make_city(run)
    first = "name,phone,lat,lon\n林阿姨,138 0000 0001,,\n陈先生,13800000002,30.3,115.1\n"
    assert counts(load(run, "residents", first)) == {"residents": (2, 0, 0)}
    again = "name,phone,lat,lon\n林姐,13800000001,30.3,115.1\n陈先生,+8613800000002,30.3,115.11\n"
    assert counts(load(run, "residents", again)) == {"residents": (0, 1, 1)}
    ids = read(accounts.ids_by_phone, Role.RESIDENT, ["13800000001", "13800000002"])
    assert read(accounts.names, list(ids.values())) == {ids["13800000001"]: "林姐", ids["13800000002"]: "陈先生"}
    assert read(communities.residents_by_point) == {city.points["P001"]: 2}


def test_faults_of_residents(run: Any, read: Any) -> None:
    make_city(run)
    content = (
        "name,phone,neighbourhood,lat,lon\n"
        "甲,13800000001,N404,30.3,115.1\n"
        "乙,abc,N001,30.3,115.1\n"
        "丙,138-0000-0004,N001,30.3,\n"
        "丁,13800000005,N001,30.3,115.1\n"
        "戊,138-0000-0005,N001,30.3,115.1\n"
        "己\x07,12,N001,30.3,\n"
    )
    assert errors(run, "residents", content) == [
        RowError(2, "neighbourhood", Reason.UNKNOWN, "N404"),
        RowError(3, "phone", Reason.NOT_PHONE, "abc"),
        RowError(4, "lon", Reason.MISSING),
        RowError(5, "phone", Reason.TWICE, "13800000005"),
        RowError(6, "phone", Reason.TWICE, "13800000005"),
        RowError(7, "lon", Reason.MISSING),
        RowError(7, "name", Reason.CONTROL),
        RowError(7, "phone", Reason.NOT_PHONE, "12"),
    ]
    far = "name,phone,lat,lon\n甲,13800000001,30.3,115.1\n乙,13800000002,31.3,115.1\n"
    assert errors(run, "residents", far) == [RowError(3, "lat", Reason.NOBODY_NEAR)]
    assert read(accounts.ids_by_phone, Role.RESIDENT, ["13800000001"]) == {}


def test_who_may_and_what_there_is(run: Any, database: Database) -> None:
    def as_buyer(use_case: Any, *args: Any) -> Any:
        return database.transact(Actor("b", Role.HQ_BUYER, new_id()), use_case, *args)

    before = rows_of(database)
    with pytest.raises(Forbidden):
        load(as_buyer, "hubs", (DEMO / "hubs.csv").read_bytes())
    with pytest.raises(Forbidden):
        as_buyer(export_file, ExportFile(kind="residents", name="r.csv"))
    with pytest.raises(NotFound):
        load(run, "secrets", "a")
    with pytest.raises(NotFound):
        run(export_file, ExportFile(kind="secrets", name="r.csv"))
    with pytest.raises(NotFound):
        run(export_file, ExportFile(kind="offers", name="r.csv", hub="X", round_on=DAY))
    with pytest.raises(RowErrors):
        run(export_file, ExportFile(kind="hubs", name="r.pdf"))
    assert rows_of(database) == before


def test_imports_and_personal_exports_are_audited(run: Any, database: Database) -> None:
    load(run, "hubs", (DEMO / "hubs.csv").read_bytes(), "hubs.csv")
    run(export_file, ExportFile(kind="leaders", name="l.csv", reason=WHY))
    run(export_file, ExportFile(kind="hubs", name="h.csv"))
    with database.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT action, after FROM infra_audit WHERE action ~ '^(imports|exports)' ORDER BY id")
        ).all()
    assert [tuple(row) for row in rows] == [
        ("imports.load", {"kind": "hubs", "file": "hubs.csv", "rows": 3, "parts": {"hubs": [3, 0, 0]}}),
        ("exports.write", {"kind": "leaders", "file": "l.csv"}),
    ]


def test_the_commands(services: Any, app: Any, tmp_path: Path) -> None:
    shell = app.test_cli_runner()
    done = shell.invoke(args=["import", "hubs", str(DEMO / "hubs.csv"), "--dry-run"])
    shifted = shell.invoke(args=["import", "hubs", str(DEMO / "hubs.csv"), "--dry-run", "--crs", "gcj02"])
    assert "places were read as gcj02 and would be kept in wgs84\ndry run: nothing was changed\n" in shifted.output
    assert shell.invoke(args=["import", "leaders", str(DEMO / "leaders.csv"), "--crs", "gcj02"]).exit_code == 2
    assert (done.exit_code, done.output) == (
        0,
        "hubs: 3 found; would be created 3, would be updated 0, unchanged 0\ndry run: nothing was changed\n",
    )
    done = shell.invoke(args=["import", "hubs", str(DEMO / "hubs.csv")])
    assert (done.exit_code, done.output) == (0, "hubs: 3 found; created 3, updated 0, unchanged 0\n")
    bad = tmp_path / "bad.csv"
    bad.write_text("code,neighbourhood\nP1,N1\n")
    done = shell.invoke(args=["import", "pickup-points", str(bad)])
    assert done.exit_code == 1
    assert "row 1, reach_m: is a column that this table must have\n" in done.output
    assert done.output.endswith("Error: bad.csv: 8 errors, nothing was imported\n")
    done = shell.invoke(args=["export", "hubs", "-"])
    assert done.output.splitlines()[1].startswith(
        "LJ-E,临江东网格仓,Linjiang East hub,30.296211,115.137976,Asia/Shanghai"
    )
    out = tmp_path / "hubs.xlsx"
    assert shell.invoke(args=["export", "hubs", str(out)]).exit_code == 0
    assert (
        shell.invoke(args=["import", "hubs", str(out)]).output == "hubs: 3 found; created 0, updated 0, unchanged 3\n"
    )
    done = shell.invoke(args=["import", "offers", str(DEMO / "offers.xlsx"), "--hub", "NO", "--date", "2026-11-20"])
    assert done.exit_code == 1
    assert done.output.startswith("Error: offers.xlsx: ")
    assert shell.invoke(args=["export", "offers", "-", "--hub", "NO", "--date", "2026-11-20"]).exit_code == 1
