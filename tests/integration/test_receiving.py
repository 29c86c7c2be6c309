"""Receiving a round: nothing is shared out before all is counted, and every missing piece has its refund."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.models import Demand
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.orders import queries as orders
from app.domains.orders.models import LineCut, OrderLine
from app.domains.orders.values import CutReason
from app.domains.payments.models import Refund
from app.domains.supply import queries as supply
from app.domains.supply.errors import LinesUncounted
from app.domains.supply.models import StockMovement
from app.domains.supply.values import MovementKind, ReceiveLine
from app.flows import cutoff, receiving
from app.flows.station import StationRun
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import make_city
from tests.factories.kept import kept
from tests.factories.rounds import CUTOFF, make_group_buy, make_orders, offer_input, offers_by_sku
from tests.factories.supply import make_terms, supplier_input, terms_input

Call = Callable[..., Any]
#: Pieces of oranges that four residents paid for, in this order.
ORANGES = [3, 4, 1, 2]


class Round:
    """Oranges (19.90, 18.90 from 10) for four residents, milk for two; bought one by one, so 10 and 3 are expected."""

    def __init__(self, run: Call, read: Call, clock: SetClock) -> None:
        city = make_city(run)
        sku = make_skus(run, sku_input("FR001"), sku_input("DY001"))
        make_terms(
            run,
            terms_input("FR001", pack_size=1, min_packs=0),
            terms_input("DY001", cost_cents=450, pack_size=5, min_packs=0),
            suppliers=(supplier_input(min_order_cents=0),),
        )
        self.run, self.read, self.hub_id = run, read, city.hub_id
        self.id = make_group_buy(
            run, city.hub_id, offer_input(sku["FR001"], 1_990, (10, 1_890)), offer_input(sku["DY001"], 590)
        )
        offer = offers_by_sku(read, self.id)
        orange, milk = offer[sku["FR001"]], offer[sku["DY001"]]
        baskets = [
            {orange: ORANGES[0]},
            {orange: ORANGES[1], milk: 2},
            {orange: ORANGES[2]},
            {orange: ORANGES[3], milk: 1},
        ]
        self.orders = make_orders(run, self.id, baskets, list(city.points.values()))
        clock.move_to(CUTOFF)
        cutoff.cutoff_station(StationRun(run, read, self.id, Station.CUTOFF), {})
        self.line = {c.sku_code: c.id for c in read(supply.purchase_lines, group_buy_id=self.id)}

    def count(self, sku: str, received: int, **other: Any) -> None:
        self.run(receiving.count, ReceiveLine(purchase_line_id=self.line[sku], received_qty=received, **other))

    def receive(self, run: Call | None = None, **options: Any) -> str:
        return receiving.receive_station(StationRun(run or self.run, self.read, self.id, Station.RECEIVE), options)

    def left(self) -> list[int]:
        """Oranges that each resident still gets, in order of payment."""
        lines = {
            line.order_id: line.effective_qty
            for line in self.read(orders.open_lines, self.id)
            if line.unit_price_cents > 590
        }
        return [lines.get(order_id, 0) for order_id in self.orders]

    def due(self) -> dict[str, tuple[int, int]]:
        return {c.sku_code: (c.wanted_qty, c.due_qty) for c in self.read(logistics.demand_cards, self.id)}

    def stock(self) -> dict[str, int]:
        return {s.sku_code: s.qty for s in self.read(supply.stock, self.hub_id)}


@pytest.fixture
@kept
def round_(run: Call, read: Call, clock: SetClock) -> Round:
    return Round(run, read, clock)


def shown(*numbers: int) -> str:
    words = "lines counted", "SKUs short", "pieces refunded", "pieces to sort"
    return ", ".join(f"{number} {what}" for number, what in zip(numbers, words, strict=True))


def shortages(database: Database) -> list[tuple[Any, ...]]:
    """(order, pieces, cents cut, cents refunded) for every shortage."""
    wanted = (
        select(LineCut.order_id, LineCut.qty, LineCut.amount_cents, Refund.amount_cents)
        .outerjoin(Refund, Refund.cause_id == LineCut.id)
        .where(LineCut.reason == CutReason.SHORTAGE)
        .order_by(LineCut.order_id)
    )
    with database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted)]


def test_all_as_ordered_leaves_only_the_surplus(run: Call, read: Call, database: Database, round_: Round) -> None:
    assert round_.receive(as_ordered=True) == shown(2, 0, 0, 13)
    assert round_.stock() == {"DY001": 2}
    assert round_.due() == {"FR001": (10, 10), "DY001": (3, 3)}
    assert shortages(database) == []


def test_lines_that_nobody_counted_are_named_and_nothing_happens(database: Database, round_: Round) -> None:
    round_.count("FR001", 7)
    with pytest.raises(LinesUncounted) as refusal:
        round_.receive()
    assert refusal.value.lines == ["PO-LJ-E-261121-01 DY001"]
    assert shortages(database) == []
    assert round_.stock() == {"FR001": 7}


def test_an_unknown_policy_is_refused_before_anything_is_counted(round_: Round) -> None:
    with pytest.raises(Invalid) as refusal:
        round_.receive(as_ordered=True, policy="favourites")
    assert refusal.value.detail() == {"field": "policy", "reason": "must be one of first_come, pro_rata, spread"}
    assert round_.stock() == {}


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (None, [3, 4, 0, 0]),
        (SharePolicy.FIRST_COME, [3, 4, 0, 0]),
        (SharePolicy.PRO_RATA, [2, 3, 1, 1]),
        (SharePolicy.SPREAD, [2, 2, 1, 2]),
    ],
)
def test_a_shortage_is_shared_out_by_the_policy_and_refunded_at_the_final_price(
    database: Database, round_: Round, policy: SharePolicy | None, left: list[int]
) -> None:
    round_.count("FR001", 7, rejected_qty=3, reject_reason="mould")
    options: dict[str, Any] = {"policy": policy.value} if policy else {}
    assert round_.receive(as_ordered=True, **options) == shown(2, 1, 3, 10)
    assert round_.left() == left
    cut = [(o, a - b, (a - b) * 1_890) for o, a, b in zip(round_.orders, ORANGES, left, strict=True) if a > b]
    assert shortages(database) == [(order_id, qty, cents, cents) for order_id, qty, cents in cut]
    assert round_.due() == {"FR001": (10, 7), "DY001": (3, 3)}
    assert round_.stock() == {"DY001": 2}


def test_due_per_pickup_point_equals_the_lines_after_a_shortage(read: Call, database: Database, round_: Round) -> None:
    round_.count("FR001", 6)
    round_.receive(as_ordered=True, policy="spread")
    with database.engine.connect() as connection:
        due = connection.execute(select(Demand.pickup_point_id, Demand.sku_id, Demand.due_qty)).all()
        paid = connection.execute(
            select(OrderLine.pickup_point_id, OrderLine.sku_id, func.sum(OrderLine.qty - OrderLine.cut_qty)).group_by(
                OrderLine.pickup_point_id, OrderLine.sku_id
            )
        ).all()
    assert sorted(due) == sorted(paid)


def test_nothing_came_refunds_everybody(database: Database, round_: Round) -> None:
    round_.count("FR001", 0)
    round_.count("DY001", 0)
    assert round_.receive() == shown(2, 2, 13, 0)
    assert sorted(row[1] for row in shortages(database)) == [1, 1, 2, 2, 3, 4]
    assert all(row[2] == row[3] for row in shortages(database))
    assert round_.due() == {"FR001": (10, 0), "DY001": (3, 0)}
    assert round_.stock() == {}


def test_running_it_again_changes_nothing(database: Database, round_: Round) -> None:
    round_.count("FR001", 7)
    round_.receive(as_ordered=True, policy="pro_rata")
    before = shortages(database), round_.left(), round_.due(), round_.stock()
    assert round_.receive(as_ordered=True, policy="spread") == shown(2, 0, 0, 0)
    assert (shortages(database), round_.left(), round_.due(), round_.stock()) == before


class Killed(Exception):
    """The machine stopped."""


def test_killed_after_any_transaction_it_ends_the_same(run: Call, database: Database, round_: Round) -> None:
    round_.count("FR001", 7)
    round_.count("DY001", 2)
    for survives in range(20):
        left = [survives]

        def fragile(use_case: Any, *args: Any, left: list[int] = left, **kwargs: Any) -> Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return run(use_case, *args, **kwargs)

        try:
            round_.receive(fragile, policy="pro_rata")
            break
        except Killed:
            continue
    else:
        pytest.fail("never finished")
    assert survives >= 4
    assert round_.left() == [2, 3, 1, 1]
    assert round_.due() == {"FR001": (10, 7), "DY001": (3, 2)}
    assert sum(row[3] for row in shortages(database)) == 3 * 1_890 + 590
    assert round_.stock() == {}
    with database.engine.connect() as connection:
        out = select(func.sum(StockMovement.qty)).where(StockMovement.kind == MovementKind.SORTED)
        assert connection.scalar(out) == -9


def test_the_warehouse_runs_it_and_a_resident_cannot(database: Database, round_: Round) -> None:
    warehouse, resident = Actor("Chen", Role.HQ_WAREHOUSE, new_id()), Actor("Lin", Role.RESIDENT, new_id())
    with pytest.raises(Forbidden):
        round_.receive(lambda *a: database.transact(resident, *a), as_ordered=True)
    for part, args in (
        (receiving.count, (ReceiveLine(purchase_line_id=round_.line["FR001"], received_qty=7),)),
        (receiving.share_out_shortages, (round_.id, SharePolicy.SPREAD)),
        (receiving.release_to_sorting, (round_.id,)),
    ):
        with pytest.raises(Forbidden):
            database.transact(resident, part, *args)
    assert round_.stock() == {}
    round_.count("FR001", 9)
    note = round_.receive(lambda *a: database.transact(warehouse, *a), as_ordered=True)
    assert note == shown(2, 1, 1, 12)
