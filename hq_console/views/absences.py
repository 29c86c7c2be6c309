"""Days on which leaders are away: HQ enters them, names who stands in, refuses or cancels."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries
from app.domains.communities.service import absences as room
from app.domains.communities.values import SERVING
from app.domains.communities.values.absences import AskAbsence
from app.flows import absence as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice


@hq.get("/absences")
@needs(Permission.COMMUNITIES_READ)
def absences() -> ResponseReturnValue:
    """What waits for a deputy and what holds; the form to enter one."""
    return _page(Form({}))


@hq.post("/absences")
@needs(Permission.COMMUNITIES_MANAGE)
def enter_absence() -> ResponseReturnValue:
    """Enter an absence for a leader who called."""
    form = Form(request.form)
    leader_id, first_on, last_on = form.uuid("leader_id"), form.day("first_on"), form.day("last_on")
    if leader_id is None:
        form.errors["leader_id"] = _("Please choose one.")
    elif form.ok:
        wish = AskAbsence(leader_id=leader_id, first_on=first_on, last_on=last_on, note=form.text("note", 300))
        return _act(form, _("Entered. Now name who stands in."), room.ask, wish)
    return _page(form), 422


@hq.post("/absences/<uuid:absence_id>/agree")
@needs(Permission.COMMUNITIES_MANAGE)
def agree_absence(absence_id: UUID) -> ResponseReturnValue:
    """Name the deputy; what is open on those days goes to her."""
    form = Form(request.form)
    deputy_id = form.uuid("deputy_id")
    if deputy_id is None:
        form.errors[""] = _("Please choose who stands in.")
        return _page(form), 422
    return _act(form, _("Agreed. Residents, deputy and leader are told."), flow.agree, absence_id, deputy_id)


@hq.post("/absences/<uuid:absence_id>/refuse")
@needs(Permission.COMMUNITIES_MANAGE)
def refuse_absence(absence_id: UUID) -> ResponseReturnValue:
    """Do not agree; she reads why."""
    form = Form(request.form)
    return _act(form, _("Refused. She reads why."), room.refuse, absence_id, form.text("answer", 300))


@hq.post("/absences/<uuid:absence_id>/cancel")
@needs(Permission.COMMUNITIES_MANAGE)
def call_back_absence(absence_id: UUID) -> ResponseReturnValue:
    """She is there after all."""
    return _act(Form(request.form), _("Cancelled. She hands out on these days."), flow.cancel, absence_id)


def _act(form: Form, done: str, act: Any, *told: Any) -> ResponseReturnValue:
    try:
        transact(act, *told)
    except DomainError as refusal:
        form.refuse(refusal)
        return _page(form), refusal.status
    flash(done, "success")
    return redirect(url_for("hq.absences"), 303)


def _page(form: Form) -> str:
    choice = HubChoice()
    today = {hub.id: _today(hub.timezone) for hub in read(queries.hubs)}
    cards = read(queries.open_absences, min(today.values()), choice.id) if today else []
    serving = [one for one in read(queries.leader_cards, choice.id) if one.status in SERVING]
    return render_template(
        "hq_console/absences.html", cards=cards, form=form, choice=choice, today=today,
        leaders=[(one.id, f"{one.name} {one.code} · {one.pickup_point_name}") for one in serving],
        deputies={
            card.id: [(one.id, f"{one.name} · {one.pickup_point_name}") for one in serving
                      if one.hub_id == card.hub_id and one.id != card.leader_id]
            for card in cards
        },
    )  # fmt: skip


def _today(zone: str) -> Any:
    moment: datetime = now()
    return moment.astimezone(ZoneInfo(zone)).date()
