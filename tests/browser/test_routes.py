"""HQ arranges tours by hand, with the mouse and with the keyboard; the driver works them off on his phone."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.domains.groupbuys.values import Station
from app.domains.logistics import queries
from app.domains.logistics.service import vehicles
from app.domains.logistics.values.routes import PlanCard, VehicleInput
from app.flows import stations
from app.kernel.actors import Actor
from app.worker.tasks import run_due
from tests.browser.conftest import PHONE, Live, accessible, follow
from tests.browser.test_console import sign_in
from tests.factories.provider import ApprovingProvider
from tests.factories.world import World, make_world

pytestmark = pytest.mark.browser
SYSTEM = Actor.system("test")
OPTIONS: dict[Station, dict[str, Any]] = {
    Station.CUTOFF: {"early": True}, Station.RECEIVE: {"as_ordered": True}, Station.SORT: {"finish": True},
    Station.ROUTE: {"iterations": 30},
}  # fmt: skip
SMALL = VehicleInput(
    code="T-V2", name="福田", capacity_ml=60_000, capacity_g=50_000, cost_per_km_cents=260, fixed_cost_cents=15_000
)


@pytest.fixture
def world(live: Live) -> World:
    """Two pickup points, a van and a very small truck, goods sorted, tours planned: both stops on the van."""
    found = make_world(replace(live.services, provider=ApprovingProvider()), residents=3)
    found.buy(0, orange=3, rice=1)
    found.buy(1, greens=6)
    found.buy(2, orange=2)
    live.services.database.transact(SYSTEM, vehicles.save_vehicles, found.hub_id, [SMALL])
    for station, options in OPTIONS.items():
        run_station(live, found, station, options)
    return found


def run_station(live: Live, world: World, station: Station, options: dict[str, Any]) -> None:
    run = world.run_as(SYSTEM)
    stations.run_station(run, live.services.database.read, world.group_buy_id, station, options)
    run_due(world.services)


def plan_of(live: Live, world: World) -> PlanCard:
    plan: PlanCard | None = live.services.database.read(queries.current_plan, world.group_buy_id)
    assert plan is not None
    return plan


def order_of(plan: PlanCard) -> list[tuple[str, list[str]]]:
    """Trucks of a plan with the names of their stops in order."""
    return [(route.vehicle_code, [stop.pickup_point_name for stop in route.stops]) for route in plan.routes]


def test_the_keyboard_moves_stops_and_the_effect_is_shown_before_saving(live: Live, page: Page, world: World) -> None:
    ((code, (first, second)),) = order_of(plan_of(live, world))
    sign_in(live, page)
    page.goto(f"{live.url}/hq/rounds/{world.group_buy_id}/routes")
    assert accessible(page) == []
    follow(page, page.get_by_role("link", name="Arrange by hand"))
    assert accessible(page) == []
    board = page.locator("#arrange")
    names = board.locator("section").first.locator("li strong")
    expect(names).to_have_text([first, second])
    later = page.get_by_role("button", name=f"Later: {first}")
    later.focus()
    page.keyboard.press("Enter")
    expect(names).to_have_text([second, first])
    assert order_of(plan_of(live, world)) == [(code, [first, second])]  # nothing is saved yet
    board.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The tours are saved as a new version.")).to_be_visible()
    saved = plan_of(live, world)
    assert (saved.version, order_of(saved)) == (2, [(code, [second, first])])
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("table", name="What moved").locator("tbody tr")).to_have_count(2)


def test_a_truck_above_its_capacity_is_shown_at_once_and_cannot_be_saved(live: Live, page: Page, world: World) -> None:
    sign_in(live, page)
    page.goto(f"{live.url}/hq/rounds/{world.group_buy_id}/routes/arrange")
    van, small = page.locator("#arrange section").nth(0), page.locator("#arrange section").nth(1)
    heavy = van.locator("li").filter(has_text="2 crates")
    heavy.drag_to(small.locator("ol"))
    expect(page.locator(".hq-arrange__wrong")).to_contain_text("T-V2: 20 l too much")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert order_of(plan_of(live, world))[0][0] == "T-V1"
    small.locator("li").drag_to(van.locator("ol"))
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    expect(page.locator(".hq-arrange__wrong")).to_have_count(0)


def test_the_driver_works_his_tour_off(live: Live, page: Page, world: World) -> None:
    run_station(live, world, Station.DISPATCH, {})
    sign_in(live, page)
    page.goto(f"{live.url}/hq/rounds/{world.group_buy_id}/routes")
    page.get_by_role("button", name="Make the driver's link").click()
    address = page.get_by_role("link", name="Driver's page").get_attribute("href")
    assert address is not None
    page.context.clear_cookies(name="linli_session_hq")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto(address)
    assert accessible(page) == []
    first = page.locator(".drive__stop").first
    first.get_by_role("button", name="I am here").click()
    expect(first).to_contain_text("arrived")
    page.reload()
    expect(first).to_contain_text("arrived")
    first.get_by_label("Who took the goods").fill("团长901")
    first.get_by_label("Empty crates taken along").fill("3")
    first.get_by_role("button", name="Handed over").click()
    expect(first).to_contain_text("3 empty crates back")
    second = page.locator(".drive__stop").nth(1)
    page.get_by_role("link", name=f"On to {second.locator('strong').inner_text()}").click()
    expect(second.locator(".drive__head")).to_be_in_viewport(ratio=1)
    second.get_by_text("Problem").click()
    second.get_by_label("What is wrong?").fill("Gate closed")
    second.get_by_role("button", name="Tell the hub").click()
    expect(second).to_contain_text("Gate closed")
    assert accessible(page) == []
    stops = plan_of(live, world).routes[0].stops
    assert [(s.handed_to, s.empties_qty, s.problem) for s in stops] == [("团长901", 3, ""), ("", None, "Gate closed")]
    assert [s.arrived_at is not None for s in stops] == [True, False]
