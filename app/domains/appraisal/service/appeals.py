"""Appeals: what a leader holds against her provisional score, in one hand at HQ, and answered by the clock."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Text, cast, select, update

from app.domains.accounts import queries as accounts
from app.domains.aftersales.service.talk import check_own_photos
from app.domains.appraisal import queries, rules
from app.domains.appraisal.errors import AppealTaken
from app.domains.appraisal.models import Appeal, Cycle
from app.domains.appraisal.service import cycles
from app.domains.appraisal.values import (
    APPEAL_MOVES,
    AnswerAppeal,
    AppealCard,
    AppealStatus,
    CycleCard,
    CycleStage,
    FileAppeal,
    News,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import RIGHTS, Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState, check_move


def file(uow: UnitOfWork, wish: FileAppeal) -> UUID:
    """Appeal against one's own provisional score, once in a cycle; the same again comes back to the first.

    HQ has 48 hours. Raises NotFound for a foreign seat or photo, WrongState outside the days for appeals,
    AppealTooLate, Invalid.
    """
    uow.require(Permission.APPRAISAL_ANSWER)
    seat = queries.get_seat(uow.session, wish.seat_id)
    if uow.actor.id is None or seat.leader_id != uow.actor.id:
        raise NotFound("seat")
    uow.session.get_one(Cycle, seat.cycle_id, with_for_update=True, populate_existing=True)
    cycle = queries.get_cycle(uow.session, seat.cycle_id)
    if (filed := queries.find_appeal(uow.session, seat.id)) is not None:
        if filed.text == wish.text.strip():
            return filed.id
        raise Invalid(field="text", reason="one appeal for each cycle; yours is filed")
    if cycle.stage is not CycleStage.PROVISIONAL or seat.provisional_centi is None:
        raise WrongState(what="cycle", state=cycle.stage.value, wanted=CycleStage.PROVISIONAL.value)
    rules.check_appeal(cycle, uow.now)
    rules.check_words("text", wish.text)
    if len(wish.photos) > rules.MAX_PHOTOS:
        raise Invalid(field="photos", reason=f"at most {rules.MAX_PHOTOS} photos")
    check_own_photos(uow.session, uow.actor.id, wish.photos)
    due_at = uow.now + timedelta(hours=rules.ANSWER_HOURS)
    appeal_id = new_id()
    uow.session.add(
        Appeal(id=appeal_id, seat_id=seat.id, text=wish.text.strip(), photos=list(dict.fromkeys(wish.photos)),
               status=AppealStatus.OPEN, filed_at=uow.now, due_at=due_at)
    )  # fmt: skip
    uow.audit("appraisal.appeal", appeal_id, None, {"text": wish.text.strip(), "photos": len(wish.photos)})
    return appeal_id


def take(uow: UnitOfWork, appeal_id: UUID) -> None:
    """Take an open appeal in hand, also from a colleague; repeating changes nothing. Raises NotFound, WrongState."""
    uow.require(Permission.SCORING_JUDGE)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.SCORING_JUDGE.value)
    _own(uow, appeal_id, uow.actor.id, uow.actor.name)


def hand_over(uow: UnitOfWork, appeal_id: UUID, to_id: UUID) -> None:
    """Give an open appeal to a colleague who may judge. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.SCORING_JUDGE)
    colleague = accounts.get_account(uow.session, to_id)
    if Permission.SCORING_JUDGE not in RIGHTS[colleague.role]:
        raise Invalid(field="owner", reason="may not judge leaders")
    _own(uow, appeal_id, colleague.account_id, colleague.name)


def _own(uow: UnitOfWork, appeal_id: UUID, owner_id: UUID, owner_name: str) -> None:
    appeal = _held(uow, appeal_id)
    if appeal.status is not AppealStatus.OPEN:
        raise WrongState(what="appeal", state=appeal.status.value, wanted=AppealStatus.OPEN.value)
    if appeal.owner_id != owner_id:
        before, appeal.owner_id, appeal.owner_name = appeal.owner_name, owner_id, owner_name
        uow.audit("appraisal.own_appeal", appeal_id, {"owner": before}, {"owner": owner_name})


def answer(uow: UnitOfWork, wish: AnswerAppeal) -> tuple[AppealCard, CycleCard]:
    """Answer an appeal once, with words that the leader reads; whoever answers is its owner.

    The caller corrects the facts and computes the scores anew. Raises NotFound, WrongState, AppealTaken when it is in a
    colleague's hand, Invalid when it is upheld without a correction or declined with one.
    """
    uow.require(Permission.SCORING_JUDGE)
    appeal = _held(uow, wish.appeal_id)
    if appeal.owner_id is not None and appeal.owner_id != uow.actor.id:
        raise AppealTaken(owner=appeal.owner_name)
    rules.check_words("answer", wish.answer)
    if wish.upheld != bool(wish.corrections):
        raise Invalid(field="corrections", reason="an upheld appeal corrects facts, a declined one none")
    if len(wish.corrections) > rules.MAX_CORRECTIONS:
        raise Invalid(field="corrections", reason=f"at most {rules.MAX_CORRECTIONS} corrections")
    seat = queries.get_seat(uow.session, appeal.seat_id)
    cycle = queries.get_cycle(uow.session, seat.cycle_id)
    if cycle.stage is not CycleStage.PROVISIONAL:
        raise WrongState(what="cycle", state=cycle.stage.value, wanted=CycleStage.PROVISIONAL.value)
    if any(not cycle.first_on <= one.on_date <= cycle.last_on for one in wish.corrections):
        raise Invalid(field="on_date", reason="must lie within the cycle")
    new = AppealStatus.UPHELD if wish.upheld else AppealStatus.DECLINED
    check_move("appeal", APPEAL_MOVES, appeal.status, new)
    appeal.status, appeal.answer, appeal.answered_at, appeal.answered_by = (
        new,
        wish.answer.strip(),
        uow.now,
        uow.actor.name,
    )
    appeal.owner_id, appeal.owner_name = appeal.owner_id or uow.actor.id, appeal.owner_name or uow.actor.name
    uow.audit("appraisal.answer_appeal", appeal.id, {"status": "open"}, {"status": new.value, "answer": appeal.answer})
    cycles.tell(uow, seat.id, News.APPEAL_ANSWERED, appeal.answer)
    uow.session.flush()
    return queries.get_appeal(uow.session, appeal.id), cycle


def forget_photos(uow: UnitOfWork, keys: Collection[str]) -> None:
    """Take photos that are deleted off the appeals beside which they lay; what was said stays."""
    uow.require(Permission.HOUSE_TIDY)
    gone = cast(sorted(keys), ARRAY(Text))
    uow.session.execute(
        update(Appeal)
        .where(Appeal.photos.has_any(gone))
        .values(photos=Appeal.photos.op("-")(gone))
        .execution_options(synchronize_session=False)
    )


def _held(uow: UnitOfWork, appeal_id: UUID) -> Appeal:
    appeal = uow.session.scalar(select(Appeal).where(Appeal.id == appeal_id).with_for_update())
    if appeal is None:
        raise NotFound("appeal")
    return appeal
