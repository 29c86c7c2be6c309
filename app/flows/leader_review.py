"""The review of a hub's leaders: facts, scorecards, and who goes on probation or comes back from it."""

from datetime import date, timedelta
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.service import leaders
from app.domains.communities.values import LeaderStatus
from app.domains.scoring import queries, rules
from app.domains.scoring.service import facts, scorecards
from app.domains.scoring.values import ScorecardCard, Step, Verdict
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: How long a warned leader has to do better before a second warning counts.
TIME_TO_IMPROVE = timedelta(days=7)
_STATUS = {Step.PROBATION: LeaderStatus.PROBATION, Step.RESTORE: LeaderStatus.ACTIVE}


def review(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date) -> list[Verdict]:
    """Judge the leaders of a hub over a period, both days included, and tell those whose status changes why.

    A warning puts an active leader on probation; a better score ends it; at a second warning HQ is only advised to
    replace her, if a week at least lies between the two. Facts are rebuilt first, so late claims count. Repeating moves
    nobody any further, and a review of a time before the last one moves nobody at all.
    Returns what followed, worst score first. Raises NotFound, Invalid.
    """
    uow.require(Permission.SCORING_JUDGE)
    system = uow.as_system("leader review")
    facts.rebuild_days(system, hub_id, period_from, period_to)
    scorecards.compute(system, hub_id, period_from, period_to)
    last = queries.latest_period(uow.session, hub_id)
    if last is not None and last[1] > period_to:
        return []
    warned = queries.warned_leaders(uow.session, hub_id, period_to - TIME_TO_IMPROVE)
    known = {one.id: one for one in communities.leader_cards(uow.session, hub_id)}
    cards = queries.scorecards_of_period(uow.session, hub_id, period_from, period_to)
    verdicts = []
    for card in sorted(cards, key=lambda one: (one.total_centi, known[one.leader_id].code)):
        leader = known[card.leader_id]
        step = rules.next_step(leader.status, card.tier, card.facts.handovers, warned_before=leader.id in warned)
        if step is Step.NONE:
            continue
        reason = _reason(card)
        if step in _STATUS:
            leaders.change_status(system, leader.id, _STATUS[step], reason)
        verdicts.append(
            Verdict(
                leader_id=leader.id, leader_code=leader.code, total_centi=card.total_centi, step=step, reason=reason,
                moved=step in _STATUS,
            )
        )  # fmt: skip
    return verdicts


def withdraw(uow: UnitOfWork, hub_id: UUID, period_from: date, period_to: date, reason: str) -> int:
    """Take a review back that was wrong: the scores before it count again, and whom it moved gets her status back.

    A leader whose status changed again since then keeps it. Every leader who was judged is told why; a period may be
    reviewed anew afterwards. Returns how many statuses were given back. Raises NotFound, Invalid without a reason.
    """
    uow.require(Permission.SCORING_JUDGE)
    judged = scorecards.withdraw(uow, hub_id, period_from, period_to, reason)
    system = uow.as_system("leader review")
    now = communities.leaders_by_id(uow.session, judged)
    changes = communities.last_status_changes(uow.session, judged)
    back = [
        (leader_id, changes[leader_id].old)
        for leader_id in judged
        if leader_id in changes
        and changes[leader_id].reason.startswith(_period(period_from, period_to))
        and now[leader_id].status is changes[leader_id].new
    ]
    for leader_id, old in back:
        leaders.change_status(system, leader_id, old, reason)
    return len(back)


def _reason(card: ScorecardCard) -> str:
    """A sentence of numbers that reads the same in every language."""
    points = f"{card.total_centi // 100}.{card.total_centi % 100:02d}"
    return f"{_period(card.period_from, card.period_to)}{points} / 100 ({card.rank}/{card.of})"


def _period(period_from: date, period_to: date) -> str:
    """How the reason of every change by a review of this period begins."""
    return f"{period_from} – {period_to}: "
