"""Stock: free lots first expiring first, taken before buying, lost with a reason, counted blindly, offered again."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import NoDraft, OfferStands
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy, Station
from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import JournalKind, LedgerAccount
from app.domains.supply import queries as supply
from app.domains.supply.errors import LotsUncounted, StockMissing, StocktakeRunning
from app.domains.supply.models import Lot, StockMovement
from app.domains.supply.queries import lots
from app.domains.supply.service import purchasing, recalls, stock, stocktakes
from app.domains.supply.values import MovementKind, ReceiveLine, Want
from app.domains.supply.values.purchasing import PreBuyLine
from app.domains.supply.values.stock import LoseStock, LossReason, StocktakeState
from app.flows import receiving, surplus
from app.infra.bulk import insert_rows
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.states import WrongState
from tests.factories.kept import kept
from tests.factories.world import World, make_world

Call = Callable[..., Any]
SYSTEM, CHEN = Actor.system("test"), Actor("Chen", Role.HQ_WAREHOUSE, new_id())
TODAY, PICKUP = date(2026, 11, 20), date(2026, 11, 21)
NEXT_ROUND = UUID(int=901)


class Hub:
    """The tests' world after receiving: five dumplings sold of six bought, two lots; one piece is free stock."""

    def __init__(self, services: Services) -> None:
        self.world: World = make_world(services, residents=2)
        self.db, self.read = services.database, services.database.read
        self.world.buy(0, dumplings=5)
        self.world.buy(1, dumplings=2)
        self.world.station(Station.CUTOFF, early=True)
        (line,) = self.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id)
        for qty, code, expires in ((7, "L-LATE", date(2027, 3, 1)), (5, "L-SOON", date(2027, 1, 5))):
            count = ReceiveLine(
                purchase_line_id=line.id, received_qty=qty, lot_code=code, expires_on=expires, is_final=False
            )
            self.db.transact(SYSTEM, receiving.count, count)
        self.sku, self.hub_id = self.world.skus["dumplings"], self.world.hub_id

    def released(self) -> "Hub":
        self.world.station(Station.RECEIVE)
        return self

    def lots(self) -> dict[str, tuple[int, int]]:
        """(here, free) by lot."""
        return {lot.lot_code: (lot.qty, lot.free_qty) for lot in self.read(lots.lots, self.hub_id, TODAY)}

    def lot(self, code: str) -> UUID:
        return next(lot.lot_id for lot in self.read(lots.lots, self.hub_id, TODAY) if lot.lot_code == code)

    def losses(self) -> int:
        """What the hub bears by the ledger, in cents."""
        wanted = (
            select(func.coalesce(func.sum(PostingRow.amount_cents), 0))
            .join(Journal, Journal.id == PostingRow.journal_id)
            .where(Journal.kind == JournalKind.STOCK_ADJUSTED, PostingRow.account == LedgerAccount.HUB_LOSS)
        )
        with self.db.engine.connect() as connection:
            return int(connection.scalar(wanted) or 0)

    def moved(self, kind: MovementKind) -> list[int]:
        with self.db.engine.connect() as connection:
            wanted = select(StockMovement.qty).where(StockMovement.kind == kind).order_by(StockMovement.qty)
            return list(connection.scalars(wanted))


@pytest.fixture
@kept
def hub(services: Services) -> Hub:
    return Hub(services)


def test_what_came_for_a_round_is_free_only_when_the_round_has_taken_its_part(hub: Hub) -> None:
    assert hub.lots() == {"L-SOON": (5, 0), "L-LATE": (7, 0)}
    assert hub.db.transact(CHEN, stock.available_by_sku, hub.hub_id, PICKUP) == {}
    hub.released()
    assert hub.lots() == {"L-LATE": (5, 5)}
    assert hub.moved(MovementKind.SORTED) == [-5, -2]
    assert hub.db.transact(CHEN, stock.available_by_sku, hub.hub_id, PICKUP) == {hub.sku: 5}
    assert hub.db.transact(CHEN, stock.available_by_sku, hub.hub_id, date(2027, 3, 2)) == {}


def test_a_round_takes_free_stock_once_and_sorts_it_with_its_own(hub: Hub) -> None:
    hub.released()

    def take(wants: list[Want]) -> dict[UUID, int]:
        return hub.db.transact(SYSTEM, stock.take, hub.hub_id, NEXT_ROUND, wants, PICKUP)

    assert take([Want(sku_id=hub.sku, qty=3)]) == {hub.sku: 3}
    assert take([Want(sku_id=hub.sku, qty=9)]) == {hub.sku: 3}
    assert hub.lots() == {"L-LATE": (5, 2)}
    assert hub.db.transact(SYSTEM, stock.book_sorted, NEXT_ROUND, [Want(sku_id=hub.sku, qty=2)]) == 2
    assert hub.lots() == {"L-LATE": (3, 3)}
    with pytest.raises(Forbidden):
        hub.db.transact(CHEN, stock.take, hub.hub_id, UUID(int=902), [Want(sku_id=hub.sku, qty=1)], PICKUP)


def test_a_loss_leaves_the_books_with_its_reason_and_the_hub_bears_it(hub: Hub) -> None:
    hub.released()
    wish = LoseStock(lot_id=hub.lot("L-LATE"), qty=2, reason=LossReason.SPOILED, note="thawed", idempotency_key="k1")
    first = hub.db.transact(CHEN, stock.lose, wish)
    assert hub.db.transact(CHEN, stock.lose, wish) == first
    assert (hub.lots(), hub.losses()) == ({"L-LATE": (3, 3)}, 2 * 1_900)
    assert hub.moved(MovementKind.LOST) == [-2]
    with pytest.raises(StockMissing):
        hub.db.transact(CHEN, stock.lose, LoseStock(lot_id=wish.lot_id, qty=4, reason=LossReason.BROKEN))
    with pytest.raises(Invalid):
        hub.db.transact(CHEN, stock.lose, LoseStock(lot_id=wish.lot_id, qty=0, reason=LossReason.BROKEN))
    with pytest.raises(Forbidden):
        hub.db.transact(hub.world.leader(), stock.lose, wish)
    assert hub.lots() == {"L-LATE": (3, 3)}


def test_pieces_lost_before_sorting_are_missing_at_the_allocation(hub: Hub) -> None:
    hub.db.transact(CHEN, stock.lose, LoseStock(lot_id=hub.lot("L-LATE"), qty=7, reason=LossReason.BROKEN))
    assert hub.world.station(Station.RECEIVE) == "1 lines counted, 1 SKUs short, 2 pieces refunded, 5 pieces to sort"


def test_a_stocktake_is_counted_blindly_looked_at_again_and_posted_with_a_reason(hub: Hub) -> None:
    late, soon = hub.lot("L-LATE"), hub.lot("L-SOON")
    stocktake_id = hub.db.transact(CHEN, stocktakes.open_count, hub.hub_id)
    with pytest.raises(StocktakeRunning):
        hub.db.transact(CHEN, stocktakes.open_count, hub.hub_id)
    hub.db.transact(CHEN, stocktakes.count_lots, stocktake_id, {late: 6})
    with pytest.raises(LotsUncounted) as refusal:
        hub.db.transact(CHEN, stocktakes.ask_review, stocktake_id)
    assert refusal.value.lots == ["T003 L-SOON"]
    hub.db.transact(CHEN, stocktakes.count_lots, stocktake_id, {soon: 8})
    with pytest.raises(WrongState):
        hub.db.transact(CHEN, stocktakes.post, stocktake_id, "too early")
    hub.db.transact(CHEN, stocktakes.ask_review, stocktake_id)
    rows = [(r.lot_code, r.book_qty, r.counted_qty, r.variance_qty, r.variance_cents)
            for r in hub.read(lots.stocktake_rows, stocktake_id)]  # fmt: skip
    assert rows == [("L-SOON", 5, 8, 3, 5_700), ("L-LATE", 7, 6, -1, -1_900)]
    with pytest.raises(Invalid):
        hub.db.transact(CHEN, stocktakes.post, stocktake_id, " ")
    assert hub.lots() == {"L-SOON": (5, 0), "L-LATE": (7, 0)}
    assert hub.db.transact(CHEN, stocktakes.post, stocktake_id, "boxes were swapped") == 3_800
    assert {code: here for code, (here, _) in hub.lots().items()} == {"L-SOON": 8, "L-LATE": 6}
    assert (hub.moved(MovementKind.STOCKTAKE), hub.losses()) == ([-1, 3], -3_800)
    taken = hub.read(lots.get_stocktake, stocktake_id)
    assert (taken.state, taken.reason, taken.closed_by) == (StocktakeState.POSTED, "boxes were swapped", "Chen")
    with pytest.raises(WrongState):
        hub.db.transact(CHEN, stocktakes.post, stocktake_id, "again")


def test_goods_that_move_after_they_were_counted_change_no_variance(hub: Hub) -> None:
    late, soon = hub.lot("L-LATE"), hub.lot("L-SOON")
    stocktake_id = hub.db.transact(CHEN, stocktakes.open_count, hub.hub_id)
    hub.db.transact(CHEN, stocktakes.count_lots, stocktake_id, {late: 6, soon: 5})
    hub.released()
    hub.db.transact(CHEN, stocktakes.ask_review, stocktake_id)
    hub.db.transact(CHEN, stocktakes.post, stocktake_id, "one was missing")
    assert hub.lots() == {"L-LATE": (4, 4)}


def test_a_dropped_stocktake_changes_nothing_and_another_may_begin(hub: Hub) -> None:
    stocktake_id = hub.db.transact(CHEN, stocktakes.open_count, hub.hub_id)
    hub.db.transact(CHEN, stocktakes.count_lots, stocktake_id, {hub.lot("L-LATE"): 0})
    hub.db.transact(CHEN, stocktakes.drop, stocktake_id)
    assert hub.lots() == {"L-SOON": (5, 0), "L-LATE": (7, 0)}
    assert hub.db.transact(CHEN, stocktakes.open_count, hub.hub_id) != stocktake_id


def test_surplus_is_offered_in_the_next_draft_on_the_terms_of_the_last_offer(hub: Hub) -> None:
    hub.released()
    merchandiser = Actor("Mei", Role.HQ_MERCHANDISER, new_id())

    def offer(who: Actor) -> surplus.Offered:
        return hub.db.transact(who, surplus.offer_surplus, hub.hub_id, hub.sku, TODAY)

    with pytest.raises(NoDraft):
        offer(merchandiser)
    draft_id = hub.db.transact(SYSTEM, plans.plan, _next_draft(hub))
    with pytest.raises(Forbidden):
        offer(CHEN)
    done = offer(merchandiser)
    assert (done.group_buy_id, done.code, done.qty, done.price_cents) == (draft_id, "LJ-T-261122", 5, 2_500)
    cards = {card.sku_id: card for card in hub.read(groupbuys.offer_cards, draft_id)}
    assert (cards[hub.sku].quota, cards[hub.sku].base_price_cents) == (5, 2_500)
    with pytest.raises(OfferStands):
        offer(merchandiser)


def test_a_frozen_lot_is_not_free(hub: Hub) -> None:
    hub.released()
    hub.db.transact(SYSTEM, recalls.freeze, hub.lot("L-LATE"), "metal")
    assert hub.lots() == {"L-LATE": (5, 0)}
    assert hub.db.transact(SYSTEM, stock.take, hub.hub_id, NEXT_ROUND, [Want(sku_id=hub.sku, qty=3)], PICKUP) == {}


def test_a_round_reads_the_movements_of_its_own_lots_and_not_those_of_all_years(hub: Hub) -> None:
    (order_id,) = hub.db.transact(
        SYSTEM, purchasing.send_pre_buy, hub.hub_id, PICKUP, [PreBuyLine(sku_id=hub.sku, packs=2)]
    )
    (line,) = hub.read(supply.purchase_lines, purchase_order_id=order_id)
    lot_ids = [new_id() for _ in range(2_000)]
    old = {"hub_id": hub.hub_id, "sku_id": hub.sku}
    lot = old | {"purchase_line_id": line.id, "expires_on": PICKUP, "received_at": hub.db.clock.now()}
    came_and_went = ((MovementKind.RECEIVED, 6), (MovementKind.SORTED, -6))
    moves = [(id_, kind, qty) for id_ in lot_ids for kind, qty in came_and_went]

    def fill(uow: UnitOfWork) -> None:
        insert_rows(uow.session, Lot, [{"id": id_, "code": f"OLD-{n}"} for n, id_ in enumerate(lot_ids)], lot)
        rows = [{"lot_id": id_, "kind": kind, "cause_id": new_id(), "qty": qty} for id_, kind, qty in moves]
        insert_rows(uow.session, StockMovement, rows, old | {"at": uow.now})

    hub.db.transact(SYSTEM, fill)
    with hub.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE supply_lot, supply_stock_movement"))
    touched = text(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'supply_stock_movement'"
    )

    def looked_at(session: Session) -> tuple[int, int]:
        found = sum(lot.qty for lot in lots.lots_for_round(session, hub.world.group_buy_id))
        return found, session.scalars(touched).one()

    pieces, rows = hub.read(looked_at)
    assert pieces == 12
    assert rows < len(moves) / 10


def _next_draft(hub: Hub) -> PlanGroupBuy:
    rice = OfferInput(
        sku_id=hub.world.skus["rice"], price_cents=6_990, commission_bps=300, quota=5, per_resident_limit=2
    )
    return PlanGroupBuy(
        hub_id=hub.hub_id, round_on=date(2026, 11, 22), title="周日团", title_en="Sunday group-buy",
        opens_at=datetime(2026, 11, 21, tzinfo=UTC), cutoff_at=datetime(2026, 11, 22, 15, tzinfo=UTC),
        pickup_on=date(2026, 11, 23), offers=(rice,),
    )  # fmt: skip
