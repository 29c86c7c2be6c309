"""Paying: out to the provider's page and back again."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.payments import queries as payments
from app.domains.payments.errors import BalanceShort, CashMissed, CashNotTaken, NoSuchCard
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.payments.values import BACKING, Method, PaymentCard, PaymentStatus
from app.flows import payment as flow
from app.flows.pay_wish import PayWish
from app.kernel.states import WrongState
from app.web.context import read, services, transact
from app.web.pages import is_fragment
from app.web.say import say
from storefront.doors import mine
from storefront.receipts import own_order, receipt
from storefront.words import gettext as _


@mine.post("/orders/<uuid:order_id>/pay")
def pay(order_id: UUID) -> ResponseReturnValue:
    """Send the payer to the provider's page; an open payment is continued."""
    back = services().settings.public_url + url_for("mine.paid", order_id=order_id)
    wish = _wish()
    if wish.method == Method.CARD and wish.card_ref is None and not _balance_is_enough(order_id, wish):
        use = "1" if wish.use_balance else None
        return redirect(url_for("mine.cards", order=order_id, use_balance=use), 303)
    try:
        payment = flow.start_payment(transact, services().provider, order_id, back, wish)
    except (BalanceShort, CashMissed, CashNotTaken, NoSuchCard) as refusal:
        flash(say(refusal), "warning")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    except WrongState:
        own_order(order_id)
        flash(_("This order does not wait for a payment any more."), "warning")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    if payment.redirect_url:
        return redirect(payment.redirect_url, 303)
    if payment.status in BACKING:
        return redirect(url_for("mine.paid", order_id=order_id), 303)
    if payment.status is PaymentStatus.FAILED:
        flash(_("The payment service declined: nothing was charged. Please try again."), "danger")
    else:
        flash(_("The payment service does not answer at the moment. Nothing is lost: please try again."), "warning")
    return redirect(url_for("mine.order", order_id=order_id), 303)


def _wish() -> PayWish:
    """What the form asks for; an unknown way is the usual one."""
    form = request.form
    known = {Method.ALIPAY, Method.WECHAT_PAY, Method.CARD, Method.CASH, Method.BALANCE}
    method = next((one for one in known if one.value == form.get("method")), Method.ALIPAY)
    return PayWish(
        method=method, use_balance=form.get("use_balance") == "1", card_ref=form.get("card_ref", "")[:100] or None,
        cash_misses=services().settings.cash_misses,
    )  # fmt: skip


def _balance_is_enough(order_id: UUID, wish: PayWish) -> bool:
    order = own_order(order_id)
    return wish.use_balance and read(payments.balance_of, order.resident_id, order.currency) >= order.total_cents


@mine.get("/orders/<uuid:order_id>/paid")
def paid(order_id: UUID) -> ResponseReturnValue:
    """Back from the provider: ask it how the payment stands, and say so."""
    own_order(order_id)
    payment = _news(read(payments.payment_of_order, order_id))
    if payment is None:
        return redirect(url_for("mine.order", order_id=order_id), 303)
    card = receipt(order_id)
    template = "storefront/_paid.html" if is_fragment() else "storefront/paid.html"
    return render_template(
        template, card=card, payment=payment, outcome=_outcome(payment, is_kept=card.code is not None)
    )


def _news(payment: PaymentCard | None) -> PaymentCard | None:
    """The payment as the provider knows it; as we know it when the provider is silent."""
    if payment is None or not payment.is_open:
        return payment
    try:
        return flow.sync_payment(transact, services().provider, payment.id)
    except (ProviderUnreachable, ProviderRefused):
        return payment


def _outcome(payment: PaymentCard, *, is_kept: bool) -> str:
    """What to tell: paid, returned (too late), failed, given up, or not known yet."""
    if payment.status in BACKING:
        return "paid" if is_kept else "returned"
    return {PaymentStatus.FAILED: "failed", PaymentStatus.CANCELLED: "cancelled"}.get(payment.status, "waiting")
