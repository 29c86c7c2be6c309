"""A back-test in a browser: started, watched while the worker is at it, stopped, and looked at when it is done."""

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from app.domains.scoring import queries, rules
from app.domains.scoring.service import back_tests, policies
from app.infra.clock import SetClock
from app.kernel.actors import Actor
from tests.browser.conftest import Live, accessible
from tests.browser.test_ground import come_in
from tests.factories.cities import make_city
from tests.factories.world import make_world

pytestmark = pytest.mark.browser
FIRST = date(2026, 11, 1)


def test_started_watched_stopped_and_done(live: Live, page: Page) -> None:
    world = make_world(live.services)
    make_city(world, FIRST)
    clock = live.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    run = world.run_as(Actor.system("test"))
    draft_id = run(policies.save_draft, None, "Growth", rules.BALANCED)
    come_in(live, page, f"/hq/scorecards/drafts/{draft_id}/back-test")
    page.get_by_role("button", name="Start the back-test").click()
    progress = page.locator("#back-test-progress")
    expect(progress).to_contain_text("waits for the worker")
    card = live.services.database.read(queries.find_back_test, draft_id, world.hub_id)
    run(back_tests.begin, card.id)
    first = live.services.database.read(queries.trial, world.hub_id, rules.BALANCED, FIRST + timedelta(days=21))
    run(back_tests.keep, card.id, 0, first)
    expect(progress).to_contain_text("1 of 8 periods tried")  # the page asks by itself
    accessible(page)
    progress.get_by_role("button", name="Stop").click()
    expect(progress).to_contain_text("Stopped after 1 of 8 periods.")
    page.get_by_role("button", name="Try again").click()
    expect(progress).to_contain_text("waits for the worker")
    live.work()
    expect(progress).to_contain_text("done")
    expect(page.get_by_text("Leaders who change tier").first).to_be_visible()
    expect(page.get_by_role("table", name="Back-test").locator("tbody tr")).to_have_count(26)
    accessible(page)
