"""Goals of HQ and of a hub by month, beside what the leaders' facts say."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domains.communities.service.places import save_hubs
from app.domains.goals import queries
from app.domains.goals.service.goals import set_goals
from app.domains.goals.values import Counted, Kpi, SetGoals
from app.domains.scoring.service import facts
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from tests.factories.accounts import let_in, make_account
from tests.factories.appraisal import SYSTEM, make_history
from tests.factories.settlement import statements_of
from tests.factories.shopper import words
from tests.factories.world import HUB, World, make_world

HQ = Actor("小陈", Role.HQ_COMMUNITY, new_id())
NOVEMBER = date(2026, 11, 1)
FIRST, SECOND = date(2026, 11, 3), date(2026, 11, 10)


@pytest.fixture
def world(services: Services) -> World:
    """L901 (400 households) had 60 buyers on two days; L902 (400) 20, late, of whom half fetched; it is the 20th."""
    made = make_world(services)
    make_history(made, "L901", [FIRST, SECOND])
    make_history(made, "L902", [SECOND], buyers=20, on_time=0, picked=50, claims=2)
    made.run_as(SYSTEM)(facts.rebuild_days, made.hub_id, NOVEMBER, SECOND)
    return made


def goals_of(world: World, hub: bool = True) -> dict[Kpi, int]:
    found = world.services.database.read(queries.goals, NOVEMBER)
    return {kpi: card.target for kpi, card in found.get(world.hub_id if hub else None, {}).items()}


def wish(world: World, **targets: int | None) -> SetGoals:
    return SetGoals(hub_id=world.hub_id, month=NOVEMBER, targets={Kpi(name): one for name, one in targets.items()})


def test_facts_of_a_month_add_up_by_hub(world: World) -> None:
    world.run_as(SYSTEM)(save_hubs, [replace(HUB, code="LJ-Z")])
    with statements_of(world) as sent:
        found = world.services.database.read(queries.counted, NOVEMBER)
    assert found[world.hub_id] == Counted(
        orders=140, buyers=80, households=800, handovers=3, on_time_handovers=2, due_pieces=300, picked_pieces=250,
        claims=2, until_on=SECOND,
    )  # fmt: skip
    (other,) = (one for hub_id, one in found.items() if hub_id != world.hub_id)
    assert other == Counted()
    assert world.services.database.read(queries.counted, date(2026, 10, 1))[world.hub_id] == Counted(households=800)
    assert len(sent) <= 12


def test_goals_are_set_changed_and_taken_away_with_an_audit_row(world: World) -> None:
    run = world.run_as(HQ)
    assert run(set_goals, wish(world, orders=200, on_time=9_500, claim_rate=0)) == 3
    assert run(set_goals, wish(world, orders=200, on_time=9_000)) == 1
    assert run(set_goals, wish(world, orders=200, on_time=9_000)) == 0
    assert run(set_goals, wish(world, claim_rate=None, buyers=None)) == 1
    assert goals_of(world) == {Kpi.ORDERS: 200, Kpi.ON_TIME: 9_000}
    assert run(set_goals, SetGoals(hub_id=None, month=NOVEMBER, targets={Kpi.ORDERS: 9})) == 1
    assert (goals_of(world, hub=False), goals_of(world)[Kpi.ORDERS]) == ({Kpi.ORDERS: 9}, 200)
    with world.services.database.engine.connect() as connection:
        rows = connection.execute(
            select(AuditRow.entity_id, AuditRow.before, AuditRow.after)
            .where(AuditRow.action == "goals.set").order_by(AuditRow.id)
        ).all()  # fmt: skip
    month = {"month": "2026-11-01"}
    assert [tuple(row) for row in rows] == [
        (world.hub_id, {"orders": None, "on_time": None, "claim_rate": None, **month},
         {"orders": 200, "on_time": 9_500, "claim_rate": 0, **month}),
        (world.hub_id, {"on_time": 9_500, **month}, {"on_time": 9_000, **month}),
        (world.hub_id, {"claim_rate": 0, **month}, {"claim_rate": None, **month}),
        (None, {"orders": None, **month}, {"orders": 9, **month}),
    ]  # fmt: skip


def test_who_may_set_goals_and_for_when(world: World) -> None:
    for role in (Role.HQ_FINANCE, Role.HQ_MERCHANDISER, Role.LEADER):
        with pytest.raises(Forbidden):
            world.run_as(Actor("x", role, new_id()))(set_goals, wish(world, orders=1))
    with pytest.raises(NotFound):
        world.run_as(HQ)(set_goals, SetGoals(hub_id=new_id(), month=NOVEMBER, targets={Kpi.ORDERS: 1}))
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 11, 30, 15, 59, tzinfo=UTC))
    assert world.run_as(HQ)(set_goals, wish(world, orders=1)) == 1
    clock.move_to(clock.now() + timedelta(minutes=1))  # December begins in Shanghai
    for hub_id in (world.hub_id, None):
        with pytest.raises(Invalid) as told:
            world.run_as(HQ)(set_goals, SetGoals(hub_id=hub_id, month=NOVEMBER, targets={Kpi.ORDERS: 2}))
        assert told.value.field == "month"
    assert goals_of(world) == {Kpi.ORDERS: 1}


def test_the_page_shows_goals_beside_facts_and_keeps_what_was_typed(world: World, client: FlaskClient) -> None:
    client.set_cookie("locale", "en")
    account = world.services.database.transact(SYSTEM, make_account, Role.HQ_COMMUNITY, name="小陈")
    csrf = let_in(client, world.services.database, account)
    assert "No goal and no fact of this month" in words(client.get("/hq/goals?month=2026-12").text)
    assert client.get("/hq/goals?month=9999-12").status_code == 200  # the calendar's last month is nobody's
    typed = {"csrf_token": csrf, "hub": "LJ-T", "month": "2026-11", "orders": "viele", "on_time": "95.5"}
    assert client.post("/hq/goals", data=typed | {"hub": "LJ-X", "orders": "9"}).status_code == 404
    assert goals_of(world) == goals_of(world, hub=False) == {}
    refused = client.post("/hq/goals", data=typed)
    assert (refused.status_code, 'value="viele"' in refused.text, 'value="95.5"' in refused.text) == (422, True, True)
    assert "A whole number from 1 on." in refused.text
    refused = client.post("/hq/goals", data=typed | {"orders": "200", "pickup_rate": "100.5"})
    assert (refused.status_code, "must lie between 0 and 100 %" in refused.text) == (422, True)
    assert goals_of(world) == {}
    saved = client.post("/hq/goals", data=typed | {"orders": "400", "pickup_rate": "80", "claim_rate": "2"})
    assert (saved.status_code, saved.location) == (303, "/hq/goals?hub=LJ-T&month=2026-11")
    assert goals_of(world) == {Kpi.ORDERS: 400, Kpi.ON_TIME: 9_550, Kpi.PICKUP_RATE: 8_000, Kpi.CLAIM_RATE: 200}
    page = words(client.get(saved.location).text)
    # 140 orders in ten of thirty days are on track to 400; two of three on time are not 95.5 %.
    assert "Orders ≥ 400 140 35 % on track 小陈" in page
    assert "Handovers on time ≥ 95.5 % 66.67 % 70 % behind" in page
    assert "Picked up ≥ 80 % 83.33 % 104 % on track" in page
    assert "Claims per order ≤ 2 % 1.43 % – on track" in page
    assert "Penetration – 10 %" in page
    before = goals_of(world)
    late = client.post("/hq/goals", data=typed | {"orders": "500", "claim_rate": "3"})  # from the page of before
    assert (late.status_code, "Somebody else has saved this meanwhile" in late.text) == (422, True)
    assert ('value="500"' in late.text, goals_of(world)) == (True, before)
    seen = re.findall(r'name="seen" value="([^"]+)"', late.text)[0]
    assert seen == "orders=400 on_time=9550 pickup_rate=8000 claim_rate=200"
    again = client.post(
        "/hq/goals", data=typed | {"orders": "500", "pickup_rate": "80", "claim_rate": "2", "seen": seen}
    )
    assert (again.status_code, goals_of(world)) == (303, before | {Kpi.ORDERS: 500})
    whole = words(client.get("/hq/goals?month=2026-11").text)
    assert ("HQ as a whole" in whole, "Orders – 140" in whole) == (True, True)
    let_in(client, world.services.database, world.services.database.transact(SYSTEM, make_account, Role.HQ_FINANCE))
    page = client.get("/hq/goals?hub=LJ-T&month=2026-11").text
    assert ("66.67 %" in page, "Set the goals" in page) == (True, False)
