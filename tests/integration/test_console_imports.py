"""Files at the console: rehearsed, kept for whoever rehearsed them, and taken in by one button."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.infra.clock import SetClock
from app.infra.coordinates import to_wgs84
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.geo import Point, System
from app.worker import tasks
from hq_console.views.imports import KEPT_FOR
from tests.factories.shopper import words
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]
HEAD = "code,name,name_en,claim_hours\n"
TEA = HEAD + "tea,茶,Tea,72\n"


@pytest.fixture
def world(services: Any) -> World:
    return make_world(services)


@pytest.fixture
def desk(client: FlaskClient, database: Database, world: World) -> Desk:
    return Desk(client, database, Role.HQ_ADMIN)


def send(desk: Desk, text: str, kind: str = "categories", **other: str) -> TestResponse:
    return desk.post("/hq/imports", kind=kind, file=(io.BytesIO(text.encode()), f"{kind}.csv"), **other)


def button(answer: TestResponse) -> str:
    """Where the button of a rehearsed file leads."""
    found = re.search(r'action="(/hq/imports/[^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def tea(read: Call) -> list[int]:
    return [c.claim_hours for c in read(catalogue.categories) if c.code == "tea"]


def kept(settings: Any) -> list[Path]:
    return list((settings.var_dir / "uploads").glob("*/content"))


def test_a_file_is_sent_once_rehearsed_and_taken_in_by_a_button(desk: Desk, read: Call, settings: Any) -> None:
    rehearsed = send(desk, TEA)
    assert (rehearsed.status_code, tea(read)) == (200, [])
    assert [path.read_text() for path in kept(settings)] == [TEA]
    done = desk.post(button(rehearsed))
    assert (done.status_code, done.location, tea(read)) == (303, "/hq/imports?kind=categories", [72])
    assert kept(settings) == []
    assert desk.post(button(rehearsed)).status_code == 404  # once


def test_the_page_takes_places_in_another_system(desk: Desk, read: Call) -> None:
    desk.client.set_cookie("locale", "en")
    head = "code,name,name_en,lat,lon,timezone,currency,cutoff\n"
    text = head + "BD-1,新仓,New,30.4,115.2,Asia/Shanghai,CNY,23:00\n"
    refused = send(desk, TEA, system="bd09")
    assert refused.status_code == 422
    assert "is for files with places" in words(refused.text)
    rehearsed = send(desk, text, kind="hubs", system="bd09")
    assert "Places are read as BD-09 (Baidu) and kept in WGS-84." in words(rehearsed.text)
    assert desk.post(button(rehearsed)).status_code == 303
    (hub,) = [one for one in read(communities.hubs) if one.code == "BD-1"]
    assert hub.place == Point(*to_wgs84(30.4, 115.2, System.BD09))


def test_a_faulty_file_is_not_kept(desk: Desk, read: Call, settings: Any) -> None:
    refused = send(desk, HEAD + "tea,茶,Tea,soon\n", commit="1")
    assert (refused.status_code, "<code>claim_hours</code>" in refused.text) == (422, True)
    assert "/hq/imports/" not in refused.text
    assert (kept(settings), tea(read)) == ([], [])
    assert desk.post("/hq/imports", kind="categories").status_code == 422


def test_a_strangers_file_an_unknown_and_an_old_one_do_not_exist(
    app: Flask, desk: Desk, read: Call, database: Database, clock: SetClock
) -> None:
    path = button(send(desk, TEA))
    other = Desk(app.test_client(), database, Role.HQ_ADMIN)
    for who, where in ((other, path), (desk, "/hq/imports/" + "x" * 32), (desk, "/hq/imports/..")):
        assert who.post(where).status_code == 404
    clock.move_to(clock.now() + KEPT_FOR + timedelta(seconds=1))
    assert desk.post(path).status_code == 404
    assert tea(read) == []


def test_the_right_is_asked_again_and_the_file_stays_for_another_try(
    app: Flask, read: Call, database: Database, world: World
) -> None:
    buyer = Desk(app.test_client(), database, Role.HQ_BUYER)
    assert send(buyer, TEA).status_code == 403
    assert tea(read) == []


def test_what_nobody_took_goes_with_the_next_file_and_at_night(
    desk: Desk, clock: SetClock, settings: Any, world: World
) -> None:
    send(desk, TEA)
    clock.move_to(clock.now() + KEPT_FOR + timedelta(seconds=1))
    send(desk, TEA.replace("72", "48"))
    assert [path.read_text()[-3:-1] for path in kept(settings)] == ["48"]
    clock.move_to(clock.now() + timedelta(days=2))
    tasks.tidy_up(world.services)
    assert kept(settings) == []


def test_hub_and_day_of_offers_are_kept_with_the_file(desk: Desk, read: Call, world: World) -> None:
    header = "sku,price,role,commission_percent,quota,per_resident_limit,min_group_qty,price_breaks\n"
    text = header + "T001,19.90,volume,10,40,12,0,\n"
    rehearsed = send(desk, text, "offers", hub="LJ-T", round_on="2026-11-25")
    assert read(groupbuys.find_round, world.hub_id, date(2026, 11, 25)) is None
    assert desk.post(button(rehearsed)).status_code == 303
    found = read(groupbuys.find_round, world.hub_id, date(2026, 11, 25))
    assert found is not None
    assert found.offer_count == 1


def test_a_file_that_changes_nothing_is_said_to_change_nothing(desk: Desk) -> None:
    desk.client.set_cookie("locale", "en")
    assert "categories.csv would change nothing" not in words(send(desk, TEA).text)
    desk.post(button(send(desk, TEA)))
    again = words(send(desk, TEA).text)
    assert "categories.csv would change nothing 1 row was read" in again


def test_offers_without_hub_or_day_are_told_what_is_missing(desk: Desk) -> None:
    desk.client.set_cookie("locale", "en")
    for other, told in (
        ({"round_on": "2026-11-25"}, "Hub: say for which hub the offers are"),
        ({"hub": "XX", "round_on": "2026-11-25"}, "Hub: is not known"),
        ({"hub": "LJ-T"}, "Day of the cut-off: say for which day the offers are"),
    ):
        answer = send(desk, "sku\n", "offers", **other)
        assert (answer.status_code, told in words(answer.text)) == (422, True)
