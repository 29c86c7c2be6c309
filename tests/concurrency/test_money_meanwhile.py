"""Money that is looked at while somebody else moves it: what was read before must not decide what is written after."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.aftersales.values import ClaimFault, DecideClaim
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount as A
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.payments.values import Booking, BookingKind
from app.domains.payouts import queries as payout_queries
from app.domains.payouts.service import payouts
from app.domains.payouts.values import PayeeKind, PayoutWay, PaySupplier
from app.domains.reconciliation import queries as differences
from app.domains.reconciliation.service import comparing
from app.domains.reconciliation.values import Decide, DifferenceCard
from app.domains.settlement import queries as settlement
from app.domains.settlement.service import commission, statements
from app.domains.supply import queries as supply
from app.flows.claims import decide_claim
from app.flows.pickup import record_and_book
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.conftest import START, SYSTEM
from tests.factories.aftersales import make_claim
from tests.factories.communities import make_city
from tests.factories.meanwhile import during
from tests.factories.payouts import give, make_till
from tests.factories.settlement import move_clock, next_round, pick_up, run_to, statements_of
from tests.factories.world import World, make_world
from tests.integration.test_recall import Recalled

Call = Callable[..., Any]
FINANCE = Actor("Fang", Role.HQ_FINANCE, new_id())
DAY = START.date()


def sound(services: Services) -> bool:
    return services.database.read(broken_invariants, services.database.clock.now()) == []


def owed(world: World) -> tuple[int, int]:
    """(frozen, available) of L901."""
    found = world.services.database.read(ledger.balances, None, world.leaders["L901"])
    by = {row.account: -row.amount_cents for row in found}
    return by.get(A.LEADER_FROZEN, 0), by.get(A.LEADER_PAYABLE, 0)


# --- commission -----------------------------------------------------------------------------------------------------


def test_commission_stays_frozen_where_more_is_fetched_while_it_is_released(services: Services) -> None:
    world = make_world(services, residents=1)
    order_id = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id, orange=1)
    move_clock(world, hours=24)
    card = services.database.read(logistics.pickup_of_order, order_id)
    code = services.database.read(logistics.pickup_code_of_order, order_id, card.resident_id)
    rest = RecordPickup(
        code=code, event_key="rest", lines=(PickLine(order_line_id=card.lines[0].order_line_id, qty=1),)
    )

    def release() -> Any:
        return services.database.transact(SYSTEM, commission.release_due)

    during(services.database, world.leader(), lambda uow: record_and_book(uow, rest), release)
    assert owed(world) == (398, 0)
    assert release() == 0
    move_clock(world, hours=24)
    assert release() == 1
    assert owed(world) == (0, 398)
    assert sound(services)


def test_releasing_several_leaders_commission_takes_as_many_statements_as_one(services: Services) -> None:
    world = make_world(services)
    bought = [(world.buy(0, orange=1, rice=1), "L901"), (world.buy(1, orange=1), "L902")]
    run_to(world, Station.HANDOVER)
    for order_id, leader in bought:
        pick_up(world, order_id, leader)
    move_clock(world, hours=72)
    counts = []
    for limit in (1, 2):  # of one leader, then of both
        with statements_of(world) as seen:
            assert services.database.transact(SYSTEM, commission.release_due, limit) == limit
        counts.append(len(seen))
    assert counts == [6, 6]
    assert sound(services)


def test_two_rounds_of_a_hub_closed_at_once_state_everything_once(services: Services) -> None:
    first = make_world(services, residents=1)
    one = first.buy(0, orange=1)
    run_to(first, Station.HANDOVER)
    pick_up(first, one)
    second = next_round(first)
    two = second.buy(0, orange=1)
    run_to(second, Station.HANDOVER)
    pick_up(second, two)

    def close_first() -> Any:
        return services.database.transact(SYSTEM, statements.close_round, first.group_buy_id)

    made = during(
        services.database, SYSTEM, lambda uow: statements.close_round(uow, second.group_buy_id), close_first
    )  # fmt: skip
    assert made == 0
    [only] = services.database.read(settlement.statements, PageAsk(), first.leaders["L901"]).rows
    assert (only.group_buy_id, only.total_cents) == (second.group_buy_id, 398)


def test_a_recall_beside_a_claim_gives_every_piece_back_once(services: Services) -> None:
    at = Recalled(services, ("A", 6)).at_the_point()
    at.fetch(1)
    claim = make_claim(at.world, at.orders[1], 1, dumplings=1)
    verdict = DecideClaim(claim_id=claim.id, approve=True, fault=ClaimFault.SUPPLIER, reason="spoilt")
    done = during(at.db, SYSTEM, lambda uow: decide_claim(uow, verdict), lambda: at.recall("A"))
    assert done.refunded_cents == 6 * 2_500 - 2_500
    assert (at.refunded(), at.broken()) == ([7_500, 5_000, 2_500], [])


# --- payouts and the provider's books -------------------------------------------------------------------------------


def test_what_is_paid_while_it_is_looked_at_is_never_available_again(
    services: Services, read: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = make_till(make_world(services, residents=1))
    world = till.world
    supplier_id = next(one.id for one in read(supply.suppliers) if one.code == "S91")
    give(world, A.SUPPLIER_PAYABLE, supplier_id, 5_000)
    wish = PaySupplier(supplier_id=supplier_id, hub_id=world.hub_id, way=PayoutWay.BY_HAND, amount_cents=4_000,
                       shown_cents=5_000, idempotency_key="a")  # fmt: skip
    card = till.run(till.finance[0], payouts.pay_supplier, wish)
    looks: list[str] = []

    def before_the_second(name: str, look: Call) -> Call:
        def looked(*args: Any) -> Any:
            if len(looks) == 1:
                looks.append("paid")
                till.run(till.finance[0], payouts.mark_paid_by_hand, card.id, "HB-1")
            looks.append(name)
            return look(*args)

        return looked

    asked = (PayeeKind.SUPPLIER, supplier_id, world.hub_id, "CNY")
    assert read(payout_queries.available_cents, *asked) == 1_000
    monkeypatch.setattr(ledger, "balances", before_the_second("balance", ledger.balances))
    under_way = before_the_second("under way", payout_queries.under_way_cents)
    monkeypatch.setattr(payout_queries, "under_way_cents", under_way)
    assert read(payout_queries.available_cents, *asked) <= 1_000
    assert looks == ["under way", "paid", "balance"]
    assert read(payout_queries.available_cents, *asked) == 1_000


@pytest.fixture
def difference(run: Call, read: Call, clock: SetClock) -> DifferenceCard:
    """The provider took 7.00 for something that we do not know."""
    clock.move_to(START + timedelta(days=1))
    make_city(run)
    booking = Booking(ref="txn_1", source_ref="adj_1", payment_ref=None, kind=BookingKind.OTHER, type_name="adjustment",
                      amount_cents=-700, fee_cents=0, currency="CNY", at=START)  # fmt: skip
    run(comparing.keep, [booking])
    run(comparing.compare, DAY)
    [found] = read(differences.differences, DAY)
    return found


def test_a_difference_is_booked_as_it_stands_when_it_is_held(
    database: Database, read: Call, run: Call, difference: DifferenceCard
) -> None:
    hub_id = make_city(run).hub_id
    less = text("UPDATE reconciliation_difference SET ours_cents = -200 WHERE id = :id")
    wish = Decide(difference_id=difference.id, reason="goodwill", hub_id=hub_id)
    during(
        database, SYSTEM, lambda uow: uow.session.execute(less, {"id": difference.id}),
        lambda: database.transact(FINANCE, comparing.book, wish),
    )  # fmt: skip
    assert {row.account: row.amount_cents for row in read(ledger.balances)} == {A.PROVIDER_CLEARING: -500, A.LOSS: 500}
