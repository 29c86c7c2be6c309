"""Reconciliation at HQ: the days that were compared with the payment provider, and what to do about differences."""

from datetime import date
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.reconciliation import queries
from app.domains.reconciliation.service import comparing
from app.domains.reconciliation.values import ACTIONS, Action, Decide, DifferenceCard
from app.flows import reconciliation as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import read, services, transact
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import ask_page


@hq.get("/reconciliation")
@needs(Permission.LEDGER_READ)
def reconciliation() -> ResponseReturnValue:
    """Compared days, newest first."""
    return render_template("hq_console/reconciliation.html", page=read(queries.days, ask_page()))


@hq.get("/reconciliation/<on>")
@needs(Permission.LEDGER_READ)
def reconciled_day(on: str) -> ResponseReturnValue:
    """One day with its sums and differences."""
    return _day_page(_day(on))


@hq.post("/reconciliation/<on>")
@needs(Permission.LEDGER_CLOSE)
def reconcile(on: str) -> ResponseReturnValue:
    """Fetch a day again and compare it."""
    day = _day(on)
    try:
        flow.reconcile(transact, services().provider, day)
    except DomainError as refusal:
        flash(say(refusal), "danger")
    except (ProviderUnreachable, ProviderRefused) as failure:
        flash(_("The payment provider does not answer as it should: %(why)s", why=str(failure)), "danger")
    else:
        flash(_("Compared."), "success")
    return redirect(url_for("hq.reconciled_day", on=day.isoformat()), 303)


@hq.post("/reconciliation/differences/<uuid:difference_id>")
@needs(Permission.LEDGER_CLOSE)
def decide_difference(difference_id: UUID) -> ResponseReturnValue:
    """Fetch and book, book by hand, or let it stand with a reason."""
    card = read(queries.get_difference, difference_id)
    form = Form(request.form)
    action = form.one_of("action", Action)
    if form.ok and action in ACTIONS[card.kind]:
        try:
            _act(action, card, form)
        except DomainError as refusal:
            form.refuse(refusal)
        except (ProviderUnreachable, ProviderRefused) as failure:
            form.errors[""] = _("The payment provider does not answer as it should: %(why)s", why=str(failure))
        else:
            flash(_("Done."), "success")
            return redirect(url_for("hq.reconciled_day", on=card.on.isoformat()), 303)
    return _day_page(card.on, card.id, form), 422


def _act(action: Action, card: DifferenceCard, form: Form) -> None:
    wish = Decide(difference_id=card.id, reason=form.values.get("reason", ""), hub_id=form.uuid("hub_id"))
    if action is Action.FETCH:
        flow.fetch_and_book(transact, services().provider, card)
    elif action is Action.BOOK:
        transact(comparing.book, wish)
    else:
        transact(comparing.decide, wish)


def _day(on: str) -> date:
    try:
        return date.fromisoformat(on)
    except ValueError:
        abort(404)


def _day_page(on: date, wrong_id: UUID | None = None, form: Form | None = None) -> str:
    form = form or Form({})
    return render_template(
        "hq_console/reconciled_day.html", on=on, day=read(queries.find_day, on), sums=read(queries.day_sums, on),
        differences=read(queries.differences, on), actions=ACTIONS, wrong_id=wrong_id, values=form.values,
        errors=form.errors, hubs=[(hub.id, tr(hub)) for hub in read(communities.hubs)],
    )  # fmt: skip
