"""Paying: out to the provider's page and back again."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domains.payments import queries as payments
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.payments.values import PaymentCard, PaymentStatus
from app.flows import payment as flow
from app.kernel.states import WrongState
from app.web.context import read, services, transact
from app.web.pages import is_fragment
from storefront.doors import mine
from storefront.receipts import own_order, receipt
from storefront.words import gettext as _


@mine.post("/orders/<uuid:order_id>/pay")
def pay(order_id: UUID) -> ResponseReturnValue:
    """Send the payer to the provider's page; an open payment is continued."""
    back = services().settings.public_url + url_for("mine.paid", order_id=order_id)
    try:
        payment = flow.start_payment(transact, services().provider, order_id, back)
    except WrongState:
        own_order(order_id)
        flash(_("This order does not wait for a payment any more."), "warning")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    if payment.redirect_url:
        return redirect(payment.redirect_url, 303)
    if payment.status is PaymentStatus.SUCCEEDED:
        return redirect(url_for("mine.paid", order_id=order_id), 303)
    if payment.status is PaymentStatus.FAILED:
        flash(_("The payment service declined: nothing was charged. Please try again."), "danger")
    else:
        flash(_("The payment service does not answer at the moment. Nothing is lost: please try again."), "warning")
    return redirect(url_for("mine.order", order_id=order_id), 303)


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
    if payment.status is PaymentStatus.SUCCEEDED:
        return "paid" if is_kept else "returned"
    return {PaymentStatus.FAILED: "failed", PaymentStatus.CANCELLED: "cancelled"}.get(payment.status, "waiting")
