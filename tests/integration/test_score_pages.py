"""Pages of scores: a policy is drafted, tried on history and announced; rankings, fairness, a card in words."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.communities.queries import leader_cards
from app.domains.notifications.queries import inbox
from app.domains.notifications.values import MessageKind
from app.domains.scoring import queries, rules
from app.domains.scoring.service import back_tests, policies, scorecards
from app.domains.scoring.values import BackTestState, PolicyTerms
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from app.worker.tasks import run_due
from hq_console.views.policies import values_of
from tests.factories.accounts import let_in, make_account
from tests.factories.cities import make_city
from tests.factories.kept import kept
from tests.factories.settlement import statements_of
from tests.factories.shopper import words
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")
FIRST = date(2026, 11, 1)
LAST = FIRST + timedelta(days=27)
#: The last pickup day.
LAST_DAY = FIRST + timedelta(days=21)
DEFAULT = rules.terms_of(rules.DEFAULT_POLICY)


@pytest.fixture
@kept
def world(services: Services) -> World:
    """26 leaders, judged over November by the first policy; it is the first of December."""
    made = make_world(services)
    make_city(made, FIRST)
    clock = services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    made.run_as(SYSTEM)(scorecards.compute, made.hub_id, FIRST, LAST)
    return made


def as_community(client: FlaskClient, services: Services) -> str:
    client.set_cookie("locale", "en")
    return let_in(client, services.database, services.database.transact(SYSTEM, make_account, Role.HQ_COMMUNITY))


def test_a_policy_is_drafted_tried_and_announced(client: FlaskClient, services: Services, world: World) -> None:
    csrf = as_community(client, services)
    read = services.database.read
    typed = {**values_of("Growth first", rules.BALANCED), "csrf_token": csrf}
    wrong = {**typed, "points-repurchase": "29", "target-on_time": "ninety"}
    page = client.post("/hq/scorecards/policies/new", data=wrong)
    assert page.status_code == 422
    assert "A percentage such as 8.5." in words(page.text)
    assert 'value="ninety"' in page.text
    assert "mature neighbourhood: 99 / 100" in words(page.text)
    page = client.post("/hq/scorecards/policies/new", data={**wrong, "target-on_time": "95"})
    assert "must add up to 100 in every stage" in words(page.text)
    assert read(queries.drafts) == []
    made = client.post("/hq/scorecards/policies/new", data=typed)
    (draft,) = read(queries.drafts)
    assert (made.status_code, made.location, draft.name, draft.terms) == (
        303, f"/hq/scorecards/drafts/{draft.id}", "Growth first", rules.BALANCED,
    )  # fmt: skip
    assert 'value="Growth first"' in client.get(made.location).text
    tried_at = f"{made.location}/back-test"
    assert "Not tried on this hub yet" in words(client.get(tried_at).text)
    assert client.post(tried_at, data={"csrf_token": csrf}).status_code == 303
    waiting = client.get(tried_at).text
    assert "waits for the worker" in words(waiting)
    assert 'hx-trigger="every 1s"' in waiting
    run_due(services)
    assert client.get(re.findall(r'hx-get="([^"]+/progress)"', waiting)[0]).headers["HX-Refresh"] == "true"
    tried = words(client.get(tried_at).text)
    trial = read(queries.trial, world.hub_id, rules.BALANCED, LAST_DAY)
    movers = [row for row in trial.rows if row.is_moved]
    names = {one.id: one.name for one in read(leader_cards, world.hub_id)}
    assert f"Leaders who change tier {len(movers)} of 26" in tried
    assert names[movers[0].leader_id] in tried
    assert "Wealth: average basket" in tried
    early = {"csrf_token": csrf, "valid_from": "2026-12-14", "seen": rules.fingerprint(draft)}
    page = client.post(f"{made.location}/adopt", data=early)
    assert page.status_code == 422
    assert "must lie at least 14 days ahead" in words(page.text)
    assert client.post(f"{made.location}/adopt", data={**early, "valid_from": "2026-12-15"}).status_code == 303
    assert read(queries.drafts) == []
    assert "version 2 announced" in words(client.get("/hq/scorecards/policies").text)
    run_due(services)
    leader = next(iter(world.leaders.values()))
    told = [m.params for m in read(inbox, leader, PageAsk(limit=9)).rows if m.kind is MessageKind.POLICY_ANNOUNCED]
    assert told == [{"version": 2, "valid_from": "2026-12-15", "note": ""}]


def test_nobody_overwrites_or_announces_a_draft_that_changed_meanwhile(
    client: FlaskClient, services: Services, world: World
) -> None:
    csrf = as_community(client, services)
    draft_id = make_draft(world, rules.BALANCED)
    url = f"/hq/scorecards/drafts/{draft_id}"
    seen = re.findall(r'name="seen" value="([^"]+)"', client.get(url).text)
    assert seen == [rules.fingerprint(services.database.read(queries.get_draft, draft_id))] * 2
    world.run_as(SYSTEM)(policies.save_draft, draft_id, "Theirs", DEFAULT)
    mine = {**values_of("Mine", rules.BALANCED), "csrf_token": csrf, "seen": seen[0]}
    late = client.post(url, data=mine)
    assert (late.status_code, 'value="Mine"' in late.text) == (422, True)
    assert "Somebody else has saved this meanwhile" in words(late.text)
    blind = client.post(f"{url}/adopt", data={"csrf_token": csrf, "valid_from": "2026-12-15", "seen": seen[0]})
    assert (blind.status_code, 'value="Theirs"' in blind.text) == (422, True)
    kept = services.database.read(queries.get_draft, draft_id)
    assert (kept.name, kept.terms) == ("Theirs", DEFAULT)
    now_seen = re.findall(r'name="seen" value="([^"]+)"', late.text)[0]
    assert client.post(url, data={**mine, "seen": now_seen}).status_code == 303  # she knows, and wants hers
    assert services.database.read(queries.get_draft, draft_id).name == "Mine"


def test_a_period_is_judged_by_what_held_on_its_first_day(services: Services, world: World) -> None:
    run, read = world.run_as(SYSTEM), services.database.read
    with pytest.raises(Invalid) as told:
        run(policies.adopt, rules.BALANCED)  # without a day, though leaders were judged
    assert told.value.field == "valid_from"
    assert run(policies.adopt, rules.BALANCED, date(2026, 12, 15)) == 2
    assert [read(queries.current_policy, date(2026, 12, day)).version for day in (14, 15)] == [1, 2]
    run(scorecards.compute, world.hub_id, FIRST, LAST)
    assert {card.policy_version for card in read(queries.scorecards)} == {1}


def make_draft(world: World, terms: PolicyTerms = DEFAULT) -> UUID:
    found: UUID = world.run_as(SYSTEM)(policies.save_draft, None, "Tried", terms)
    return found


def test_a_back_test_of_what_holds_moves_nobody(services: Services, world: World) -> None:
    run, read = world.run_as(SYSTEM), services.database.read
    draft_id = make_draft(world)
    asked = run(back_tests.ask, draft_id, world.hub_id)
    assert run(back_tests.ask, draft_id, world.hub_id) == asked  # pressed twice
    run_due(services)
    card = read(queries.get_back_test, asked)
    assert (card.state, card.done, card.periods, card.last_on) == (BackTestState.DONE, 8, 8, LAST_DAY)
    assert [trial.period_to for trial in card.trials] == [LAST_DAY - timedelta(weeks=week) for week in range(4)]
    with statements_of(world) as said:
        assert read(queries.trial, world.hub_id, DEFAULT, LAST_DAY) == card.trials[0]
    assert len(said) <= 7
    stored = {one.leader_id: one.total_centi for one in read(queries.scorecards)}
    assert {row.leader_id: row.held_centi for row in read(queries.trial, world.hub_id, DEFAULT, LAST).rows} == stored
    assert not any(row.is_moved or row.held_centi != row.tried_centi for trial in card.trials for row in trial.rows)


def test_a_back_test_ends_before_today_though_facts_are_dated_ahead(services: Services, world: World) -> None:
    clock = services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 11, 22, 15, 59, tzinfo=UTC))  # the last pickup day is not over in Shanghai
    asked = world.run_as(SYSTEM)(back_tests.ask, make_draft(world), world.hub_id)
    assert services.database.read(queries.get_back_test, asked).last_on == LAST_DAY - timedelta(days=3)
    clock.move_to(clock.now() + timedelta(minutes=1))
    assert services.database.read(queries.last_day, world.hub_id, clock.now()) == LAST_DAY


def test_a_draft_thrown_away_twice_leads_back_with_a_message(
    client: FlaskClient, services: Services, world: World
) -> None:
    csrf = as_community(client, services)
    url = f"/hq/scorecards/drafts/{make_draft(world)}/drop"
    for said in ("The draft is gone.", "This draft was gone already."):
        answer = client.post(url, data={"csrf_token": csrf})
        assert (answer.status_code, answer.location) == (303, "/hq/scorecards/policies")
        assert said in client.get(answer.location).text


def test_a_back_test_goes_on_where_a_worker_died_and_stops_when_told(services: Services, world: World) -> None:
    run, read = world.run_as(SYSTEM), services.database.read
    draft_id = make_draft(world, rules.BALANCED)
    asked = run(back_tests.ask, draft_id, world.hub_id)
    assert run(back_tests.begin, asked) is True
    first = read(queries.trial, world.hub_id, rules.BALANCED, LAST)
    assert run(back_tests.keep, asked, 0, first) is True
    assert run(back_tests.keep, asked, 0, first) is True  # the one who died had kept it already
    assert [len(read(queries.get_back_test, asked).trials), read(queries.get_back_test, asked).done] == [1, 1]
    run_due(services)
    assert [read(queries.get_back_test, asked).done, len(read(queries.get_back_test, asked).trials)] == [8, 4]
    with pytest.raises(WrongState):
        run(back_tests.cancel, asked)
    second = run(back_tests.ask, draft_id, world.hub_id)
    assert read(queries.find_back_test, draft_id, world.hub_id).id == second  # the old one is replaced
    assert run(back_tests.keep, asked, 3, None) is False
    run(back_tests.begin, second)
    run(back_tests.keep, second, 0, first)
    run(back_tests.cancel, second)
    run_due(services)
    card = read(queries.get_back_test, second)
    assert (card.state, card.done, len(card.trials)) == (BackTestState.CANCELLED, 1, 1)
    run(policies.drop_draft, draft_id)
    with pytest.raises(NotFound):
        read(queries.get_back_test, second)


def test_the_page_says_when_a_back_test_is_stale_and_stops_it(
    client: FlaskClient, services: Services, world: World
) -> None:
    run = world.run_as(SYSTEM)
    csrf = as_community(client, services)
    draft_id = make_draft(world, rules.BALANCED)
    url = f"/hq/scorecards/drafts/{draft_id}/back-test"
    client.post(url, data={"csrf_token": csrf})
    card = services.database.read(queries.find_back_test, draft_id, world.hub_id)
    run(back_tests.begin, card.id)
    page = client.get(url).text
    assert "0 of 8 periods tried" in words(page)
    assert client.post(f"/hq/scorecards/back-tests/{card.id}/cancel", data={"csrf_token": csrf}).status_code == 303
    assert "Stopped after 0 of 8 periods." in words(client.get(url).text)
    client.post(f"/hq/scorecards/back-tests/{card.id}/cancel", data={"csrf_token": csrf})
    assert "This cannot be done in its present state" in words(client.get(url).text)
    client.post(url, data={"csrf_token": csrf})
    run_due(services)
    assert "The draft has changed since" not in words(client.get(url).text)
    run(policies.save_draft, draft_id, "Tried", rules.terms_of(rules.DEFAULT_POLICY))
    assert "The draft has changed since this back-test." in words(client.get(url).text)
    assert "Leaders who change tier" in words(client.get(f"{url}?period={LAST.isoformat()}").text)


def test_normalising_takes_the_size_out(client: FlaskClient, services: Services, world: World) -> None:
    as_community(client, services)
    page = words(client.get("/hq/scorecards/fairness").text)
    assert "so both columns agree" in page
    (plain, *_), (fair, *_) = (
        services.database.read(queries.trial, world.hub_id, terms, LAST).links for terms in (DEFAULT, rules.BALANCED)
    )
    assert plain.r is not None
    assert fair.r is not None
    assert (plain.high < -0.2, fair.low < 0 < fair.high) == (True, True)


def test_a_card_in_words_for_hq_and_for_the_leader(client: FlaskClient, services: Services, world: World) -> None:
    as_community(client, services)
    best = services.database.read(queries.scorecards)[0]
    assert f"1 {best.leader_name}" in words(client.get("/hq/scorecards").text)
    page = words(client.get(f"/hq/scorecards/{best.leader_id}").text)
    alone = rules.compare([best], best)  # such as one whose hub is another by now
    assert {(one.alike_bps, one.all_bps) for one in alone} == {(None, None)}
    base = sum(part.usual_centi for part in best.parts)
    for told in (
        f"Usual among peers {base / 100:.1f}",
        f"{best.parts[0].numerator} of {best.parts[0].denominator} =",
        "0 % earns nothing, 25 % earns all 25 points.",
        "What would raise it most",
        "Like neighbourhoods",
    ):
        assert told in page


def test_drafts_belong_to_who_may_judge(services: Services, world: World) -> None:
    run = world.run_as(Actor("x", Role.HQ_FINANCE, new_id()))
    for use_case in ((policies.save_draft, None, "x", DEFAULT), (policies.adopt, DEFAULT, date(2027, 1, 1))):
        with pytest.raises(Forbidden):
            run(*use_case)
    own = world.run_as(SYSTEM)
    kept = own(policies.save_draft, None, "x", DEFAULT)
    with pytest.raises(Invalid):
        own(policies.save_draft, None, "x", PolicyTerms(weights=DEFAULT.weights))
    own(policies.save_draft, kept, "y", DEFAULT)
    assert [draft.name for draft in services.database.read(queries.drafts)] == ["y"]
    own(policies.drop_draft, kept)
    assert services.database.read(queries.drafts) == []
