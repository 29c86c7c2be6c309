"""Pages of scores: a policy is drafted, tried on history and announced; rankings, fairness, a card in words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.domains.notifications.queries import inbox
from app.domains.notifications.values import MessageKind
from app.domains.scoring import queries, rules
from app.domains.scoring.service import policies, scorecards
from app.domains.scoring.values import PolicyTerms
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.worker.tasks import run_due
from hq_console.views.policies import values_of
from tests.factories.accounts import let_in, make_account
from tests.factories.cities import make_city
from tests.factories.settlement import statements_of
from tests.factories.shopper import words
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")
FIRST = date(2026, 11, 1)
LAST = FIRST + timedelta(days=27)
DEFAULT = rules.terms_of(rules.DEFAULT_POLICY)


@pytest.fixture
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
    tried = words(client.get(f"{made.location}/back-test").text)
    (trial, *_) = read(queries.back_test, world.hub_id, rules.BALANCED, FIRST + timedelta(days=21), 8)
    movers = [row for row in trial.rows if row.is_moved]
    assert f"Leaders who change tier {len(movers)} of 26" in tried
    assert movers[0].leader_name in tried
    assert "Wealth: average basket" in tried
    early = {"csrf_token": csrf, "valid_from": "2026-12-14"}
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


def test_a_period_is_judged_by_what_held_on_its_first_day(services: Services, world: World) -> None:
    run, read = world.run_as(SYSTEM), services.database.read
    with pytest.raises(Invalid) as told:
        run(policies.adopt, rules.BALANCED)  # without a day, though leaders were judged
    assert told.value.field == "valid_from"
    assert run(policies.adopt, rules.BALANCED, date(2026, 12, 15)) == 2
    assert [read(queries.current_policy, date(2026, 12, day)).version for day in (14, 15)] == [1, 2]
    run(scorecards.compute, world.hub_id, FIRST, LAST)
    assert {card.policy_version for card in read(queries.scorecards)} == {1}


def test_a_back_test_of_what_holds_moves_nobody(services: Services, world: World) -> None:
    read = services.database.read
    with statements_of(world) as said:
        trials = read(queries.back_test, world.hub_id, DEFAULT, LAST, 12)
    assert [trial.period_to for trial in trials] == [LAST - timedelta(weeks=week) for week in range(4)]
    assert len(said) <= 2 + 12 * 6
    stored = {card.leader_id: card.total_centi for card in read(queries.scorecards)}
    assert {row.leader_id: row.held.total_centi for row in trials[0].rows} == stored
    assert not any(row.is_moved or row.held != row.tried for trial in trials for row in trial.rows)


def test_normalising_takes_the_size_out(client: FlaskClient, services: Services, world: World) -> None:
    as_community(client, services)
    page = words(client.get("/hq/scorecards/fairness").text)
    assert "so both columns agree" in page
    (plain, *_), (fair, *_) = (
        services.database.read(queries.back_test, world.hub_id, terms, LAST, 1)[0].links
        for terms in (DEFAULT, rules.BALANCED)
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
