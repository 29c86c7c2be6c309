"""The map editor, the check of the map and the pickup points' pages over HTTP: what is refused, kept and noted."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.communities import queries
from app.infra.coordinates import from_wgs84
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.geo import Point, System
from tests.factories.communities import square
from tests.factories.shopper import words
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

Read = Callable[..., Any]
BOW = {"type": "Polygon", "coordinates": [[[115.1, 30.3], [115.2, 30.4], [115.2, 30.3], [115.1, 30.4], [115.1, 30.3]]]}


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    found = Desk(client, database, Role.HQ_COMMUNITY)
    client.set_cookie("locale", "en")
    return found


def fields(page: str) -> dict[str, str]:
    """What the form of a page holds, hidden ones included."""
    found = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    chosen = re.findall(r'<select[^>]*name="(\w+)".*?<option value="([^"]*)" selected', page, re.DOTALL)
    return {name: value for name, value in {**found, **dict(chosen)}.items() if name != "rest"}


def hood(world: World) -> str:
    return f"/hq/neighbourhoods/{world.neighbourhoods['N901']}"


def point(world: World) -> str:
    return f"/hq/pickup-points/{world.points['P901']}"


@pytest.mark.parametrize(
    ("households", "said"), [(299, "few for a leader 299"), (300, "300"), (500, "500"), (501, "many for a leader 501")]
)
def test_few_and_many_households_are_said_where_leaders_are_listed(
    desk: Desk, world: World, households: int, said: str
) -> None:
    with world.services.database.engine.begin() as connection:
        connection.execute(text("UPDATE communities_neighbourhood SET households = :n WHERE code = 'N901'"),
                           {"n": households})  # fmt: skip
    for path, before in (("/hq/neighbourhoods?q=901", "N901"), ("/hq/leaders?q=901", "at home")):
        assert f"{before} {said} " in words(desk.get(path)), path


def test_a_new_shape_is_saved_audited_and_found_in_the_list(desk: Desk, world: World, read: Read) -> None:
    typed = fields(desk.get(hood(world))) | {"geometry": json.dumps(square(30.41, 115.20)), "households": "512"}
    assert desk.post(hood(world), **typed).status_code == 303
    saved = read(queries.neighbourhood_input, world.neighbourhoods["N901"])
    assert (saved.households, saved.geometry) == (512, square(30.41, 115.20))
    assert "Test compound 901 N901 many for a leader 512" in words(desk.get("/hq/neighbourhoods?q=901"))
    assert "Test compound 902" not in words(desk.get("/hq/neighbourhoods?q=901"))
    with world.services.database.engine.connect() as connection:
        asked = "SELECT after->>'households' FROM infra_audit WHERE action = 'communities.save_neighbourhood' "
        assert connection.exec_driver_sql(asked + "ORDER BY id DESC LIMIT 1").scalar() == "512"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (json.dumps(BOW), "is a polygon that crosses itself or has no area (30.35000, 115.15000)"),
        ('{"type":"Polygon","coordinates":[[[115.1,30.3],[115.2,30.3],[115.1,30.3]]]}', "needs at least three corners"),
        ('{"type":"Polygon","coordinates":[[[115.1,95],[115.2,95],[115.2,96],[115.1,95]]]}', "lies outside WGS-84"),
        ("nonsense", "is not a Polygon, MultiPolygon or Point in GeoJSON"),
    ],
)
def test_shapes_that_cannot_be_are_refused_and_what_was_typed_stays(
    desk: Desk, world: World, read: Read, shape: str, reason: str
) -> None:
    before = read(queries.neighbourhood_input, world.neighbourhoods["N901"])
    typed = fields(desk.get(hood(world))) | {"geometry": shape, "name_en": "Kept words"}
    refused = desk.post(hood(world), **typed)
    assert refused.status_code == 422
    assert reason in words(refused.text)
    assert "Kept words" in refused.text
    assert shape in refused.text.replace("&#34;", '"')
    assert read(queries.neighbourhood_input, world.neighbourhoods["N901"]) == before


def test_who_saves_second_is_told_and_overwrites_nothing(desk: Desk, world: World, read: Read) -> None:
    for path, name, value in ((hood(world), "name_en", "By the second"), (point(world), "address", "By the second")):
        both = fields(desk.get(path)) | {"geometry": json.dumps(square(30.40, 115.20))}
        assert desk.post(path, **both | {name: "By the first"}).status_code == 303
        refused = desk.post(path, **both | {name: value})
        assert refused.status_code == 422
        assert "Somebody else has saved this meanwhile." in words(refused.text)
        assert "By the second" in refused.text
    assert read(queries.neighbourhood_input, world.neighbourhoods["N901"]).name_en == "By the first"
    assert read(queries.point_input, world.points["P901"]).address == "By the first"


def test_a_code_that_is_taken_makes_no_second_neighbourhood(desk: Desk, world: World) -> None:
    typed = {"code": "N901", "hub": "LJ-T", "name": "新", "name_en": "New", "households": "300",
             "geometry": json.dumps(square(30.5, 115.3))}  # fmt: skip
    refused = desk.post("/hq/neighbourhoods/new", **typed)
    assert refused.status_code == 422
    assert "belongs to somebody else already" in words(refused.text)


def test_one_neighbourhood_as_a_file_comes_in_again_unchanged(desk: Desk, world: World) -> None:
    found = json.loads(desk.get(hood(world) + "/geojson"))
    (feature,) = found["features"]
    assert feature["properties"] == {"code": "N901", "name": "测试小区901", "name_en": "Test compound 901",
                                     "hub": "LJ-T", "households": 400}  # fmt: skip
    assert feature["geometry"] == square(30.40, 115.20)


def test_the_check_names_overlaps_with_their_size_and_points_outside(desk: Desk, world: World) -> None:
    assert "No overlap, no pocket" in words(desk.get("/hq/neighbourhoods/check"))
    typed = fields(desk.get(hood(world))) | {"geometry": json.dumps(square(30.40, 115.209))}
    desk.post(hood(world), **typed)
    told = words(desk.get("/hq/neighbourhoods/check"))
    assert "Test compound 901 N901 · Test compound 902 N902" in told
    assert "Pickup points outside their neighbourhood" in told
    overlap = re.search(r"N902 ([\d,]+) m²", told)
    assert overlap is not None
    assert 125_000 < int(overlap[1].replace(",", "")) < 129_000  # 0.003° by 0.004° at 30.4° north: 288 m by 443 m


def test_a_pickup_point_typed_in_gcj02_is_kept_in_wgs84(desk: Desk, world: World, read: Read) -> None:
    lat, lon = from_wgs84(Point(30.4005, 115.2005), System.GCJ02)
    typed = fields(desk.get(point(world))) | {"lat": str(lat), "lon": str(lon), "system": "gcj02", "day_frozen": "7"}
    assert desk.post(point(world), **typed, rest=["6", "7"]).status_code == 303
    saved = read(queries.point_input, world.points["P901"])
    assert (round(saved.lat, 6), round(saved.lon, 6)) == (30.4005, 115.2005)
    assert saved.days is not None
    assert (saved.days.day_frozen, saved.days.day_orders, saved.days.rest_weekdays) == (7, None, "67")
    assert "Sat Sun" in words(desk.get("/hq/pickup-points"))


def test_a_point_that_nobody_moved_stays_to_the_last_digit(desk: Desk, world: World, read: Read) -> None:
    before = read(queries.point_input, world.points["P901"])
    typed = fields(desk.get(point(world))) | {"address": "另一个地址"}
    assert desk.post(point(world), **typed).status_code == 303
    after = read(queries.point_input, world.points["P901"])
    assert (after.lat, after.lon, after.address) == (before.lat, before.lon, "另一个地址")


def test_rests_are_noted_refused_and_taken_back(desk: Desk, world: World) -> None:
    world.place(0, greens=1)
    path = point(world)
    bad = desk.post(path + "/rests", from_on="2026-11-25", until_on="2026-11-24", reason="x")
    assert bad.status_code == 422
    assert "lies before the first day" in words(bad.text)
    assert desk.post(path + "/rests", from_on="2026-11-21", until_on="", reason="盘点").status_code == 303
    page = desk.get(path)
    assert "盘点" in page
    assert 'class="ll-badge ll-badge--warning">1<' in page.replace("\n", "")  # the order that stands for that day
    dropped = re.search(r'action="(/hq/pickup-points/rests/[^"]+)"', page)
    assert dropped is not None
    for said in ("The rest is taken back.", "This rest was taken back already."):  # pressed twice
        answer = desk.post(dropped[1])
        assert (answer.status_code, answer.location) == (303, path + "#rests")
        page = desk.get(path)
        assert ("None ahead." in page, said in page) == (True, True)
