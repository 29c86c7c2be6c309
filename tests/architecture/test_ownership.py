"""Whoever has the right role still sees and changes only what is hers: other people's things do not exist for her.

Every route of residents and leaders with an id in its address is called with somebody else's id. A new kind of id needs
a line in `theirs`; a route that reads its body first needs one in `BODIES` (a body that the owner could send).
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from app.domains.accounts.models import Account
from app.domains.aftersales import queries as aftersales
from app.domains.appraisal import queries as appraisal
from app.domains.appraisal.values import AnnounceCycle
from app.domains.communities import queries as communities
from app.domains.communities.service import absences
from app.domains.communities.values.absences import AskAbsence
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.payouts import queries as payouts
from app.domains.payouts.values import PayoutFilter
from app.domains.ratings import queries as ratings
from app.domains.receipts import queries as receipts
from app.domains.receipts.service import papers
from app.domains.receipts.values import Buyer
from app.domains.settlement import queries as settlement
from app.domains.statements.queries import weeks
from app.domains.statements.service.weeks import close_week
from app.domains.tasks import queries as tasks
from app.flows.appraisal import announce
from app.flows.tasks import publish
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.web.credentials import is_api
from tests.architecture.matrix import UNSAFE, Call, calls
from tests.architecture.visitors import Visitor, fingerprint, written
from tests.factories.aftersales import make_claim, make_photo
from tests.factories.payouts import make_till
from tests.factories.ratings import make_rating
from tests.factories.settlement import pick_up, run_to
from tests.factories.tasks import TODAY, make_plan, make_planner, make_todos
from tests.factories.world import World, make_world

#: Ids of things that are not anybody's own.
COMMON = frozenset(
    {"offer_id", "group_buy_id", "pickup_point_id", "sku_id", "share_code", "filename", "station", "form", "token"}
)
#: A body that would be right for the owner, by endpoint; `line_id` is a line of the owner's order.
BODIES: dict[str, Callable[[World, UUID], dict[str, Any]]] = {
    "api_orders.amend": lambda world, _: {"json": {"items": [{"offer_id": str(world.offers["orange"]), "qty": 1}]}},
    "api_payments.pay": lambda _w, _l: {"json": {"method": "alipay"}, "headers": {"Idempotency-Key": f"k-{new_id()}"}},
    "api_leader.count": lambda _w, _l: {"json": {"lines": []}},
    "api_ratings.rate": lambda _w, _l: {"json": {"leader_stars": 5, "goods_stars": 5}},
    "api_claims.add": lambda _w, _l: {"json": {"text": "x"}, "headers": {"Idempotency-Key": f"k-{new_id()}"}},
    "api_leader_claims.evidence": lambda _w, _l: {
        "json": {"text": "x"},
        "headers": {"Idempotency-Key": f"k-{new_id()}"},
    },
    "api_leader_appraisal.answer_targets": lambda _w, _l: {"json": {"verdict": "accept"}},
    "api_leader_appraisal.appeal": lambda _w, _l: {"json": {"text": "x"}},
    "mine.file_claim": lambda _, line_id: {
        "data": {"line": str(line_id), "kind": "quality", "qty": "1", "text": "soft", "key": f"k-{new_id()}"}
    },
}


@pytest.fixture
def world(services: Services) -> World:
    """A round that has been lived through: resident 0 has fetched one of her two orders, the other one waits."""
    world = make_world(services, residents=2)
    fetched = world.buy(0, orange=2)
    world.buy(0, rice=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, fetched)
    make_rating(world, fetched)
    planner = make_planner(world)
    asset = make_photo(world, world.resident(0))
    services.database.transact(planner, publish, make_plan(world, planner, {"asset": asset}))
    make_todos(world)
    make_claim(world, fetched, photos=(make_photo(world, world.resident(0)),), orange=2)
    run_to(world, Station.SETTLE, unclaimed="keep")
    make_till(world).ask(3_000)
    away = AskAbsence(leader_id=world.leaders["L901"], first_on=date(2026, 12, 1), last_on=date(2026, 12, 2))
    services.database.transact(world.leader(), absences.ask, away)
    for order_id in order_ids(world):
        services.database.transact(world.resident(0), papers.issue_own, order_id, Buyer())
    services.database.transact(Actor.system("test"), close_week, world.hub_id, date(2026, 11, 16))
    wish = AnnounceCycle(hub_id=world.hub_id, first_on=date(2027, 1, 1), last_on=date(2027, 1, 28))
    services.database.transact(Actor.system("test"), announce, wish)
    return world


def order_ids(world: World) -> list[UUID]:
    """The orders of resident 0: the fetched one, and the one that waits."""
    page = world.services.database.read(orders.orders_of_round, world.group_buy_id, PageAsk())
    return sorted(card.id for card in page.rows)


def theirs(world: World, order_id: UUID) -> dict[str, UUID]:
    """What belongs to resident 0 and to leader L901, by the names that addresses use."""
    read = world.services.database.read
    leader_id = world.leaders["L901"]
    pickup = read(logistics.pickup_of_order, order_id)
    assert pickup is not None
    claim = read(aftersales.claims_of_resident, world.residents[0], PageAsk()).rows[0]
    return {
        "order_id": order_id,
        "pickup_id": pickup.id,
        "handover_id": read(logistics.handovers_of_leader, leader_id)[0].id,
        "claim_id": claim.id,
        "todo_id": read(tasks.todos_of_leader, leader_id, world.services.database.clock.now(), TODAY)[0].id,
        "rating_id": read(ratings.ratings_of_leader, leader_id, PageAsk()).rows[0].id,
        "key": read(aftersales.notes, claim.id)[0].photos[0],
        "seat_id": read(appraisal.seats_of_leader, leader_id)[0].id,
        "statement_id": read(settlement.statements, PageAsk(), leader_id).rows[0].id,
        "week_id": read(weeks.weeks, PageAsk(), leader_id).rows[0].id,
        "paper_id": read(receipts.papers_of_order, order_id)[0].id,
        "absence_id": read(communities.absences_of_leader, leader_id)[0].id,
        "payout_id": read(payouts.payouts, PayoutFilter(payee_id=leader_id), PageAsk()).rows[0].id,
    }


def own_routes(app: Flask, role: Role, ids: dict[str, UUID]) -> list[Call]:
    """The routes of a role alone that name a thing of somebody's."""
    everybody_else = {Role.ANONYMOUS, Role.RESIDENT, Role.LEADER, Role.HQ_ADMIN} - {role}
    return [
        call
        for call in calls(app, ids)
        if call.arguments - COMMON and role in (call.expected or ()) and not everybody_else & (call.expected or set())
    ]


@pytest.mark.parametrize(("role", "owner", "other"), [(Role.RESIDENT, 0, 1), (Role.LEADER, "L901", "L902")])
def test_other_peoples_things_do_not_exist(app: Flask, world: World, role: Role, owner: Any, other: Any) -> None:
    people = world.residents if role is Role.RESIDENT else world.leaders
    database = world.services.database
    stranger = Visitor(app, database, role, Account(id=people[other]))
    themselves = Visitor(app, database, role, Account(id=people[owner]))
    wrong: list[str] = []
    reached: dict[str, bool] = defaultdict(bool)
    for order_id in order_ids(world):
        line_id = database.read(orders.get_order, order_id).lines[0].id
        ids = theirs(world, order_id)
        found = own_routes(app, role, ids)
        assert {name for call in found for name in call.arguments} <= set(ids) | COMMON
        before = fingerprint(database)
        for call in found:
            body = BODIES[call.endpoint](world, line_id) if call.endpoint in BODIES else {}
            with written(database) as statements:
                status = stranger.send(call, **body).status_code
            if status != 404 or statements:
                wrong.append(f"a stranger's {call.method} {call.path} ends with {status} {statements[:1]}")
            if call.method not in UNSAFE:
                reached[call.endpoint] |= themselves.send(call).status_code < 400
        assert fingerprint(database) == before
    assert wrong == []
    assert [endpoint for endpoint, ok in reached.items() if not ok] == []  # else the ids above prove nothing


def test_ids_in_bodies_are_not_trusted_either(app: Flask, world: World) -> None:
    """A claim names a line, a pickup an order's code: other people's do not exist."""
    database = world.services.database
    order_id = order_ids(world)[-1]
    line_id = database.read(orders.get_order, order_id).lines[0].id
    code = database.read(logistics.pickup_code_of_order, order_id, world.residents[0])
    by_endpoint = {call.endpoint: call for call in calls(app) if is_api(call.path) and call.method == "POST"}
    stranger = Visitor(app, database, Role.RESIDENT, Account(id=world.residents[1]))
    leader = Visitor(app, database, Role.LEADER, Account(id=world.leaders["L902"]))
    claim = {"order_line_id": str(line_id), "kind": "quality", "qty": 1, "text": "soft"}
    before = fingerprint(database)
    answer = stranger.send(by_endpoint["api_claims.claim"], json=claim, headers={"Idempotency-Key": f"k-{new_id()}"})
    assert answer.status_code == 404, answer.text
    event = {"code": code, "event_key": f"event-{new_id()}"}
    answer = leader.send(by_endpoint["api_leader.record"], json=event, headers={"Idempotency-Key": f"k-{new_id()}"})
    assert answer.get_json()["error"] == "wrong_pickup_code", answer.text
    assert fingerprint(database) - before <= 1  # the wrong code is counted
