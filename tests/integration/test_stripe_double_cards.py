"""The double's customers, kept cards, authorisations and payouts, driven by the official library."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from tests.patience import SECONDS
from tools.stripe_double.launcher import DoubleProcess

BACK = "https://shop.example/cards"


@pytest.fixture(scope="module")
def double() -> Iterator[DoubleProcess]:
    # Nobody listens at the webhook's address: these tests are about objects.
    with DoubleProcess().start("http://127.0.0.1:9/", "whsec_cards", extra=("--webhook-tries", "1")) as process:
        yield process


@pytest.fixture
def client(double: DoubleProcess) -> Iterator[stripe.StripeClient]:
    double.control("settings", check_balance=False)
    http_client = stripe.RequestsClient(timeout=SECONDS)
    yield stripe.StripeClient(
        "sk_test_cards", base_addresses={"api": double.url}, http_client=http_client, max_network_retries=0
    )
    http_client.close()


def send(url: str, **form: str) -> tuple[int, str, str]:
    """Send a form without following its redirect: status, where it leads, body."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(
            url, urllib.parse.urlencode(form).encode(), timeout=SECONDS
        ) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as told:
        return told.code, told.headers["Location"] or "", told.read().decode()


def test_a_card_is_kept_on_the_hosted_page_listed_used_and_taken_away(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"name": "王梅"})
    session = client.v1.checkout.sessions.create(
        {"mode": "setup", "customer": customer.id, "currency": "cny", "success_url": BACK, "cancel_url": BACK + "?no"}
    )
    assert (session.status, session.mode) == ("open", "setup")
    page = urllib.request.urlopen(session.url or "", timeout=SECONDS).read().decode()
    assert page.count('type="radio"') == 4
    refused = send(f"{session.url}/save", card="chargeDeclinedInsufficientFunds")
    assert (refused[0], "银行拒绝了这张卡" in refused[2]) == (402, True)
    assert send(f"{session.url}/save", card="visa")[:2] == (303, BACK)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "complete"
    [card] = client.v1.customers.payment_methods.list(customer.id, {"type": "card"}).data
    assert (card.customer, card.card and card.card.last4) == (customer.id, "4242")
    wish: Any = {
        "amount": 900, "currency": "cny", "customer": customer.id, "payment_method": card.id, "confirm": True,
        "allowed_payment_method_types": ["card"], "return_url": BACK,
    }  # fmt: skip
    assert client.v1.payment_intents.create(wish).status == "succeeded"
    client.v1.payment_methods.detach(card.id)
    assert client.v1.customers.payment_methods.list(customer.id).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_intents.create(wish)


def test_a_kept_card_belongs_to_its_customer(client: stripe.StripeClient) -> None:
    first, second = (client.v1.customers.create() for _ in range(2))
    setup = client.v1.setup_intents.create(
        {"customer": first.id, "payment_method": "pm_card_visa", "confirm": True, "usage": "on_session"}
    )
    assert (setup.status, client.v1.setup_intents.retrieve(setup.id).customer) == ("succeeded", first.id)
    method = str(setup.payment_method)
    with pytest.raises(stripe.InvalidRequestError, match="another Customer"):
        client.v1.payment_intents.create(
            {"amount": 1, "currency": "cny", "customer": second.id, "payment_method": method}
        )
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(method, {"customer": second.id})


@pytest.mark.parametrize(("button", "ends"), [("approve", "succeeded"), ("decline", "requires_payment_method")])
def test_a_setup_that_asks_waits_for_the_payer(client: stripe.StripeClient, button: str, ends: str) -> None:
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create(
        {
            "customer": customer.id, "payment_method": "pm_card_threeDSecure2Required", "confirm": True,
            "return_url": BACK,
        }
    )  # fmt: skip
    assert setup.status == "requires_action"
    url, secret = setup.to_dict()["next_action"]["redirect_to_url"]["url"].split("?client_secret=")
    assert "验证银行卡" in urllib.request.urlopen(f"{url}?client_secret={secret}", timeout=SECONDS).read().decode()
    status, where, _ = send(f"{url}/{button}", client_secret=secret)
    assert (status, where.startswith(BACK)) == (303, True)
    assert client.v1.setup_intents.retrieve(setup.id).status == ends
    kept = client.v1.customers.payment_methods.list(customer.id).data
    assert len(kept) == (1 if button == "approve" else 0)


def test_declined_and_cancelled_setups(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as told:
        client.v1.setup_intents.create({"payment_method": "pm_card_visa_chargeDeclined", "confirm": True})
    assert told.value.code == "card_declined"
    setup = client.v1.setup_intents.create({})
    assert client.v1.setup_intents.cancel(setup.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        client.v1.setup_intents.confirm(setup.id, {"payment_method": "pm_card_visa"})
    with pytest.raises(stripe.InvalidRequestError, match="only the mode"):
        client.v1.checkout.sessions.create({"mode": "payment", "success_url": BACK})


def test_an_authorisation_expires_and_redirects_cannot_be_authorised(
    client: stripe.StripeClient, double: DoubleProcess
) -> None:
    wish: Any = {"amount": 500, "currency": "cny", "confirm": True, "capture_method": "manual", "return_url": BACK}
    card = client.v1.payment_intents.create({**wish, "payment_method": "pm_card_visa"})
    assert card.status == "requires_capture"
    double.control(f"expire/{card.id}")
    lapsed = client.v1.payment_intents.retrieve(card.id)
    assert (lapsed.status, lapsed.cancellation_reason, lapsed.amount_received) == ("canceled", "automatic", 0)
    with pytest.raises(stripe.InvalidRequestError, match="alipay does not support manual capture"):
        client.v1.payment_intents.create({**wish, "payment_method_data": {"type": "alipay"}})


def test_transfers_and_payouts_need_money_when_told_so_and_a_payout_may_come_back(
    client: stripe.StripeClient, double: DoubleProcess
) -> None:
    double.control("settings", check_balance=True)
    with pytest.raises(stripe.InvalidRequestError) as told:
        client.v1.payouts.create({"amount": 1_000, "currency": "sgd"})
    assert told.value.code == "balance_insufficient"
    client.v1.payment_intents.create(
        {"amount": 2_000, "currency": "sgd", "payment_method": "pm_card_visa", "confirm": True, "return_url": BACK}
    )
    key: Any = {"idempotency_key": "transfer-1"}
    sent = [
        client.v1.transfers.create({"amount": 700, "currency": "sgd", "destination": "acct_li"}, key) for _ in range(2)
    ]
    assert sent[0].id == sent[1].id == client.v1.transfers.retrieve(sent[0].id).id
    payout = client.v1.payouts.create({"amount": 1_000, "currency": "sgd"}, {"idempotency_key": "payout-1"})
    double.control(f"fail_payout/{payout.id}")
    double.control(f"fail_payout/{payout.id}")
    assert client.v1.payouts.retrieve(payout.id).status == "failed"
    lines = client.v1.balance_transactions.list({"currency": "sgd", "created": {"gte": 0}}).data
    assert [(line.type, line.amount, line.fee) for line in lines] == [
        ("payout_failure", 1_000, 0), ("payout", -1_000, 0), ("transfer", -700, 0), ("charge", 2_000, 88),
    ]  # fmt: skip
