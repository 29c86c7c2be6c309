"""The cycle board: cycles of a hub, who is where in one, appeals with their clocks, and what waits for a decision."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.appraisal import queries, rules
from app.domains.appraisal.service import cycles
from app.domains.appraisal.values import CYCLE_MOVES, AnnounceCycle, CycleCard, CycleStage
from app.domains.communities import queries as communities
from app.flows import appraisal as flow
from app.kernel.actors import Permission
from app.web.context import now, read, transact
from app.web.filters import local, use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

#: How long a cycle lasts unless somebody says otherwise.
USUAL_DAYS = 28
#: Stages in their order, for the steps at the top.
_STAGES = (CycleStage.ANNOUNCED, CycleStage.RUNNING, CycleStage.PROVISIONAL, CycleStage.FINAL, CycleStage.CLOSED)


@hq.get("/appraisals")
@needs(Permission.SCORING_READ)
def appraisals() -> ResponseReturnValue:
    """Cycles of a hub, newest first, and the announcement of the next."""
    return _list(HubChoice(needed=True), {}, {})


@hq.post("/appraisals")
@needs(Permission.SCORING_JUDGE)
def announce_cycle() -> ResponseReturnValue:
    """Announce the next cycle; every serving leader is told her targets."""
    form, choice = Form(request.form), HubChoice(needed=True)
    hub_id, first, last = form.uuid("hub_id"), form.day("first_on"), form.day("last_on")
    choice.take(hub_id)
    note = form.text("note", cycles.LONGEST_NOTE)
    if choice.hub and form.ok:
        wish = AnnounceCycle(hub_id=choice.hub.id, first_on=first, last_on=last, note=note)
        with refusals_to(form.refuse):
            cycle_id = transact(flow.announce, wish)
            flash(_("Announced. Every serving leader is told her targets."), "success")
            return redirect(url_for("hq.cycle", cycle_id=cycle_id), 303)
    return _list(choice, form.values, form.errors), 422


@hq.get("/appraisals/<uuid:cycle_id>")
@needs(Permission.SCORING_READ)
def cycle(cycle_id: UUID) -> ResponseReturnValue:
    """One cycle: who is where, appeals by their clocks, what HQ has to decide."""
    return _board(cycle_id, {}, {})


@hq.post("/appraisals/<uuid:cycle_id>/call-off")
@needs(Permission.SCORING_JUDGE)
def call_off_cycle(cycle_id: UUID) -> ResponseReturnValue:
    """Call a cycle off that is not final, for a reason that its leaders are told."""
    form = Form(request.form)
    reason = form.text("reason", cycles.LONGEST_NOTE, needed=True)
    if form.ok:
        with refusals_to(form.refuse):
            transact(cycles.call_off, cycle_id, reason)
            flash(_("Called off. Every leader is told why."), "success")
            return redirect(url_for("hq.cycle", cycle_id=cycle_id), 303)
    return _board(cycle_id, form.values, form.errors), 422


def _list(choice: HubChoice, values: dict[str, str], errors: dict[str, str]) -> str:
    found = read(queries.cycles, choice.id)
    first = local(now()).date() + timedelta(days=rules.NOTICE_DAYS)
    last_known = max((one.last_on for one in found if one.stage is not CycleStage.CALLED_OFF), default=None)
    first = max(first, last_known + timedelta(days=1)) if last_known else first
    suggested = {"first_on": first.isoformat(), "last_on": (first + timedelta(days=USUAL_DAYS - 1)).isoformat()}
    waiting, late = read(queries.appeals_late, now(), choice.id)
    return render_template(
        "hq_console/appraisals.html", choice=choice, hub=choice.hub, cycles=found, waiting=waiting, late=late,
        counts=read(queries.counts, [one.id for one in found], now()), values=suggested | values, errors=errors,
        notice=rules.NOTICE_DAYS,
    )  # fmt: skip


def _board(cycle_id: UUID, values: dict[str, str], errors: dict[str, str]) -> str:
    card = read(queries.get_cycle, cycle_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    proposed = [one for one in read(queries.consequences, cycle_id=cycle_id) if one.state.value == "proposed"]
    seats = read(queries.seats, cycle_id)
    return render_template(
        "hq_console/cycle.html", cycle=card, hub=hub, steps=_steps(card), seats=seats, values=values, errors=errors,
        count=read(queries.counts, [cycle_id], now())[cycle_id], appeals=read(queries.appeals, cycle_id), now=now(),
        proposed=proposed, may_call_off=CycleStage.CALLED_OFF in CYCLE_MOVES[card.stage],
        answer_until=rules.ANSWER_HOURS,
    )  # fmt: skip


def _steps(card: CycleCard) -> list[dict[str, Any]]:
    if card.stage is CycleStage.CALLED_OFF:
        return []
    at = _STAGES.index(card.stage)
    at = at + 1 if card.stage is CycleStage.CLOSED else at
    return [
        {"label": names.name(stage), "state": "done" if n < at else "current" if n == at else "todo"}
        for n, stage in enumerate(_STAGES)
    ]
