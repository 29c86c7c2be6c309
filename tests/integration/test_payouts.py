"""Withdrawals: who may take how much, two who approve, the file for the bank and its answer, and every cent booked."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.payouts import queries
from app.domains.payouts.errors import (
    AboveAvailable,
    BalanceChanged,
    BelowMinimum,
    DetailsMissing,
    NothingToPay,
    SecondPersonNeeded,
)
from app.domains.payouts.models import Payout
from app.domains.payouts.service import batches, cash, details, payouts
from app.domains.payouts.values import Details, PayoutStatus, PayoutWay, PaySupplier, Policy, ReceiveCash
from app.domains.supply import queries as supply
from app.flows.payouts import take_answer
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.idempotency import KeyReused
from app.infra.services import Services
from app.infra.tables import RowErrors
from app.kernel.errors import Forbidden, Invalid
from app.kernel.states import WrongState
from app.worker.tasks import poll_payouts
from tests.factories.payouts import BANK, Till, give, make_till
from tests.factories.settlement import move_clock
from tests.factories.world import make_world

Call = Callable[..., Any]
S, A = PayoutStatus, LedgerAccount


@pytest.fixture
def till(services: Services) -> Till:
    return make_till(make_world(services, residents=1))


def sums(till: Till) -> dict[str, int]:
    """What stands on each account; the commission that the till was filled from is left out."""
    found: dict[str, int] = {}
    for one in till.world.services.database.read(ledger.balances):
        found[one.account.value] = found.get(one.account.value, 0) + one.amount_cents
    return {account: cents for account, cents in found.items() if cents and account != "commission"}


def in_a_file(till: Till, work: Call, *amounts: int) -> tuple[Any, list[Any]]:
    """Withdrawals that were approved and put into a file."""
    cards = [till.ask(amount) for amount in amounts]
    for card in cards:
        till.approve(card.id)
    work()
    return till.run(till.finance[0], batches.make, till.world.hub_id), cards


def answer(till: Till, batch_id: Any, *lines: tuple[str, str, str, str]) -> int:
    """Bring the bank's answer: number, result, reason, the bank's number."""
    text = "付款编号,结果,原因,银行流水号\n" + "".join(",".join(line) + "\n" for line in lines)
    run = till.world.run_as(till.finance[0])
    return take_answer(run, batch_id, "answer.csv", text.encode())


def test_a_withdrawal_from_the_wish_to_the_bank(till: Till, work: Call, read: Call) -> None:
    card = till.ask(3_000)
    assert (card.status, card.amount_cents, card.fee_cents, card.net_cents) == (S.ASKED, 3_000, 100, 2_900)
    assert (card.masked_no, card.holder) == ("•••• 1234", "团长901")
    assert sums(till) == {"leader_payable": -7_000, "payout_transit": -3_000}
    assert till.approve(card.id).status is S.APPROVED
    work()
    assert till.card(card.id).status is S.PAYING
    batch = till.run(till.finance[0], batches.make, till.world.hub_id)
    assert (batch.count, batch.total_cents, batch.open) == (1, 2_900, 1)
    assert answer(till, batch.id, (card.no, "成功", "", "B-77")) == 1
    work()
    paid = till.card(card.id)
    assert (paid.status, paid.provider_ref) == (S.PAID, "B-77")
    assert sums(till) == {"leader_payable": -7_000, "bank": -2_900, "other_income": -100}
    told = [(step.status, step.by_name) for step in read(queries.events_of, card.id)]
    assert [status for status, _ in told] == [S.ASKED, S.APPROVED, S.PAYING, S.PAID]
    assert told[1][1] == "钱一"


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [(-1, Invalid), (0, Invalid), (999, BelowMinimum), (10_001, AboveAvailable)],
)
def test_what_cannot_be_withdrawn(till: Till, amount: int, refusal: type[Exception], read: Call) -> None:
    with pytest.raises(refusal):
        till.ask(amount)
    assert sums(till) == {"leader_payable": -10_000}
    assert read(lambda s: s.scalar(select(func.count(Payout.id)))) == 0


def test_frozen_money_is_not_available(till: Till) -> None:
    give(till.world, A.LEADER_FROZEN, till.world.leaders["L901"], 5_000)
    assert till.available() == 10_000
    with pytest.raises(AboveAvailable):
        till.ask(10_001)


def test_cash_in_her_hands_is_settled_before_anything_is_paid_out(till: Till) -> None:
    give(till.world, A.LEADER_CASH, till.world.leaders["L901"], -2_000)
    assert till.available() == 8_000
    with pytest.raises(AboveAvailable):
        till.ask(8_001)
    card = till.ask(3_000)
    assert sums(till) == {"leader_payable": -5_000, "payout_transit": -3_000}
    till.run(till.finance[0], payouts.reject, card.id, "not today")
    assert (sums(till), till.available()) == ({"leader_payable": -8_000}, 8_000)


def test_cash_that_is_handed_in_is_booked_once_and_never_more_than_she_holds(till: Till, read: Call) -> None:
    leader_id = till.world.leaders["L901"]
    give(till.world, A.LEADER_CASH, leader_id, -12_000)
    assert till.available() == -2_000

    def hand_in(cents: int, key: str) -> int:
        wish = ReceiveCash(leader_id=leader_id, amount_cents=cents, note="slip 7", idempotency_key=key)
        return int(till.run(till.finance[0], cash.receive, wish))

    assert [hand_in(5_000, "k1"), hand_in(5_000, "k1")] == [7_000, 7_000]
    assert sums(till) == {"leader_payable": -10_000, "leader_cash": 7_000, "bank": 5_000}
    for cents in (0, -1, 7_001):
        with pytest.raises(Invalid):
            hand_in(cents, f"k{cents}")
    wish = ReceiveCash(leader_id=leader_id, amount_cents=1, note="", idempotency_key="x")
    with pytest.raises(Forbidden):
        till.run(till.leader, cash.receive, wish)
    assert till.available() == 3_000
    noted = read(lambda s: s.scalars(select(AuditRow.after).where(AuditRow.action == "payouts.receive_cash")).all())
    assert noted == [{"amount_cents": 5_000, "held_cents": 7_000, "note": "slip 7"}]


def test_a_page_that_shows_an_old_balance_is_told_so(till: Till) -> None:
    give(till.world, A.LEADER_PAYABLE, till.world.leaders["L901"], 1)
    with pytest.raises(BalanceChanged) as refusal:
        till.ask(3_000, shown_cents=10_000)
    assert (refusal.value.shown_cents, refusal.value.available_cents) == (10_000, 10_001)
    assert sums(till) == {"leader_payable": -10_001}


def test_the_same_key_asks_once(till: Till) -> None:
    first = till.ask(3_000, "k1", 10_000)
    assert till.ask(3_000, "k1", 10_000).id == first.id
    with pytest.raises(KeyReused):
        till.ask(4_000, "k1")
    assert till.available() == 7_000


def test_without_an_account_nothing_is_paid(services: Services) -> None:
    till = make_till(make_world(services, residents=1), where=None)
    with pytest.raises(DetailsMissing):
        till.ask(3_000)


def test_a_rejection_returns_the_money_and_tells_why(till: Till) -> None:
    card = till.ask(3_000)
    rejected = till.run(till.finance[0], payouts.reject, card.id, "姓名不符")
    assert (rejected.status, rejected.reason) == (S.REJECTED, "姓名不符")
    assert sums(till) == {"leader_payable": -10_000}
    with pytest.raises(WrongState):
        till.approve(card.id)


def test_above_the_limit_two_different_people_approve(till: Till, work: Call, read: Call) -> None:
    card = till.ask(9_000)
    assert till.approve(card.id, 0).status is S.ASKED
    with pytest.raises(SecondPersonNeeded):
        till.approve(card.id, 0)
    work()
    assert till.card(card.id).status is S.ASKED
    done = till.approve(card.id, 1)
    assert (done.status, done.first_by, done.second_by) == (S.APPROVED, till.finance[0].id, till.finance[1].id)
    rows = read(lambda s: s.scalars(select(AuditRow.action).where(AuditRow.entity_id == card.id)).all())
    assert sorted(rows) == ["payouts.ask", "payouts.first_approval", "payouts.move"]


def test_a_sum_split_within_a_day_takes_two_people_too(till: Till) -> None:
    """Two people above 80.00: of 50.00 and 40.00 the second one, a rejected one never, and a day later each alone."""
    first, second = till.ask(5_000), till.ask(4_000)
    assert (first.needs_two, second.needs_two) == (False, True)
    till.run(till.finance[0], payouts.reject, second.id, "分开提现")
    assert till.ask(3_000).needs_two is False
    move_clock(till.world, hours=24)
    assert till.ask(2_000).needs_two is False


def test_who_approves_does_not_set_the_limit(till: Till, read: Call) -> None:
    before = read(queries.policy_of, till.world.hub_id)
    loose = Policy(min_cents=1_000, fee_cents=100, second_above_cents=900_000, cooldown_hours=0)
    with pytest.raises(Forbidden):
        till.run(till.finance[0], details.save_policy, till.world.hub_id, loose)
    assert read(queries.policy_of, till.world.hub_id) == before


def test_the_number_bears_the_day_of_the_hub(till: Till) -> None:
    """At 20:00 in London it is tomorrow in Shanghai."""
    clock = till.world.services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    assert till.ask(2_000).no.startswith("W261123-")


def test_a_leader_cannot_approve_and_finance_cannot_ask(till: Till) -> None:
    card = till.ask(3_000)
    with pytest.raises(Forbidden):
        till.run(till.leader, payouts.approve, card.id)
    with pytest.raises(Forbidden):
        till.run(till.finance[0], details.save_own, till.world.hub_id, BANK)
    assert till.card(card.id).status is S.ASKED


def test_changed_details_are_audited_and_delay_payouts(till: Till, work: Call, read: Call) -> None:
    other = Details(way=PayoutWay.BANK_FILE, holder="团长901", bank_name="建设银行", account_no="6227 0000 0000 9876")
    told = till.run(till.leader, details.save_own, till.world.hub_id, other)
    assert told.masked_no == "•••• 9876"
    rows = read(lambda s: s.scalars(select(AuditRow).filter_by(action="payouts.save_details")).all())
    assert [(row.before or {}).get("account_no") for row in rows] == [None, "•••• 1234"]
    card = till.ask(3_000)
    till.approve(card.id)
    work()
    poll_payouts(till.world.services)
    assert till.card(card.id).status is S.APPROVED
    move_clock(till.world, hours=72)
    poll_payouts(till.world.services)
    assert till.card(card.id).status is S.PAYING


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("holder", Details(way=PayoutWay.BANK_FILE, holder="", bank_name="x", account_no="62166100")),
        ("bank_name", Details(way=PayoutWay.BANK_FILE, holder="x", bank_name="", account_no="62166100")),
        ("account_no", Details(way=PayoutWay.BANK_FILE, holder="x", bank_name="x", account_no="=1+1")),
        ("account_no", Details(way=PayoutWay.STRIPE, holder="x", account_no="62166100")),
    ],
)
def test_details_that_no_bank_knows(till: Till, field: str, wish: Details, read: Call) -> None:
    with pytest.raises(Invalid) as refusal:
        till.run(till.leader, details.save_own, till.world.hub_id, wish)
    assert refusal.value.field == field
    assert read(queries.details_of, till.leader.id).masked_no == "•••• 1234"


def test_the_file_names_each_payout_once_and_stays_as_it_is(till: Till, work: Call, read: Call) -> None:
    danger = Details(way=PayoutWay.BANK_FILE, holder="=HYPERLINK(1)", bank_name="+中行", account_no="6216610000001234")
    till.run(till.leader, details.save_own, till.world.hub_id, danger)
    move_clock(till.world, hours=73)
    batch, cards = in_a_file(till, work, 3_000, 2_000)
    content = till.run(till.finance[0], batches.download, batch.id)
    assert content.decode("utf-8-sig").splitlines() == [
        "付款编号,收款户名,收款账号,开户行,金额,币种,用途",
        f"{cards[0].no},'=HYPERLINK(1),6216610000001234,'+中行,29.00,CNY,邻里结算",
        f"{cards[1].no},'=HYPERLINK(1),6216610000001234,'+中行,19.00,CNY,邻里结算",
        "合计,,2,,48.00,CNY,",
    ]
    assert till.run(till.finance[1], batches.download, batch.id) == content
    assert read(queries.get_batch, batch.id).total_cents == 4_800
    with pytest.raises(NothingToPay):
        till.run(till.finance[0], batches.make, till.world.hub_id)


def test_a_failure_puts_the_money_back_and_answers_may_be_repeated(till: Till, work: Call) -> None:
    batch, (good, bad) = in_a_file(till, work, 3_000, 2_000)
    lines = (good.no, "成功", "", "B-1"), (bad.no, "失败", "账号不存在", "B-2")
    assert answer(till, batch.id, *lines) == 2
    assert answer(till, batch.id, *lines) == 0
    work()
    assert [till.card(card.id).status for card in (good, bad)] == [S.PAID, S.FAILED]
    assert till.card(bad.id).reason == "账号不存在"
    assert sums(till) == {"leader_payable": -7_000, "bank": -2_900, "other_income": -100}
    assert answer(till, batch.id, (good.no, "失败", "退汇", "B-3")) == 1
    work()
    assert till.card(good.id).status is S.RETURNED
    assert sums(till) == {"leader_payable": -10_000}


@pytest.mark.parametrize(
    ("line", "row", "column"),
    [
        (("W-nobody", "成功", "", ""), 2, "付款编号"),
        (("{no}", "也许", "", ""), 2, "结果"),
        (("{no}", "失败", "", ""), 2, "原因"),
    ],
)
def test_a_wrong_answer_changes_nothing(
    till: Till, work: Call, line: tuple[str, str, str, str], row: int, column: str
) -> None:
    batch, (card,) = in_a_file(till, work, 3_000)
    with pytest.raises(RowErrors) as refusal:
        answer(till, batch.id, (line[0].format(no=card.no), *line[1:]))
    assert [(error.row, error.column) for error in refusal.value.errors] == [(row, column)]
    work()
    assert till.card(card.id).status is S.PAYING


def test_a_supplier_is_paid_by_two_above_the_limit(till: Till, read: Call) -> None:
    world = till.world
    supplier_id = next(s.id for s in read(supply.suppliers) if s.code == "S91")
    give(world, A.SUPPLIER_PAYABLE, supplier_id, 12_000)

    def wish(cents: int, shown: int, key: str) -> PaySupplier:
        return PaySupplier(supplier_id=supplier_id, hub_id=world.hub_id, way=PayoutWay.BY_HAND, amount_cents=cents,
                           shown_cents=shown, idempotency_key=key)  # fmt: skip

    small = till.run(till.finance[0], payouts.pay_supplier, wish(2_000, 12_000, "a"))
    assert small.status is S.APPROVED
    big = till.run(till.finance[0], payouts.pay_supplier, wish(9_000, 10_000, "b"))
    assert big.status is S.ASKED
    with pytest.raises(AboveAvailable):
        till.run(till.finance[0], payouts.pay_supplier, wish(1_001, 1_000, "c"))
    with pytest.raises(SecondPersonNeeded):
        till.approve(big.id, 0)
    assert till.approve(big.id, 1).status is S.APPROVED
    paid = till.run(till.finance[1], payouts.mark_paid_by_hand, big.id, "HB-9")
    assert (paid.status, paid.provider_ref, paid.fee_cents) == (S.PAID, "HB-9", 0)
    assert sums(till)["supplier_payable"] == -3_000
    assert sums(till)["bank"] == -9_000
