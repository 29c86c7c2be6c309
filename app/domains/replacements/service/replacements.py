"""The proposal, its second person, its day and its end. What moves is the flow's business."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderStatus
from app.domains.replacements import queries
from app.domains.replacements.errors import AnsweredByJudge, ConfirmedByProposer, ReplacementOpen, ResidentsTold
from app.domains.replacements.events import ResidentsToBeTold
from app.domains.replacements.models import Replacement
from app.domains.replacements.values import (
    CARRIED_OUT,
    REPLACEMENT_MOVES,
    Moved,
    ProposeReplacement,
    ReplacementState,
    Way,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason
from app.kernel.states import WrongState, check_move
from app.kernel.words import one_line

LONGEST_REASON = 300
LONGEST_WAIT_MIN = 24 * 60
LONGEST_APPEAL = 2000
#: So long she may appeal.
APPEAL_TIME = timedelta(days=7)


def propose(uow: UnitOfWork, wish: ProposeReplacement, way: Way) -> UUID:
    """Write the proposal down; nothing moves. A program may propose, it never counts as one of the two persons.

    Raises NotFound, Invalid, WrongState (removed before, or an applicant), ReplacementOpen.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    uow.lock(f"replacement:{wish.leader_id}")
    leader = communities.get_leader(uow.session, wish.leader_id)
    if leader.status in {LeaderStatus.APPLICANT, LeaderStatus.REMOVED}:
        raise WrongState(what="leader", state=leader.status.value, wanted=LeaderStatus.REMOVED.value)
    if other := queries.open_of_leader(uow.session, wish.leader_id):
        raise ReplacementOpen(replacement_id=other.id)
    if wish.due_at is not None and wish.due_at <= uow.now:
        raise Invalid(field="due_at", reason="lies in the past")
    if not 0 <= wish.tell_after_min <= LONGEST_WAIT_MIN:
        raise Invalid(field="tell_after_min", reason=Reason.TOO_LARGE)
    row = Replacement(
        id=new_id(), leader_id=leader.id, hub_id=leader.hub_id, reason=one_line("reason", wish.reason, LONGEST_REASON),
        way=way, successor_id=None if way is Way.NEAREST else wish.successor_id, appraisal_id=wish.appraisal_id,
        state=ReplacementState.PROPOSED, proposed_by_id=uow.actor.id, proposed_by=uow.actor.name,
        proposed_at=uow.now, due_at=wish.due_at, tell_after_min=wish.tell_after_min,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit(
        "replacements.propose", row.id, None,
        {"leader_id": str(leader.id), "way": way.value, "successor_id": str(row.successor_id or ""),
         "reason": row.reason, "due_at": wish.due_at.isoformat() if wish.due_at else ""},
    )  # fmt: skip
    return row.id


def confirm(uow: UnitOfWork, replacement_id: UUID) -> bool:
    """The second person's word; True when it is to be carried out now, False when it waits for its day or a person.

    What a program proposed needs two persons still: the first who confirms becomes its proposer. The same person's word
    once more changes nothing. Raises NotFound, WrongState, ConfirmedByProposer, Invalid (the day has passed).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    is_said = uow.actor.id is not None and row.confirmed_by_id == uow.actor.id
    if is_said and row.state in {ReplacementState.PLANNED, *CARRIED_OUT}:
        return False
    check_move("replacement", REPLACEMENT_MOVES, row.state, ReplacementState.PLANNED)
    if row.proposed_by_id is None:
        row.proposed_by_id, row.proposed_by = uow.actor.id, f"{row.proposed_by}, {uow.actor.name}"
        uow.audit("replacements.adopt", row.id, None, {"leader_id": str(row.leader_id)})
        return False
    if uow.actor.id is None or row.proposed_by_id == uow.actor.id:
        raise ConfirmedByProposer
    row.confirmed_by_id, row.confirmed_by, row.confirmed_at = uow.actor.id, uow.actor.name, uow.now
    row.state = ReplacementState.PLANNED
    uow.session.flush()
    uow.audit("replacements.confirm", row.id, {"proposed_by": row.proposed_by}, {"confirmed_by": row.confirmed_by})
    return row.due_at is None or row.due_at <= uow.now


def reject(uow: UnitOfWork, replacement_id: UUID, note: str) -> None:
    """Drop a proposal or a plan before it is carried out; either person may. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    check_move("replacement", REPLACEMENT_MOVES, row.state, ReplacementState.REJECTED)
    _end(uow, row, ReplacementState.REJECTED, one_line("note", note, LONGEST_REASON))


def begin(uow: UnitOfWork, replacement_id: UUID) -> bool:
    """Hold a planned replacement to carry it out now; False when somebody was faster or it is not its time."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    return row.state is ReplacementState.PLANNED and (row.due_at is None or row.due_at <= uow.now)


def done(uow: UnitOfWork, replacement_id: UUID, moved: Moved) -> None:
    """Note that a replacement was carried out, what it moved, and from when on the residents are told."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    check_move("replacement", REPLACEMENT_MOVES, row.state, ReplacementState.DONE)
    row.state, row.done_at = ReplacementState.DONE, uow.now
    row.tell_at = uow.now + timedelta(minutes=row.tell_after_min)
    row.residents, row.orders, row.pieces, row.undo = moved.residents, moved.orders, moved.pieces, dict(moved.undo)
    after = {"residents": moved.residents, "orders": moved.orders, "pieces": moved.pieces}
    uow.audit("replacements.carry_out", row.id, {"leader_id": str(row.leader_id)}, after)


def fail(uow: UnitOfWork, replacement_id: UUID, note: str, refusal: dict[str, Any]) -> None:
    """Give a planned replacement up because it has become impossible; says why. May be repeated."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    if row.state is ReplacementState.PLANNED:
        row.refusal = refusal
        _end(uow, row, ReplacementState.FAILED, note)


def tell(uow: UnitOfWork, replacement_id: UUID) -> bool:
    """Let the residents know; from now on nothing is rolled back. May be repeated; True the first time."""
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    if row.state is not ReplacementState.DONE or row.tell_at is None or row.tell_at > uow.now:
        return False
    row.state, row.told_at = ReplacementState.TOLD, uow.now
    uow.emit(ResidentsToBeTold(row.id))
    return True


def roll_back(uow: UnitOfWork, replacement_id: UUID, note: str) -> dict[str, Any]:
    """End a replacement of which no resident knows yet; returns what stood before it.

    Raises NotFound, ResidentsTold, WrongState (not done), Invalid (no reason).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    if row.told_at is not None:
        raise ResidentsTold(told_at=row.told_at)
    check_move("replacement", REPLACEMENT_MOVES, row.state, ReplacementState.ROLLED_BACK)
    _end(uow, row, ReplacementState.ROLLED_BACK, one_line("note", note, LONGEST_REASON))
    return row.undo


def note_appeal(uow: UnitOfWork, replacement_id: UUID, text: str) -> None:
    """Write down what she says against it, within a week and once; her account is closed, so HQ writes for her.

    Raises NotFound, WrongState (not carried out, taken back, noted before, or too late), Invalid (no words).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    is_in_time = row.done_at is not None and uow.now <= row.done_at + APPEAL_TIME
    if row.state not in CARRIED_OUT or row.appealed_at is not None or not is_in_time:
        raise WrongState(what="replacement", state=row.state.value, wanted="appealed")
    row.appeal, row.appealed_at = one_line("appeal", text, LONGEST_APPEAL), uow.now
    uow.audit("replacements.appeal", row.id, None, {"appeal": row.appeal})


def answer_appeal(uow: UnitOfWork, replacement_id: UUID, text: str) -> None:
    """Answer an appeal, once; who proposed or confirmed it may not, so that somebody else looks at it.

    Raises NotFound, WrongState (no appeal waits), AnsweredByJudge, Invalid (no words).
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    row = _locked(uow, replacement_id)
    if row.appealed_at is None or row.answered_at is not None:
        raise WrongState(what="replacement", state=row.state.value, wanted="answered")
    if uow.actor.id in {row.proposed_by_id, row.confirmed_by_id}:
        raise AnsweredByJudge
    row.answer, row.answered_by, row.answered_at = one_line("answer", text, LONGEST_APPEAL), uow.actor.name, uow.now
    uow.audit("replacements.answer_appeal", row.id, {"appeal": row.appeal}, {"answer": row.answer})


def _end(uow: UnitOfWork, row: Replacement, state: ReplacementState, note: str) -> None:
    before, row.state = row.state, state
    row.ended_at, row.ended_by, row.note = uow.now, uow.actor.name, note
    uow.audit("replacements.end", row.id, {"state": before.value}, {"state": state.value, "note": note})


def _locked(uow: UnitOfWork, replacement_id: UUID) -> Replacement:
    row = uow.session.scalar(select(Replacement).filter_by(id=replacement_id).with_for_update())
    if row is None:
        raise NotFound("replacement")
    return row
