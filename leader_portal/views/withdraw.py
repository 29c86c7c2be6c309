"""Withdrawing: what is available, where it goes, the wish, and how far each withdrawal is."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.payouts import queries
from app.domains.payouts.errors import BalanceChanged
from app.domains.payouts.service import details, payouts
from app.domains.payouts.values import AskPayout, Details, PayeeKind, PayoutFilter, PayoutWay
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.money import parse_cents
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import asked_page, here, leader


@leader.get("/withdraw")
def withdraw() -> ResponseReturnValue:
    """What is available and what is not, the form, and earlier withdrawals."""
    return _page({}, {})


@leader.post("/withdraw")
def ask_payout() -> ResponseReturnValue:
    """Ask for a withdrawal; what is wrong stands beside the field and what was typed stays."""
    typed = {name: request.form.get(name, "").strip()[:60] for name in ("amount_cents", "shown_cents", "key")}
    try:
        amount = parse_cents(typed["amount_cents"], here().hub.currency)
        shown = int(typed["shown_cents"])
    except ValueError:
        return _page(typed, {"amount_cents": _("An amount such as 19.90.")}), 422
    wish = AskPayout(amount_cents=amount, shown_cents=shown, idempotency_key=typed["key"] or str(new_id()))
    try:
        card = transact(payouts.ask, wish)
    except BalanceChanged as refusal:
        return _page(typed, {"": say(refusal)}), refusal.status
    except DomainError as refusal:
        field = "amount_cents" if not isinstance(refusal, Invalid) or refusal.field == "amount_cents" else ""
        return _page(typed, {field: say(refusal)}), refusal.status
    flash(_("Asked for. You can follow it here."), "success")
    return redirect(url_for("leader.payout", payout_id=card.id), 303)


@leader.get("/withdraw/<uuid:payout_id>")
def payout(payout_id: UUID) -> ResponseReturnValue:
    """One withdrawal with its steps."""
    card = read(queries.get_payout, payout_id)
    if card.payee_id != here().id:
        raise NotFound("payout")
    steps, waits = read(queries.events_of, card.id), card.not_before_at > now()
    return render_template("leader_portal/payout.html", card=card, events=steps, waits=waits)


@leader.get("/bank")
def bank_details() -> ResponseReturnValue:
    """Where the money goes."""
    return _bank({}, {})


@leader.post("/bank")
def save_bank_details() -> ResponseReturnValue:
    """Write down where the money goes; the number itself is never shown again."""
    typed = {name: request.form.get(name, "").strip()[:80] for name in ("way", "holder", "bank_name", "account_no")}
    way = PayoutWay.STRIPE if typed["way"] == PayoutWay.STRIPE.value else PayoutWay.BANK_FILE
    wish = Details(way=way, holder=typed["holder"], bank_name=typed["bank_name"], account_no=typed["account_no"])
    try:
        transact(details.save_own, here().hub.id, wish)
    except Invalid as refusal:
        return _bank(typed, {refusal.field: say(refusal)}), refusal.status
    flash(_("Saved. Payouts go there from now on."), "success")
    return redirect(url_for("leader.withdraw"), 303)


def _page(typed: dict[str, str], errors: dict[str, str]) -> str:
    at = here()
    wanted = PayoutFilter(payee_id=at.id)
    return render_template(
        "leader_portal/withdraw.html", typed=typed, errors=errors, key=typed.get("key") or str(new_id()),
        currency=at.hub.currency, policy=read(queries.policy_of, at.hub.id), now=now(),
        available=read(queries.available_cents, PayeeKind.LEADER, at.id, None, at.hub.currency),
        frozen=-_sum(LedgerAccount.LEADER_FROZEN), cash=_sum(LedgerAccount.LEADER_CASH),
        transit=-_sum(LedgerAccount.PAYOUT_TRANSIT), bank=read(queries.details_of, at.id),
        page=read(queries.payouts, wanted, asked_page()),
    )  # fmt: skip


def _sum(account: LedgerAccount) -> int:
    at = here()
    return sum(b.amount_cents for b in read(ledger.balances, account, at.id) if b.currency == at.hub.currency)


def _bank(typed: dict[str, Any], errors: dict[str, str]) -> str:
    at = here()
    return render_template(
        "leader_portal/bank.html", typed=typed, errors=errors, bank=read(queries.details_of, at.id),
        policy=read(queries.policy_of, at.hub.id),
    )  # fmt: skip
