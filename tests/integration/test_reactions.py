"""What people are told: the right person, once, with the words' ingredients."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.aftersales.events import ClaimDecided
from app.domains.communities.events import LeaderStatusChanged
from app.domains.logistics.events import HandoverCounted, UnclaimedReminded
from app.domains.notifications import queries
from app.domains.notifications.values import MessageKind as K
from app.domains.orders import queries as orders
from app.domains.orders.values import CutLine, CutReason
from app.domains.settlement.events import StatementClosed
from app.flows import checkout, refund
from app.infra.clock import SetClock
from app.infra.events import Fact, Job
from app.infra.services import Services
from app.infra.uow import Database, UnitOfWork
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.reactions import registry
from tests.conftest import START
from tests.factories.world import PICKUP_ON, World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def told(read: Call, work: Callable[[], int], database: Database) -> Callable[[UUID], list[tuple[K, dict[str, Any]]]]:
    """Deliver everything, twice, and read what an account was told, oldest first."""

    def deliver(account_id: UUID) -> list[tuple[K, dict[str, Any]]]:
        work()
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'todo' WHERE task_name = 'deliver'"))
            connection.execute(text("DELETE FROM infra_delivery"))
        work()
        page = read(queries.inbox, account_id, PageAsk())
        return [(card.kind, card.params) for card in reversed(page.rows)]

    return deliver


def emit(uow: UnitOfWork, fact: Fact) -> None:
    uow.emit(fact)


Told = Callable[[UUID], list[tuple[K, dict[str, Any]]]]


def test_a_paid_order(world: World, told: Told) -> None:
    placed = world.place(0, orange=2)
    world.pay(placed.id)
    words = {"order_id": str(placed.id), "order_no": placed.no, "total_cents": 3_980, "currency": "CNY"}
    assert told(world.residents[0]) == [(K.ORDER_PAID, words)]
    assert told(world.residents[1]) == []


def test_an_order_that_lapsed_and_its_late_money(world: World, run: Call, told: Told, clock: SetClock) -> None:
    placed = world.place(0, rice=1)
    world.services.provider.at_once = False
    card = world.pay(placed.id)
    clock.move_to(placed.pay_by + timedelta(seconds=1))
    assert run(checkout.lapse) == 1
    lapsed = (K.ORDER_LAPSED, {"order_id": str(placed.id), "order_no": placed.no})
    assert told(world.residents[0]) == [lapsed]
    clock.move_to(START + timedelta(days=1))
    world.services.provider.approve(card.provider_ref)
    run(look_again)
    returned = {"order_id": str(placed.id), "order_no": placed.no, "amount_cents": 6_990, "currency": "CNY"}
    assert told(world.residents[0]) == [lapsed, (K.PAYMENT_RETURNED, returned)]


def look_again(uow: UnitOfWork) -> None:
    uow.defer(Job("poll_payments", {}))


def test_cuts_are_told_once_per_order_and_reason(world: World, run: Call, read: Call, told: Told) -> None:
    first, second = world.buy(0, orange=2, rice=1), world.buy(0, orange=1)
    told(world.residents[0])
    round_id = world.group_buy_id

    def cut(order_id: UUID, name: str, reason: CutReason, qty: int, cents: int) -> CutLine:
        line = next(one for one in read(orders.get_order, order_id).lines if one.sku_id == world.skus[name])
        return CutLine(line_id=line.id, qty=qty, amount_cents=cents, reason=reason, cause_id=round_id)

    cuts = [
        cut(first, "orange", CutReason.SHORTAGE, 1, 1_990),
        cut(first, "rice", CutReason.SHORTAGE, 1, 6_990),
        cut(first, "orange", CutReason.PRICE_BREAK, 0, 200),
        cut(second, "orange", CutReason.RESIDENT, 1, 1_990),
    ]
    run(refund.cut_and_refund, cuts)
    no = read(orders.get_order, first).no
    common = {"order_id": str(first), "order_no": no, "currency": "CNY"}
    news = [one for one in told(world.residents[0]) if one[0] is not K.ORDER_PAID]
    assert sorted(news, key=lambda one: one[0]) == [
        (
            K.LINE_CUT,
            common
            | {
                "reason": "shortage",
                "qty": 2,
                "amount_cents": 8_980,
                "sku_names": ["赣南脐橙", "东北大米"],
                "sku_names_en": ["Gannan oranges", "Northeast rice"],
            },
        ),
        (
            K.PRICE_FELL,
            common
            | {
                "reason": "price_break",
                "qty": 0,
                "amount_cents": 200,
                "sku_names": ["赣南脐橙"],
                "sku_names_en": ["Gannan oranges"],
            },
        ),
    ]


def test_each_message_names_the_goods_of_its_own_cut(world: World, run: Call, read: Call, told: Told) -> None:
    """A leader who misses two goods of one order cuts them by two causes."""
    order_id = world.buy(0, orange=2, rice=1)
    for name in ("orange", "rice"):
        line = next(one for one in read(orders.get_order, order_id).lines if one.sku_id == world.skus[name])
        missing = CutLine(line_id=line.id, qty=1, amount_cents=100, reason=CutReason.HANDOVER_SHORT, cause_id=new_id())
        run(refund.cut_and_refund, [missing])
    news = [params["sku_names"] for kind, params in told(world.residents[0]) if kind is K.LINE_CUT]
    assert sorted(news) == [["东北大米"], ["赣南脐橙"]]


def test_goods_that_wait_at_the_point(world: World, run: Call, told: Told, database: Database, read: Call) -> None:
    here, there, mine = world.buy(0, orange=2), world.buy(1, orange=1), world.buy(2, rice=1)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE logistics_pickup SET state = 'ready' WHERE order_id <> :id"), {"id": mine})
    point = world.points["P901"]
    run(emit, HandoverCounted(new_id(), world.group_buy_id, world.hub_id, point, PICKUP_ON))

    def words(order_id: UUID, place: str) -> dict[str, Any]:
        no = read(orders.get_order, order_id).no
        return {"order_id": str(order_id), "order_no": no, "pickup_point_name": place, "pieces": 0}

    def news(number: int) -> list[tuple[K, dict[str, Any]]]:
        return [one for one in told(world.residents[number]) if one[0] is not K.ORDER_PAID]

    assert news(0) == [(K.GOODS_ARRIVED, words(here, "自提点901"))]
    assert (news(1), news(2)) == ([], [])
    run(emit, UnclaimedReminded(world.group_buy_id, world.hub_id, PICKUP_ON))
    assert news(1) == [(K.UNCLAIMED, words(there, "自提点902"))]
    assert (len(news(0)), news(2)) == (2, [])


def test_decisions_statements_and_standing(world: World, run: Call, told: Told) -> None:
    resident, leader, order_id = world.residents[0], world.leaders["L901"], new_id()
    run(emit, ClaimDecided(new_id(), order_id, "L1", resident, leader, "approved", 500, "CNY", "rotten"))
    assert told(resident) == [
        (
            K.CLAIM_DECIDED,
            {
                "order_id": str(order_id),
                "order_no": "L1",
                "status": "approved",
                "refunded_cents": 500,
                "currency": "CNY",
                "reason": "rotten",
            },
        )
    ]
    run(emit, StatementClosed(new_id(), leader, "S1", date(2026, 11, 21), 1_234, "CNY"))
    run(emit, LeaderStatusChanged(new_id(), leader, "active", "probation", "late"))
    statement = {"no": "S1", "pickup_on": "2026-11-21", "total_cents": 1_234, "currency": "CNY"}
    standing = {"old": "active", "new": "probation", "reason": "late"}
    assert sorted(told(leader), key=lambda one: one[0]) == [
        (K.STATEMENT_READY, statement),
        (K.STATUS_CHANGED, standing),
    ]


def test_every_listener_has_a_name_of_its_own() -> None:
    names = [name for listeners in registry.LISTENERS.values() for name, _ in listeners]
    assert len(names) == len(set(names))
    topics = [kind.topic for kind in registry.LISTENERS]
    assert len(topics) == len(set(topics))
