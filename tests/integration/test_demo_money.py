"""The made-up city's money: the double keeps real time, and its books are dated back to the city's."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.domains.payments.gateways.stripe import StripeProvider
from app.domains.payments.values import Method, PaymentStatus
from app.flows import payment, reconciliation
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.uow import Database
from tests.conftest import START
from tests.factories.payments import BACK, make_shop
from tools.demo_money import date_back
from tools.stripe_double.launcher import DoubleProcess

Call = Callable[..., Any]


def test_a_day_that_was_lived_by_a_moved_clock_matches(
    run: Call, read: Call, database: Database, database_url: str, clock: SetClock, tmp_path: Path
) -> None:
    shop, state = make_shop(run, read, database), tmp_path / "stripe.db"
    with DoubleProcess().start("http://127.0.0.1:9/", "whsec_x", state, extra=("--webhook-copies", "0")) as double:
        provider = StripeProvider("sk_test_demo", double.url, "whsec_x", retries=0)
        paid = payment.start_payment(shop.run, provider, shop.place(1).id, BACK, PayWish(method=Method.CARD_TEST))
        assert paid.status is PaymentStatus.SUCCEEDED
        clock.move_to(START + timedelta(days=1))
        before = reconciliation.reconcile(run, provider, START.date())
        double.stop()
        dated = date_back(state, database_url)
        double.restart()
        after = reconciliation.reconcile(run, provider, START.date())
        provider.close()
    assert (before.bookings, before.matched, before.open) == (0, 0, 1)
    assert dated == 1
    assert (after.bookings, after.matched, after.open) == (1, 1, 0)
