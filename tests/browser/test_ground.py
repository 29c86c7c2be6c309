"""HQ draws a neighbourhood with the mouse and with the keyboard, and places a pickup point on the map."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.domains.communities import queries
from app.domains.communities.values.ground import PlaceFilter
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import DESK, Live, accessible
from tests.factories.accounts import make_account
from tests.factories.world import World, make_world

pytestmark = pytest.mark.browser


@pytest.fixture
def world(live: Live) -> World:
    return make_world(live.services)


def come_in(live: Live, page: Page, path: str) -> None:
    account = live.services.database.transact(Actor.system("test"), make_account, Role.HQ_COMMUNITY)
    live.let_in(page.context, account)
    page.context.add_cookies([{"name": "locale", "value": "en", "url": live.url}])
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(live.url + path)


def ring(page: Page, part: int = 0) -> list[Any]:
    found: list[Any] = json.loads(page.locator("[data-geometry]").input_value())["coordinates"][part]
    return found


def press(page: Page, *spots: tuple[float, float]) -> None:
    """Press on the map at parts of its width and height."""
    box = page.locator("#area-map").bounding_box()
    assert box is not None
    for across, down in spots:
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


def test_an_area_is_drawn_with_the_mouse(live: Live, world: World, page: Page) -> None:
    come_in(live, page, "/hq/neighbourhoods/new")
    expect(page.locator("[data-area-editor][data-ready]")).to_be_visible()
    press(page, (0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7))
    expect(page.locator("[data-say]")).to_have_text("Corner 4 is added; 4 in all.")
    assert len(ring(page)) == 5
    page.get_by_role("button", name="Add corners").click()
    corner = page.locator("[data-corner='0']")
    before = ring(page)[0]
    corner.drag_to(page.locator("#area-map"), target_position={"x": 60, "y": 60}, force=True)
    expect(page.locator("[data-say]")).to_have_text("Corner 1 is moved.")
    assert ring(page)[0] != before
    page.get_by_role("button", name="Undo").click()
    assert ring(page)[0] == before
    page.get_by_role("button", name="Cut a hole").click()
    press(page, (0.45, 0.45), (0.55, 0.45), (0.5, 0.55))
    assert len(ring(page, 1)) == 4
    for name, value in {"code": "N950", "name": "新小区", "name_en": "New compound", "households": "420"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("New compound is saved.")).to_be_visible()
    assert accessible(page) == []
    wanted = PlaceFilter(text="N950")
    (card,) = live.services.database.read(queries.neighbourhoods_page, wanted, PageAsk(limit=2)).rows
    assert (card.households, len(card.geometry["coordinates"])) == (420, 2)


def test_a_file_that_cannot_be_drawn_is_not_called_loaded(live: Live, world: World, page: Page) -> None:
    come_in(live, page, "/hq/neighbourhoods/new")
    line = b'{"type": "LineString", "coordinates": [[115.1, 30.2], [115.2, 30.3]]}'
    page.locator("[data-file]").set_input_files({"name": "a.geojson", "mimeType": "application/json", "buffer": line})
    bad = json.loads(page.locator("#area-words").text_content() or "")["bad"]
    expect(page.locator("[data-say]")).to_have_text(bad)


def test_an_area_is_drawn_with_the_keyboard(live: Live, world: World, page: Page) -> None:
    come_in(live, page, f"/hq/neighbourhoods/{world.neighbourhoods['N901']}")
    before = ring(page)
    page.locator("[data-corner='1']").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-say]")).to_have_text("Corner 2 is moved.")
    assert ring(page)[1][0] > before[1][0]
    page.keyboard.press("Control+z")
    assert ring(page) == before
    page.locator("[data-corner='1']").focus()
    page.keyboard.press("Delete")
    assert len(ring(page)) == len(before) - 1
    page.get_by_text("Corners as numbers").click()
    page.get_by_label("Latitude of corner 1").fill("30.3975")
    page.get_by_label("Latitude of corner 1").press("Tab")
    assert ring(page)[0] == ring(page)[-1] == pytest.approx([before[0][0], 30.3975])
    page.get_by_label("Latitude of corner 1").fill("95")
    page.get_by_label("Latitude of corner 1").press("Tab")
    expect(page.locator("[data-say]")).to_have_text("That is not a place on the earth.")
    expect(page.get_by_label("Longitude of corner 1")).to_be_focused()
    page.get_by_label("Insert a corner after 1").press("Enter")
    assert len(ring(page)) == len(before)
    expect(page.get_by_label("Insert a corner after 1")).to_be_focused()
    page.get_by_label("Delete corner 2").press("Enter")
    expect(page.get_by_label("Delete corner 2")).to_be_focused()  # who is the next corner by now
    last = len(ring(page)) - 1
    page.get_by_label(f"Delete corner {last}").press("Enter")
    expect(page.get_by_label(f"Delete corner {last - 1}")).to_be_focused()
    page.locator("[data-corner='0']").press("Control+z")
    expect(page.locator("[data-corner='0']")).to_be_focused()
    page.locator("[data-corner='0']").press("Control+z")
    assert len(ring(page)) == len(before)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    saved = live.services.database.read(queries.neighbourhood_input, world.neighbourhoods["N901"])
    assert saved.geometry["coordinates"][0][0] == pytest.approx([before[0][0], 30.3975])


def test_a_pickup_point_is_placed_on_the_map(live: Live, world: World, page: Page) -> None:
    come_in(live, page, f"/hq/pickup-points/{world.points['P901']}")
    expect(page.locator("[data-place-map][data-ready]")).to_be_visible()
    page.locator("#place-map").click(position={"x": 200, "y": 200})
    lat = page.get_by_label("Latitude").input_value()
    page.get_by_label("With frozen goods").fill("12")
    page.get_by_label("Sun").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    assert accessible(page) == []
    saved = live.services.database.read(queries.point_input, world.points["P901"])
    assert (f"{saved.lat:.7f}", saved.days and saved.days.day_frozen) == (lat, 12)
    assert saved.days is not None
    assert saved.days.rest_weekdays == "7"
