"""Cycles: announced with notice, moved on by their dates, called off for a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from app.domains.appraisal import queries, rules
from app.domains.appraisal.errors import CyclesOverlap
from app.domains.appraisal.events import AppraisalNews
from app.domains.appraisal.models import Cycle, Seat, TargetRow
from app.domains.appraisal.values import (
    CYCLE_MOVES,
    AnnounceCycle,
    CycleCard,
    CycleStage,
    News,
    Rate,
    SeatCard,
    Target,
    TargetState,
    Verdict,
    Why,
)
from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING, LeaderCard
from app.domains.scoring.values import Measure, ScorecardCard
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move
from app.kernel.words import one_line

LONGEST_NOTE = 300


def announce(
    uow: UnitOfWork,
    wish: AnnounceCycle,
    policy_version: int,
    rates: Mapping[UUID, Sequence[Rate]],
    usual: Sequence[Rate],
) -> UUID:
    """Announce a hub's next cycle to every serving leader, with targets; returns its id.

    `rates` is what each leader did before, `usual` the policy's measures for those who did nothing yet.
    Raises NotFound, Invalid, NoticeTooShort, CyclesOverlap.
    """
    uow.require(Permission.SCORING_JUDGE)
    hub = communities.get_hub(uow.session, wish.hub_id)
    rules.check_days(wish.first_on, wish.last_on, uow.now.astimezone(ZoneInfo(hub.timezone)).date())
    note = one_line("note", wish.note, LONGEST_NOTE, needed=False)
    uow.lock(f"appraisal of hub {hub.id}")
    _check_overlap(uow, wish)
    cycle = Cycle(
        id=new_id(), hub_id=hub.id, first_on=wish.first_on, last_on=wish.last_on, policy_version=policy_version,
        no=1 + (uow.session.scalar(select(func.max(Cycle.no)).where(Cycle.hub_id == hub.id)) or 0),
        stage=CycleStage.ANNOUNCED, note=note, announced_at=uow.now, announced_by=uow.actor.name,
    )  # fmt: skip
    uow.session.add(cycle)
    uow.session.flush()
    leaders = [one for one in communities.leader_cards(uow.session, hub.id) if one.status in SERVING]
    _seat(uow, cycle.id, leaders, rates, usual)
    after = {
        "first_on": wish.first_on.isoformat(), "last_on": wish.last_on.isoformat(), "policy_version": policy_version,
        "leaders": len(leaders),
    }  # fmt: skip
    uow.audit("appraisal.announce", cycle.id, None, after)
    tell_all(uow, cycle.id, News.TARGETS, note)
    return cycle.id


def _check_overlap(uow: UnitOfWork, wish: AnnounceCycle) -> None:
    other = uow.session.scalar(
        select(Cycle)
        .where(Cycle.hub_id == wish.hub_id, Cycle.stage != CycleStage.CALLED_OFF,
               Cycle.first_on <= wish.last_on, Cycle.last_on >= wish.first_on)
        .limit(1)
    )  # fmt: skip
    if other is not None:
        raise CyclesOverlap(first_on=other.first_on, last_on=other.last_on)


def _seat(
    uow: UnitOfWork,
    cycle_id: UUID,
    leaders: Sequence[LeaderCard],
    rates: Mapping[UUID, Sequence[Rate]],
    usual: Sequence[Rate],
) -> None:
    """Give every leader a seat and her targets; two statements."""
    peers: dict[Measure, list[int]] = {}
    for known in rates.values():
        for rate in known:
            if rate.denominator:
                peers.setdefault(rate.measure, []).append(rate.rate_bps)
    made, wanted = [], []
    for leader in leaders:
        seat_id = new_id()
        made.append({"id": seat_id, "leader_id": leader.id})
        own = rates.get(leader.id) or usual
        wanted += [_row(seat_id, target) for target in rules.propose_targets(own, peers)]
    insert_rows(uow.session, Seat, made, {"cycle_id": cycle_id, "target_state": TargetState.PROPOSED, "unjudged": []})
    insert_rows(uow.session, TargetRow, wanted)


def _row(seat_id: UUID, target: Target) -> dict[str, Any]:
    return asdict(target) | {"seat_id": seat_id, "measure": target.measure.value}


def move(uow: UnitOfWork, cycle_id: UUID, stage: CycleStage) -> CycleCard:
    """Move a cycle one stage on; the flow does what belongs to it in the same transaction. Raises WrongState."""
    uow.require(Permission.SCORING_JUDGE)
    cycle = hold(uow, cycle_id)
    zone = communities.get_hub(uow.session, cycle.hub_id).timezone
    check_move("cycle", CYCLE_MOVES, cycle.stage, stage)
    old, cycle.stage = cycle.stage, stage
    if stage is CycleStage.PROVISIONAL:
        cycle.appeals_until = rules.appeals_until(uow.now, zone)
    elif stage is CycleStage.FINAL:
        cycle.final_at = uow.now
    elif stage is CycleStage.CLOSED:
        cycle.closed_at = uow.now
    uow.audit("appraisal.move", cycle_id, {"stage": old.value}, {"stage": stage.value})
    uow.session.flush()
    return queries.get_cycle(uow.session, cycle_id)


def call_off(uow: UnitOfWork, cycle_id: UUID, reason: str) -> None:
    """Call a cycle off that is not final yet, for a reason that its leaders are told; it judges nobody.

    Raises NotFound, WrongState, Invalid without a reason.
    """
    uow.require(Permission.SCORING_JUDGE)
    words = one_line("reason", reason, LONGEST_NOTE)
    move(uow, cycle_id, CycleStage.CALLED_OFF)
    hold(uow, cycle_id).reason = words
    uow.audit("appraisal.call_off", cycle_id, None, {"reason": words})
    tell_all(uow, cycle_id, News.CALLED_OFF, words)


def hold(uow: UnitOfWork, cycle_id: UUID) -> Cycle:
    """The cycle, locked to the end of the transaction. Raises NotFound."""
    uow.require(Permission.SCORING_JUDGE)
    cycle = uow.session.get(Cycle, cycle_id, with_for_update=True, populate_existing=True)
    if cycle is None:
        raise NotFound("cycle")
    return cycle


def note_provisional(uow: UnitOfWork, cycle_id: UUID, cards: Mapping[UUID, ScorecardCard]) -> None:
    """Write down the provisional score of each leader who has one, and tell her."""
    uow.require(Permission.SCORING_JUDGE)
    for seat in uow.session.scalars(select(Seat).where(Seat.cycle_id == cycle_id)):
        card = cards.get(seat.leader_id)
        if card is not None:
            seat.provisional_centi, seat.provisional_tier = card.total_centi, card.tier
    uow.session.flush()
    tell_all(uow, cycle_id, News.PROVISIONAL, "")


def renew_provisional(uow: UnitOfWork, seat_id: UUID, card: ScorecardCard | None) -> None:
    """Write down the score that follows from corrected facts; audited with the one before."""
    uow.require(Permission.SCORING_JUDGE)
    seat = uow.session.get_one(Seat, seat_id, with_for_update=True, populate_existing=True)
    if card is None or seat.provisional_centi == card.total_centi:
        return
    before = {"total_centi": seat.provisional_centi}
    seat.provisional_centi, seat.provisional_tier = card.total_centi, card.tier
    uow.audit("appraisal.renew_score", seat_id, before, {"total_centi": card.total_centi, "tier": card.tier.value})


def note_unjudged(uow: UnitOfWork, why: Mapping[UUID, Sequence[Why]]) -> None:
    """Write down for each seat why nobody judges her; nothing for those who are judged."""
    uow.require(Permission.SCORING_JUDGE)
    if why:
        rows = [{"id": seat_id, "unjudged": [one.value for one in reasons]} for seat_id, reasons in why.items()]
        uow.session.execute(update(Seat), rows)


def note_final(
    uow: UnitOfWork, seats: Sequence[SeatCard], cards: Mapping[UUID, ScorecardCard], found: Mapping[UUID, Verdict],
    reached: Mapping[UUID, int],
) -> None:  # fmt: skip
    """Write down the final scores; each is audited, with what was told before."""
    uow.require(Permission.SCORING_JUDGE)
    rows = []
    for seat in seats:
        card, verdict = cards.get(seat.leader_id), found.get(seat.id)
        if card is None or verdict is None:
            continue
        rows.append({"id": seat.id, "final_centi": card.total_centi, "final_tier": card.tier,
                     "targets_reached": reached[seat.id], "standing": verdict.standing})  # fmt: skip
        uow.audit("appraisal.final_score", seat.id, {"total_centi": seat.provisional_centi},
                  {"total_centi": card.total_centi, "tier": card.tier.value})  # fmt: skip
    if rows:
        uow.session.execute(update(Seat), rows)


def tell_all(uow: UnitOfWork, cycle_id: UUID, what: News, words: str) -> None:
    """Tell every leader of a cycle."""
    uow.require(Permission.SCORING_JUDGE)
    cycle = queries.get_cycle(uow.session, cycle_id)
    for seat_id, leader_id in uow.session.execute(select(Seat.id, Seat.leader_id).where(Seat.cycle_id == cycle_id)):
        news_id = uuid5(seat_id, what.value)
        uow.emit(AppraisalNews(news_id, leader_id, seat_id, what.value, cycle.first_on, cycle.last_on, words))


def tell(uow: UnitOfWork, seat_id: UUID, what: News, words: str, about: str = "") -> None:
    """Tell the leader of one seat; the same news of the same seat (and `about`) reaches her once."""
    uow.require(Permission.SCORING_JUDGE)
    seat = queries.get_seat(uow.session, seat_id)
    cycle = queries.get_cycle(uow.session, seat.cycle_id)
    news_id = uuid5(seat_id, what.value + about)
    uow.emit(AppraisalNews(news_id, seat.leader_id, seat_id, what.value, cycle.first_on, cycle.last_on, words))


def check_measures(named: Mapping[Measure, int], known: Sequence[Measure]) -> None:
    """Refuse goals for measures that are not asked for, and rates outside 0-100 %. Raises Invalid."""
    if any(measure not in known for measure in named):
        raise Invalid(field="targets", reason="names a measure that this cycle does not weigh")
    if any(not 0 <= bps <= rules.ALL_BPS for bps in named.values()):
        raise Invalid(field="targets", reason="must lie between 0 and 100 %")
