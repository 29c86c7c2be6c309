"""Pure decisions of the goals room: what a goal may be, what the facts say of it, and how it stands."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from app.domains.goals.values import Counted, GoalCard, Kpi, Progress, SetGoals, Standing
from app.kernel.errors import Invalid

#: Measures that are counts; the others are rates in bps.
COUNTS = frozenset({Kpi.ORDERS, Kpi.BUYERS})
#: Measures that only grow while a month goes on.
GROWING = COUNTS | {Kpi.PENETRATION}
MOST_COUNT, ALL_BPS = 999_999_999, 10_000


def last_day(month: date) -> date:
    """The last day of the month that begins on a day."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def check(wish: SetGoals, today: date) -> None:
    """Refuse goals for a month that is over, counts below 1 and rates outside 0-100 %. Raises Invalid."""
    if wish.month.day != 1:
        raise Invalid(field="month", reason="must begin with the first day of a month")
    if last_day(wish.month) < today:
        raise Invalid(field="month", reason="is over; what was wanted of it stands")
    for kpi, target in wish.targets.items():
        if target is None:
            continue
        if kpi in COUNTS and not 1 <= target <= MOST_COUNT:
            raise Invalid(field=kpi.value, reason="from 1 to 999999999")
        if kpi not in COUNTS and not 0 <= target <= ALL_BPS:
            raise Invalid(field=kpi.value, reason="must lie between 0 and 100 %")


def fingerprint(goals: Mapping[Kpi, int]) -> str:
    """What the goals of a month are, to find out whether somebody else set them after a page was shown."""
    return " ".join(f"{kpi.value}={goals[kpi]}" for kpi in Kpi if kpi in goals)


def actual(kpi: Kpi, facts: Counted) -> int | None:
    """A measure as the facts have it: a count, or bps rounded to the nearest; None where there is nothing to measure.

    A household is one buyer at one leader: who moved to another within the month counts at both.
    """
    if kpi in COUNTS:
        return facts.orders if kpi is Kpi.ORDERS else facts.buyers
    part, whole = {
        Kpi.PENETRATION: (facts.buyers, facts.households),
        Kpi.ON_TIME: (facts.on_time_handovers, facts.handovers),
        Kpi.PICKUP_RATE: (facts.picked_pieces, facts.due_pieces),
        Kpi.CLAIM_RATE: (facts.claims, facts.orders),
    }[kpi]
    return (2 * part * ALL_BPS + whole) // (2 * whole) if whole else None


def standing(kpi: Kpi, target: int, reached: int | None, month: date, until_on: date | None, today: date) -> Standing:
    """How a goal stands today.

    While the month runs, what only grows is on its way when it is as far as the days up to `until_on`, the last day
    with facts, are of the month; a rate when it is as good as wanted. Nothing measured is on its way until the month
    is over.
    """
    is_over = last_day(month) < today
    if reached is None:
        return Standing.MISSED if is_over else Standing.ON_WAY
    is_met = reached <= target if kpi is Kpi.CLAIM_RATE else reached >= target
    if is_over:
        return Standing.REACHED if is_met else Standing.MISSED
    if kpi not in GROWING:
        return Standing.ON_WAY if is_met else Standing.BEHIND
    if is_met:
        return Standing.REACHED
    days, all_days = (until_on - month).days + 1 if until_on else 0, (last_day(month) - month).days + 1
    return Standing.ON_WAY if reached * all_days >= target * days else Standing.BEHIND


def progress(goals: Mapping[Kpi, GoalCard], facts: Counted, month: date, today: date) -> tuple[Progress, ...]:
    """Every measure of a hub, or of HQ as a whole, with its goal where one is set."""
    return tuple(_progress(kpi, goals.get(kpi), facts, month, today) for kpi in Kpi)


def _progress(kpi: Kpi, goal: GoalCard | None, facts: Counted, month: date, today: date) -> Progress:
    reached = actual(kpi, facts)
    if goal is None:
        return Progress(kpi=kpi, target=None, actual=reached, standing=None)
    stands = standing(kpi, goal.target, reached, month, facts.until_on, today)
    return Progress(
        kpi=kpi, target=goal.target, actual=reached, standing=stands, set_at=goal.set_at, set_by=goal.set_by
    )


def add(facts: Iterable[Counted]) -> Counted:
    """What several hubs add up to."""
    found = list(facts)
    days = [one.until_on for one in found if one.until_on]
    numbers = {
        name: sum(getattr(one, name) for one in found) for name in Counted.__dataclass_fields__ if name != "until_on"
    }
    return Counted(**numbers, until_on=max(days, default=None))
