"""The books: what every account means and holds, one journal and its correction, closed months."""

from datetime import date
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.ledger import queries as ledger_room
from app.domains.ledger.service import reversals
from app.domains.ledger.values import REVERSIBLE, LedgerAccount, ReverseJournal
from app.domains.ledger.values.chart import CHART
from app.flows import books
from app.kernel.actors import Permission
from app.web.context import now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice
from hq_console.views.money import owners_of


@hq.get("/ledger/chart")
@needs(Permission.LEDGER_READ)
def chart() -> ResponseReturnValue:
    """Every account with its meaning and what it holds, on the side on which it grows."""
    choice = HubChoice()
    sums: dict[LedgerAccount, dict[str, int]] = {}
    for one in read(ledger_room.balances, None, None, choice.id):
        of_account = sums.setdefault(one.account, {})
        sign = 1 if CHART[one.account].is_debit else -1
        of_account[one.currency] = of_account.get(one.currency, 0) + sign * one.amount_cents
    return render_template("hq_console/chart.html", choice=choice, chart=CHART.values(), sums=sums)


@hq.get("/ledger/journals/<uuid:journal_id>")
@needs(Permission.LEDGER_READ)
def journal(journal_id: UUID) -> ResponseReturnValue:
    """One journal with its sides, and what reversed it."""
    return _journal_page(journal_id, Form({}))


@hq.post("/ledger/journals/<uuid:journal_id>")
@needs(Permission.LEDGER_CLOSE)
def reverse_journal(journal_id: UUID) -> ResponseReturnValue:
    """Undo a journal with a reason; with an amount its sides are booked anew."""
    found = read(ledger_room.get_journal, journal_id)
    form = Form(request.form)
    instead = form.cents("instead_cents", found.currency) if form.values.get("instead_cents", "").strip() else None
    wish = ReverseJournal(journal_id=journal_id, reason=form.text("reason", 300, needed=True), instead_cents=instead)
    if form.ok:
        with refusals_to(form.refuse):
            transact(reversals.reverse, wish)
            flash(_("Reversed. The old journal stays as it is."), "success")
            return redirect(url_for("hq.journal", journal_id=journal_id), 303)
    return _journal_page(journal_id, form), 422


def _journal_page(journal_id: UUID, form: Form) -> str:
    found = read(ledger_room.get_journal, journal_id)
    hub = next((h for h in read(communities.hubs) if h.id == found.hub_id), None)
    if hub:
        use_zone(hub.timezone)
    answers = read(ledger_room.answers_to, journal_id)
    return render_template(
        "hq_console/journal.html", journal=found, hub=hub, answers=answers, owners=owners_of([found, *answers]),
        may_reverse=found.kind in REVERSIBLE and not answers, values=form.values, errors=form.errors,
    )  # fmt: skip


@hq.get("/ledger/periods")
@needs(Permission.LEDGER_READ)
def periods() -> ResponseReturnValue:
    """A hub's months: what is closed, and what comes next."""
    choice = HubChoice(needed=True)
    waiting, closed = [], []
    if choice.hub:
        waiting = books.open_months(read, choice.hub.id, choice.hub.timezone, now())
        closed = read(ledger_room.periods, choice.hub.id)
    return render_template("hq_console/periods.html", choice=choice, waiting=waiting, closed=closed)


@hq.post("/ledger/periods")
@needs(Permission.LEDGER_CLOSE)
def close_period() -> ResponseReturnValue:
    """Close a month of a hub for good."""
    choice = HubChoice(needed=True, code=request.form.get("hub", ""))
    form = Form(request.form)
    try:
        month = date.fromisoformat(f"{form.values.get('month', '')}-01")
    except ValueError:
        flash(_("There is no such month."), "danger")
        return redirect(url_for("hq.periods", hub=choice.code), 303)
    if choice.hub:
        with refusals_to(flash_refusal):
            card = transact(books.close_month, choice.hub.id, month)
            flash(_("Closed. No journal is posted into this month any more."), "success")
            return redirect(url_for("hq.period", period_id=card.id), 303)
    return redirect(url_for("hq.periods", hub=choice.code), 303)


@hq.get("/ledger/periods/<uuid:period_id>")
@needs(Permission.LEDGER_READ)
def period(period_id: UUID) -> ResponseReturnValue:
    """The trial balance of a closed month."""
    card = read(ledger_room.get_period, period_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    sums = read(ledger_room.period_sums, period_id)
    order = list(CHART)
    return render_template(
        "hq_console/period.html", period=card, hub=hub, chart=CHART,
        sums=sorted(sums, key=lambda row: (row.currency, order.index(row.account))),
    )  # fmt: skip
