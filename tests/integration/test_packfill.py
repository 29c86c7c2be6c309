"""Full boxes with tolerance, from basket to purchase order: exact pieces and cents, never more than was shown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import SoldOut, ToleranceNotOffered
from app.domains.groupbuys.values import Box, Station
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.orders.errors import OverLimit, PaidOrderOnlyShrinks, TotalChanged
from app.domains.orders.values import AmendOrder, CutReason, OrderCard, OrderStatus
from app.domains.supply import queries as supply
from app.flows import boxes, checkout, cutoff
from app.flows.station import StationRun
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor
from tests.factories.api import ApiClient, api_client
from tests.factories.boxes import SYSTEM, buy, items, pack, place
from tests.factories.kept import kept
from tests.factories.world import CUTOFF_AT, World, make_world

Read = Callable[..., Any]


@pytest.fixture
@kept
def world(services: Services) -> World:
    """Dumplings at 25.00 in boxes of 6 (20 pieces, 5 each), oranges in boxes of 8 (19.90; 17.90 from 10)."""
    made = make_world(services, residents=5)
    pack(made, dumplings=6, orange=8)
    return made


def close(world: World, clock: SetClock) -> str:
    clock.move_to(CUTOFF_AT)
    return world.station(Station.CUTOFF)


def line(read: Read, order_id: UUID) -> tuple[int | None, int, int | None, int, int]:
    """(wanted, tolerated, given, still due, net cents) of an order's only line."""
    (only,) = read(orders.get_order, order_id).lines
    return only.wanted_qty, only.tolerance_qty, only.given_qty, only.effective_qty, only.net_cents


def cuts(read: Read, order_id: UUID) -> list[tuple[CutReason, int, int]]:
    return [(cut.reason, cut.qty, cut.amount_cents) for cut in read(orders.cuts_of_order, order_id)]


def counters(read: Read, world: World, name: str) -> tuple[int, int]:
    (offer,) = [o for o in read(groupbuys.offer_cards, world.group_buy_id) if o.id == world.offers[name]]
    return offer.sold_qty, offer.tolerance_qty


def demand(read: Read, world: World) -> dict[str, int]:
    return {card.sku_code: card.wanted_qty for card in read(logistics.demand_cards, world.group_buy_id)}


def journal(services: Services, order_id: UUID) -> list[tuple[int, int]]:
    with services.database.engine.connect() as connection:
        told = text("SELECT wanted_delta, tolerance_delta FROM orders_wish WHERE order_id = :id ORDER BY at, id")
        return [(row[0], row[1]) for row in connection.execute(told, {"id": order_id})]


def amend(world: World, order_id: UUID, number: int = 0, **pieces: int | tuple[int, int]) -> OrderCard:
    wish = AmendOrder(order_id=order_id, items=items(world, **pieces))
    card: OrderCard = world.services.database.transact(world.resident(number), checkout.amend, wish)
    return card


def sound(services: Services) -> bool:
    return services.database.read(broken_invariants, services.database.clock.now()) == []


def test_tolerance_fills_a_box_and_what_it_does_not_need_goes_back(
    world: World, services: Services, read: Read, clock: SetClock, work: Callable[[], int]
) -> None:
    ann, bo = buy(world, 0, dumplings=(2, 2)), buy(world, 1, dumplings=3)
    assert read(orders.get_order, ann).total_cents == 10_000  # four pieces at most
    assert counters(read, world, "dumplings") == (7, 2)
    assert close(world, clock) == (
        "0 orders lapsed, 1 offers withdrawn, 1 boxes filled, 0 prices lowered, 6 pieces wanted, 1 purchase orders"
    )
    work()
    assert line(read, ann) == (2, 2, 3, 3, 7_500)
    assert line(read, bo) == (3, 0, 3, 3, 7_500)
    assert (cuts(read, ann), cuts(read, bo)) == ([(CutReason.PACK_FILL, 1, 2_500)], [])
    assert demand(read, world) == {"T003": 6}
    assert [
        (bought.sku_code, bought.ordered_qty) for bought in read(supply.purchase_lines, group_buy_id=world.group_buy_id)
    ] == [("T003", 6)]
    with services.database.engine.connect() as connection:
        refunds = "SELECT amount_cents, reason, status FROM payments_refund"
        assert connection.execute(text(refunds)).all() == [(2_500, "pack_fill", "succeeded")]
        told = (
            "SELECT params ->> 'reason', params ->> 'amount_cents' FROM notifications_message WHERE kind = 'line_cut'"
        )
        assert connection.execute(text(told)).all() == [("pack_fill", "2500")]
    assert sound(services)


def test_who_came_later_goes_without_when_the_box_is_full(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann, bo, chen = (buy(world, n, dumplings=wish) for n, wish in enumerate([(2, 2), 3, 2]))
    close(world, clock)
    assert [line(read, one)[2] for one in (ann, bo, chen)] == [2, 3, 1]
    assert cuts(read, ann) == [(CutReason.PACK_FILL, 2, 5_000)]
    assert cuts(read, chen) == [(CutReason.PACK_FILL, 1, 2_500)]
    assert sound(services)


def test_a_line_that_no_box_has_room_for_is_refunded_whole(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    buy(world, 0, dumplings=3), buy(world, 1, dumplings=3)
    late = buy(world, 2, dumplings=(1, 1))
    close(world, clock)
    assert line(read, late) == (1, 1, 0, 0, 0)
    assert cuts(read, late) == [(CutReason.PACK_FILL, 2, 5_000)]
    assert demand(read, world) == {"T003": 6}
    assert sound(services)


def test_without_a_full_box_the_offer_is_withdrawn_like_below_a_minimum(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann = buy(world, 0, dumplings=(3, 2))
    assert "2 offers withdrawn" in close(world, clock)
    assert cuts(read, ann) == [(CutReason.BELOW_MINIMUM, 5, 12_500)]
    assert line(read, ann) == (3, 2, None, 0, 0)
    assert demand(read, world) == {}
    cancelled = {o.sku_id for o in read(groupbuys.offer_cards, world.group_buy_id) if o.is_cancelled}
    assert cancelled == {world.skus["dumplings"], world.skus["greens"]}
    assert sound(services)


def test_tolerance_alone_opens_no_second_box(world: World, read: Read, clock: SetClock) -> None:
    ann = buy(world, 0, dumplings=(3, 2))
    bo, chen = buy(world, 1, dumplings=(3, 2)), buy(world, 2, orange=8)
    close(world, clock)
    assert [line(read, one)[2] for one in (ann, bo, chen)] == [3, 3, 8]
    assert demand(read, world) == {"T001": 8, "T003": 6}


def test_price_breaks_go_by_what_is_wanted_and_then_by_what_is_given(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann = buy(world, 0, orange=(7, 5))
    assert read(orders.get_order, ann).total_cents == 12 * 1_990  # tolerance does not reach the break of 10
    bo = buy(world, 1, orange=4)
    assert read(orders.get_order, bo).total_cents == 4 * 1_790
    close(world, clock)  # 11 wanted, 5 tolerated: two boxes of 8, so 16 pieces are given
    assert line(read, ann) == (7, 5, 12, 12, 12 * 1_790)
    assert cuts(read, ann) == [(CutReason.PRICE_BREAK, 0, 2_400)]
    assert (line(read, bo), demand(read, world)) == ((4, 0, 4, 4, 7_160), {"T001": 16})
    assert sound(services)


def test_a_break_that_the_boxes_do_not_reach_is_not_granted(world: World, read: Read, clock: SetClock) -> None:
    ann, bo = buy(world, 0, orange=9), buy(world, 1, orange=(1, 1))
    assert read(orders.get_order, bo).total_cents == 2 * 1_790  # she is never asked for more than she saw
    close(world, clock)  # 10 wanted, 1 tolerated: one box, so 8 pieces are given
    assert (line(read, ann), line(read, bo)) == ((9, 0, 8, 8, 8 * 1_990), (1, 1, 0, 0, 0))


def test_the_journal_keeps_places_through_every_change(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann = place(world, 0, dumplings=(1, 1)).id
    clock.move_to(clock.now() + timedelta(minutes=1))
    bo = buy(world, 1, dumplings=4)
    clock.move_to(clock.now() + timedelta(minutes=1))
    amend(world, ann, dumplings=(4, 0))  # three more wanted, behind Bo; one tolerated less
    assert journal(services, ann) == [(1, 1), (3, -1)]
    assert counters(read, world, "dumplings") == (8, 0)
    world.pay(ann)
    close(world, clock)
    assert (line(read, ann)[2], line(read, bo)[2]) == (2, 4)
    assert sound(services)


def test_a_paid_order_gives_back_its_newest_wish_and_never_grows(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann = buy(world, 0, dumplings=(2, 2))
    for more in ((3, 0), (1, 3), (3, 1)):
        with pytest.raises(PaidOrderOnlyShrinks):
            amend(world, ann, dumplings=more)
    card = amend(world, ann, dumplings=(2, 1))
    assert (card.refunded_cents, counters(read, world, "dumplings")) == (2_500, (3, 1))
    card = amend(world, ann, dumplings=1)
    assert (card.refunded_cents, line(read, ann)[:2]) == (7_500, (1, 0))
    assert journal(services, ann) == [(2, 2), (0, -1), (-1, -1)]
    assert sound(services)
    cancelled = services.database.transact(world.resident(0), checkout.cancel, ann)
    assert (cancelled.status, cancelled.refunded_cents) == (OrderStatus.CANCELLED, 10_000)
    assert (counters(read, world, "dumplings"), journal(services, ann)[-1]) == ((0, 0), (-1, 0))
    assert sound(services)


def test_lapsing_gives_tolerance_back_and_a_late_payment_holds_it_again(
    world: World, services: Services, read: Read, clock: SetClock
) -> None:
    ann = place(world, 0, dumplings=(2, 2)).id
    clock.move_to(clock.now() + timedelta(minutes=16))
    assert services.database.transact(SYSTEM, checkout.lapse) == 1
    assert counters(read, world, "dumplings") == (0, 0)
    with services.database.engine.begin() as connection:  # the money had left before the order lapsed
        connection.execute(
            text("UPDATE orders_order SET status = 'placed', ended_at = NULL, pay_by = pay_by + interval '1 hour'")
        )
        connection.execute(text("UPDATE groupbuys_offer SET sold_qty = 4, tolerance_qty = 2 WHERE pack_size = 6"))
    world.pay(ann)
    assert (read(orders.get_order, ann).status, counters(read, world, "dumplings")) == (OrderStatus.PAID, (4, 2))
    assert sound(services)


def test_quota_and_limit_hold_for_wanted_and_tolerated_pieces(world: World, read: Read) -> None:
    with pytest.raises(OverLimit) as over:
        place(world, 0, dumplings=(3, 3))
    assert (over.value.limit, over.value.had) == (5, 0)
    for number in range(3):
        place(world, number, dumplings=(1, 4))
    place(world, 3, dumplings=(1, 3))
    with pytest.raises(SoldOut) as out:
        place(world, 4, dumplings=(1, 1))
    assert (out.value.wanted, out.value.left) == (2, 1)
    with pytest.raises(ToleranceNotOffered):
        place(world, 4, rice=(1, 1))
    assert counters(read, world, "dumplings") == (19, 15)
    assert counters(read, world, "rice") == (0, 0)


def test_the_total_that_is_charged_is_the_most_that_was_shown(world: World) -> None:
    with pytest.raises(TotalChanged) as changed:
        place(world, 0, expected=5_000, dumplings=(2, 2))
    assert changed.value.total_cents == 10_000
    assert place(world, 0, expected=10_000, dumplings=(2, 2)).total_cents == 10_000


def test_the_boxes_of_an_offer_are_told_while_it_runs(world: World, read: Read) -> None:
    def box() -> Box | None:
        stock = {one.offer_id: one.box for one in read(groupbuys.stock_of_offers, world.group_buy_id)}
        assert stock[world.offers["rice"]] is None
        return stock[world.offers["dumplings"]]

    assert box() == Box(pack_size=6, packs=0, open_qty=0, missing_qty=0)
    place(world, 0, dumplings=(2, 1))
    assert box() == Box(pack_size=6, packs=0, open_qty=2, missing_qty=3)
    place(world, 1, dumplings=(1, 2))
    assert box() == Box(pack_size=6, packs=1, open_qty=0, missing_qty=0)


class Killed(Exception):
    """The machine stopped."""


def test_killed_after_any_transaction_it_gives_the_same(
    world: World, services: Services, read: Read, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "BATCH", 1)
    bought = [buy(world, n, dumplings=wish, orange=oranges)
              for n, (wish, oranges) in enumerate([((2, 2), (6, 6)), (3, 2), (2, 4)])]  # fmt: skip
    clock.move_to(CUTOFF_AT)
    run = world.run_as(Actor.system("test"))
    for survives in range(40):
        left = [survives]

        def fragile(use_case: Any, *args: Any, left: list[int] = left, **kwargs: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return run(use_case, *args, **kwargs)

        try:
            cutoff.cutoff_station(StationRun(fragile, read, world.group_buy_id, Station.CUTOFF), {})
            break
        except Killed:
            continue
    else:
        pytest.fail("never finished")
    assert survives > 6
    given = [[one.given_qty for one in read(orders.get_order, id_).lines] for id_ in bought]
    # Oranges: 12 wanted, 6 tolerated make two boxes; dumplings: 7 wanted, 2 tolerated make one. Lines by SKU code.
    assert given == [[10, 2], [2, 3], [4, 1]]
    assert [read(orders.get_order, id_).refunded_cents for id_ in bought] == [
        2 * 1_990 + 10 * 200 + 2 * 2_500, 2 * 200, 2_500,
    ]  # fmt: skip
    assert sound(services)


@pytest.fixture
def api(app: Flask, world: World) -> ApiClient:
    return api_client(app, world.headers(world.residents[0]))


def body(world: World, name: str, **line: Any) -> dict[str, Any]:
    return {"group_buy_id": str(world.group_buy_id), "items": [{"offer_id": str(world.offers[name]), **line}]}


def test_by_json_a_tolerance_is_quoted_placed_and_told(api: ApiClient, world: World) -> None:
    wish = body(world, "dumplings", qty=2, tolerance_qty=2)
    quote = api.post("/quotes", wish)
    assert (quote.data["total_cents"], quote.data["lines"][0]["tolerance_qty"]) == (10_000, 2)
    placed = api.post("/orders", wish | {"expected_total_cents": 10_000}, key="packfill-test-1")
    order = api.get(f"/orders/{placed.data['id']}").data
    told = order["lines"][0]
    assert (told["qty"], told["wanted_qty"], told["tolerance_qty"], told["given_qty"]) == (4, 2, 2, None)
    offers = {one["id"]: one for one in api.get(f"/group-buys/{world.group_buy_id}/offers").data["items"]}
    assert (offers[str(world.offers["dumplings"])]["pack_size"], offers[str(world.offers["rice"])]["pack_size"]) == (
        6,
        1,
    )
    stock = {one["offer_id"]: one["box"] for one in api.get(f"/group-buys/{world.group_buy_id}/stock").data}
    assert stock[str(world.offers["dumplings"])] == {"pack_size": 6, "packs": 0, "open_qty": 2, "missing_qty": 2}
    assert stock[str(world.offers["rice"])] is None


@pytest.mark.parametrize("tolerance", [-1, 999, "2", 1.5, None, True])
def test_by_json_a_wrong_tolerance_is_refused_and_nothing_changes(
    api: ApiClient, world: World, read: Read, tolerance: object
) -> None:
    answer = api.post("/orders", body(world, "dumplings", qty=2, tolerance_qty=tolerance), key="packfill-test-1")
    assert answer.status == 422
    assert "tolerance_qty" in str(answer.details)
    assert counters(read, world, "dumplings") == (0, 0)


def test_by_json_tolerance_has_no_place_where_no_box_is(api: ApiClient, world: World) -> None:
    answer = api.post("/orders", body(world, "rice", qty=1, tolerance_qty=1), key="packfill-test-1")
    assert (answer.status, answer.error) == (422, "tolerance_not_offered")
    assert answer.details == {"offer_id": str(world.offers["rice"])}
