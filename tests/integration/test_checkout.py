"""From basket to paid order and back: quote, place, amend, cancel, lapse, late money."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, UnknownOffer
from app.domains.orders import queries
from app.domains.orders.errors import EmptyBasket, NoHome, OverLimit, PaidOrderOnlyShrinks, TotalChanged
from app.domains.orders.values import AmendOrder, OrderItem, OrderStatus, PlaceOrder
from app.flows import checkout, payment
from app.infra.clock import SetClock
from app.infra.idempotency import KeyReused
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState
from tests.factories.provider import ApprovingProvider
from tests.factories.world import CUTOFF_AT, World, make_world

Read = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def counts(services: Services) -> tuple[int, int, int, int]:
    """(orders, lines, pieces sold, keys): what a refused call must leave as it was."""
    with services.database.engine.connect() as c:
        return tuple(
            int(c.scalar(text(q)) or 0)
            for q in (
                "SELECT count(*) FROM orders_order", "SELECT count(*) FROM orders_line",
                "SELECT sum(sold_qty) FROM groupbuys_offer", "SELECT count(*) FROM infra_idempotency_key",
            )
        )  # fmt: skip


def sold(services: Services, world: World, name: str) -> int:
    with services.database.engine.connect() as c:
        return int(
            c.scalar(text("SELECT sold_qty FROM groupbuys_offer WHERE id = :id"), {"id": world.offers[name]}) or 0
        )


def wish(world: World, expected: int | None = None, **pieces: int) -> PlaceOrder:
    items = tuple(OrderItem(offer_id=world.offers[n], qty=q) for n, q in pieces.items())
    return PlaceOrder(group_buy_id=world.group_buy_id, items=items, idempotency_key="k", expected_total_cents=expected)


def as_resident(world: World, use_case: Any, *args: Any, number: int = 0) -> Any:
    return world.services.database.transact(world.resident(number), use_case, *args)


def test_an_order_keeps_the_terms_of_its_moment(world: World, services: Services, read: Read) -> None:
    quote = as_resident(world, checkout.quote, wish(world, orange=2, rice=1))
    placed = as_resident(world, checkout.place, wish(world, quote.total_cents, orange=2, rice=1))
    assert (quote.total_cents, placed.total_cents, placed.status) == (10_970, 10_970, OrderStatus.PLACED)
    order = read(queries.get_order, placed.id)
    assert {(x.sku_code, x.qty, x.unit_price_cents, x.commission_bps) for x in order.lines} == {
        ("T001", 2, 1_990, 1_000), ("T004", 1, 6_990, 300),
    }  # fmt: skip
    assert order.pay_by == order.placed_at + timedelta(minutes=15)
    assert (order.leader_id, order.pickup_point_id) == (world.leaders["L901"], world.points["P901"])
    assert counts(services) == (1, 2, 3, 1)


def test_the_price_break_that_a_basket_reaches_counts_at_once(world: World) -> None:
    assert as_resident(world, checkout.quote, wish(world, orange=10)).total_cents == 17_900
    assert world.place(0, orange=9).total_cents == 9 * 1_990
    assert world.place(1, orange=1).total_cents == 1_790


@pytest.mark.parametrize(
    ("pieces", "refusal"),
    [
        ({}, EmptyBasket), ({"rice": 0}, Invalid), ({"rice": -1}, Invalid), ({"rice": 1000}, Invalid),
        ({"rice": 3}, OverLimit), ({"rice": 11}, SoldOut),
    ],
)  # fmt: skip
def test_a_basket_that_cannot_be_is_refused_whole(
    world: World, services: Services, pieces: dict[str, int], refusal: type[Exception]
) -> None:
    before = counts(services)
    with pytest.raises(refusal):
        as_resident(world, checkout.place, wish(world, **pieces))
    assert counts(services) == before


def test_other_refusals_leave_no_trace(world: World, services: Services, run: Callable[..., Any]) -> None:
    before = counts(services)
    strange = PlaceOrder(
        group_buy_id=world.group_buy_id, items=(OrderItem(offer_id=new_id(), qty=1),), idempotency_key="k"
    )
    with pytest.raises(UnknownOffer):
        as_resident(world, checkout.place, strange)
    with pytest.raises(TotalChanged) as changed:
        as_resident(world, checkout.place, wish(world, 1, orange=1))
    assert (changed.value.expected_cents, changed.value.total_cents) == (1, 1_990)
    nobody = PlaceOrder(group_buy_id=new_id(), items=strange.items, idempotency_key="k")
    with pytest.raises(NotFound):
        as_resident(world, checkout.place, nobody)
    with pytest.raises(Forbidden):
        services.database.transact(world.leader(), checkout.place, wish(world, orange=1))
    with pytest.raises(NoHome):
        services.database.transact(Actor("new", Role.RESIDENT, new_id()), checkout.place, wish(world, orange=1))
    assert counts(services) == before


def test_the_limit_counts_earlier_orders(world: World, services: Services) -> None:
    world.place(0, rice=1)
    world.place(0, rice=1)
    with pytest.raises(OverLimit) as refusal:
        world.place(0, rice=1)
    assert (refusal.value.limit, refusal.value.had) == (2, 2)
    assert sold(services, world, "rice") == 2


def test_the_same_key_is_the_same_order_and_another_basket_under_it_is_refused(
    world: World, services: Services
) -> None:
    first = as_resident(world, checkout.place, wish(world, orange=1))
    again = as_resident(world, checkout.place, wish(world, orange=1))
    assert (again.id, again.is_new) == (first.id, False)
    with pytest.raises(KeyReused):
        as_resident(world, checkout.place, wish(world, orange=2))
    assert counts(services) == (1, 1, 1, 1)


def test_nothing_is_taken_before_the_opening_or_after_the_cutoff(
    world: World, services: Services, clock: SetClock
) -> None:
    clock.move_to(CUTOFF_AT)
    with pytest.raises(GroupBuyClosed):
        world.place(0, orange=1)
    assert counts(services) == (0, 0, 0, 0)
    clock.move_to(CUTOFF_AT - timedelta(seconds=1))
    assert world.place(0, orange=1).pay_by == CUTOFF_AT


def test_an_unpaid_order_is_amended_freely(world: World, services: Services) -> None:
    placed = world.place(0, orange=2, rice=1)
    items = (OrderItem(offer_id=world.offers["orange"], qty=4), OrderItem(offer_id=world.offers["dumplings"], qty=1))
    order = as_resident(world, checkout.amend, AmendOrder(order_id=placed.id, items=items))
    assert (order.total_cents, {x.sku_code: x.qty for x in order.lines}) == (10_460, {"T001": 4, "T003": 1})
    assert [sold(services, world, n) for n in ("orange", "rice", "dumplings")] == [4, 0, 1]


def test_amending_charges_the_total_that_was_shown_or_nothing_changes(world: World, services: Services) -> None:
    placed = world.place(0, orange=10)  # the tenth piece makes 17.90 of 19.90
    items = (OrderItem(offer_id=world.offers["orange"], qty=9),)
    with pytest.raises(TotalChanged) as told:
        as_resident(world, checkout.amend, AmendOrder(order_id=placed.id, items=items, expected_total_cents=9 * 1_790))
    assert (told.value.expected_cents, told.value.total_cents) == (16_110, 17_910)
    order = as_resident(world, checkout.cancel, placed.id)
    assert (order.total_cents, [x.qty for x in order.lines]) == (17_900, [10])
    again = world.place(0, orange=10)
    shown = AmendOrder(order_id=again.id, items=items, expected_total_cents=9 * 1_990)
    assert as_resident(world, checkout.amend, shown).total_cents == 17_910


def test_a_paid_order_shrinks_with_a_refund_and_never_grows(
    world: World, services: Services, read: Read, work: Callable[[], int]
) -> None:
    order_id = world.buy(0, orange=3, rice=1)
    more = AmendOrder(order_id=order_id, items=(OrderItem(offer_id=world.offers["orange"], qty=4),))
    with pytest.raises(PaidOrderOnlyShrinks):
        as_resident(world, checkout.amend, more)
    less = AmendOrder(order_id=order_id, items=(OrderItem(offer_id=world.offers["orange"], qty=1),))
    order = as_resident(world, checkout.amend, less)
    work()
    assert (order.status, order.total_cents, order.refunded_cents) == (OrderStatus.PAID, 12_960, 10_970)
    assert {x.sku_code: x.effective_qty for x in order.lines} == {"T001": 1, "T004": 0}
    provider = services.provider
    assert isinstance(provider, ApprovingProvider)
    with services.database.engine.connect() as c:
        assert c.execute(text("SELECT sum(amount_cents), count(*) FROM payments_refund")).one() == (10_970, 2)
    assert [sold(services, world, n) for n in ("orange", "rice")] == [1, 0]


def test_cancelling_gives_everything_back_once(world: World, services: Services, work: Callable[[], int]) -> None:
    order_id = world.buy(0, orange=3)
    for _ in range(2):
        order = as_resident(world, checkout.cancel, order_id)
    work()
    assert (order.status, order.refunded_cents) == (OrderStatus.CANCELLED, 5_970)
    assert sold(services, world, "orange") == 0
    with services.database.engine.connect() as c:
        assert c.scalar(text("SELECT sum(amount_cents) FROM payments_refund WHERE status = 'succeeded'")) == 5_970
    with pytest.raises(WrongState):
        as_resident(world, checkout.amend, AmendOrder(order_id=order_id, items=(OrderItem(offer_id=new_id(), qty=1),)))


def test_a_foreign_order_does_not_exist(world: World, services: Services) -> None:
    placed = world.place(0, orange=1)
    with pytest.raises(NotFound):
        as_resident(world, checkout.cancel, placed.id, number=1)
    assert sold(services, world, "orange") == 1


def test_unpaid_orders_lapse_after_their_time_and_free_their_pieces(
    world: World, services: Services, clock: SetClock, run: Callable[..., Any], read: Read
) -> None:
    placed, paid = world.place(0, rice=2), world.buy(1, rice=1)
    assert run(checkout.lapse) == 0
    clock.move_to(placed.pay_by)
    assert (run(checkout.lapse), run(checkout.lapse)) == (1, 0)
    assert read(queries.get_order, placed.id).status is OrderStatus.LAPSED
    assert read(queries.get_order, paid).status is OrderStatus.PAID
    assert sold(services, world, "rice") == 1


def test_late_money_does_not_carry_a_resident_over_her_limit(
    world: World, services: Services, clock: SetClock, run: Callable[..., Any], read: Read, work: Callable[[], int]
) -> None:
    provider = services.provider
    assert isinstance(provider, ApprovingProvider)
    provider.at_once = False
    first = world.place(0, rice=2)
    begun = world.pay(first.id)
    clock.move_to(first.pay_by)
    run(checkout.lapse)
    provider.at_once = True
    world.buy(0, rice=2)
    provider.approve(begun.provider_ref or "")
    payment.sync_payment(world.run_as(world.resident()), provider, begun.id)
    work()
    assert read(queries.get_order, first.id).status is OrderStatus.LAPSED
    assert sold(services, world, "rice") == 2
    assert provider.refunded_cents == 13_980


def test_late_money_is_honoured_while_goods_remain_and_returned_when_not(
    world: World, services: Services, clock: SetClock, run: Callable[..., Any], read: Read, work: Callable[[], int]
) -> None:
    provider = services.provider
    assert isinstance(provider, ApprovingProvider)
    provider.at_once = False
    lucky, unlucky = world.place(0, rice=2), world.place(1, rice=2)
    begun = [world.pay(order.id, number) for number, order in enumerate((lucky, unlucky))]
    clock.move_to(lucky.pay_by)
    assert run(checkout.lapse) == 2
    with services.database.engine.begin() as c:
        c.execute(text("UPDATE groupbuys_offer SET quota = 2 WHERE id = :id"), {"id": world.offers["rice"]})
    for number, card in enumerate(begun):
        provider.approve(card.provider_ref or "")
        payment.sync_payment(world.run_as(world.resident(number)), provider, card.id)
    work()
    assert read(queries.get_order, lucky.id).status is OrderStatus.PAID
    assert read(queries.get_order, unlucky.id).status is OrderStatus.LAPSED
    assert sold(services, world, "rice") == 2
    with services.database.engine.connect() as c:
        refund = c.execute(text("SELECT order_id, amount_cents, status, reason FROM payments_refund")).one()
    assert refund == (unlucky.id, 13_980, "succeeded", "late_payment")
