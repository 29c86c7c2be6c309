"""Commission in the database: entries, journals, statements, and what a killed settlement leaves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domains.aftersales.values import ClaimFault
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import PickupNotOver
from app.domains.groupbuys.values import GroupBuyStatus, Station, StepState
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import PickupVoid
from app.domains.logistics.values.pickup import PickupState, RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import CutReason
from app.domains.payments import queries as payments
from app.domains.settlement import queries
from app.domains.settlement.models import CommissionEntry
from app.domains.settlement.service import commission, statements
from app.domains.settlement.values import EntryKind
from app.flows import settlement
from app.flows.pickup import hand_out
from app.flows.stations import run_station
from app.infra.audit import AuditRow
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.aftersales import line_of, make_claim, make_decision
from tests.factories.settlement import next_round, pick_up, run_to, statements_of
from tests.factories.world import PICKUP_ON, World, make_world

Work = Callable[[], int]
HOUR = timedelta(hours=1)
SYSTEM = Actor.system("test")


def sound(world: World) -> bool:
    return world.services.database.read(broken_invariants, world.services.database.clock.now()) == []


def entries(world: World, leader: str = "L901") -> list[tuple[EntryKind, int, int]]:
    page = world.services.database.read(queries.entries, world.leaders[leader], PageAsk(100))
    return [(row.kind, row.amount_cents, row.net_cents) for row in reversed(page.rows)]


def owed(world: World, leader: str = "L901") -> int:
    """Frozen and available together."""
    both = {LedgerAccount.LEADER_FROZEN, LedgerAccount.LEADER_PAYABLE}
    found = world.services.database.read(ledger.balances, None, world.leaders[leader])
    return -sum(row.amount_cents for row in found if row.account in both)


def test_pickups_and_claims_change_the_commission_by_the_difference(services: Services, work: Work) -> None:
    """Oranges at 17.90 after the break, 10 %: 4 picked 7.16; 2 more 3.58; 3.33 given back: 107.40 - 3.33 → 10.41."""
    world = make_world(services)
    order = world.buy(0, orange=6)
    world.buy(1, orange=5)
    run_to(world, Station.HANDOVER)
    work()
    assert entries(world) == []
    done = pick_up(world, order, orange=4, key="a")
    assert entries(world) == [(EntryKind.ACCRUAL, 716, 7_160)]
    again = world.run_as(SYSTEM)(commission.accrue_lines, done.event_id, [line_of(world, order, "orange")])
    assert again == 0
    pick_up(world, order)
    claim = make_claim(world, order, orange=1)
    assert claim.claimed_cents == 1_790
    make_decision(world, claim.id, ClaimFault.LEADER, 333)
    assert entries(world) == [
        (EntryKind.ACCRUAL, 716, 7_160),
        (EntryKind.ACCRUAL, 358, 3_580),
        (EntryKind.REVERSAL, -33, -333),
    ]
    assert owed(world) == 1_041
    now = services.database.clock.now()
    (total,) = services.database.read(queries.earnings, world.leaders["L901"], now - HOUR, now + HOUR)
    assert (total.accrued_cents, total.reversed_cents, total.net_sales_cents) == (1_074, 33, 10_407)
    assert (total.effective_bps, total.orders, total.currency) == (1_000, 1, "CNY")
    work()
    assert sound(world)


def test_a_line_without_commission_still_counts_as_sales(services: Services, work: Work) -> None:
    world = make_world(services)
    order = world.buy(0, rice=1)
    with services.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE orders_line SET commission_bps = 0")
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    assert entries(world) == [(EntryKind.ACCRUAL, 0, 6_990)]
    assert owed(world) == 0
    work()
    assert sound(world)


def test_statements_do_not_grow_with_the_lines(services: Services) -> None:
    counts = {}
    world = make_world(services, residents=4)
    one = world.buy(0, orange=1)
    many = world.buy(2, orange=1, greens=5, dumplings=1, rice=1)
    run_to(world, Station.HANDOVER)
    for name, order in (("one", one), ("many", many)):
        with services.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE logistics_pickup_line SET picked_qty = due_qty")
        lines = [line.id for line in services.database.read(orders.get_order, order).lines]
        with statements_of(world) as seen:
            world.run_as(SYSTEM)(commission.accrue_lines, new_id(), lines)
        counts[name] = len(seen)
    # The lock, the lines, their sums, the entries, the journals.
    assert counts == {"one": 5, "many": 5}


def test_settlement_refunds_what_nobody_fetched_and_closes_statements(services: Services, work: Work) -> None:
    world = make_world(services)
    first, second = world.buy(0, orange=6, greens=5), world.buy(1, orange=5, rice=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, first, orange=6)
    note = run_to(world, Station.SETTLE)
    assert note == "11 pieces unclaimed and refunded, 2 orders given up, 0 orders kept waiting, 1 statements"
    read = services.database.read
    work()
    refunds = {r.amount_cents for r in read(payments.refunds_of_order, second) if r.reason == "unclaimed"}
    assert refunds == {5 * 1_790, 6_990}
    order = read(orders.get_order, second)
    assert order.refunded_cents == order.total_cents
    assert read(logistics.pickup_of_order, first).state is PickupState.DONE
    assert read(logistics.pickup_of_order, second).state is PickupState.VOID
    reasons = [(cut.reason, cut.qty) for cut in read(orders.cuts_of_order, first) if cut.qty]
    assert reasons == [(CutReason.UNCLAIMED, 5)]
    (statement,) = read(queries.statements, PageAsk()).rows
    assert (statement.no, statement.leader_id) == ("ST-L901-261120", world.leaders["L901"])
    assert (statement.accrued_cents, statement.reversed_cents, statement.total_cents) == (1_074, 0, 1_074)
    assert statement.net_sales_cents == 10_740
    assert statement == read(queries.get_statement, statement.id)
    assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.SETTLED
    assert world.run_as(SYSTEM)(statements.close_round, world.group_buy_id) == 0
    assert run_to(world, Station.SETTLE) == "already done"
    assert sound(world)


def test_a_late_reversal_stands_in_the_next_statement(services: Services, work: Work) -> None:
    world = make_world(services)
    order = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    run_to(world, Station.SETTLE)
    claim = make_claim(world, order, orange=1)
    make_decision(world, claim.id, ClaimFault.LEADER)
    later = next_round(world)
    new = later.buy(0, orange=1)
    run_to(later, Station.HANDOVER)
    pick_up(later, new)
    run_to(later, Station.SETTLE)
    work()
    newest, first = services.database.read(queries.statements, PageAsk(), leader_id=world.leaders["L901"]).rows
    assert (first.no, first.accrued_cents, first.reversed_cents, first.net_sales_cents) == (
        "ST-L901-261120", 398, 0, 3_980,
    )  # fmt: skip
    assert (newest.no, newest.accrued_cents, newest.reversed_cents, newest.net_sales_cents) == (
        "ST-L901-261121", 199, 199, 0,
    )  # fmt: skip
    held = services.database.read(queries.entries, world.leaders["L901"], PageAsk(), newest.id).rows
    assert [(row.kind, row.amount_cents, row.order_id) for row in held] == [
        (EntryKind.ACCRUAL, 199, new), (EntryKind.REVERSAL, -199, order),
    ]  # fmt: skip
    assert sound(later)


def test_a_settlement_killed_between_batches_continues(
    services: Services, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(services, residents=6)
    for number in range(6):
        world.buy(number, orange=1)
    run_to(world, Station.REMIND)
    whole = settlement.refund_batch
    killed = []

    def one_at_a_time(uow: Any, group_buy_id: Any) -> int:
        if len(killed) == 0 and queries.unclaimed_of_round(uow.session, group_buy_id).waiting_orders == 4:
            whole(uow, group_buy_id, 1)
            killed.append(True)
            raise RuntimeError("pulled the plug")
        return whole(uow, group_buy_id, 1)

    monkeypatch.setattr(settlement, "refund_batch", one_at_a_time)
    with pytest.raises(RuntimeError, match="pulled the plug"):
        run_to(world, Station.SETTLE)
    step = services.database.read(groupbuys.get_round, world.group_buy_id).step(Station.SETTLE)
    assert (step.state, step.done, step.total, step.note) == (StepState.FAILED, 2, 6, "RuntimeError: pulled the plug")
    work()
    assert sound(world)
    note = run_to(world, Station.SETTLE)
    assert note == "6 pieces unclaimed and refunded, 6 orders given up, 0 orders kept waiting, 0 statements"
    work()
    assert sound(world)
    step = services.database.read(groupbuys.get_round, world.group_buy_id).step(Station.SETTLE)
    assert (step.state, step.done, step.total) == (StepState.DONE, 4, 4)


def test_kept_goods_wait_and_earn_in_the_next_statement(services: Services, work: Work) -> None:
    world = make_world(services)
    order = world.buy(0, orange=2)
    run_to(world, Station.REMIND)
    note = run_to(world, Station.SETTLE, unclaimed="keep")
    assert note == "0 pieces unclaimed and refunded, 0 orders given up, 1 orders kept waiting, 0 statements"
    assert sound(world)
    pick_up(world, order)
    assert entries(world) == [(EntryKind.ACCRUAL, 398, 3_980)]
    work()
    assert sound(world)
    with services.database.engine.begin() as connection:
        kept = connection.execute(select(AuditRow.after).where(AuditRow.action == "settlement.keep_unclaimed"))
        assert kept.scalars().all() == [{"orders": 1}]


def test_what_was_given_up_is_not_handed_out_any_more(services: Services) -> None:
    world = make_world(services)
    order = world.buy(0, orange=2)
    run_to(world, Station.REMIND)
    card = services.database.read(logistics.pickup_of_order, order)
    code = services.database.read(logistics.pickup_code_of_order, order, card.resident_id)
    run_to(world, Station.SETTLE)
    with pytest.raises(PickupVoid):
        hand_out(world.run_as(world.leader()), RecordPickup(code=code, event_key="late"))
    assert entries(world) == []


def test_nothing_is_settled_while_goods_may_still_be_fetched(services: Services) -> None:
    world = make_world(services)
    order_id = world.buy(0, orange=1)
    run_to(world, Station.REMIND)
    run, read = world.run_as(SYSTEM), services.database.read
    with pytest.raises(PickupNotOver) as told:
        run_station(run, read, world.group_buy_id, Station.SETTLE, {})
    assert told.value.pickup_on == PICKUP_ON
    assert read(orders.get_order, order_id).refunded_cents == 0
    pick_up(world, order_id)  # her code still opens it
    assert run_station(run, read, world.group_buy_id, Station.SETTLE, {"early": True}).startswith("0 pieces")


def test_an_unknown_rule_settles_nothing(services: Services) -> None:
    world = make_world(services)
    world.buy(0, orange=2)
    run_to(world, Station.REMIND)
    with pytest.raises(Invalid):
        run_to(world, Station.SETTLE, unclaimed="burn")
    assert services.database.read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.CLOSED


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.LEADER, Role.HQ_SERVICE, Role.HQ_FINANCE])
def test_nobody_accrues_by_hand(services: Services, role: Role) -> None:
    world = make_world(services)
    with pytest.raises(Forbidden):
        services.database.transact(Actor("x", role, new_id()), commission.accrue_lines, new_id(), [new_id()])
    with services.database.engine.connect() as connection:
        assert connection.execute(select(CommissionEntry.id)).all() == []
    if role is not Role.HQ_FINANCE:
        with pytest.raises(Forbidden):
            services.database.transact(Actor("x", role, new_id()), settlement.close, world.group_buy_id, "refund")
        with pytest.raises(Forbidden):
            services.database.transact(Actor("x", role, new_id()), settlement.refund_batch, world.group_buy_id)
