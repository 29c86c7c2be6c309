"""A leader's appraisal: her targets, her score while it is provisional, her appeal, and what the final score means."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.appraisal import queries, rules
from app.domains.appraisal.service import appeals, targets
from app.domains.appraisal.values import ConsequenceState, CycleCard, CycleStage, FileAppeal, PlanState, SeatCard
from app.domains.scoring import queries as scoring
from app.kernel.errors import DomainError, Invalid, NotFound
from app.web import photos as pictures
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import here, leader
from leader_portal.names import measured

#: Stages in their order, for the steps at the top.
_STAGES = (CycleStage.ANNOUNCED, CycleStage.RUNNING, CycleStage.PROVISIONAL, CycleStage.FINAL)


@leader.get("/appraisal")
def appraisal() -> ResponseReturnValue:
    """The cycle in which she can say something now, else the newest one; the others a press away."""
    return _page(None, {}, {})


@leader.get("/appraisal/<uuid:seat_id>")
def appraisal_of(seat_id: UUID) -> ResponseReturnValue:
    """One of her cycles: the next one is announced while the one before still runs or waits for her appeal."""
    return _page(seat_id, {}, {})


@leader.post("/appraisal/<uuid:seat_id>/targets")
def answer_targets(seat_id: UUID) -> ResponseReturnValue:
    """Accept the targets, or say why they do not fit."""
    typed, errors = request.form.to_dict(), {}
    try:
        if typed.get("verdict") == "answer":
            transact(targets.answer, seat_id, typed.get("text", ""))
            said = _("Thank you. Headquarters reads it and replies.")
        else:
            transact(targets.accept, seat_id)
            said = _("You accepted your targets.")
    except DomainError as refusal:
        errors[refusal.field if isinstance(refusal, Invalid) else "text"] = say(refusal)
        return _page(seat_id, typed, errors), refusal.status
    flash(said, "success")
    return redirect(url_for("leader.appraisal_of", seat_id=seat_id), 303)


@leader.post("/appraisal/<uuid:seat_id>/appeal")
def appeal(seat_id: UUID) -> ResponseReturnValue:
    """Appeal against the provisional score; what was typed and the photos stay when something is wrong."""
    typed = request.form.to_dict()
    keys, wrong_photo = pictures.sent_photos()
    errors = {"photos": wrong_photo} if wrong_photo else {}
    if not errors:
        wish = FileAppeal(seat_id=seat_id, text=typed.get("appeal", ""), photos=keys)
        try:
            transact(appeals.file, wish)
        except DomainError as refusal:
            field = refusal.field if isinstance(refusal, Invalid) else "appeal"
            errors["appeal" if field == "text" else field] = say(refusal)
            return _page(seat_id, typed, errors, keys), refusal.status
        flash(
            _("Your appeal is filed. You have an answer within %(hours)s hours.", hours=rules.ANSWER_HOURS), "success"
        )
        return redirect(url_for("leader.appraisal_of", seat_id=seat_id), 303)
    return _page(seat_id, typed, errors, keys), 422


def _page(seat_id: UUID | None, typed: dict[str, str], errors: dict[str, str], keys: tuple[str, ...] = ()) -> str:
    at = here()
    seats = read(queries.history, at.id, 8)
    if seat_id is None and not seats:
        return render_template("leader_portal/appraisal.html", seat=None)
    seat, cycle = _shown(seats, seat_id)
    cards = {(c.period_from, c.period_to): c for c in read(scoring.scorecards_of_leader, at.id)}
    card = cards.get((cycle.first_on, cycle.last_on)) if seat.total_centi is not None else None
    plans, filed = read(queries.plans, at.id), read(queries.find_appeal, seat.id)
    return render_template(
        "leader_portal/appraisal.html", seat=seat, cycle=cycle, steps=_steps(cycle.stage), card=card, measured=measured,
        targets=read(queries.targets, [seat.id])[seat.id], rates={p.measure: p for p in card.parts} if card else {},
        appeal=filed, may_appeal=_may_appeal(seat, cycle.stage),
        decided=[c for c in read(queries.consequences, seat_id=seat.id) if c.state is ConsequenceState.CONFIRMED],
        plan=next((p for p in plans if p.state is PlanState.RUNNING), None), tiers=read(queries.tiers, at.id)[:4],
        others=[pair for pair in seats if pair[0].id != seat.id], typed=typed, errors=errors,
        kept=pictures.shown(keys, "leader.claim_photo"), now=now(), reached=rules.reached,
        shown=[url_for("leader.claim_photo", key=key) for key in filed.photos] if filed else [],
    )  # fmt: skip


def _shown(seats: Sequence[tuple[SeatCard, CycleCard]], seat_id: UUID | None) -> tuple[SeatCard, CycleCard]:
    """The cycle that was asked for; else the oldest that waits for a possible appeal, else the newest."""
    if seat_id is not None:
        seat = read(queries.get_seat, seat_id)
        cycle = read(queries.get_cycle, seat.cycle_id)
        if seat.leader_id != here().id or cycle.stage is CycleStage.CALLED_OFF:
            raise NotFound("seat")
        return seat, cycle
    told = [(seat, cycle) for seat, cycle in seats if _may_appeal(seat, cycle.stage)]
    return told[-1] if told else seats[0]


def _may_appeal(seat: SeatCard, stage: CycleStage) -> bool:
    return stage is CycleStage.PROVISIONAL and seat.provisional_centi is not None


def _steps(stage: CycleStage) -> list[dict[str, Any]]:
    labels = (_("Targets"), _("Running"), _("Provisional score"), _("Final"))
    at = len(_STAGES) if stage is CycleStage.CLOSED else _STAGES.index(stage)
    return [
        {"label": label, "state": "done" if n < at else "current" if n == at else "todo"}
        for n, label in enumerate(labels)
    ]
