"""The resident's money: her balance with its history, where refunds go, and the cards that she keeps."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.payments import queries as payments
from app.domains.payments.errors import ProviderSilent
from app.domains.payments.service import holds
from app.domains.payments.values import EntryKind, KeptCard, Route
from app.flows import cards as flow
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import actor_id, read, services, transact
from app.web.say import say
from storefront.doors import mine
from storefront.market import market_of_visitor
from storefront.receipts import own_order, receipt
from storefront.words import gettext as _

PER_PAGE = 30


@mine.get("/balance")
def balance() -> ResponseReturnValue:
    """What she has, where refunds go, and every change."""
    cursor = request.args.get("cursor")
    page = read(payments.balance_entries, actor_id(), PageAsk(PER_PAGE, decode_cursor(cursor) if cursor else None))
    return render_template(
        "storefront/balance.html", sums=read(payments.balances, actor_id()), page=page,
        payer=read(payments.payer, actor_id()), words=_entry_words(), currency=_currency(),
    )  # fmt: skip


@mine.post("/balance/refunds")
def choose_refunds() -> ResponseReturnValue:
    """Let refunds go to the balance from now on, or back the way the money came."""
    try:
        to = Route(request.form.get("to", ""))
    except ValueError as wrong:
        raise Invalid(field="refunds_to", reason="is neither source nor balance") from wrong
    transact(holds.choose_route, to)
    flash(_("Saved. It holds for refunds from now on."), "success")
    return redirect(url_for("mine.balance"), 303)


@mine.get("/cards")
def cards() -> ResponseReturnValue:
    """The cards that she keeps; with an order they pay it."""
    order_id = _order_id(request.args.get("order", ""))
    card = receipt(order_id) if order_id else None
    has_balance = request.args.get("use_balance") == "1"
    kept, is_silent = _kept()
    return render_template(
        "storefront/cards.html", kept=kept, is_silent=is_silent, card=card if card and card.can_pay else None,
        use_balance=has_balance,
    )  # fmt: skip


@mine.post("/cards")
def add_card() -> ResponseReturnValue:
    """Off to the provider's page, where a card is entered; we never see its number."""
    order_id = _order_id(request.form.get("order", ""))
    back = url_for("mine.cards", order=order_id, use_balance=request.form.get("use_balance") or None)
    try:
        page = flow.ask_for_card(
            transact, services().provider, read(payments.payer, actor_id()), _currency(),
            services().settings.public_url + back,
        )  # fmt: skip
    except ProviderSilent as silence:
        flash(say(silence), "warning")
        return redirect(back, 303)
    return redirect(page, 303)


@mine.post("/cards/forget")
def forget_card() -> ResponseReturnValue:
    """Take a card away for good; only one of her own."""
    try:
        flow.forget_card(services().provider, read(payments.payer, actor_id()), request.form.get("ref", ""))
        flash(_("The card is forgotten."), "success")
    except ProviderSilent as silence:
        flash(say(silence), "warning")
    return redirect(url_for("mine.cards"), 303)


def _kept() -> tuple[list[KeptCard], bool]:
    """Her cards, and whether the provider was silent."""
    try:
        return flow.kept_cards(services().provider, read(payments.payer, actor_id())), False
    except ProviderSilent:
        return [], True


def _order_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        order_id = UUID(text)
    except ValueError as wrong:
        raise NotFound("order") from wrong
    own_order(order_id)
    return order_id


def _currency() -> str:
    group_buy = market_of_visitor().group_buy
    return group_buy.currency if group_buy else "CNY"


def _entry_words() -> dict[EntryKind, str]:
    return {
        EntryKind.HELD: _("Paid with"),
        EntryKind.RELEASED: _("Not needed, given back"),
        EntryKind.REFUNDED: _("Refund"),
    }
