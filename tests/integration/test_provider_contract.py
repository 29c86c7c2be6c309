"""The contract of a payment provider: what every one of them promises, whoever keeps the money.

Stripe runs against the offline double over real HTTP, balance and cash on the real database. A new provider (WeChat
Pay v3) joins by one more `Case`: how a payment of it is begun, how its payer approves, and how much it can do.
"""

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domains.payments.gateways.provider import BadSignature, PaymentProvider, ProviderRefused
from app.domains.payments.gateways.stripe import StripeProvider
from app.domains.payments.service import holds
from app.domains.payments.values import (
    Method,
    PaymentCard,
    PaymentStatus,
    RefundCard,
    RefundKind,
    RefundStatus,
    Route,
)
from app.flows.ways import OwnProvider
from app.infra.uow import Database
from app.kernel.ids import new_id
from tests.conftest import START
from tests.patience import SECONDS
from tools.stripe_double.launcher import DoubleProcess

S = PaymentStatus
AMOUNT = 5_000


@dataclass(frozen=True)
class Case:
    """One way to pay: its provider, a payment of it, and the payer's yes."""

    provider: PaymentProvider
    new: Callable[..., PaymentCard]
    approve: Callable[[str], None]
    #: Whether the money is held first, or taken at once; and whether the payer must come to a page.
    is_held: bool
    asks: bool

    def begun(self) -> tuple[PaymentCard, str]:
        """A payment that the payer has approved."""
        card = self.new()
        ref = self.provider.start(card).ref
        if self.asks:
            self.approve(ref)
        return card, ref

    def taken(self) -> tuple[PaymentCard, str]:
        """A payment whose money was taken whole."""
        card, ref = self.begun()
        if self.is_held:
            self.provider.capture(ref, card.amount_cents)
        return card, ref


@pytest.fixture(scope="module")
def double() -> Iterator[DoubleProcess]:
    with DoubleProcess().start("http://127.0.0.1:9/", "whsec_contract", extra=("--webhook-tries", "1")) as process:
        yield process


@pytest.fixture
def stripe(double: DoubleProcess) -> Iterator[StripeProvider]:
    made = StripeProvider("sk_test_contract", double.url, "whsec_contract", retries=0)
    yield made
    made.close()


@pytest.fixture(params=["alipay", "wechat_pay", "kept card", "card that asks", "card_test", "balance", "part", "cash"])
def case(
    request: pytest.FixtureRequest, run: Callable[..., Any], double: DoubleProcess, stripe: StripeProvider
) -> Case:
    resident_id = new_id()
    kind: str = request.param

    def approve(ref: str) -> None:
        double.control(f"approve/{ref}")

    if kind in {"balance", "part", "cash"}:
        method = Method.CASH if kind == "cash" else Method.BALANCE
        run(holds.give_back, refund_of(payment(resident_id, Method.ALIPAY), 20_000))
        lead = new_id() if kind == "part" else None
        return Case(
            OwnProvider(run, method), lambda **more: replace(payment(resident_id, method), part_of=lead, **more),
            approve, is_held=kind != "balance", asks=False,
        )  # fmt: skip
    if kind in {"kept card", "card that asks"}:
        customer = stripe.make_customer(resident_id)
        page = stripe.ask_for_card(customer, "CNY", "https://shop.example/cards").rsplit("/", 1)[1]
        test_card = "visa" if kind == "kept card" else "authenticationRequired"
        double.enter_card(page, test_card)
        [kept] = stripe.cards(customer)
        return Case(
            stripe,
            lambda **more: replace(
                payment(resident_id, Method.CARD), source_ref=kept.ref, customer_ref=customer, **more
            ),
            approve, is_held=True, asks=kind == "card that asks",
        )  # fmt: skip
    asks = kind != "card_test"
    return Case(stripe, lambda **more: replace(payment(resident_id, kind), **more), approve, is_held=False, asks=asks)


def payment(resident_id: UUID, method: str) -> PaymentCard:
    """A payment that nobody has asked for yet."""
    return PaymentCard(
        id=new_id(), order_id=new_id(), order_no="C1", hub_id=new_id(), resident_id=resident_id, amount_cents=AMOUNT,
        received_cents=0, refunded_cents=0, currency="CNY", method=method, return_url="https://shop.example/back",
        status=S.INTENDED, provider_ref=None, redirect_url=None, failure=None, created_at=START, settled_at=None,
    )  # fmt: skip


def refund_of(card: PaymentCard, cents: int, ref: str | None = None) -> RefundCard:
    """A refund that nobody has executed yet."""
    return RefundCard(
        id=new_id(), payment_id=card.id, order_id=card.order_id, cause_id=new_id(), amount_cents=cents, currency="CNY",
        reason="shortage", kind=RefundKind.BEFORE_PICKUP, status=RefundStatus.INTENDED, provider_ref=None,
        payment_ref=ref, failure=None, attempt=0, tries=1, hub_id=card.hub_id, created_at=START, settled_at=None,
        route=Route.SOURCE, resident_id=card.resident_id, order_no=card.order_no,
    )  # fmt: skip


def test_beginning_twice_asks_once(case: Case) -> None:
    card = case.new()
    first, again = case.provider.start(card), case.provider.start(card)
    assert (first.ref, first.status, first.payment_id) == (again.ref, again.status, card.id)
    if case.asks:
        assert first.status is S.WAITING
        assert (first.redirect_url or "").startswith("http")
    else:
        assert first.status is (S.AUTHORISED if case.is_held else S.SUCCEEDED)
    assert (first.amount_received_cents, first.amount_held_cents) == (
        (AMOUNT, 0) if first.status is S.SUCCEEDED else (0, AMOUNT if first.status is S.AUTHORISED else 0)
    )
    assert case.provider.look_up(first.ref) == again


def test_looking_up_tells_how_it_stands(case: Case) -> None:
    card, ref = case.begun()
    state = case.provider.look_up(ref)
    assert state.status is (S.AUTHORISED if case.is_held else S.SUCCEEDED)
    assert (state.payment_id, state.amount_received_cents + state.amount_held_cents) == (card.id, AMOUNT)
    with pytest.raises(ProviderRefused):
        case.provider.look_up(f"{ref[:-6]}000000")


def test_capturing_the_whole_or_less_happens_once(case: Case) -> None:
    for wanted in (AMOUNT, AMOUNT - 1_234):
        _, ref = case.begun()
        if not case.is_held:
            with pytest.raises(ProviderRefused):
                case.provider.capture(ref, 1)
            continue
        with pytest.raises(ProviderRefused):
            case.provider.capture(ref, AMOUNT + 1)
        states = [case.provider.capture(ref, wanted) for _ in range(3)]
        assert {(one.status, one.amount_received_cents, one.amount_held_cents) for one in states} == {
            (S.SUCCEEDED, wanted, 0)
        }
        with pytest.raises(ProviderRefused):
            case.provider.capture(ref, wanted - 1)


def test_cancelling_lets_go_what_is_held_and_never_what_was_taken(case: Case) -> None:
    _, ref = case.begun()
    states = [case.provider.cancel(ref) for _ in range(2)]
    if case.is_held:
        assert {(one.status, one.amount_received_cents, one.amount_held_cents) for one in states} == {
            (S.CANCELLED, 0, 0)
        }
        with pytest.raises(ProviderRefused):
            case.provider.capture(ref, 1)
    else:
        assert {(one.status, one.amount_received_cents) for one in states} == {(S.SUCCEEDED, AMOUNT)}


def test_cancelling_before_the_payer_came(case: Case) -> None:
    if not case.asks:
        return
    ref = case.provider.start(case.new()).ref
    assert case.provider.cancel(ref).status is S.CANCELLED
    assert case.provider.look_up(ref).status is S.CANCELLED


def test_refunds_partial_and_several_each_once_and_never_more_than_was_taken(case: Case) -> None:
    card, ref = case.taken()
    one, two = refund_of(card, 1_500, ref), refund_of(card, 3_000, ref)
    told = [case.provider.refund(wish) for wish in (one, one, two, replace(one, tries=2))]
    assert {(state.status, state.refund_key) for state in told} == {
        (RefundStatus.SUCCEEDED, one.key), (RefundStatus.SUCCEEDED, two.key),
    }  # fmt: skip
    assert told[0].ref == told[1].ref == told[3].ref != told[2].ref
    assert case.provider.look_up_refund(told[0].ref).status is RefundStatus.SUCCEEDED
    with pytest.raises(ProviderRefused):
        case.provider.refund(refund_of(card, 501, ref))
    assert case.provider.refund(refund_of(card, 500, ref)).status is RefundStatus.SUCCEEDED
    with pytest.raises(ProviderRefused):
        case.provider.refund(refund_of(card, 1, ref))


def test_nothing_is_refunded_of_what_was_never_taken(case: Case) -> None:
    if not (case.is_held or case.asks):
        return
    card = case.new()
    ref = case.provider.start(card).ref
    with pytest.raises(ProviderRefused):
        case.provider.refund(refund_of(card, 100, ref))


def test_a_forged_webhook_is_refused(case: Case) -> None:
    for signature in ("", "t=1,v1=00", f"t={int((START + timedelta(days=1)).timestamp())},v1=beef"):
        with pytest.raises(BadSignature):
            case.provider.read_event(b'{"id": "evt_1", "type": "payment_intent.succeeded"}', signature)


def test_a_balance_is_never_spent_twice(run: Callable[..., Any], database: Database) -> None:
    resident_id = new_id()
    run(holds.give_back, refund_of(payment(resident_id, Method.ALIPAY), AMOUNT + 1))
    provider = OwnProvider(run, Method.BALANCE)
    assert provider.start(payment(resident_id, Method.BALANCE)).status is S.SUCCEEDED
    with pytest.raises(ProviderRefused, match="balance_short"):
        provider.start(payment(resident_id, Method.BALANCE))
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT cents FROM payments_balance").scalars().all() == [1]
        assert connection.exec_driver_sql("SELECT count(*) FROM payments_hold").scalar() == 1


@pytest.mark.parametrize(
    ("currency", "cents", "shown"), [("CNY", 1_230, "¥12.30"), ("JPY", 1_230, "¥1,230"), ("SGD", 99, "S$0.99")]
)
def test_every_currency_is_sent_in_its_own_minor_unit(
    stripe: StripeProvider, double: DoubleProcess, currency: str, cents: int, shown: str
) -> None:
    begun = stripe.start(replace(payment(new_id(), Method.ALIPAY), currency=currency, amount_cents=cents))
    with urllib.request.urlopen(begun.redirect_url or "", timeout=SECONDS) as page:
        assert f'<h1 class="amount">{shown}</h1>' in page.read().decode()
    double.control(f"approve/{begun.ref}")
    assert stripe.look_up(begun.ref).amount_received_cents == cents


def test_wechat_pays_own_next_action_leads_to_the_page_with_its_picture(
    stripe: StripeProvider, double: DoubleProcess
) -> None:
    double.control("settings", native_actions=True)
    begun = stripe.start(payment(new_id(), Method.WECHAT_PAY))
    double.control("settings", native_actions=False)
    assert (begun.status, (begun.redirect_url or "").startswith(f"{double.url}/pay/{begun.ref}?")) == (S.WAITING, True)
