"""HQ shares a hub's residents out anew in a browser: asks, waits, looks at the map, applies."""

import random

import pytest
from playwright.sync_api import Page, expect

from app.domains.accounts.service.accounts import open_accounts
from app.domains.accounts.values import OpenAccount
from app.domains.communities import queries
from app.domains.communities.service.homes import assign_homes
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import NewHome
from app.infra.uow import UnitOfWork
from app.kernel.actors import Role
from app.kernel.geo import Point
from tests.browser.conftest import Live, accessible, follow
from tests.browser.test_console import SYSTEM, sign_in
from tests.factories.communities import LAT, LON, leader_input, make_city, neighbourhood_input, point_input, square

pytestmark = pytest.mark.browser


def crowd(live: Live) -> int:
    """Six compounds in two rows; the residents came when only two of the points reached them. How many they are."""
    spots = [(LAT + 0.006 * (n // 3), LON + 0.008 * (n % 3)) for n in range(6)]

    def points(reach_m: int) -> list[object]:
        return [
            point_input(f"P{n:03}", f"N{n:03}", lat, lon, reach_m=2500 if n in {0, 4} else reach_m, capacity_orders=60)
            for n, (lat, lon) in enumerate(spots)
        ]

    def run(use_case: object, *args: object) -> object:
        return live.services.database.transact(SYSTEM, use_case, *args)  # type: ignore[arg-type]

    hoods = [neighbourhood_input(f"N{n:03}", geometry=square(lat, lon, 0.0004)) for n, (lat, lon) in enumerate(spots)]
    leaders = [leader_input(f"L{n:03}", f"N{n:03}", f"P{n:03}") for n in range(6)]
    make_city(run, hoods, points(1), leaders)  # type: ignore[arg-type]
    dice = random.Random(8)

    def settle(uow: UnitOfWork) -> int:
        ids = open_accounts(
            uow, [OpenAccount(role=Role.RESIDENT, name=f"居民{n}", phone=f"137{n:08}") for n in range(90)]
        )
        homes = [Point(LAT + dice.uniform(-0.002, 0.008), LON + dice.uniform(-0.002, 0.018)) for _ in ids]
        return len(
            assign_homes(uow, [NewHome(resident_id=i, location=p) for i, p in zip(ids, homes, strict=True)]).homes
        )

    settled = live.services.database.transact(SYSTEM, settle)
    run(save_pickup_points, points(2500))
    return settled


def test_from_the_question_to_the_moves(live: Live, page: Page) -> None:
    assert crowd(live) == 90
    sign_in(live, page)
    page.goto(f"{live.url}/hq/city-plans")
    page.get_by_label("Metres a move must save").fill("150")
    accessible(page)
    page.get_by_role("button", name="Look for a plan").click()
    expect(page.locator("#plan-progress")).to_contain_text("waits for the worker")
    live.work()
    expect(page.get_by_role("button", name="Apply")).to_be_visible()  # the page reloads itself when the plan is there
    expect(page.locator("#plan[data-drawn=yes] path.leaflet-interactive").first).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Apply").click()
    page.locator("dialog[open]").get_by_role("button", name="Confirm").click()
    expect(page.locator("#plan-progress")).to_contain_text("being applied")
    live.work()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    expect(page.get_by_role("table", name="Who moves").get_by_text("moved").first).to_be_visible()
    loads = live.services.database.read(queries.residents_by_point)
    assert (sum(loads.values()), len(loads)) == (90, 6)
    follow(page, page.get_by_role("link", name="City plans").first)
    expect(page.get_by_role("table", name="Plans so far")).to_contain_text("applied")


def test_a_pair_is_locked_from_the_draft_and_the_next_one_keeps_it(live: Live, page: Page) -> None:
    crowd(live)
    sign_in(live, page)
    page.goto(f"{live.url}/hq/city-plans")
    page.get_by_label("Metres a move must save").fill("150")
    page.get_by_label("Residents per leader at least").fill("10")
    page.get_by_role("button", name="Look for a plan").click()
    live.work()
    table = page.get_by_role("table", name="Who moves")
    expect(table).to_be_visible()
    who = table.locator("tbody tr").first.locator("td").first.inner_text()
    page.get_by_role("button", name=f"Keep her: {who}", exact=True).click()
    expect(page.get_by_text("Look for the plan again to see what it changes.")).to_be_visible()
    page.get_by_role("button", name="Look again").click()
    live.work()
    expect(page.get_by_text("kept or sent by locked pairs")).to_be_visible()
    expect(page.get_by_role("button", name=f"Keep her: {who}", exact=True)).to_have_count(0)
    follow(page, page.get_by_role("link", name="Locked residents"))
    expect(page.get_by_role("table", name="Locked pairs")).to_contain_text(who)
    expect(page.locator("[data-place-map][data-ready=yes]")).to_be_visible()
    accessible(page)
    page.locator("#place-map").click(position={"x": 120, "y": 120})
    expect(page.get_by_label("Latitude")).not_to_have_value("")
    page.locator("#place-point").select_option(index=1)
    page.get_by_role("button", name="Lock", exact=True).first.click()
    expect(page.get_by_role("table", name="Locked pairs")).to_contain_text("Everybody within 30 m of")
    page.get_by_role("button", name="Let go").first.click()
    expect(page.get_by_text("The pair is free")).to_be_visible()
