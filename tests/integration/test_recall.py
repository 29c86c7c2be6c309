"""Recall: from a lot to everybody whom it reached and back, frozen, refunded and told in one action."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import LotFrozen
from app.domains.logistics.queries import recalls as reached
from app.domains.logistics.values.pickup import PickLine, PickupState, RecordPickup
from app.domains.notifications import queries as notifications
from app.domains.notifications.values import MessageKind
from app.domains.orders import queries as orders
from app.domains.payments.models import Refund
from app.domains.supply import queries as supply
from app.domains.supply.errors import RecallFinal, RecallStands
from app.domains.supply.queries import lots
from app.domains.supply.values import ReceiveLine
from app.flows import pickup, recall, receiving
from app.flows.recall import RecallLot
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.world import World, make_world

Call = Callable[..., Any]
SYSTEM, BUYER = Actor.system("test"), Actor("Bo", Role.HQ_BUYER, new_id())


class Recalled:
    """The tests' world: three residents bought dumplings (3, 2, 1 at 25.00), the first also a bag of rice (69.90)."""

    def __init__(self, services: Services, *lots_of: tuple[str, int]) -> None:
        self.world: World = make_world(services, residents=3)
        self.db, self.read = services.database, services.database.read
        self.orders = [
            self.world.buy(0, dumplings=3, rice=1), self.world.buy(1, dumplings=2), self.world.buy(2, dumplings=1)
        ]  # fmt: skip
        self.world.station(Station.CUTOFF, early=True)
        lines = self.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id)
        self.line = {line.sku_code: line.id for line in lines}
        for code, qty in lots_of:
            expires = date(2027, 1, 1 + len(code))
            count = ReceiveLine(
                purchase_line_id=self.line["T003"], received_qty=qty, lot_code=code, expires_on=expires, is_final=False
            )
            self.db.transact(SYSTEM, receiving.count, count)

    def until(self, *stations: Station) -> "Recalled":
        options: dict[Station, dict[str, Any]] = {Station.RECEIVE: {"as_ordered": True}, Station.SORT: {"finish": True},
                   Station.ROUTE: {"seconds": 1}, Station.HANDOVER: {"as_expected": True}}  # fmt: skip
        for station in stations:
            self.world.station(station, **options.get(station, {}))
        return self

    def at_the_point(self) -> "Recalled":
        return self.until(Station.RECEIVE, Station.SORT, Station.ROUTE, Station.DISPATCH, Station.HANDOVER)

    def lot(self, code: str) -> UUID:
        return next(card.lot_id for card in self.read(lots.search_lots, code) if card.lot_code == code)

    def recall(self, code: str, **other: Any) -> recall.RecallDone:
        wish = RecallLot(lot_id=self.lot(code), reason="metal splinters", **other)
        done: recall.RecallDone = self.db.transact(BUYER, recall.recall_lot, wish)
        return done

    def fetch(self, number: int, sku: str | None = None) -> None:
        """Let a resident fetch her order, or one line of it."""
        order_id, leader = self.orders[number], "L901" if number % 2 == 0 else "L902"
        code = self.read(logistics.pickup_code_of_order, order_id, self.world.residents[number]) or ""
        lines = None
        if sku:
            order = self.read(orders.get_order, order_id)
            lines = tuple(
                PickLine(order_line_id=line.id, qty=line.effective_qty) for line in order.lines if line.sku_code == sku
            )
        wish = RecordPickup(code=code, event_key=f"test-{new_id()}", lines=lines)
        pickup.hand_out(self.world.run_as(self.world.leader(leader)), wish)

    def left(self) -> list[int]:
        """Dumplings that each resident still has or gets."""
        found = [self.read(orders.get_order, order_id).lines for order_id in self.orders]
        return [sum(line.effective_qty for line in lines if line.sku_code == "T003") for lines in found]

    def refunded(self) -> list[int]:
        return [self.read(orders.get_order, order_id).refunded_cents for order_id in self.orders]

    def refunds(self) -> list[tuple[str, int]]:
        with self.db.engine.connect() as connection:
            wanted = select(Refund.kind, func.sum(Refund.amount_cents)).group_by(Refund.kind).order_by(Refund.kind)
            return [(kind.value, int(cents)) for kind, cents in connection.execute(wanted)]

    def broken(self) -> list[str]:
        return [str(breach) for breach in self.read(broken_invariants, self.db.clock.now())]


def test_one_lot_in_a_round_reached_everybody_for_certain(services: Services) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    lines = at.read(reached.lines_of_lot, at.lot("A"), at.world.skus["dumplings"])
    assert [(line.order_id, line.qty, line.is_certain) for line in sorted(lines, key=lambda one: one.order_no)] == [
        (at.orders[0], 3, True), (at.orders[1], 2, True), (at.orders[2], 1, True),
    ]  # fmt: skip
    assert {line.pickup_point_code for line in lines} == {"P901", "P902"}
    got = at.read(reached.lots_of_resident, at.world.residents[0])
    assert [(one.lot_code, one.is_certain) for one in got if one.sku_code == "T003"] == [("A", True)]


def test_several_lots_in_a_round_reached_everybody_possibly(services: Services) -> None:
    at = Recalled(services, ("A", 2), ("BB", 4)).at_the_point()
    for code in ("A", "BB"):
        lines = at.read(reached.lines_of_lot, at.lot(code), at.world.skus["dumplings"])
        assert [line.is_certain for line in lines] == [False, False, False]
    got = at.read(reached.lots_of_resident, at.world.residents[2])
    assert [(one.lot_code, one.is_certain) for one in got] == [("A", False), ("BB", False)]
    done = at.recall("A", also_possible=False)
    assert (done.lines, done.refunded_lines, done.refunded_cents) == (3, 0, 0)
    assert at.left() == [3, 2, 1]


def test_one_action_freezes_refunds_what_was_fetched_and_what_was_not_and_tells(
    services: Services, work: Call, clock: SetClock
) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    at.fetch(1)
    done = at.recall("A")
    assert (done.lines, done.refunded_lines, done.refunded_cents) == (3, 3, 6 * 2_500)
    assert at.refunded() == [7_500, 5_000, 2_500]
    assert at.refunds() == [("after_pickup", 5_000), ("before_pickup", 10_000)]
    assert at.left() == [0, 2, 0]
    cards = [at.read(logistics.pickup_of_order, order_id) for order_id in at.orders]
    assert [card and card.state for card in cards] == [PickupState.READY, PickupState.DONE, PickupState.VOID]
    work()
    for number, resident_id in enumerate(at.world.residents):
        inbox = at.read(notifications.inbox, resident_id, PageAsk()).rows
        (told,) = [message.params for message in inbox if message.kind is MessageKind.GOODS_RECALLED]
        assert (told["lot_code"], told["reason"], told["is_certain"]) == ("A", "metal splinters", True), number
    for code in ("L901", "L902"):
        inbox = at.read(notifications.inbox, at.world.leaders[code], PageAsk()).rows
        assert [m.params["lot_code"] for m in inbox if m.kind is MessageKind.GOODS_RECALLED] == ["A"]
    at.fetch(0)
    assert at.broken() == []
    clock.move_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    at.until(Station.REMIND, Station.SETTLE)
    assert at.broken() == []


def test_recalling_again_gives_nothing_twice_and_is_final(services: Services) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    at.recall("A")
    with pytest.raises(RecallStands):
        at.recall("A")
    again = at.db.transact(BUYER, recall.refund, at.lot("A"))
    assert (again.refunded_lines, again.refunded_cents) == (0, 0)
    with pytest.raises(RecallFinal):
        at.db.transact(BUYER, recall.undo, at.lot("A"))
    assert at.refunded() == [7_500, 5_000, 2_500]


def test_frozen_goods_are_not_handed_out_but_the_others_are_until_the_lot_is_let_go(services: Services) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    at.recall("A", refund=False, notify=False)
    with pytest.raises(LotFrozen) as refusal:
        at.fetch(0)
    assert refusal.value.goods == ["T003 猪肉水饺"]
    at.fetch(0, "T004")
    with pytest.raises(LotFrozen):
        at.fetch(0, "T003")
    at.db.transact(BUYER, recall.undo, at.lot("A"))
    at.fetch(0, "T003")
    assert (at.left(), at.refunded()) == ([3, 2, 1], [0, 0, 0])
    assert at.broken() == []


def test_a_lot_frozen_before_sorting_is_passed_over_and_its_pieces_are_short(services: Services) -> None:
    at = Recalled(services, ("A", 2), ("BB", 4))
    at.recall("A", refund=False, notify=False)
    note = at.world.station(Station.RECEIVE, as_ordered=True)
    assert note == "2 lines counted, 1 SKUs short, 2 pieces refunded, 5 pieces to sort"
    assert at.left() == [3, 1, 0]
    assert {card.lot_code: card.here_qty for card in at.read(lots.search_lots, "T003")} == {"A": 2, "BB": 0}
    assert at.broken() == []


def test_a_lot_recalled_after_sorting_leaves_the_sheets_before_the_trucks_do(services: Services) -> None:
    at = Recalled(services, ("A", 6)).until(Station.RECEIVE, Station.SORT)
    assert at.recall("A").refunded_cents == 15_000
    due = {card.sku_code: card.due_qty for card in at.read(logistics.demand_cards, at.world.group_buy_id)}
    assert due == {"T003": 0, "T004": 1}
    assert at.read(logistics.sheet_totals, at.world.group_buy_id).pieces == 1
    at.until(Station.SORT)
    assert at.broken() == []


def test_lots_are_found_by_mark_sku_and_name(services: Services) -> None:
    at = Recalled(services, ("LOT-77", 6))
    for text in ("lot-77", "T003", "水饺", "dumpling"):
        assert [card.lot_code for card in at.read(lots.search_lots, text)] == ["LOT-77"], text
    assert at.read(lots.search_lots, "%") == []
    card = at.read(lots.get_recall_card, at.lot("LOT-77"))
    assert (card.received_qty, card.here_qty, card.is_frozen, card.recall_id) == (6, 6, False, None)


def test_who_may_recall(services: Services) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    lot_id = at.lot("A")
    for who in (at.world.leader(), Actor("Chen", Role.HQ_WAREHOUSE, new_id())):
        for call in (
            lambda who=who: at.db.transact(who, recall.recall_lot, RecallLot(lot_id=lot_id, reason="x")),
            lambda who=who: at.db.transact(who, recall.refund, lot_id),
            lambda who=who: at.db.transact(who, recall.notify, lot_id),
            lambda who=who: at.db.transact(who, recall.undo, lot_id),
        ):
            with pytest.raises(Forbidden):
                call()
    with pytest.raises(Invalid):
        at.db.transact(BUYER, recall.recall_lot, RecallLot(lot_id=lot_id, reason=" "))
    with pytest.raises(NotFound):
        at.db.transact(BUYER, recall.refund, lot_id)
    assert at.refunded() == [0, 0, 0]
