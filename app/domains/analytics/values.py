"""Results of the analytics room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One statement that must find nothing: its rows are (id, detail) of what breaks an invariant.

    `invariant` is its number in the design; `what` says in one sentence what holds when the statement finds nothing.
    """

    invariant: int
    name: str
    what: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRow:
    """One row, or one sum, that breaks an invariant."""

    id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A check that found something: the first rows, and how many there are in all."""

    invariant: int
    name: str
    what: str
    count: int
    rows: tuple[BrokenRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCard:
    """One change as the audit keeps it: who, when, what, from what to what."""

    id: UUID
    at: datetime
    actor_name: str
    action: str
    entity_id: UUID | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
