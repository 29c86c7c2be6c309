"""Rules of payments and of the ledger."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from app.domains.ledger import rules as ledger_rules
from app.domains.ledger.errors import Unbalanced
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payments import rules
from app.domains.payments.errors import RefundTooHigh
from app.domains.payments.values import IntendRefund, PaymentStatus, ProviderState
from app.kernel.ids import new_id

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
STATUSES = st.sampled_from(list(PaymentStatus))


@given(st.lists(STATUSES, min_size=1, max_size=12), st.randoms())
def test_news_in_any_order_ends_the_same(news: list[PaymentStatus], random: object) -> None:
    def settle(told: list[PaymentStatus]) -> PaymentStatus:
        known = PaymentStatus.INTENDED
        for status in told:
            known = status if rules.is_news(known, status) else known
        return known

    shuffled = news[:]
    random.shuffle(shuffled)
    assert settle(news) == settle(shuffled) == settle(news * 2)
    if PaymentStatus.SUCCEEDED in news:
        assert settle(news) is PaymentStatus.SUCCEEDED


def test_money_outranks_everything() -> None:
    assert [status.value for status in sorted(rules.RANK, key=rules.RANK.__getitem__)] == [
        "intended", "waiting", "failed", "authorised", "cancelled", "succeeded",
    ]  # fmt: skip


@pytest.mark.parametrize(("age_min", "pause_min"), [(0, 2), (1, 2), (2, 2), (4, 4), (60, 60)])
def test_pauses_double_with_age(age_min: int, pause_min: int) -> None:
    assert rules.next_look(NOON - timedelta(minutes=age_min), NOON) == NOON + timedelta(minutes=pause_min)


def test_a_wrong_sum_is_named() -> None:
    state = ProviderState(ref="x", status=PaymentStatus.SUCCEEDED, amount_received_cents=99)
    assert rules.wrong_sum(99, state) is None
    assert rules.wrong_sum(100, state) == "received 99 of 100"
    waiting = ProviderState(ref="x", status=PaymentStatus.WAITING, amount_received_cents=0)
    assert rules.wrong_sum(100, waiting) is None
    held = ProviderState(ref="x", status=PaymentStatus.AUTHORISED, amount_received_cents=0, amount_held_cents=98)
    assert (rules.wrong_sum(98, held), rules.wrong_sum(100, held)) == (None, "held 98 of 100")


@pytest.mark.parametrize(
    ("total", "has", "use", "split"),
    [(100, 0, True, (100, 0)), (100, 30, True, (70, 30)), (100, 100, True, (0, 100)), (100, 900, True, (0, 100)),
     (100, 30, False, (100, 0))],
)  # fmt: skip
def test_a_total_is_split_between_balance_and_the_rest(total: int, has: int, use: bool, split: tuple[int, int]) -> None:
    assert rules.takes_both(total, has, use_balance=use) == split


def wish(order_id: UUID, cents: int, payment_id: UUID | None = None) -> IntendRefund:
    return IntendRefund(
        order_id=order_id, cause_id=new_id(), amount_cents=cents, reason="shortage", payment_id=payment_id
    )


def test_a_refund_is_drawn_from_the_first_payment_with_enough_left() -> None:
    order, first, second = new_id(), new_id(), new_id()
    pots = [rules.Pot(first, order, 100), rules.Pot(second, order, 500), rules.Pot(new_id(), new_id(), 9_000)]
    wishes = [wish(order, 60), wish(order, 60), wish(order, 40), wish(order, 100, second)]
    assert [payment_id for _, payment_id, _ in rules.draw(pots, wishes)] == [first, second, first, second]
    both = rules.draw(pots, [wish(order, 501)])
    assert [(payment_id, cents) for _, payment_id, cents in both] == [(first, 100), (second, 401)]
    for one in (wish(order, 601), wish(order, 101, first), wish(order, 0), wish(order, -5), wish(new_id(), 1)):
        with pytest.raises(RefundTooHigh):
            rules.draw(pots, [one])
    with pytest.raises(RefundTooHigh) as refusal:
        rules.draw(pots, [wish(order, 450), wish(order, 151)])
    assert (refusal.value.wanted_cents, refusal.value.left_cents) == (151, 150)


@given(st.lists(st.integers(1, 300), max_size=6), st.lists(st.integers(-5, 200), max_size=12))
def test_what_is_drawn_never_passes_what_is_left(lefts: list[int], wanted: list[int]) -> None:
    order = new_id()
    pots = [rules.Pot(new_id(), order, left) for left in lefts]
    try:
        drawn = rules.draw(pots, [wish(order, cents) for cents in wanted])
    except RefundTooHigh:
        return
    for pot in pots:
        assert sum(cents for _, payment_id, cents in drawn if payment_id == pot.payment_id) <= pot.left_cents
    assert sum(cents for _, _, cents in drawn) == sum(wanted)


def journal(*amounts: int) -> PostJournal:
    sides = tuple(Posting(LedgerAccount.SALES, amount) for amount in amounts)
    return PostJournal(
        kind=JournalKind.HUB_CHARGED, cause_id=new_id(), hub_id=new_id(), currency="CNY", postings=sides
    )  # fmt: skip


@given(st.lists(st.integers(-(10**12), 10**12), max_size=6))
def test_only_balanced_journals_pass(amounts: list[int]) -> None:
    closed = [*amounts, -sum(amounts)]
    sides = [amount for amount in closed if amount]
    if len(sides) >= 2:
        assert [side.amount_cents for side in ledger_rules.clean(journal(*closed)).postings] == sides
    else:
        with pytest.raises(Unbalanced):
            ledger_rules.clean(journal(*closed))
    with pytest.raises(Unbalanced) as refusal:
        ledger_rules.clean(journal(*closed, 7))
    assert refusal.value.sum_cents == 7
