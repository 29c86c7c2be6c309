"""The appraisal cycle: announced with targets, scored, appealed, final, and what HQ makes of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.appraisal import queries, rules
from app.domains.appraisal.service import appeals, cycles, outcomes
from app.domains.appraisal.values import (
    AnnounceCycle,
    AnswerAppeal,
    AppealCard,
    ConsequenceCard,
    ConsequenceKind,
    CycleCard,
    CycleStage,
    DecideConsequence,
    News,
    PlanState,
    Rate,
    SeatCard,
    Verdict,
    Why,
)
from app.domains.communities import queries as communities
from app.domains.communities.service import leaders
from app.domains.communities.values import LeaderStatus
from app.domains.replacements.values import ProposeReplacement
from app.domains.scoring import queries as scoring
from app.domains.scoring.service import adjustments, facts, policies, scorecards
from app.domains.scoring.values import AdjustFacts, ScorecardCard, Tier
from app.flows import replacement
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission

#: Reads outside of a use-case, as the doors' `read`.
Read = Callable[..., Any]

#: How much of an answer is kept beside an adjustment.
REASON_CHARS = 300


def announce(uow: UnitOfWork, wish: AnnounceCycle) -> UUID:
    """Announce a hub's next cycle, a week ahead at least, with targets for every serving leader; returns its id.

    Targets follow from her newest scorecard and those of her peers; the policy of its first day judges it.
    Raises NotFound, Invalid, NoticeTooShort, CyclesOverlap.
    """
    uow.require(Permission.SCORING_JUDGE)
    policy = policies.in_force(uow, wish.first_on)
    usual = [
        Rate(measure=one.measure, rate_bps=0, denominator=0, target_bps=one.target_bps, worst_bps=one.worst_bps)
        for one in policy.weights
    ]
    serving = [one.id for one in communities.leader_cards(uow.session, wish.hub_id)]
    before = scoring.last_scorecards(uow.session, serving)
    known = {leader_id: _rates(card, usual) for leader_id, card in before.items()}
    return cycles.announce(uow, wish, policy.version, known, usual)


def _rates(card: ScorecardCard, usual: Sequence[Rate]) -> list[Rate]:
    """What a scorecard measured, for each measure of the policy that will judge."""
    seen = {part.measure: part for part in card.parts}
    return [
        Rate(measure=one.measure, rate_bps=seen[one.measure].rate_bps, denominator=seen[one.measure].denominator,
             target_bps=one.target_bps, worst_bps=one.worst_bps)
        if one.measure in seen else one
        for one in usual
    ]  # fmt: skip


def move_all(run: Run, read: Read) -> int:
    """Move every cycle on as far as its dates allow, a transaction for each step; returns the steps. Safe to repeat."""
    done = 0
    for cycle_id in read(queries.due_cycles):
        while run(move_on, cycle_id):
            done += 1
    return done


def move_on(uow: UnitOfWork, cycle_id: UUID) -> bool:
    """Move a cycle by one stage if its time has come, with all that belongs to it; False when nothing is due.

    Scores are told as provisional three days after the last pickup day, so that late claims count. They are final when
    the days for appeals are over and every appeal is answered. The cycle closes when HQ has decided everything.
    """
    uow.require(Permission.SCORING_JUDGE)
    cycles.hold(uow, cycle_id)
    cycle = queries.get_cycle(uow.session, cycle_id)
    hub = communities.get_hub(uow.session, cycle.hub_id)
    count = queries.counts(uow.session, [cycle_id], uow.now)[cycle_id]
    due = rules.stage_due(cycle, uow.now, hub.timezone, appeals_open=count.appeals_open, to_decide=count.to_decide)
    if due is cycle.stage:
        return False
    system = uow.as_system("appraisal")
    cycles.move(system, cycle_id, due)
    if due is CycleStage.PROVISIONAL:
        cards = _score(system, cycle)
        cycles.note_provisional(system, cycle_id, cards)
        verdicts = _verdicts(system, cycle, cards)
        cycles.note_unjudged(system, _unjudged(queries.seats(uow.session, cycle_id), verdicts))
    elif due is CycleStage.FINAL:
        _make_final(system, cycle)
    return True


def _score(system: UnitOfWork, cycle: CycleCard) -> dict[UUID, ScorecardCard]:
    """Facts counted anew, with every adjustment, and the scorecards that follow from them, by leader."""
    facts.rebuild_days(system, cycle.hub_id, cycle.first_on, cycle.last_on)
    scorecards.compute(system, cycle.hub_id, cycle.first_on, cycle.last_on)
    cards = scoring.scorecards_of_period(system.session, cycle.hub_id, cycle.first_on, cycle.last_on)
    return {card.leader_id: card for card in cards}


def _make_final(system: UnitOfWork, cycle: CycleCard) -> None:
    cards = _score(system, cycle)
    verdicts = _verdicts(system, cycle, cards)
    seats = queries.seats(system.session, cycle.id)
    reached = _reached(system, seats, cards)
    cycles.note_final(system, seats, cards, verdicts, reached)
    cycles.note_unjudged(system, _unjudged(seats, verdicts))
    outcomes.propose(system, {seat_id: rules.propose(verdict) for seat_id, verdict in verdicts.items()})
    cycles.tell_all(system, cycle.id, News.FINAL, "")


def _verdicts(system: UnitOfWork, cycle: CycleCard, cards: Mapping[UUID, ScorecardCard]) -> dict[UUID, Verdict]:
    """What the cycle found, by seat; leaders without a scorecard (they left) are left out. Six statements."""
    session = system.session
    seats = [seat for seat in queries.seats(session, cycle.id) if seat.leader_id in cards]
    ids = [seat.leader_id for seat in seats]
    known = communities.leaders_by_id(session, ids)
    standing = queries.standing_tiers(session, ids)
    last = queries.last_results(session, cycle.hub_id, cycle.id)
    plans = queries.running_plans(session, ids)
    zone = ZoneInfo(communities.get_hub(session, cycle.hub_id).timezone)
    today = system.now.astimezone(zone).date()
    reached = _reached(system, seats, cards)
    found = {}
    for seat in seats:
        card, leader, plan = cards[seat.leader_id], known[seat.leader_id], plans.get(seat.leader_id)
        found[seat.id] = Verdict(
            status=leader.status, tier=card.tier, standing=standing.get(leader.id), handovers=card.facts.handovers,
            buyers=card.facts.buyers, served_days=rules.served_days(leader.since, cycle.first_on, cycle.last_on),
            warned_before=last.get(leader.id) is Tier.WARNING,
            plan_over=plan is None or plan.until_on <= today,
            reached_all_targets=bool(seat.targets_of) and reached[seat.id] == seat.targets_of,
        )  # fmt: skip
    return found


def _unjudged(seats: Sequence[SeatCard], verdicts: Mapping[UUID, Verdict]) -> dict[UUID, tuple[Why, ...]]:
    return {
        seat.id: rules.why_unjudged(verdicts[seat.id]) if seat.id in verdicts else (Why.NOT_SERVING,) for seat in seats
    }


def _reached(system: UnitOfWork, seats: Sequence[SeatCard], cards: Mapping[UUID, ScorecardCard]) -> dict[UUID, int]:
    """How many targets each leader reached, by seat."""
    wanted = queries.targets(system.session, [seat.id for seat in seats])
    found = {}
    for seat in seats:
        card = cards.get(seat.leader_id)
        rates = {part.measure: part for part in card.parts} if card else {}
        found[seat.id] = sum(
            part is not None and rules.reached(target, part.rate_bps if part.denominator else None)
            for target in wanted[seat.id]
            for part in [rates.get(target.measure)]
        )
    return found


def answer_appeal(uow: UnitOfWork, wish: AnswerAppeal) -> AppealCard:
    """Answer an appeal; one that is upheld corrects facts, and the scores of the cycle are computed anew from them.

    Raises NotFound, WrongState, AppealTaken, Invalid.
    """
    uow.require(Permission.SCORING_JUDGE)
    appeal, cycle = appeals.answer(uow, wish)
    if not wish.upheld:
        return appeal
    reason = " ".join(wish.answer.split())[:REASON_CHARS]
    adjustments.adjust(
        uow,
        [
            AdjustFacts(leader_id=appeal.leader_id, on_date=one.on_date, fact=one.fact, delta=one.delta, reason=reason,
                        cause_id=appeal.id)
            for one in wish.corrections
        ],
    )  # fmt: skip
    system = uow.as_system("appraisal")
    cycles.renew_provisional(system, appeal.seat_id, _score(system, cycle).get(appeal.leader_id))
    return appeal


def decide(uow: UnitOfWork, wish: DecideConsequence) -> ConsequenceCard:
    """HQ's word on what the rules propose, with all that follows, in one transaction.

    A tier sets the commission after its notice; a probation begins with its plan; a leader who did better is active
    again - who rests meanwhile, when she comes back; a replacement is proposed, which a second person has to confirm.
    Raises NotFound, WrongState, Invalid.
    """
    uow.require(Permission.SCORING_JUDGE)
    card = outcomes.decide(uow, wish)
    if not wish.confirm:
        return card
    system = uow.as_system("appraisal")
    if card.kind is ConsequenceKind.PROBATION:
        outcomes.begin_plan(uow, card, wish)
        _change_status(system, card, LeaderStatus.PROBATION)
    elif card.kind is ConsequenceKind.RESTORE:
        outcomes.end_plan(uow, card.leader_id, PlanState.PASSED)
        _change_status(system, card, LeaderStatus.ACTIVE)
    elif card.kind is ConsequenceKind.REPLACEMENT:
        outcomes.end_plan(uow, card.leader_id, PlanState.FAILED)
        replacement.propose(
            uow, ProposeReplacement(leader_id=card.leader_id, reason=card.note, appraisal_id=card.id)
        )  # fmt: skip
    return card


def _change_status(system: UnitOfWork, card: ConsequenceCard, status: LeaderStatus) -> None:
    """Who rests goes on resting: her plan says how she comes back."""
    if communities.get_leader(system.session, card.leader_id).status is not LeaderStatus.RESTING:
        leaders.change_status(system, card.leader_id, status, card.note)


def change_status(uow: UnitOfWork, leader_id: UUID, status: LeaderStatus, reason: str) -> None:
    """HQ moves a leader to another status by hand; who comes back from a rest with a plan running is on probation.

    Raises as `communities.service.leaders.change_status`.
    """
    uow.require(Permission.COMMUNITIES_MANAGE)
    rests = communities.get_leader(uow.session, leader_id).status is LeaderStatus.RESTING
    if rests and status is LeaderStatus.ACTIVE and queries.running_plans(uow.session, [leader_id]):
        leaders.change_status(uow.as_system("appraisal"), leader_id, LeaderStatus.PROBATION, reason)
    else:
        leaders.change_status(uow, leader_id, status, reason)
