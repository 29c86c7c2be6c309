"""Inputs and results of the replacements room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kernel.geo import Point


class Way(StrEnum):
    """Who takes over: one leader where she hands out, one who comes to the point, or the nearest with room."""

    NAMED = "named"
    COMES = "comes"
    NEAREST = "nearest"


class ReplacementState(StrEnum):
    """How far a replacement is; residents of a done one do not know yet, so it can still be rolled back."""

    PROPOSED = "proposed"
    PLANNED = "planned"
    DONE = "done"
    TOLD = "told"
    REJECTED = "rejected"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"


REPLACEMENT_MOVES: dict[ReplacementState, frozenset[ReplacementState]] = {
    ReplacementState.PROPOSED: frozenset({ReplacementState.PLANNED, ReplacementState.DONE, ReplacementState.REJECTED}),
    ReplacementState.PLANNED: frozenset({ReplacementState.DONE, ReplacementState.REJECTED, ReplacementState.FAILED}),
    ReplacementState.DONE: frozenset({ReplacementState.TOLD, ReplacementState.ROLLED_BACK}),
    ReplacementState.TOLD: frozenset(),
    ReplacementState.REJECTED: frozenset(),
    ReplacementState.FAILED: frozenset(),
    ReplacementState.ROLLED_BACK: frozenset(),
}
#: A leader has one replacement at a time that may still be carried out.
OPEN_STATES = (ReplacementState.PROPOSED, ReplacementState.PLANNED)
#: She has left by it.
CARRIED_OUT = (ReplacementState.DONE, ReplacementState.TOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReplacement:
    """The first person's word that a leader should go.

    Without a `way` it is whoever else serves at her point, else the nearest leaders. `due_at` plans it; None = as soon
    as a second person confirms. Residents are told `tell_after_min` minutes after it is done; until then it can be
    rolled back. `appraisal_id` links the appraisal that led to it.
    """

    leader_id: UUID
    #: Told to the one who leaves.
    reason: str
    way: Way | None = None
    successor_id: UUID | None = None
    due_at: datetime | None = None
    tell_after_min: int = 15
    appraisal_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementCard:
    """One replacement with who said what, when, and how far it is."""

    id: UUID
    leader_id: UUID
    leader_code: str
    leader_name: str
    hub_id: UUID
    reason: str
    way: Way
    successor_id: UUID | None
    appraisal_id: UUID | None
    state: ReplacementState
    proposed_by_id: UUID | None
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    due_at: datetime | None
    tell_after_min: int
    done_at: datetime | None
    tell_at: datetime | None
    told_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    #: Why it was rejected, rolled back or became impossible.
    note: str
    #: Code and fields of the refusal that made it impossible.
    refusal: dict[str, Any]
    #: What she says against it, and what HQ answered.
    appeal: str
    appealed_at: datetime | None
    answer: str
    answered_by: str
    answered_at: datetime | None
    #: What it moved, once it is done.
    residents: int
    orders: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What goes to one leader: residents, open orders, goods that lie at the old door, and how much farther they walk.

    `added_mean_m` and `added_max_m` are metres a way, negative where the new point is nearer. `cash_orders` are paid in
    cash at the pickup although she takes none: she collects for these all the same.
    """

    leader_id: UUID
    leader_code: str
    leader_name: str
    pickup_point_id: UUID
    pickup_point_name: str
    place: Point
    residents: int
    orders: int
    pieces: int
    cash_orders: int
    added_mean_m: int
    added_max_m: int
    residents_after: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen now: who gets how much; nothing is changed by looking."""

    leader_id: UUID
    way: Way
    place: Point
    pickup_point_name: str
    shares: tuple[Share, ...]

    @property
    def residents(self) -> int:
        """All residents who get another leader."""
        return sum(share.residents for share in self.shares)

    @property
    def orders(self) -> int:
        """All open orders that go along."""
        return sum(share.orders for share in self.shares)

    @property
    def pieces(self) -> int:
        """Pieces that lie at her door and have to be fetched from her."""
        return sum(share.pieces for share in self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What a replacement moved: numbers to show, and everything that a rollback needs, as JSON."""

    residents: int
    orders: int
    pieces: int
    undo: Mapping[str, Any]
