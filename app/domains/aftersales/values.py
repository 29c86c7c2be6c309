"""Inputs and results of the aftersales room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domains.logistics.values import Fault


class ClaimKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    DAMAGED = "damaged"
    QUALITY = "quality"
    WRONG = "wrong"


class ClaimStatus(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


CLAIM_MOVES: dict[ClaimStatus, frozenset[ClaimStatus]] = {
    ClaimStatus.OPEN: frozenset({ClaimStatus.APPROVED, ClaimStatus.REJECTED}),
    ClaimStatus.APPROVED: frozenset(),
    ClaimStatus.REJECTED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileClaim:
    """A resident's complaint about pieces of one line that she picked up."""

    order_line_id: UUID
    kind: ClaimKind
    qty: int
    text: str
    idempotency_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideClaim:
    """HQ's decision; `amount_cents` is what is refunded when approved, `fault` who answers for it."""

    claim_id: UUID
    approve: bool
    fault: Fault
    reason: str
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCard:
    id: UUID
    order_id: UUID
    order_no: str
    order_line_id: UUID
    sku_id: UUID
    sku_name: str
    sku_name_en: str
    resident_id: UUID
    resident_name: str
    leader_id: UUID
    hub_id: UUID
    kind: ClaimKind
    qty: int
    text: str
    status: ClaimStatus
    #: What a full refund of the claimed pieces would be.
    claimed_cents: int
    refunded_cents: int
    fault: Fault | None
    reason: str
    filed_at: datetime
    due_at: datetime
    decided_at: datetime | None
    decided_by: str | None
