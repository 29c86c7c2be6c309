"""Money that comes at every moment of an order's life: kept where the goods can be had, else back whole, never lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.analytics import queries as analytics
from app.domains.orders.values import AmendOrder, OrderItem, OrderStatus
from app.domains.payments import queries
from app.domains.payments.values import Method
from app.flows import checkout, payment
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.uow import Database
from tests.conftest import START
from tests.factories.payments import BACK, PRICE, Shop, book, make_shop
from tests.factories.provider import ApprovingProvider

Call = Callable[..., Any]
Status = OrderStatus


def nothing(_shop: Shop, _order_id: Any, _clock: SetClock, _run: Call) -> None:
    """In time."""


def past_its_time(_shop: Shop, _order_id: Any, clock: SetClock, _run: Call) -> None:
    """After its time, before anybody noticed."""
    clock.move_to(START + timedelta(minutes=16))


def lapsed(shop: Shop, order_id: Any, clock: SetClock, run: Call) -> None:
    """Lapsed, while there are goods."""
    past_its_time(shop, order_id, clock, run)
    assert run(checkout.lapse) == 1


def sold_out(shop: Shop, order_id: Any, clock: SetClock, run: Call) -> None:
    """Lapsed, and somebody else has the goods."""
    lapsed(shop, order_id, clock, run)
    with shop.database.engine.begin() as connection:
        connection.execute(text("UPDATE groupbuys_offer SET quota = sold_qty"))


def after_the_cutoff(shop: Shop, order_id: Any, clock: SetClock, run: Call) -> None:
    """Lapsed, and nothing is sold any more."""
    lapsed(shop, order_id, clock, run)
    clock.move_to(START + timedelta(days=1))


def cancelled(shop: Shop, order_id: Any, _clock: SetClock, _run: Call) -> None:
    """Cancelled by its resident."""
    shop.run(checkout.cancel, order_id)


def amended(shop: Shop, order_id: Any, _clock: SetClock, _run: Call) -> None:
    """Amended to another sum."""
    items = (OrderItem(offer_id=shop.offer_id, qty=2),)
    shop.run(checkout.amend, AmendOrder(order_id=order_id, items=items))


@pytest.mark.parametrize("method", [Method.ALIPAY, Method.CARD])
@pytest.mark.parametrize(
    ("moment", "ends", "reason"),
    [
        (nothing, Status.PAID, ""),
        (past_its_time, Status.PAID, ""),
        (lapsed, Status.PAID, ""),
        (sold_out, Status.LAPSED, "late_payment"),
        (after_the_cutoff, Status.LAPSED, "late_payment"),
        (cancelled, Status.CANCELLED, "late_payment"),
        (amended, Status.PLACED, "wrong_sum"),
    ],
)  # fmt: skip
def test_money_at_every_moment(
    run: Call, read: Call, database: Database, clock: SetClock, services: Any, work: Call, method: Method,
    moment: Callable[..., None], ends: OrderStatus, reason: str,
) -> None:  # fmt: skip
    shop = make_shop(run, read, database)
    provider: ApprovingProvider = services.provider
    provider.at_once = False
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO payments_payer (resident_id, refunds_to, customer_ref) VALUES (:id, 'source', 'cus_1')"),
            {"id": shop.resident_id},
        )
    order = shop.place()
    wish = PayWish(method=method, card_ref="pm_1" if method is Method.CARD else None)
    begun = payment.start_payment(shop.run, provider, order.id, BACK, wish)
    moment(shop, order.id, clock, run)
    provider.approve(begun.provider_ref or "")
    payment.sync_payment(shop.run, provider, begun.id)
    work()
    assert shop.order(order.id).status is ends
    card = read(queries.get_payment, begun.id)
    is_card, kept = method is Method.CARD, 0 if reason else PRICE
    assert [(one.reason, one.amount_cents) for one in read(queries.refunds_of_order, order.id)] == (
        [(reason, PRICE)] if reason else []
    )
    if is_card:  # held, or let go: nothing is taken yet
        assert (card.amount_cents - card.released_cents, provider.charged_cents) == (kept, 0)
    else:
        assert card.received_cents - card.refunded_cents == provider.charged_cents - provider.refunded_cents == kept
    assert book(read).get("provider_clearing", 0) == (0 if is_card else kept)
    assert read(analytics.broken_invariants, clock.now()) == []
