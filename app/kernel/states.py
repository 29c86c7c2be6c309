"""Transitions as data: a state changes only along an arrow of its room's table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeVar

from app.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)


@dataclass(eq=False)
class WrongState(Conflict):
    """The thing is in a state from which the wanted one cannot be reached."""

    code: ClassVar[str] = "wrong_state"
    what: str
    state: str
    wanted: str


def check_move(what: str, table: Mapping[S, frozenset[S]], old: S, new: S) -> None:
    """Raise WrongState unless `table` allows `old` to become `new`."""
    if new not in table.get(old, frozenset()):
        raise WrongState(what=what, state=old.value, wanted=new.value)
