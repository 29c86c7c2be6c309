"""What follows from final scores: proposed by rules, decided by a person, dated."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.domains.appraisal import queries, rules
from app.domains.appraisal.models import CheckupRow, Consequence, GoalRow, PlanRow, TierRow
from app.domains.appraisal.service import cycles
from app.domains.appraisal.values import (
    CONSEQUENCE_MOVES,
    PLAN_MOVES,
    ConsequenceCard,
    ConsequenceKind,
    ConsequenceState,
    DecideConsequence,
    News,
    PlanState,
    Proposal,
)
from app.domains.communities import queries as communities
from app.domains.scoring.values import Tier
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState, check_move

#: What a leader is told when HQ confirms; a proposal to replace her is told by the replacement itself.
_TOLD = {
    ConsequenceKind.TIER: News.TIER,
    ConsequenceKind.WARNING: News.WARNING,
    ConsequenceKind.PROBATION: News.PROBATION,
    ConsequenceKind.RESTORE: News.RESTORE,
}


def propose(uow: UnitOfWork, proposals: Mapping[UUID, Sequence[Proposal]]) -> int:
    """Lay what the rules propose for each seat before HQ; returns how many. Nothing happens by it."""
    uow.require(Permission.SCORING_JUDGE)
    rows = [
        Consequence(id=new_id(), seat_id=seat_id, kind=one.kind, tier=one.tier, state=ConsequenceState.PROPOSED,
                    reasons=[why.value for why in one.reasons], proposed_at=uow.now)
        for seat_id, found in proposals.items()
        for one in found
    ]  # fmt: skip
    uow.session.add_all(rows)
    for row in rows:
        uow.audit("appraisal.propose", row.id, None, {"kind": row.kind.value, "state": row.state.value})
    uow.session.flush()
    return len(rows)


def decide(uow: UnitOfWork, wish: DecideConsequence) -> ConsequenceCard:
    """HQ's word on a proposal, once, with a reason that the leader reads when it is confirmed.

    A tier is dated here: commission follows it after the notice, from midnight on. The caller moves the leader's status
    and begins a replacement. Raises NotFound, WrongState, Invalid.
    """
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.scalar(select(Consequence).where(Consequence.id == wish.consequence_id).with_for_update())
    if row is None:
        raise NotFound("consequence")
    rules.check_words("note", wish.note)
    new = ConsequenceState.CONFIRMED if wish.confirm else ConsequenceState.DISMISSED
    check_move("consequence", CONSEQUENCE_MOVES, row.state, new)
    row.state, row.note, row.decided_at, row.decided_by = new, wish.note.strip(), uow.now, uow.actor.name
    uow.session.flush()
    card = queries.get_consequence(uow.session, row.id)
    if wish.confirm and row.kind is ConsequenceKind.TIER and row.tier is not None:
        row.from_at = rules.tier_from(uow.now, communities.get_hub(uow.session, card.hub_id).timezone)
        set_tier(uow, card.leader_id, row.tier, row.from_at, row.id)
    after = {"kind": row.kind.value, "state": new.value, "note": row.note}
    uow.audit("appraisal.decide", row.id, {"state": "proposed"}, after)
    if wish.confirm and row.kind in _TOLD:
        cycles.tell(uow, row.seat_id, _TOLD[row.kind], row.note)
    uow.session.flush()
    return queries.get_consequence(uow.session, row.id)


def set_tier(uow: UnitOfWork, leader_id: UUID, tier: Tier, from_at: datetime, consequence_id: UUID | None) -> None:
    """Let a leader's commission follow a tier from an instant on; earlier ones stay for what was ordered before."""
    uow.require(Permission.SCORING_JUDGE)
    before = queries.standing_tier(uow.session, leader_id, from_at)
    held = uow.session.get(TierRow, (leader_id, from_at))
    if held is not None:
        held.tier, held.consequence_id = tier, consequence_id
    else:
        uow.session.add(TierRow(leader_id=leader_id, from_at=from_at, tier=tier, consequence_id=consequence_id))
    after = {"tier": tier.value, "from_at": from_at.isoformat()}
    uow.audit("appraisal.set_tier", leader_id, {"tier": before.value if before else None}, after)


def begin_plan(uow: UnitOfWork, card: ConsequenceCard, wish: DecideConsequence) -> UUID:
    """Write down the plan of a probation that was confirmed. Raises Invalid; WrongState when one runs already."""
    uow.require(Permission.SCORING_JUDGE)
    if wish.plan is None:
        raise Invalid(field="words", reason="must not be empty")
    zone = ZoneInfo(communities.get_hub(uow.session, card.hub_id).timezone)
    today = uow.now.astimezone(zone).date()
    rules.check_plan(wish.plan, today)
    if queries.running_plans(uow.session, [card.leader_id]):
        raise WrongState(what="plan", state=PlanState.RUNNING.value, wanted=PlanState.RUNNING.value)
    plan_id = new_id()
    uow.session.add(
        PlanRow(id=plan_id, leader_id=card.leader_id, seat_id=card.seat_id, words=wish.plan.words.strip(),
                from_on=today, until_on=wish.plan.until_on, state=PlanState.RUNNING)
    )  # fmt: skip
    uow.session.flush()
    uow.session.add_all(
        [GoalRow(plan_id=plan_id, measure=measure.value, target_bps=bps) for measure, bps in wish.plan.goals.items()]
    )
    uow.session.add_all([CheckupRow(plan_id=plan_id, due_on=on) for on in sorted(set(wish.plan.checkups))])
    after = {"until_on": wish.plan.until_on.isoformat(), "state": PlanState.RUNNING.value}
    uow.audit("appraisal.begin_plan", plan_id, None, after)
    return plan_id


def check_up(uow: UnitOfWork, checkup_id: UUID, words: str, *, on_track: bool) -> None:
    """Note what HQ saw on a check-up, once; the leader is told. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.scalar(select(CheckupRow).where(CheckupRow.id == checkup_id).with_for_update())
    if row is None:
        raise NotFound("checkup")
    rules.check_words("words", words)
    plan = uow.session.get_one(PlanRow, row.plan_id)
    if row.done_at is not None or plan.state is not PlanState.RUNNING:
        raise WrongState(what="checkup", state="done", wanted="done")
    row.done_at, row.done_by, row.words, row.on_track = uow.now, uow.actor.name, words.strip(), on_track
    uow.audit("appraisal.check_up", row.id, None, {"on_track": on_track, "words": row.words})
    cycles.tell(uow, plan.seat_id, News.CHECKUP, row.words, str(row.id))


def end_plan(uow: UnitOfWork, leader_id: UUID, state: PlanState) -> None:
    """End a leader's running plan; nothing happens when none runs."""
    uow.require(Permission.SCORING_JUDGE)
    running = select(PlanRow).where(PlanRow.leader_id == leader_id, PlanRow.state == PlanState.RUNNING)
    plan = uow.session.scalar(running.with_for_update())
    if plan is None:
        return
    check_move("plan", PLAN_MOVES, plan.state, state)
    plan.state, plan.ended_at = state, uow.now
    uow.audit("appraisal.end_plan", plan.id, {"state": PlanState.RUNNING.value}, {"state": state.value})
