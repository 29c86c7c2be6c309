"""A leader's appraisal file: targets, scores, appeals, decisions, plans and tiers of all cycles."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.appraisal import queries
from app.domains.appraisal.service import appeals, outcomes, targets
from app.domains.appraisal.values import (
    AnswerAppeal,
    ConsequenceKind,
    Correction,
    DecideConsequence,
    PlanInput,
    SettleTargets,
)
from app.domains.communities import queries as communities
from app.domains.scoring import queries as scoring
from app.domains.scoring.values import AdjustFact, Measure
from app.flows import appraisal as flow
from app.kernel.actors import RIGHTS, Permission, Role
from app.web.context import actor, now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.photos import photo
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form

#: Rows for corrections, and days for check-ups, on the forms.
ROWS = 3
_DELTA = re.compile(r"[+-]?[0-9]{1,6}")


@hq.get("/appraisals/leaders/<uuid:seat_id>")
@needs(Permission.SCORING_READ)
def appraisal_file(seat_id: UUID) -> ResponseReturnValue:
    """One leader in one cycle, with the history of all her cycles."""
    return _page(seat_id, Form({}))


@hq.post("/appraisals/leaders/<uuid:seat_id>/targets")
@needs(Permission.SCORING_JUDGE)
def settle_targets(seat_id: UUID) -> ResponseReturnValue:
    """Reply to a leader who answered, and change her targets or keep them."""
    form = Form(request.form)
    wanted = {measure: bps for measure in Measure if (bps := _bps(form, f"target_{measure.value}")) is not None}
    wish = SettleTargets(seat_id=seat_id, reply=form.text("reply", 1000, needed=True), targets=wanted)
    return _do(seat_id, form, lambda: transact(targets.settle, wish), _("Settled. The leader is told."))


@hq.post("/appraisals/leaders/<uuid:seat_id>/appeals/<uuid:appeal_id>/owner")
@needs(Permission.SCORING_JUDGE)
def own_appeal(seat_id: UUID, appeal_id: UUID) -> ResponseReturnValue:
    """Take an appeal in hand, or hand it over to a colleague."""
    form = Form(request.form)
    to_id = form.uuid("to")
    if to_id is None:
        return _do(seat_id, form, lambda: transact(appeals.take, appeal_id), _("It is in your hand now."))
    return _do(seat_id, form, lambda: transact(appeals.hand_over, appeal_id, to_id), _("Handed over."))


@hq.post("/appraisals/leaders/<uuid:seat_id>/appeals/<uuid:appeal_id>")
@needs(Permission.SCORING_JUDGE)
def answer_appeal(seat_id: UUID, appeal_id: UUID) -> ResponseReturnValue:
    """Answer an appeal; one that is upheld names the facts that were wrong, and the score is computed anew."""
    form = Form(request.form)
    verdict = form.values.get("verdict", "")
    if verdict not in {"uphold", "decline"}:
        form.errors["verdict"] = _("Please choose one.")
    wish = AnswerAppeal(
        appeal_id=appeal_id, upheld=verdict == "uphold", answer=form.text("answer", 1000, needed=True),
        corrections=_corrections(form) if verdict == "uphold" else (),
    )  # fmt: skip
    return _do(seat_id, form, lambda: transact(flow.answer_appeal, wish), _("Answered. The leader is told."))


@hq.post("/appraisals/leaders/<uuid:seat_id>/consequences/<uuid:consequence_id>")
@needs(Permission.SCORING_JUDGE)
def decide_consequence(seat_id: UUID, consequence_id: UUID) -> ResponseReturnValue:
    """Confirm or dismiss what the rules propose."""
    form = Form(request.form)
    verdict = form.values.get("verdict", "")
    if verdict not in {"confirm", "dismiss"}:
        form.errors["verdict"] = _("Please choose one.")
    card = read(queries.get_consequence, consequence_id)
    plan = None
    if verdict == "confirm" and card.kind is ConsequenceKind.PROBATION:
        plan = _plan(form)
    wish = DecideConsequence(consequence_id=consequence_id, confirm=verdict == "confirm",
                             note=form.text("note", 300, needed=True), plan=plan)  # fmt: skip
    return _do(seat_id, form, lambda: transact(flow.decide, wish), _("Decided. What was confirmed is told."))


@hq.post("/appraisals/leaders/<uuid:seat_id>/checkups/<uuid:checkup_id>")
@needs(Permission.SCORING_JUDGE)
def check_up(seat_id: UUID, checkup_id: UUID) -> ResponseReturnValue:
    """Note what was seen on a check-up."""
    form = Form(request.form)
    words, on_track = form.text("words", 1000, needed=True), form.values.get("on_track") == "yes"
    done = _("Noted. The leader is told.")
    return _do(seat_id, form, lambda: transact(outcomes.check_up, checkup_id, words, on_track=on_track), done)


@hq.get("/appraisals/leaders/<uuid:seat_id>/photos/<key>")
@needs(Permission.SCORING_READ)
def appeal_photo(seat_id: UUID, key: str) -> ResponseReturnValue:
    """A photo that lies beside an appeal."""
    appeal = read(queries.find_appeal, seat_id)
    if appeal is None or key not in appeal.photos:
        abort(404)
    return photo(key)


def _do(seat_id: UUID, form: Form, act: Callable[[], object], said: str) -> ResponseReturnValue:
    if form.ok:
        with refusals_to(form.refuse):
            act()
            flash(said, "success")
            return redirect(url_for("hq.appraisal_file", seat_id=seat_id), 303)
    return _page(seat_id, form), 422


def _bps(form: Form, name: str) -> int | None:
    """A percentage such as 12.5 as ten-thousandths; None for an empty field."""
    value = form.values.get(name, "")
    if not value:
        return None
    try:
        bps = round(float(value) * 100)
    except (ValueError, OverflowError):
        bps = -1
    if not 0 <= bps <= 10_000:
        form.errors[name] = _("A percentage from 0 to 100.")
        return None
    return bps


def _corrections(form: Form) -> tuple[Correction, ...]:
    """The rows that name a day; each needs a fact and by how much it was wrong."""
    found = []
    for row in range(ROWS):
        on = form.maybe_day(f"on_{row}")
        if on is None:
            continue
        typed = form.values.get(f"delta_{row}", "").replace("−", "-")
        if not _DELTA.fullmatch(typed) or not int(typed):
            form.errors[f"delta_{row}"] = _("By how much, such as 1 or -2.")
            continue
        found.append(Correction(on_date=on, fact=form.one_of(f"fact_{row}", AdjustFact), delta=int(typed)))
    if not found and form.ok:
        form.errors["on_0"] = _("An upheld appeal names what was counted wrong.")
    return tuple(found)


def _plan(form: Form) -> PlanInput:
    goals = {measure: bps for measure in Measure if (bps := _bps(form, f"goal_{measure.value}")) is not None}
    days: list[date] = [on for row in range(ROWS) if (on := form.maybe_day(f"checkup_{row}")) is not None]
    return PlanInput(
        words=form.text("words", 1000, needed=True), until_on=form.day("until_on"), goals=goals, checkups=tuple(days)
    )


def _page(seat_id: UUID, form: Form) -> str:
    seat = read(queries.get_seat, seat_id)
    cycle = read(queries.get_cycle, seat.cycle_id)
    hub = read(communities.get_hub, cycle.hub_id)
    use_zone(hub.timezone)
    appeal = read(queries.find_appeal, seat_id)
    cards = {(c.period_from, c.period_to): c for c in read(scoring.scorecards_of_leader, seat.leader_id)}
    card = cards.get((cycle.first_on, cycle.last_on)) if seat.total_centi is not None else None
    judges = [role for role in Role if role.value.startswith("hq_") and Permission.SCORING_JUDGE in RIGHTS[role]]
    colleagues = [one for role in judges for one in read(accounts.accounts_by_role, role)]
    others = {actor().id, appeal.owner_id if appeal else None}
    return render_template(
        "hq_console/appraisal_file.html", seat=seat, cycle=cycle, hub=hub, appeal=appeal, card=card, now=now(),
        leader=read(communities.leaders_by_id, [seat.leader_id])[seat.leader_id], form=form, values=form.values,
        errors=form.errors, targets=read(queries.targets, [seat_id])[seat_id], rows=range(ROWS),
        rates={part.measure: part for part in card.parts} if card else {}, percent=_percent,
        consequences=read(queries.consequences, seat_id=seat_id), plans=read(queries.plans, seat.leader_id),
        tiers=read(queries.tiers, seat.leader_id), facts=names.choices(AdjustFact),
        mine=appeal is not None and appeal.owner_id == actor().id,
        may_answer=appeal is not None and appeal.owner_id in {None, actor().id},
        colleagues=[(str(one.account_id), one.name) for one in colleagues if one.account_id not in others],
        photos_of_appeal=[url_for("hq.appeal_photo", seat_id=seat_id, key=key) for key in appeal.photos]
        if appeal else [],
        history=read(queries.history, seat.leader_id),
    )  # fmt: skip


def _percent(bps: int | None) -> str:
    """Ten-thousandths as a percentage without needless digits; a dash for None."""
    return "–" if bps is None else f"{bps / 100:.2f}".rstrip("0").rstrip(".")
