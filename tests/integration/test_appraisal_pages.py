"""A leader's page of her appraisals when cycles follow each other without a gap."""

from datetime import timedelta

from flask import Flask

from app.domains.accounts.models import Account
from app.domains.appraisal import queries
from app.domains.appraisal.values import TargetState
from app.flows.leader_review import review
from app.infra.services import Services
from app.kernel.actors import Role
from app.worker.tasks import run_due
from tests.factories.accounts import let_in
from tests.factories.appraisal import FIRST, LAST, SYSTEM, live_good_and_bad, make_cycle, move_on, move_to, seat_of
from tests.factories.settlement import statements_of
from tests.factories.shopper import words
from tests.factories.world import make_world
from tests.integration.test_console import Desk


def test_she_appeals_although_the_next_cycle_is_announced(app: Flask, services: Services) -> None:
    """The next cycle is announced a week ahead, so while the one before it is still judged; each has its own page."""
    world = make_world(services)
    first = make_cycle(world)
    move_to(world, LAST - timedelta(days=10))
    second = make_cycle(world, LAST + timedelta(days=1), LAST + timedelta(days=28))
    move_to(world, LAST + timedelta(days=4))
    live_good_and_bad(world)
    move_on(world)
    run_due(services)
    mine, coming = (seat_of(world, cycle_id, "L901") for cycle_id in (first, second))
    browser = app.test_client()
    browser.set_cookie("locale", "en")
    csrf = let_in(browser, services.database, Account(id=world.leaders["L901"], role=Role.LEADER))

    with statements_of(world) as said:
        found = services.database.read(queries.history, world.leaders["L901"])
    assert [(seat.id, cycle.id) for seat, cycle in found] == [(coming.id, second), (mine.id, first)]
    assert len(said) == 3  # seats, their targets, cycles
    assert services.database.read(queries.find_current, world.leaders["L901"]) == mine
    page = browser.get("/leader/appraisal").text
    assert f'action="/leader/appraisal/{mine.id}/appeal"' in page
    assert f'href="/leader/appraisal/{coming.id}"' in page
    assert "Your targets wait for your answer." in words(page)
    assert f'href="/leader/appraisal/{mine.id}"' in browser.get("/leader/inbox").text
    why = f"/leader/score?first={FIRST}&last={LAST}"
    assert why.replace("&", "&amp;") in page
    now = services.database.clock.now().date()
    desk = Desk(app.test_client(), services.database, Role.HQ_COMMUNITY)
    world.run_as(SYSTEM)(review, world.hub_id, now - timedelta(days=20), now)
    assert "27 Nov – Thu 24 Dec" in words(browser.get(why).text)
    assert "27 Nov – Thu 24 Dec" not in words(browser.get("/leader/score").text)
    there = browser.get(f"/leader/appraisal/{coming.id}").text
    assert f'action="/leader/appraisal/{coming.id}/targets"' in there

    sent = {"csrf_token": csrf, "verdict": "accept"}
    gone = browser.post(f"/leader/appraisal/{coming.id}/targets", data=sent)
    assert (gone.status_code, gone.headers["Location"]) == (303, f"/leader/appraisal/{coming.id}")
    filed = browser.post(
        f"/leader/appraisal/{mine.id}/appeal", data={"csrf_token": csrf, "appeal": "the truck was late"}
    )
    assert (filed.status_code, filed.headers["Location"]) == (303, f"/leader/appraisal/{mine.id}")
    assert "the truck was late" in words(browser.get(filed.headers["Location"]).text)
    assert services.database.read(queries.get_seat, coming.id).target_state is TargetState.ACCEPTED
    refused = browser.post(f"/leader/appraisal/{coming.id}/appeal", data={"csrf_token": csrf, "appeal": "too early"})
    assert refused.status_code == 409
    assert 'href="/leader/appraisal/' + str(mine.id) in refused.text

    other = seat_of(world, first, "L902")
    assert browser.get(f"/leader/appraisal/{other.id}").status_code == 404
    assert (
        browser.post(f"/leader/appraisal/{other.id}/appeal", data={"csrf_token": csrf, "appeal": "x"}).status_code
        == 404
    )

    appeal = services.database.read(queries.find_appeal, mine.id)
    assert appeal is not None
    wrong = desk.post(
        f"/hq/appraisals/leaders/{mine.id}/appeals/{appeal.id}", verdict="uphold", answer="yes",
        on_0=LAST.isoformat(), fact_0="on_time_handovers", delta_0="+-1",
    )  # fmt: skip
    assert wrong.status_code == 422
    assert 'value="+-1"' in wrong.text
