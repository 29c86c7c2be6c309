"""A round that takes its goods waits for everybody else at the same lots: nothing is taken twice, nothing recalled."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app.domains.supply import queries
from app.domains.supply.errors import LinesUncounted, StockMissing
from app.domains.supply.models import StockMovement
from app.domains.supply.service import recalls, receiving, stock, stocktakes, undoing
from app.domains.supply.values import ReceiveLine, Want
from app.domains.supply.values.stock import LoseStock, LossReason
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import make_city
from tests.factories.supply import make_purchase_orders, make_terms, terms_input
from tests.patience import SECONDS

Call = Callable[..., Any]
ROUND, RUI = UUID(int=500), Actor("Rui", Role.HQ_ADMIN, new_id())


@dataclass(frozen=True)
class Ten:
    """Ten oranges that came for a round, counted by Rui."""

    hub_id: UUID
    sku_id: UUID
    lot_id: UUID
    receipt_id: UUID

    def lose(self, uow: UnitOfWork) -> None:
        stock.lose(uow, LoseStock(lot_id=self.lot_id, qty=1, reason=LossReason.BROKEN))

    def count_less(self, uow: UnitOfWork) -> None:
        taken = stocktakes.open_count(uow, self.hub_id)
        stocktakes.count_lots(uow, taken, {self.lot_id: 9})
        stocktakes.ask_review(uow, taken)
        stocktakes.post(uow, taken, "one is missing")

    def recall(self, uow: UnitOfWork) -> None:
        recalls.freeze(uow, self.lot_id, "mould")

    def take_back(self, uow: UnitOfWork) -> None:
        undoing.take_back(uow, self.receipt_id)


@pytest.fixture
def ten(run: Call, read: Call, database: Database) -> Ten:
    sku_id = make_skus(run, sku_input("FR001"))["FR001"]
    make_terms(run, terms_input("FR001", pack_size=1, min_packs=0))
    hub_id = make_city(run).hub_id
    line_id = make_purchase_orders(run, hub_id, ROUND, {sku_id: 10}, date(2026, 11, 21))["FR001"]
    count = ReceiveLine(purchase_line_id=line_id, received_qty=10)
    receipt_id = database.transact(RUI, receiving.count_line, count)
    return Ten(hub_id, sku_id, read(queries.stock, hub_id)[0].lot_id, receipt_id)


def during(database: Database, first: Callable[[UnitOfWork], None], then: Callable[[], Any]) -> DomainError | None:
    """Begin `then` while `first` has acted and not committed yet; what refused it. It must wait for the first."""
    acted, over = threading.Event(), threading.Event()
    refused: list[DomainError] = []

    def act(uow: UnitOfWork) -> None:
        first(uow)
        uow.session.flush()
        acted.set()
        over.wait(SECONDS)

    def follow() -> None:
        try:
            then()
        except DomainError as refusal:
            refused.append(refusal)

    leader = threading.Thread(target=database.transact, args=[RUI, act])
    leader.start()
    acted.wait(SECONDS)
    follower = threading.Thread(target=follow)
    follower.start()
    while follower.is_alive() and not _somebody_waits(database):
        time.sleep(0.01)
    over.set()
    leader.join(SECONDS)
    follower.join(SECONDS)
    return refused[0] if refused else None


def _somebody_waits(database: Database) -> bool:
    with database.engine.connect() as connection:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(connection.scalar(waiting))


@pytest.mark.parametrize("act", [Ten.lose, Ten.count_less, Ten.recall, Ten.take_back])
def test_goods_that_go_meanwhile_do_not_leave_for_the_tables(
    run: Call, database: Database, ten: Ten, act: Callable[[Ten, UnitOfWork], None]
) -> None:
    due = [Want(sku_id=ten.sku_id, qty=10)]
    refusal = during(database, lambda uow: act(ten, uow), lambda: run(stock.book_sorted, ROUND, due))
    assert isinstance(refusal, StockMissing)
    with database.engine.connect() as connection:
        kinds = dict(connection.execute(select(StockMovement.kind, func.sum(StockMovement.qty)).group_by("kind")).all())
    assert "sorted" not in kinds
    assert sum(kinds.values()) in {0, 9, 10}


def test_a_count_taken_back_meanwhile_is_seen_before_shortages_are_shared_out(
    run: Call, database: Database, ten: Ten
) -> None:
    refusal = during(database, ten.take_back, lambda: run(receiving.hold_counted, ROUND))
    assert isinstance(refusal, LinesUncounted)
    assert refusal.lines == ["PO-LJ-E-261121-01 FR001"]
