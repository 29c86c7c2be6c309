"""What HQ does with an application: notes, the look at the identity card, the decision, training, and the beginning."""

from uuid import UUID

from sqlalchemy import select

from app.domains.communities import queries as communities
from app.domains.communities.service.leaders import save_leaders
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import KIND_LIMITS, LeaderInput, LeaderStatus, PostRole
from app.domains.communities.values.ground import PickupPointInput
from app.domains.recruitment import queries, rules
from app.domains.recruitment.errors import StepsOpen
from app.domains.recruitment.events import ApplicationDecided
from app.domains.recruitment.models import Application, InterviewNote, Training
from app.domains.recruitment.service.applications import rescore
from app.domains.recruitment.values import MOVES, Activate, ApplicationStatus, Decide, TrainingStep
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.states import WrongState, check_move
from app.kernel.words import one_line

LONGEST_REASON = 300


def add_note(uow: UnitOfWork, application_id: UUID, text: str) -> None:
    """Write down something of the interview; the applicant does not read it. Raises NotFound, Invalid."""
    uow.require(Permission.RECRUITMENT_DECIDE)
    row = _held(uow, application_id)
    words = text.strip()
    if not words or len(words) > rules.MOST_NOTE:
        raise Invalid(field="note", reason=Reason.TOO_LONG if words else Reason.MISSING)
    uow.session.add(InterviewNote(application_id=row.id, by=uow.actor.name, text=words, at=uow.now))
    uow.audit("recruitment.note", row.id, None, {"characters": len(words)})


def confirm_identity(uow: UnitOfWork, application_id: UUID) -> None:
    """Say that one looked at the applicant's identity card and it agrees; nothing of it is kept. May be repeated.

    Raises NotFound, WrongState.
    """
    uow.require(Permission.RECRUITMENT_DECIDE)
    row = _held(uow, application_id)
    if row.status not in {ApplicationStatus.SUBMITTED, ApplicationStatus.ACCEPTED}:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.SUBMITTED.value)
    if row.identity_at is None:
        row.identity_at, row.identity_by = uow.now, uow.actor.name
        rescore(uow.session, row)
        uow.audit("recruitment.confirm_identity", row.id, None, {"score_centi": row.score_centi})


def decide(uow: UnitOfWork, wish: Decide) -> None:
    """Accept an application, or decline it (also one that was accepted, until she begins); she is told the reason.

    The score at this moment stays as it is from now on. Raises NotFound, WrongState, Invalid.
    """
    uow.require(Permission.RECRUITMENT_DECIDE)
    reason = one_line("reason", wish.reason, LONGEST_REASON)
    row = _held(uow, wish.application_id)
    _move(uow, row, ApplicationStatus.ACCEPTED if wish.accept else ApplicationStatus.DECLINED, reason)
    row.decided_at, row.decided_by, row.reason = uow.now, uow.actor.name, reason


def check_training(uow: UnitOfWork, application_id: UUID, step: TrainingStep) -> None:
    """Confirm a step that the applicant has ticked; may be repeated. Raises NotFound (not ticked), WrongState."""
    uow.require(Permission.RECRUITMENT_DECIDE)
    row = _held(uow, application_id)
    if row.status is not ApplicationStatus.ACCEPTED:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.ACCEPTED.value)
    done = uow.session.get(Training, (row.id, step), with_for_update=True)
    if done is None:
        raise NotFound("training")
    if done.checked_at is None:
        done.checked_at, done.checked_by = uow.now, uow.actor.name
        uow.audit("recruitment.check_training", row.id, None, {"step": step.value})


def activate(uow: UnitOfWork, wish: Activate) -> UUID:
    """Let an accepted applicant begin; returns the leader's id. All in this transaction, or nothing.

    Opens a pickup point at her place and a leader's account with share code and post: primary where the neighbourhood
    has none, else backup. Raises NotFound, WrongState, StepsOpen, AboveKindLimit, Invalid (a code that is taken),
    InvalidRows.
    """
    uow.require(Permission.RECRUITMENT_DECIDE)
    uow.lock("recruitment.activate")
    row = _held(uow, wish.application_id)
    check_move("application", MOVES, row.status, ApplicationStatus.ACTIVE)
    if row.signed_at is None or row.identity_at is None or not _is_trained(uow, row.id):
        raise StepsOpen
    _open_point(uow, row, wish)
    row.leader_id = _open_leader(uow, row, wish)
    _move(uow, row, ApplicationStatus.ACTIVE, row.reason)
    return row.leader_id


def _open_point(uow: UnitOfWork, row: Application, wish: Activate) -> None:
    if row.kind is None or row.lat is None or row.lon is None or row.opens is None or row.closes is None:
        raise _not_handed_in(row)
    rules.check_capacity(row.kind, wish.capacity_orders, KIND_LIMITS)
    if queries.is_code_taken(uow.session, point=wish.point_code):
        raise Invalid(field="point_code", reason=Reason.TAKEN)
    point = PickupPointInput(
        code=wish.point_code, neighbourhood=_post(uow, row)[0], name=row.name or "", address=row.address or "",
        lat=row.lat, lon=row.lon, opens=row.opens, closes=row.closes, capacity_orders=wish.capacity_orders,
        reach_m=wish.reach_m,
    )  # fmt: skip
    save_pickup_points(uow, [point])
    uow.session.flush()


def _open_leader(uow: UnitOfWork, row: Application, wish: Activate) -> UUID:
    if row.kind is None:
        raise _not_handed_in(row)
    if queries.is_code_taken(uow.session, leader=wish.leader_code):
        raise Invalid(field="leader_code", reason=Reason.TAKEN)
    neighbourhood, role = _post(uow, row)
    leader = LeaderInput(
        code=wish.leader_code, name=row.name or "", phone=row.phone, kind=row.kind, neighbourhood=neighbourhood,
        pickup_point=wish.point_code, role=role, status=LeaderStatus.ACTIVE,
    )  # fmt: skip
    save_leaders(uow, [leader])
    uow.session.flush()
    return communities.leader_ids_by_code(uow.session)[wish.leader_code]


def _post(uow: UnitOfWork, row: Application) -> tuple[str, PostRole]:
    if row.neighbourhood_id is None:
        raise _not_handed_in(row)
    return queries.post_at(uow.session, row.neighbourhood_id)


def _is_trained(uow: UnitOfWork, application_id: UUID) -> bool:
    return all(step.checked_at is not None for step in queries.training(uow.session, application_id))


def _not_handed_in(row: Application) -> WrongState:
    return WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.SUBMITTED.value)


def _move(uow: UnitOfWork, row: Application, status: ApplicationStatus, reason: str) -> None:
    """One step along the arrows: kept, audited and told."""
    check_move("application", MOVES, row.status, status)
    before, row.status = row.status, status
    uow.audit(
        "recruitment.move", row.id, {"status": before.value},
        {"status": status.value, "reason": reason, "score_centi": row.score_centi},
    )  # fmt: skip
    uow.emit(ApplicationDecided(new_id(), row.id, row.resident_id, status.value, reason))


def _held(uow: UnitOfWork, application_id: UUID) -> Application:
    """An application that was handed in, held; a draft is nobody's business yet."""
    row = uow.session.scalar(select(Application).where(Application.id == application_id).with_for_update())
    if row is None or row.submitted_at is None:
        raise NotFound("application")
    return row
