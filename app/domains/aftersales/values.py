"""Inputs and results of the aftersales room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domains.logistics.values.handover import Fault


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimableLine:
    """An order line as far as claims go: what was handed out when, what was claimed already, what money is left."""

    order_line_id: UUID
    order_id: UUID
    group_buy_id: UUID
    sku_id: UUID
    resident_id: UUID
    leader_id: UUID
    hub_id: UUID
    currency: str
    final_price_cents: int
    #: Paid and neither given back nor asked for in an open claim.
    left_cents: int
    picked_qty: int
    #: When pieces of this line were handed out last; None when none were.
    picked_at: datetime | None
    #: Pieces in claims that were not rejected.
    claimed_qty: int
    #: Hours after the pickup in which the SKU's category accepts claims.
    claim_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOption:
    """What a resident can still claim of one line, and until when."""

    order_line_id: UUID
    left_qty: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedClaim:
    """A claim at the moment of its decision; `refund_cents` is 0 when it was rejected."""

    id: UUID
    order_line_id: UUID
    order_id: UUID
    sku_id: UUID
    hub_id: UUID
    qty: int
    refund_cents: int
    fault: Fault
