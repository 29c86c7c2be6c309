"""What the tasks room may refuse."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.kernel.errors import Conflict


@dataclass(eq=False, kw_only=True)
class PlanBegun(Conflict):
    """The plan began on `since`; what leaders have seen and done is not taken back."""

    code: ClassVar[str] = "plan_begun"
    since: date


@dataclass(eq=False, kw_only=True)
class PlanFixed(Conflict):
    """The plan is published or withdrawn; only a draft can be changed."""

    code: ClassVar[str] = "plan_fixed"


@dataclass(eq=False, kw_only=True)
class AlreadyTicked(Conflict):
    """The task is done already; what was said of it then stands."""

    code: ClassVar[str] = "already_ticked"


@dataclass(eq=False, kw_only=True)
class TaskAhead(Conflict):
    """The task is for `on`, which has not come yet."""

    code: ClassVar[str] = "task_ahead"
    on: date
