"""A group-buy that does not take place: drafts thrown away or moved, open and closed ones called off and given back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import CalledOff, CallOffTooLate, GroupBuyClosed, RoundExists, StationAtWork
from app.domains.groupbuys.service import call_offs, plans, steps
from app.domains.groupbuys.values import GroupBuyStatus, MoveDraft, OfferInput, PlanGroupBuy, Station
from app.domains.logistics import queries as logistics
from app.domains.orders import queries as orders
from app.domains.orders.values import CutReason, OrderItem, OrderStatus, PlaceOrder
from app.domains.supply import queries as supply
from app.domains.supply.queries import lots
from app.domains.supply.values import ReceiveLine
from app.flows import call_off, checkout, receiving
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.states import WrongState
from tests.factories.settlement import run_to
from tests.factories.world import CUTOFF_AT, OPENS_AT, PICKUP_ON, ROUND_ON, World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def rows(world: World, sql: str, **words: Any) -> list[tuple[Any, ...]]:
    with world.services.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), words)]


def refunds(world: World) -> list[tuple[Any, ...]]:
    return rows(world, "SELECT order_id, amount_cents, reason, status FROM payments_refund ORDER BY amount_cents")


def broken(world: World) -> list[tuple[str, object]]:
    database = world.services.database
    return [(breach.name, breach.rows) for breach in database.read(broken_invariants, database.clock.now())]


def again(world: World, on: date = ROUND_ON) -> PlanGroupBuy:
    """A group-buy of oranges of the same hub."""
    later = on - ROUND_ON
    offer = OfferInput(
        sku_id=world.skus["orange"], price_cents=1_990, commission_bps=500, quota=9, per_resident_limit=9
    )
    return PlanGroupBuy(
        hub_id=world.hub_id, round_on=on, title="新团", title_en="Another", opens_at=OPENS_AT + later,
        cutoff_at=CUTOFF_AT + later, pickup_on=PICKUP_ON + later, offers=(offer,),
    )  # fmt: skip


class TestDrafts:
    def test_a_deleted_draft_leaves_its_day_free(self, world: World, run: Call, read: Call) -> None:
        day = ROUND_ON + timedelta(days=1)
        draft = run(plans.plan, again(world, day))
        with pytest.raises(RoundExists):
            run(plans.plan, again(world, day))
        run(plans.delete_draft, draft)
        with pytest.raises(NotFound):
            read(groupbuys.get_group_buy, draft)
        assert rows(world, "SELECT count(*) FROM groupbuys_offer WHERE group_buy_id = :id", id=draft) == [(0,)]
        assert read(groupbuys.get_group_buy, run(plans.plan, again(world, day))).code == "LJ-T-261121"
        assert rows(world, "SELECT before ->> 'code' FROM infra_audit WHERE action = 'groupbuys.delete_draft'") == [
            ("LJ-T-261121",)
        ]

    def test_what_was_opened_is_not_thrown_away_or_moved(self, world: World, run: Call, read: Call) -> None:
        before = read(groupbuys.get_group_buy, world.group_buy_id)
        for ask in (
            lambda: run(plans.delete_draft, before.id),
            lambda: run(plans.move_draft, self.moved(before.id, 1)),
        ):
            with pytest.raises(WrongState):
                ask()
        assert read(groupbuys.get_group_buy, before.id) == before

    def test_a_draft_moves_to_another_day_and_takes_its_code(self, world: World, run: Call, read: Call) -> None:
        draft = run(plans.plan, again(world, ROUND_ON + timedelta(days=1)))
        with pytest.raises(RoundExists):
            run(plans.move_draft, self.moved(draft, 0))
        with pytest.raises(Invalid) as refused:
            run(plans.move_draft, self.moved(draft, 2, pickup_on=ROUND_ON))
        assert refused.value.field == "pickup_on"
        run(plans.move_draft, self.moved(draft, 2))
        card = read(groupbuys.get_group_buy, draft)
        assert (card.code, card.round_on, card.pickup_on) == ("LJ-T-261122", date(2026, 11, 22), date(2026, 11, 23))
        assert (card.opens_at, card.cutoff_at) == (OPENS_AT + timedelta(days=2), CUTOFF_AT + timedelta(days=2))
        run(plans.move_draft, self.moved(draft, 2))
        assert rows(world, "SELECT count(*) FROM infra_audit WHERE action = 'groupbuys.move_draft'") == [(1,)]

    def moved(self, draft: UUID, days: int, **other: Any) -> MoveDraft:
        later = timedelta(days=days)
        fields = {
            "round_on": ROUND_ON + later, "opens_at": OPENS_AT + later, "cutoff_at": CUTOFF_AT + later,
            "pickup_on": PICKUP_ON + later,
        } | other  # fmt: skip
        return MoveDraft(group_buy_id=draft, **fields)


class TestOpen:
    def test_everything_goes_back_everybody_hears_and_the_day_is_free(
        self, world: World, run: Call, read: Call, work: Call
    ) -> None:
        ann, bo = world.buy(0, orange=2, rice=1), world.buy(1, greens=3)
        unpaid = world.place(2, orange=1).id
        assert run(call_off.ask_call_off, world.group_buy_id, "  The road is\nflooded ") is True
        assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.CANCELLED
        with pytest.raises(GroupBuyClosed):
            world.place(0, orange=1)
        with pytest.raises(GroupBuyClosed):
            world.services.database.transact(world.resident(0), checkout.cancel, ann)
        work()
        word = read(groupbuys.call_off_of, world.group_buy_id)
        assert (word.reason, word.by, word.note) == ("The road is flooded", "test", "3 orders cancelled")
        assert word.done_at == world.services.database.clock.now()
        assert [read(orders.get_order, o).status for o in (ann, bo, unpaid)] == [OrderStatus.CANCELLED] * 3
        assert refunds(world) == [
            (order_id, cents, "called_off", "succeeded")
            for order_id, cents in ((bo, 1_500), (ann, 3_980), (ann, 6_990))
        ]
        assert rows(world, "SELECT sum(sold_qty), sum(tolerance_qty) FROM groupbuys_offer") == [(0, 0)]
        assert rows(world, "SELECT DISTINCT state FROM logistics_pickup") == [("void",)]
        told = rows(
            world,
            "SELECT account_id, params ->> 'reason', params ->> 'amount_cents' FROM notifications_message"
            " WHERE kind = 'called_off' ORDER BY 3, 1",
        )
        hers = {one[0]: one[1:] for one in told}
        reason = "The road is flooded"
        assert hers == {
            world.residents[0]: (reason, "10970"), world.residents[1]: (reason, "1500"),
            world.residents[2]: (reason, "0"), world.leaders["L901"]: (reason, None),
            world.leaders["L902"]: (reason, None),
        }  # fmt: skip
        assert rows(world, "SELECT count(*) FROM notifications_message WHERE kind = 'line_cut'") == [(0,)]
        assert broken(world) == []
        # The same day can be planned again; what was called off stays beside it.
        fresh = run(plans.plan, again(world))
        assert read(groupbuys.get_group_buy, fresh).code == "LJ-T-261120-2"
        assert read(groupbuys.find_round, world.hub_id, ROUND_ON).id == fresh
        with pytest.raises(RoundExists):
            run(plans.plan, again(world))

    def test_asking_again_changes_nothing(self, world: World, run: Call, read: Call, work: Call) -> None:
        world.buy(0, rice=1)
        assert run(call_off.ask_call_off, world.group_buy_id, "flood") is True
        assert run(call_off.ask_call_off, world.group_buy_id, "another reason") is True  # it is not done yet
        work()
        assert run(call_off.ask_call_off, world.group_buy_id, "") is False
        assert read(groupbuys.call_off_of, world.group_buy_id).reason == "flood"
        assert [row[1] for row in refunds(world)] == [6_990]
        assert call_off.give_back(run, read, world.group_buy_id) == "1 orders cancelled"
        assert rows(world, "SELECT count(*) FROM infra_audit WHERE after ->> 'reason' = 'flood'") == [(2,)]

    def test_a_killed_run_goes_on_where_it_stopped(
        self, world: World, run: Call, read: Call, work: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(call_off, "BATCH", 1)
        bought = [world.buy(number, orange=1) for number in range(3)]
        run(call_offs.begin, world.group_buy_id, "flood")
        assert run(call_off.cancel_batch, world.group_buy_id, "flood") == 1
        seen: list[tuple[int, int]] = []
        call_off.give_back(run, read, world.group_buy_id, lambda done, total, _: seen.append((done, total)))
        assert seen == [(2, 3), (3, 3)]
        work()
        assert sorted(row[:2] for row in refunds(world)) == sorted((order_id, 1_990) for order_id in bought)
        assert broken(world) == []

    def test_money_that_comes_too_late_goes_back(self, world: World, run: Call, read: Call, work: Call) -> None:
        """A payer who is at the provider's page when the group-buy is called off."""
        placed = world.place(0, orange=1)
        call_off.call_off(run, read, world.group_buy_id, "flood")
        with pytest.raises(WrongState):
            world.pay(placed.id)
        work()
        assert (refunds(world), broken(world)) == ([], [])

    def test_who_may_and_when(self, world: World, run: Call, read: Call) -> None:
        database = world.services.database
        for actor in (world.leader(), Actor("driver", Role.RESIDENT)):
            with pytest.raises(Forbidden):
                database.transact(actor, call_off.ask_call_off, world.group_buy_id, "flood")
        for reason in ("", "  ", "x" * 301):
            with pytest.raises(Invalid) as refused:
                run(call_off.ask_call_off, world.group_buy_id, reason)
            assert refused.value.field == "reason"
        draft = run(plans.plan, again(world, ROUND_ON + timedelta(days=1)))
        with pytest.raises(WrongState):
            run(call_off.ask_call_off, draft, "flood")
        with pytest.raises(NotFound):
            call_off.give_back(run, read, world.group_buy_id)
        run(steps.start_step, world.group_buy_id, Station.CUTOFF)
        with pytest.raises(StationAtWork):
            run(call_off.ask_call_off, world.group_buy_id, "flood")
        assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.OPEN


class TestClosed:
    def test_after_the_cutoff_suppliers_are_told_and_the_price_that_fell_is_not_refunded_twice(
        self, world: World, run: Call, read: Call, work: Call
    ) -> None:
        ann, bo = world.buy(0, orange=6), world.buy(1, orange=4, dumplings=2)
        run_to(world, Station.CUTOFF)
        work()
        assert [row[:2] for row in refunds(world)] == [(ann, 1_200)]  # ten oranges: 17.90; Bo paid that at once
        call_off.call_off(run, read, world.group_buy_id, "flood")
        work()
        by_order = rows(world, "SELECT order_id, sum(amount_cents) FROM payments_refund GROUP BY 1 ORDER BY 2")
        assert by_order == [(ann, 6 * 1_990), (bo, 4 * 1_790 + 2 * 2_500)]
        assert [c.reason for c in read(orders.cuts_of_order, ann)] == [CutReason.PRICE_BREAK, CutReason.CALLED_OFF]
        orders_sent = rows(world, "SELECT status, total_cents, hq_note FROM supply_purchase_order ORDER BY no")
        assert orders_sent == [("cancelled", 0, "flood")] * 2
        mails = rows(world, "SELECT count(*) FROM notifications_mail WHERE sent_at IS NOT NULL")
        assert mails == [(4,)]  # each supplier got his order, and that it is cancelled
        assert {card.due_qty for card in read(logistics.demand_cards, world.group_buy_id)} == {0}
        with pytest.raises(CalledOff):
            world.station(Station.RECEIVE, as_ordered=True)
        assert broken(world) == []

    def test_an_order_that_waits_for_a_decision_is_withdrawn_without_an_email(
        self, world: World, run: Call, read: Call, work: Call
    ) -> None:
        world.buy(0, orange=1)
        with world.services.database.engine.begin() as connection:
            connection.execute(text("UPDATE supply_supplier SET decide_minutes = 60, min_order_cents = 9000000"))
        run_to(world, Station.CUTOFF)
        assert rows(world, "SELECT status FROM supply_purchase_order") == [("decision",)]
        call_off.call_off(run, read, world.group_buy_id, "flood")
        work()
        assert rows(world, "SELECT status, total_cents FROM supply_purchase_order") == [("cancelled", 0)]
        assert rows(world, "SELECT count(*) FROM notifications_mail") == [(0,)]
        assert broken(world) == []

    def test_goods_that_came_are_free_stock_and_to_be_paid(
        self, world: World, run: Call, read: Call, work: Call
    ) -> None:
        world.buy(0, rice=1, orange=2)
        run_to(world, Station.CUTOFF)
        (rice,) = [ln for ln in read(supply.purchase_lines, group_buy_id=world.group_buy_id) if ln.sku_code == "T004"]
        run(receiving.count, ReceiveLine(purchase_line_id=rice.id, received_qty=4))
        assert read(lots.free_lots, world.hub_id, PICKUP_ON) == []
        assert call_off.call_off(run, read, world.group_buy_id, "flood") == (
            "1 orders cancelled, 1 purchase orders to be paid"
        )
        assert [(lot.sku_id, lot.qty) for lot in read(lots.free_lots, world.hub_id, PICKUP_ON)] == [
            (world.skus["rice"], 4)
        ]
        work()
        assert broken(world) == []

    def test_too_late_once_the_goods_lie_on_the_tables(self, world: World, run: Call, read: Call) -> None:
        world.buy(0, orange=1)
        run_to(world, Station.RECEIVE)
        with pytest.raises(CallOffTooLate):
            run(call_off.ask_call_off, world.group_buy_id, "flood")
        assert read(groupbuys.call_off_of, world.group_buy_id) is None
        assert refunds(world) == []


def test_boxes_and_tolerance_are_given_back_too(services: Services, run: Call, read: Call, work: Call) -> None:
    """Tolerance holds quota as well; after the cut-off some of it was cut and some was given."""
    world = make_world(services)
    with services.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE groupbuys_offer SET pack_size = 4 WHERE id = :id"), {"id": world.offers["orange"]}
        )
    item = OrderItem(offer_id=world.offers["orange"], qty=3, tolerance_qty=3)
    wish = PlaceOrder(group_buy_id=world.group_buy_id, items=(item,), idempotency_key="box-of-four")
    placed = services.database.transact(world.resident(0), checkout.place, wish)
    world.pay(placed.id)
    run_to(world, Station.CUTOFF)
    call_off.call_off(run, read, world.group_buy_id, "flood")
    work()
    assert sum(row[1] for row in refunds(world)) == placed.total_cents
    assert rows(
        world, "SELECT sold_qty, tolerance_qty FROM groupbuys_offer WHERE id = :id", id=world.offers["orange"]
    ) == [(0, 0)]
    assert broken(world) == []
