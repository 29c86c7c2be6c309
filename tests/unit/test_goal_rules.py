"""What a goal may be, what facts say of it, and how it stands."""

from datetime import date
from typing import Any

import pytest

from app.domains.goals import rules
from app.domains.goals.values import Counted, Kpi, SetGoals, Standing
from app.kernel.errors import Invalid

NOVEMBER = date(2026, 11, 1)
FACTS = Counted(orders=80, buyers=45, households=950, handovers=8, on_time_handovers=7, due_pieces=300,
                picked_pieces=290, claims=3, until_on=date(2026, 11, 15))  # fmt: skip


def test_a_month_has_its_last_day() -> None:
    months = [date(2026, 2, 1), date(2028, 2, 1), date(2026, 4, 1), date(2026, 12, 1)]
    assert [rules.last_day(month).day for month in months] == [28, 29, 30, 31]


def test_what_facts_say() -> None:
    """Rates in bps, to the nearest: 45 of 950 is 4.737 %, 7 of 8 is 87.5 %, 290 of 300 is 96.67 %, 3 of 80 3.75 %."""
    assert [rules.actual(kpi, FACTS) for kpi in Kpi] == [80, 45, 474, 8_750, 9_667, 375]
    assert [rules.actual(kpi, Counted()) for kpi in Kpi] == [0, 0, None, None, None, None]
    assert rules.add([FACTS, Counted(orders=1, until_on=date(2026, 11, 3)), Counted()]).until_on == FACTS.until_on
    assert rules.actual(Kpi.ORDERS, rules.add([FACTS, FACTS])) == 160


@pytest.mark.parametrize(
    ("kpi", "target", "reached", "today", "stands"),
    [
        # Half of the month has facts: half of the goal is enough.
        (Kpi.ORDERS, 160, 80, 18, Standing.ON_WAY), (Kpi.ORDERS, 161, 80, 18, Standing.BEHIND),
        (Kpi.ORDERS, 80, 80, 18, Standing.REACHED), (Kpi.PENETRATION, 948, 474, 18, Standing.ON_WAY),
        (Kpi.PENETRATION, 950, 474, 18, Standing.BEHIND),
        # A rate may still fall: it is reached when the month is over.
        (Kpi.ON_TIME, 8_750, 8_750, 30, Standing.ON_WAY), (Kpi.ON_TIME, 8_751, 8_750, 30, Standing.BEHIND),
        (Kpi.ON_TIME, 8_750, 8_750, 31, Standing.REACHED), (Kpi.ON_TIME, 8_751, 8_750, 31, Standing.MISSED),
        (Kpi.CLAIM_RATE, 375, 375, 18, Standing.ON_WAY), (Kpi.CLAIM_RATE, 374, 375, 18, Standing.BEHIND),
        (Kpi.CLAIM_RATE, 375, 375, 31, Standing.REACHED), (Kpi.CLAIM_RATE, 374, 375, 31, Standing.MISSED),
        (Kpi.ON_TIME, 9_000, None, 18, Standing.ON_WAY), (Kpi.ON_TIME, 9_000, None, 31, Standing.MISSED),
    ],
)  # fmt: skip
def test_how_a_goal_stands(kpi: Kpi, target: int, reached: int | None, today: int, stands: Standing) -> None:
    on = date(2026, 12, 1) if today == 31 else date(2026, 11, today)
    assert rules.standing(kpi, target, reached, NOVEMBER, FACTS.until_on, on) is stands


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("month", {"month": date(2026, 11, 2)}), ("month", {"month": date(2026, 10, 1)}),
        ("orders", {"targets": {Kpi.ORDERS: 0}}), ("buyers", {"targets": {Kpi.BUYERS: 10**9}}),
        ("pickup_rate", {"targets": {Kpi.PICKUP_RATE: 10_001}}), ("claim_rate", {"targets": {Kpi.CLAIM_RATE: -1}}),
    ],
)  # fmt: skip
def test_what_no_goal_may_be(field: str, wish: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as told:
        rules.check(SetGoals(**{"hub_id": None, "month": NOVEMBER, "targets": {}} | wish), date(2026, 11, 30))
    assert told.value.field == field


def test_a_month_may_have_goals_until_its_last_day() -> None:
    whole = {Kpi.ORDERS: 1, Kpi.CLAIM_RATE: 0, Kpi.ON_TIME: 10_000, Kpi.BUYERS: None}
    rules.check(SetGoals(hub_id=None, month=NOVEMBER, targets=whole), date(2026, 11, 30))
