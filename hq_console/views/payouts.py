"""Payouts at HQ: approving by two, files for the bank and its answers, and a hub's rules of withdrawing."""

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.payouts import queries
from app.domains.payouts.service import batches, details, payouts as room
from app.domains.payouts.values import PayeeKind, PayoutFilter, PayoutStatus, Policy
from app.flows.payouts import take_answer as take_answer_file
from app.infra.tables import RowErrors
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import actor_id, now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.say import say
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_id, chips_of

#: The console's pages take files of some megabytes; a bank's answer has some hundred lines.
MAX_ANSWER_BYTES = 4 * 1024 * 1024


@hq.get("/payouts")
@needs(Permission.PAYOUTS_READ)
def payouts() -> ResponseReturnValue:
    """Payouts, newest first, and what is under way."""
    choice = HubChoice()
    status = next((s for s in PayoutStatus if s.value == request.args.get("status")), None)
    kind = next((k for k in PayeeKind if k.value == request.args.get("payee")), None)
    wanted = PayoutFilter(hub_id=choice.id, status=status, payee_kind=kind, payee_id=asked_id("owner"))
    return render_template(
        "hq_console/payouts.html", page=read(queries.payouts, wanted, ask_page()), choice=choice,
        counts=read(queries.counts, choice.id), status_chips=chips_of("status", names.choices(PayoutStatus), _("All")),
        kind_chips=chips_of("payee", names.choices(PayeeKind), _("All")),
    )  # fmt: skip


@hq.get("/payouts/<uuid:payout_id>")
@needs(Permission.PAYOUTS_READ)
def payout(payout_id: UUID) -> ResponseReturnValue:
    """One payout with its steps, and what may be decided now."""
    return _payout_page(payout_id, Form({}))


@hq.post("/payouts/<uuid:payout_id>/approve")
@needs(Permission.PAYOUTS_APPROVE)
def approve_payout(payout_id: UUID) -> ResponseReturnValue:
    """Approve; above the limit the first approval waits for somebody else's."""
    form = Form(request.form)
    try:
        card = transact(room.approve, payout_id)
    except DomainError as refusal:
        form.refuse(refusal)
        return _payout_page(payout_id, form), refusal.status
    done = card.status is not PayoutStatus.ASKED
    flash(_("Approved.") if done else _("Approved by you. A second person has to approve as well."), "success")
    return redirect(url_for("hq.payout", payout_id=payout_id), 303)


@hq.post("/payouts/<uuid:payout_id>/reject")
@needs(Permission.PAYOUTS_APPROVE)
def reject_payout(payout_id: UUID) -> ResponseReturnValue:
    """Refuse with a reason; the money goes back to the balance."""
    form = Form(request.form)
    reason = form.text("reason", needed=True)
    return _decide(payout_id, form, room.reject, reason, _("Rejected. The money is back on the balance."))


@hq.post("/payouts/<uuid:payout_id>/paid")
@needs(Permission.PAYOUTS_APPROVE)
def payout_paid(payout_id: UUID) -> ResponseReturnValue:
    """Note a transfer made by hand."""
    form = Form(request.form)
    ref = form.text("bank_ref", 60, needed=True)
    return _decide(payout_id, form, room.mark_paid_by_hand, ref, _("Noted as paid."))


def _decide(payout_id: UUID, form: Form, act: Any, word: str, told: str) -> ResponseReturnValue:
    if form.ok:
        with refusals_to(form.refuse):
            transact(act, payout_id, word)
            flash(told, "success")
            return redirect(url_for("hq.payout", payout_id=payout_id), 303)
    return _payout_page(payout_id, form), 422


def _payout_page(payout_id: UUID, form: Form) -> str:
    card = read(queries.get_payout, payout_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    return render_template(
        "hq_console/payout.html", card=card, hub=hub, form=form, events=read(queries.events_of, card.id), me=actor_id(),
        now=now(), batch=read(queries.get_batch, card.batch_id) if card.batch_id else None,
    )  # fmt: skip


@hq.get("/bank-files")
@needs(Permission.PAYOUTS_READ)
def bank_files() -> ResponseReturnValue:
    """Files for the bank, newest first."""
    choice = HubChoice(needed=True)
    return render_template(
        "hq_console/bank_files.html", choice=choice, page=read(queries.batches, choice.id, ask_page()),
        waiting=read(queries.waiting_for_file, choice.id),
    )  # fmt: skip


@hq.post("/bank-files")
@needs(Permission.PAYOUTS_APPROVE)
def make_bank_file() -> ResponseReturnValue:
    """Put everything that waits for the bank into one file."""
    choice = HubChoice(needed=True, code=request.form.get("hub", ""))
    try:
        card = transact(batches.make, choice.id or UUID(int=0))
    except DomainError as refusal:
        flash(say(refusal), "warning")
        return redirect(url_for("hq.bank_files", hub=choice.code), 303)
    flash(_("The file is made. Download it and bring it to the bank."), "success")
    return redirect(url_for("hq.bank_file", batch_id=card.id), 303)


@hq.get("/bank-files/<uuid:batch_id>")
@needs(Permission.PAYOUTS_READ)
def bank_file(batch_id: UUID) -> ResponseReturnValue:
    """One file with its payouts, and the place for the bank's answer."""
    return _file_page(batch_id, Form({}))


@hq.get("/bank-files/<uuid:batch_id>.csv")
@needs(Permission.PAYOUTS_APPROVE)
def bank_file_csv(batch_id: UUID) -> ResponseReturnValue:
    """The very file, the same bytes each time."""
    content, card = transact(batches.download, batch_id), read(queries.get_batch, batch_id)
    answer = Response(content, mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{card.no}.csv")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@hq.post("/bank-files/<uuid:batch_id>/answer")
@needs(Permission.PAYOUTS_APPROVE)
def take_answer(batch_id: UUID) -> ResponseReturnValue:
    """Take in what the bank says, all lines or none."""
    form, upload = Form(request.form), request.files.get("file")
    if not upload or not upload.filename:
        form.errors["file"] = _("Please choose a file.")
        return _file_page(batch_id, form), 422
    try:
        new = take_answer_file(transact, batch_id, upload.filename, upload.read(MAX_ANSWER_BYTES))
    except RowErrors as refusal:
        form.errors["file"] = say(refusal)
        return _file_page(batch_id, form, refusal.errors), 422
    flash(_("Taken in: %(num)s new answers.", num=new), "success")
    return redirect(url_for("hq.bank_file", batch_id=batch_id), 303)


def _file_page(batch_id: UUID, form: Form, faults: Any = ()) -> str:
    card = read(queries.get_batch, batch_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    page = read(queries.payouts, PayoutFilter(batch_id=batch_id), ask_page(100))
    return render_template("hq_console/bank_file.html", card=card, hub=hub, page=page, form=form, faults=faults)


@hq.get("/payouts/rules")
@needs(Permission.PAYOUTS_READ)
def payout_rules() -> ResponseReturnValue:
    """A hub's least sum, fee, limit for one approver, and pause after changed bank details."""
    return _rules_page(HubChoice(needed=True), Form({}))


@hq.post("/payouts/rules")
@needs(Permission.PAYOUTS_SET_RULES)
def save_payout_rules() -> ResponseReturnValue:
    """Save a hub's rules."""
    choice, form = HubChoice(needed=True, code=request.form.get("hub", "")), Form(request.form)
    hub = choice.hub
    if hub is None:
        return redirect(url_for("hq.payout_rules"), 303)
    least, fee, limit = (form.cents(name, hub.currency) for name in ("min_cents", "fee_cents", "second_above_cents"))
    hours = form.whole("cooldown_hours")
    if form.ok:
        wish = Policy(min_cents=least or 0, fee_cents=fee or 0, second_above_cents=limit or 0, cooldown_hours=hours)
        with refusals_to(form.refuse):
            transact(details.save_policy, hub.id, wish)
            flash(_("Saved."), "success")
            return redirect(url_for("hq.payout_rules", hub=hub.code), 303)
    return _rules_page(choice, form), 422


def _rules_page(choice: HubChoice, form: Form) -> str:
    hub = choice.hub
    policy = read(queries.policy_of, hub.id) if hub else Policy()
    currency = hub.currency if hub else ""
    typed = {
        name: form.values.get(name, format_cents(getattr(policy, name), currency))
        for name in ("min_cents", "fee_cents", "second_above_cents")
    } | {"cooldown_hours": form.values.get("cooldown_hours", str(policy.cooldown_hours))}
    return render_template(
        "hq_console/payout_rules.html", choice=choice, policy=policy, form=form, typed=typed, currency=currency
    )
