"""Claims: who may file what and until when, and what a decision does to money, commission and fault."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.aftersales import queries
from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.events import ClaimDecided, ClaimFiled
from app.domains.aftersales.models import Claim
from app.domains.aftersales.values import ClaimFault, ClaimKind, ClaimStatus, DecideClaim, FileClaim
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount, Posting
from app.domains.logistics.values.handover import Fault
from app.domains.orders import queries as orders
from app.domains.payments import queries as payments
from app.domains.payments.values import RefundKind, RefundStatus
from app.domains.supply import queries as supply
from app.flows.claims import decide_claim, file_claim
from app.infra.idempotency import KeyReused
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.states import WrongState
from tests.factories.aftersales import line_of, make_claim, make_decision
from tests.factories.kept import kept
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.world import World, make_world

Work = Callable[[], int]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
@kept
def order(world: World) -> UUID:
    """Two oranges at 19.90 (fresh, 24 h) and two dumplings at 25.00 (72 h) of resident 0, handed out just now."""
    order_id = world.buy(0, orange=2, dumplings=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    return order_id


def sound(world: World) -> bool:
    return world.services.database.read(broken_invariants, world.services.database.clock.now()) == []


def claims_in(world: World) -> int:
    return world.services.database.read(lambda session: session.scalar(select(func.count(Claim.id))))


def balance(world: World, account: LedgerAccount, owner_id: UUID | None = None) -> int:
    return sum(row.amount_cents for row in world.services.database.read(ledger.balances, account, owner_id))


def journals(world: World, kind: JournalKind) -> list[tuple[Posting, ...]]:
    page = world.services.database.read(ledger.journals, JournalFilter(kind=kind), PageAsk(100))
    return [journal.postings for journal in page.rows]


def facts(world: World, topic: str) -> list[dict[str, object]]:
    with world.services.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver' ORDER BY id")
        return [args["body"] for (args,) in rows if args["topic"] == topic]


def test_a_claim_has_its_worth_its_leader_and_a_clock(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=2)
    now = world.services.database.clock.now()
    assert (claim.status, claim.qty, claim.claimed_cents, claim.refunded_cents) == (ClaimStatus.OPEN, 2, 3_980, 0)
    assert (claim.filed_at, claim.due_at) == (now, now + timedelta(hours=24))
    assert (claim.resident_id, claim.leader_id) == (world.residents[0], world.leaders["L901"])
    assert (claim.sku_name, claim.sku_name_en, claim.fault) == ("赣南脐橙", "Gannan oranges", None)
    assert facts(world, ClaimFiled.topic) == [
        {
            "claim_id": str(claim.id), "order_id": str(order), "resident_id": str(world.residents[0]),
            "leader_id": str(world.leaders["L901"]), "hub_id": str(world.hub_id), "due_at": claim.due_at.isoformat(),
        }
    ]  # fmt: skip
    read = world.services.database.read
    assert read(queries.claims, PageAsk(), ClaimStatus.OPEN).rows == [claim]
    assert read(queries.claims, PageAsk(), None, new_id()).rows == []
    assert read(queries.claims_of_resident, world.residents[0], PageAsk(), order).rows == [claim]
    assert read(queries.claims_of_resident, world.residents[1], PageAsk()).rows == []
    assert read(queries.open_and_late, now) == (1, 0)
    assert read(queries.open_and_late, now + timedelta(hours=25), world.hub_id) == (1, 1)


def test_the_window_is_that_of_the_category(world: World, order: UUID) -> None:
    options = world.services.database.read(queries.claim_options, order, world.services.database.clock.now())
    assert {options[line_of(world, order, name)].left_qty for name in ("orange", "dumplings")} == {2}
    move_clock(world, hours=24)
    make_claim(world, order, orange=1)
    move_clock(world, seconds=1)
    with pytest.raises(ClaimTooLate):
        make_claim(world, order, orange=1)
    assert make_claim(world, order, dumplings=1).claimed_cents == 2_500
    move_clock(world, hours=48)
    with pytest.raises(ClaimTooLate):
        make_claim(world, order, dumplings=1)
    assert world.services.database.read(queries.claim_options, order, world.services.database.clock.now()) == {}
    assert claims_in(world) == 2


def test_a_piece_is_claimed_once_unless_the_claim_was_rejected(world: World, order: UUID) -> None:
    first = make_claim(world, order, orange=1)
    make_claim(world, order, orange=1)
    with pytest.raises(AboveClaimable) as above:
        make_claim(world, order, orange=1)
    assert above.value.left == 0
    make_decision(world, first.id, approve=False)
    assert make_claim(world, order, orange=1).claimed_cents == 1_990


def test_what_was_not_handed_out_cannot_be_claimed(world: World) -> None:
    order_id = world.buy(0, orange=3)
    with pytest.raises(NotPickedUp):
        make_claim(world, order_id, orange=1)
    run_to(world, Station.HANDOVER)
    with pytest.raises(NotPickedUp):
        make_claim(world, order_id, orange=1)
    pick_up(world, order_id, orange=1)
    with pytest.raises(AboveClaimable):
        make_claim(world, order_id, orange=2)
    assert make_claim(world, order_id, orange=1).qty == 1


def test_only_the_own_line(world: World, order: UUID) -> None:
    for number in (1, 2):
        with pytest.raises(NotFound):
            make_claim(world, order, number, orange=1)
    wish = FileClaim(order_line_id=new_id(), kind=ClaimKind.MISSING, qty=1, text="", idempotency_key="k")
    with pytest.raises(NotFound):
        world.run_as(world.resident(0))(file_claim, wish)
    for actor in (world.leader(), Actor("阿芳", Role.HQ_SERVICE, new_id()), Actor.anonymous()):
        with pytest.raises(Forbidden):
            world.run_as(actor)(file_claim, wish)
    assert claims_in(world) == 0


def test_the_same_request_files_one_claim(world: World, order: UUID) -> None:
    first = make_claim(world, order, key="tap", orange=1)
    assert make_claim(world, order, key="tap", orange=1) == first
    with pytest.raises(KeyReused):
        make_claim(world, order, key="tap", orange=2)
    assert claims_in(world) == 1


def test_an_approved_claim_gives_money_back_and_costs_the_leader_nothing(world: World, order: UUID, work: Work) -> None:
    """Oranges: 39.80 at 10 % earned 3.98; dumplings: 50.00 at 5 % earned 2.50. The supplier pays."""
    claim = make_claim(world, order, orange=1)
    decided = make_decision(world, claim.id, Fault.SUPPLIER)
    assert (decided.status, decided.refunded_cents, decided.fault) == (ClaimStatus.APPROVED, 1_990, Fault.SUPPLIER)
    assert (decided.decided_by, decided.reason) == ("阿芳", "照片清楚")
    assert decided.decided_at == world.services.database.clock.now()
    read = world.services.database.read
    card = read(orders.get_order, order)
    line = next(one for one in card.lines if one.id == claim.order_line_id)
    assert (card.refunded_cents, line.refunded_cents, line.cut_qty) == (1_990, 1_990, 0)
    (refund,) = read(payments.refunds_of_order, order)
    assert (refund.amount_cents, refund.kind, refund.reason) == (1_990, RefundKind.AFTER_PICKUP, "claim")
    supplier = next(s.id for s in read(supply.suppliers) if s.code == "S91")
    assert journals(world, JournalKind.SUPPLIER_CHARGED) == [
        (Posting(LedgerAccount.SUPPLIER_PAYABLE, 1_620, supplier), Posting(LedgerAccount.GOODS, -1_620))
    ]
    assert balance(world, LedgerAccount.LEADER_FROZEN) == -(398 + 250)
    work()
    assert read(payments.refunds_of_order, order)[0].status is RefundStatus.SUCCEEDED
    assert balance(world, LedgerAccount.REFUNDS) == 1_990
    assert balance(world, LedgerAccount.SALES) == -(2 * 1_990 + 2 * 2_500)
    (fact,) = facts(world, ClaimDecided.topic)
    assert (fact["status"], fact["refunded_cents"], fact["currency"]) == ("approved", 1_990, "CNY")
    assert sound(world)


@pytest.mark.parametrize(
    ("fault", "kind", "sides"),
    [
        (Fault.HUB, JournalKind.HUB_CHARGED, 2),
        (Fault.CARRIER, JournalKind.HUB_CHARGED, 2),
        (Fault.LEADER, JournalKind.HUB_CHARGED, 0),
    ],
)
def test_who_is_at_fault_bears_the_goods(
    world: World, order: UUID, work: Work, fault: Fault, kind: JournalKind, sides: int
) -> None:
    claim = make_claim(world, order, dumplings=2)
    make_decision(world, claim.id, fault, 600)
    expected = (Posting(LedgerAccount.HUB_LOSS, 3_800, world.hub_id), Posting(LedgerAccount.GOODS, -3_800))
    assert journals(world, kind) == ([expected] if sides else [])
    assert journals(world, JournalKind.SUPPLIER_CHARGED) == []
    assert world.services.database.read(orders.get_order, order).refunded_cents == 600
    taken_back = 30 if fault is Fault.LEADER else 0  # 5 % of 6.00
    assert balance(world, LedgerAccount.LEADER_FROZEN) == -(398 + 250 - taken_back)
    work()
    assert sound(world)


def test_a_rejected_claim_moves_no_money(world: World, order: UUID, work: Work) -> None:
    claim = make_claim(world, order, orange=1)
    rejected = make_decision(world, claim.id, Fault.LEADER, approve=False)
    assert (rejected.status, rejected.refunded_cents) == (ClaimStatus.REJECTED, 0)
    assert world.services.database.read(payments.refunds_of_order, order) == []
    assert world.services.database.read(orders.get_order, order).refunded_cents == 0
    (fact,) = facts(world, ClaimDecided.topic)
    assert (fact["status"], fact["refunded_cents"]) == ("rejected", 0)
    work()
    assert sound(world)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_a_claim_is_decided_once(world: World, order: UUID, first: bool, second: bool) -> None:
    claim = make_claim(world, order, orange=1)
    decided = make_decision(world, claim.id, approve=first)
    with pytest.raises(WrongState):
        make_decision(world, claim.id, approve=second)
    assert world.services.database.read(queries.get_claim, claim.id) == decided
    assert len(world.services.database.read(payments.refunds_of_order, order)) == first


def test_a_decision_outside_the_claim_changes_nothing(world: World, order: UUID) -> None:
    claim = make_claim(world, order, orange=1)
    with pytest.raises(Invalid):
        make_decision(world, claim.id, amount_cents=1_991)
    with pytest.raises(NotFound):
        make_decision(world, new_id())
    wish = DecideClaim(claim_id=claim.id, approve=True, fault=ClaimFault.HUB, reason="x")
    for role in (Role.RESIDENT, Role.LEADER, Role.HQ_FINANCE, Role.HQ_WAREHOUSE, Role.ANONYMOUS):
        with pytest.raises(Forbidden):
            world.run_as(Actor("x", role, new_id()))(decide_claim, wish)
    assert world.services.database.read(queries.get_claim, claim.id) == claim
    assert world.services.database.read(payments.refunds_of_order, order) == []


def test_claims_can_use_up_a_line_but_no_more(world: World, order: UUID, work: Work) -> None:
    for _ in range(2):
        claim = make_claim(world, order, dumplings=1)
        make_decision(world, claim.id, Fault.HUB)
    line = next(
        one
        for one in world.services.database.read(orders.get_order, order).lines
        if one.id == line_of(world, order, "dumplings")
    )
    assert (line.net_cents, line.refunded_cents) == (0, 5_000)
    with pytest.raises(AboveClaimable):
        make_claim(world, order, dumplings=1)
    assert balance(world, LedgerAccount.LEADER_FROZEN) == -(398 + 250)
    work()
    assert sound(world)


def test_pages_continue_where_they_ended(world: World, order: UUID) -> None:
    made = [make_claim(world, order, **{name: 1}).id for name in ("orange", "orange", "dumplings")]
    read = world.services.database.read
    for status, expected in ((ClaimStatus.OPEN, made), (None, made[::-1])):
        first = read(queries.claims, PageAsk(2), status)
        assert [claim.id for claim in first.rows] == expected[:2]
        assert first.next_cursor is not None
        rest = read(queries.claims, PageAsk(2, decode_cursor(first.next_cursor)), status)
        assert ([claim.id for claim in rest.rows], rest.next_cursor) == (expected[2:], None)
