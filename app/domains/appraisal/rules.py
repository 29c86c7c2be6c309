"""How targets are proposed, who is judged at all, and what may follow from a final score. Pure; nobody is moved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import median_low
from zoneinfo import ZoneInfo

from app.domains.appraisal.errors import AppealTooLate, NoticeTooShort
from app.domains.appraisal.values import (
    ConsequenceKind,
    CycleCard,
    CycleStage,
    PlanInput,
    Proposal,
    Rate,
    Target,
    Verdict,
    Why,
)
from app.domains.communities.values import LeaderStatus
from app.domains.scoring.values import Measure, Tier
from app.kernel.errors import Invalid

#: A cycle is announced so many days before it begins.
NOTICE_DAYS = 7
#: Shortest and longest cycle.
LEAST_DAYS, MOST_DAYS = 7, 184
#: Late claims still count: scores are told so many days after the last pickup day (the longest claim window).
LAG_DAYS = 3
#: Days for appeals, and the hours in which HQ answers one.
APPEAL_DAYS = 5
ANSWER_HOURS = 48
#: So long after a cycle was closed its results may be disputed: photos beside its appeals stay until then.
DISPUTED_DAYS = 365
#: A new tier sets the commission so many days after HQ confirmed it, from midnight on.
TIER_NOTICE_DAYS = 7
#: Whoever served fewer days, had fewer handovers or fewer buyers is judged by nobody.
LEAST_SERVED_DAYS, LEAST_HANDOVERS, LEAST_BUYERS = 14, 4, 10
#: Words that people type.
MAX_TEXT = 1_000
MAX_PHOTOS = 4
MAX_CORRECTIONS = 20
#: A probation lasts at least and at most so many days.
PLAN_LEAST_DAYS, PLAN_MOST_DAYS = 7, 92
ALL_BPS = 10_000


def check_days(first_on: date, last_on: date, today: date) -> None:
    """Refuse a cycle that is too short, too long or begins too soon. Raises Invalid, NoticeTooShort."""
    days = (last_on - first_on).days + 1
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Invalid(field="last_on", reason=f"a cycle lasts {LEAST_DAYS} to {MOST_DAYS} days")
    earliest = today + timedelta(days=NOTICE_DAYS)
    if first_on < earliest:
        raise NoticeTooShort(days=NOTICE_DAYS, earliest_on=earliest)


def stage_due(cycle: CycleCard, now: datetime, zone: str, *, appeals_open: int, to_decide: int) -> CycleStage:
    """The stage that a cycle should have by the calendar of its hub; one step at most, and never back.

    An open appeal holds back the final score, an undecided consequence the end.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    if cycle.stage is CycleStage.ANNOUNCED and today >= cycle.first_on:
        return CycleStage.RUNNING
    if cycle.stage is CycleStage.RUNNING and today > cycle.last_on + timedelta(days=LAG_DAYS):
        return CycleStage.PROVISIONAL
    is_over = cycle.appeals_until is not None and now > cycle.appeals_until
    if cycle.stage is CycleStage.PROVISIONAL and is_over and not appeals_open:
        return CycleStage.FINAL
    if cycle.stage is CycleStage.FINAL and not to_decide:
        return CycleStage.CLOSED
    return cycle.stage


def appeals_until(now: datetime, zone: str) -> datetime:
    """The end of the last day on which leaders may appeal, by the hub's calendar."""
    last = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=APPEAL_DAYS + 1)
    return datetime.combine(last, time(), ZoneInfo(zone))


def tier_from(now: datetime, zone: str) -> datetime:
    """When a tier that is confirmed now begins to set the commission: midnight after the notice."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=TIER_NOTICE_DAYS)
    return datetime.combine(day, time(), ZoneInfo(zone))


def check_appeal(cycle: CycleCard, now: datetime) -> None:
    """Refuse an appeal after its time; the last minute still counts. Raises AppealTooLate."""
    if cycle.appeals_until is not None and now > cycle.appeals_until:
        raise AppealTooLate(until=cycle.appeals_until)


def propose_targets(own: Sequence[Rate], peers: Mapping[Measure, Sequence[int]]) -> tuple[Target, ...]:
    """A target for every measure: half of the way from what she did to what comes next for her.

    Next is the median of her peers where they do better, else the rate that earns all points; whoever is beyond that
    keeps her own. Without own numbers the median of the peers counts, without peers half of the way from the policy's
    worst to its best rate.
    """
    return tuple(_target(rate, sorted(peers.get(rate.measure, ()))) for rate in own)


def _target(rate: Rate, peers: Sequence[int]) -> Target:
    up = rate.target_bps > rate.worst_bps
    middle = median_low(peers) if peers else None
    own = rate.rate_bps if rate.denominator else None
    if own is None:
        target = middle if middle is not None else (rate.worst_bps + rate.target_bps) // 2
    else:
        goal = next((one for one in (middle, rate.target_bps) if one is not None and _better(one, own, up=up)), own)
        target = own + (goal - own) // 2 if up else own - (own - goal) // 2
    return Target(measure=rate.measure, target_bps=target, own_bps=own, peers_bps=middle, higher_is_better=up)


def _better(one: int, other: int, *, up: bool) -> bool:
    return one > other if up else one < other


def reached(target: Target, rate_bps: int | None) -> bool:
    """Whether a rate reaches its target; nothing measured (None) reaches none."""
    if rate_bps is None:
        return False
    return rate_bps >= target.target_bps if target.higher_is_better else rate_bps <= target.target_bps


def served_days(since: date | None, first_on: date, last_on: date) -> int:
    """Days of a cycle on which a leader held her post; all when nobody knows since when."""
    begun = max(first_on, since) if since else first_on
    return max(0, (last_on - begun).days + 1)


def why_unjudged(verdict: Verdict) -> tuple[Why, ...]:
    """Why nobody judges this leader in this cycle; empty when there is enough to judge by."""
    reasons = {
        Why.NOT_SERVING: verdict.status not in {LeaderStatus.ACTIVE, LeaderStatus.PROBATION},
        Why.TOO_NEW: verdict.served_days < LEAST_SERVED_DAYS,
        Why.FEW_HANDOVERS: verdict.handovers < LEAST_HANDOVERS,
        Why.FEW_BUYERS: verdict.buyers < LEAST_BUYERS,
    }
    return tuple(why for why, holds in reasons.items() if holds)


def propose(verdict: Verdict) -> tuple[Proposal, ...]:
    """What a final score may lead to; HQ decides each.

    A tier follows the score. Below bronze, an active leader is warned - once more below bronze, she goes on probation
    with a plan, unless she reached every target. On probation and still below bronze when her plan is over, somebody
    else should lead; on probation and better, it ends. Whoever is not judged keeps everything.
    """
    if why_unjudged(verdict):
        return ()
    found = []
    if verdict.tier is not verdict.standing:
        found.append(Proposal(kind=ConsequenceKind.TIER, reasons=(Why.OTHER_TIER,), tier=verdict.tier))
    if verdict.tier is not Tier.WARNING:
        if verdict.status is LeaderStatus.PROBATION:
            found.append(Proposal(kind=ConsequenceKind.RESTORE, reasons=(Why.BETTER_AGAIN,)))
        return tuple(found)
    if verdict.status is LeaderStatus.PROBATION:
        if verdict.plan_over:
            found.append(Proposal(kind=ConsequenceKind.REPLACEMENT, reasons=(Why.BELOW_BRONZE, Why.PLAN_OVER)))
    elif verdict.warned_before and not verdict.reached_all_targets:
        found.append(Proposal(kind=ConsequenceKind.PROBATION, reasons=(Why.BELOW_BRONZE, Why.WARNED_BEFORE)))
    else:
        kept = (Why.TARGETS_REACHED,) if verdict.warned_before else ()
        found.append(Proposal(kind=ConsequenceKind.WARNING, reasons=(Why.BELOW_BRONZE, *kept)))
    return tuple(found)


def check_plan(plan: PlanInput, today: date) -> None:
    """Refuse a plan without words, goals or a check-up, or with days outside of it. Raises Invalid."""
    check_words("words", plan.words)
    days = (plan.until_on - today).days
    if not PLAN_LEAST_DAYS <= days <= PLAN_MOST_DAYS:
        raise Invalid(field="until_on", reason=f"a plan runs {PLAN_LEAST_DAYS} to {PLAN_MOST_DAYS} days")
    if not plan.goals or any(not 0 <= bps <= ALL_BPS for bps in plan.goals.values()):
        raise Invalid(field="goals", reason="needs one goal at least, each between 0 and 100 %")
    if not plan.checkups or any(not today < on <= plan.until_on for on in plan.checkups):
        raise Invalid(field="checkups", reason="needs one day at least, each within the plan")


def check_words(field: str, words: str) -> None:
    """Refuse no words or too many. Raises Invalid."""
    if not words.strip():
        raise Invalid(field=field, reason="must not be empty")
    if len(words) > MAX_TEXT:
        raise Invalid(field=field, reason=f"at most {MAX_TEXT} characters")
