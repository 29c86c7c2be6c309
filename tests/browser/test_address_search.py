"""An address is looked up at a server that speaks Nominatim's protocol, and the pickup point goes there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from app.domains.communities import queries
from app.kernel.geo import Point
from tests.browser.conftest import Live, accessible
from tests.browser.test_ground import come_in
from tests.factories.maps import WGS, Maps, serving_maps
from tests.factories.world import make_world

pytestmark = pytest.mark.browser


@pytest.fixture
def maps() -> Iterator[Maps]:
    with serving_maps() as server:
        yield server


@pytest.fixture
def more_settings(maps: Maps) -> dict[str, str]:
    return {"LINLI_GEOCODER": "nominatim", "LINLI_GEOCODER_URL": maps.url}


def test_a_found_address_places_the_point(live: Live, page: Page, maps: Maps) -> None:
    world = make_world(live.services)
    (place, *_) = live.services.database.read(queries.places, world.hub_id)
    come_in(live, page, f"/hq/pickup-points/{place.pickup_point_id}")
    expect(page.locator("[data-place-map][data-ready=yes]")).to_be_visible()
    page.get_by_label("Find an address").fill("天安门")
    page.get_by_label("Find an address").press("Enter")  # asks; does not save the form around it
    found = page.locator("#addresses").get_by_role("button", name="天安门")
    expect(found).to_be_visible()
    assert [(one["path"], one["q"]) for one in maps.asked] == [("/search", "天安门")]
    accessible(page)
    found.click()
    expect(page.get_by_label("Latitude")).to_have_value(f"{WGS[0]:.7f}")
    expect(page.get_by_label("Latitude")).to_be_focused()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{place.pickup_point_name} is saved.")).to_be_visible()
    assert live.services.database.read(queries.get_place, place.pickup_point_id).place == Point(*WGS)
    maps.answer = []
    page.get_by_label("Find an address").fill("nowhere")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#addresses")).to_contain_text("Nothing was found for “nowhere”.")
    maps.status = 500
    page.get_by_label("Find an address").fill("elsewhere")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#addresses").get_by_role("alert")).to_be_visible()
    page.get_by_label("Find an address").fill("天安门")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(found).to_be_visible()  # kept: nobody is asked twice
    assert len(maps.asked) == 3


@pytest.mark.parametrize("more_settings", [{}])
def test_without_a_geocoder_there_is_no_search(live: Live, page: Page, more_settings: dict[str, str]) -> None:
    assert more_settings == {}
    come_in(live, page, "/hq/pickup-points/new")
    expect(page.get_by_label("Latitude")).to_be_visible()
    expect(page.get_by_label("Find an address")).to_have_count(0)
