"""Pure decisions of the tasks room."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domains.tasks.errors import PlanBegun
from app.domains.tasks.values import Audience, SavePlan, SaveStep, Tick, TodoState
from app.kernel.errors import Invalid

MAX_TITLE, MAX_NOTE, MAX_SCRIPT, MAX_PROOF = 60, 500, 2_000, 300
#: A plan's last step is at most so many days after its first.
MAX_DAYS = 366
MAX_STEPS = 60
#: To-dos are made so many days before they are due, so that leaders see tomorrow's.
AHEAD = timedelta(days=1)
#: A to-do that was not done is shown, and may be ticked late, for so long.
KEPT_OPEN = timedelta(days=14)
#: What may stand in braces in a script.
VARIABLES = ("leader", "neighbourhood", "point", "opens", "closes", "link", "date")
_NAME = re.compile(r"\{([^{}]*)\}")


def check_plan(wish: SavePlan) -> None:
    """Refuse a plan without a title, or with too many words."""
    _check_text("plan_title", wish.title, MAX_TITLE, needed=True)
    _check_text("note", wish.note, MAX_NOTE)


def check_step(wish: SaveStep, starts_on: date) -> None:
    """Refuse a step without title or day, before the plan's start, or whose script names what nobody fills in."""
    _check_text("step_title", wish.title, MAX_TITLE, needed=True)
    _check_text("script", wish.script, MAX_SCRIPT)
    if (wish.day_offset is None) == (wish.on_date is None):
        raise Invalid(field="day_offset", reason="give either the number of days or a date")
    if not timedelta() <= due_on(wish.day_offset, wish.on_date, starts_on) - starts_on <= timedelta(days=MAX_DAYS):
        raise Invalid(field="day_offset", reason="must lie within a year after the start")
    if any(name not in VARIABLES for name in _NAME.findall(wish.script)):
        raise Invalid(field="script", reason="something in braces is not one of the names below")


def check_tick(wish: Tick, *, needs_proof: bool) -> None:
    """Refuse too many words, and no proof where one is wanted."""
    _check_text("text", wish.text, MAX_PROOF)
    if needs_proof and not wish.text and not wish.photo:
        raise Invalid(field="text", reason="words or a photo are needed here")


def check_not_begun(first_on: date | None, today: date) -> None:
    """Refuse to withdraw a plan whose first day has come somewhere. Raises PlanBegun."""
    if first_on is not None and first_on <= today:
        raise PlanBegun(since=first_on)


def due_on(day_offset: int | None, on_date: date | None, starts_on: date) -> date:
    """The day of a step: its own date, or so many days after the plan's start."""
    return on_date or starts_on + timedelta(days=day_offset or 0)


def due_at(on: date, at: time, timezone: str) -> datetime:
    """The instant at which a step is due, by the clocks of the leader's hub."""
    return datetime.combine(on, at, ZoneInfo(timezone))


def is_meant(audience: Audience, leader: Audience) -> bool:
    """Whether a leader, described by her own hub, tier, seniority and id, is among those a step is for."""
    return all(
        getattr(audience, name) in {None, getattr(leader, name)}
        for name in ("hub_id", "tier", "seniority", "leader_id")
    )


def fill(script: str, values: Mapping[str, str]) -> str:
    """A script with what stands in braces replaced; unknown names stay as they are."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), script)


def state_of(due: datetime, on: date, done: datetime | None, now: datetime, today: date) -> TodoState:
    """How a to-do stands. The last minute is in time."""
    if done is not None:
        return TodoState.DONE if done <= due else TodoState.DONE_LATE
    if now > due:
        return TodoState.OVERDUE
    return TodoState.OPEN if on <= today else TodoState.AHEAD


def _check_text(field: str, text: str, most: int, *, needed: bool = False) -> None:
    if needed and not text:
        raise Invalid(field=field, reason="must not be empty")
    if len(text) > most:
        raise Invalid(field=field, reason=f"must have at most {most} characters")
