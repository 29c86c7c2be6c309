"""Inputs and results of the aftersales room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


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


class ClaimFault(StrEnum):
    """Who answers for a claim, and so who pays; the leader only for what she did herself."""

    SUPPLIER = "supplier"
    HUB = "hub"
    CARRIER = "carrier"
    LEADER = "leader"
    #: Goodwill, or the resident's own mistake: the platform bears it.
    NOBODY = "nobody"


class Screening(StrEnum):
    """What the policy said when a claim was filed: it passed and was approved at once, or why a person decides."""

    PASSED = "passed"
    NO_PHOTO = "no_photo"
    #: Pieces that are said to be missing after the pickup; no photo shows that.
    MISSING_PIECES = "missing_pieces"
    ABOVE_LIMIT = "above_limit"
    MANY_CLAIMS = "many_claims"


class NoteKind(StrEnum):
    """What somebody added to a claim."""

    #: The photos that came with the claim.
    FILED = "filed"
    #: The resident said more.
    ADDED = "added"
    #: The leader told her side.
    EVIDENCE = "evidence"
    TAKEN = "taken"
    HANDED_OVER = "handed_over"


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
    #: Keys of photos that she uploaded before.
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToClaim:
    """What a resident or the leader says to an open claim; text, photos, or both."""

    claim_id: UUID
    text: str
    idempotency_key: str
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideClaim:
    """HQ's decision; `amount_cents` is what is refunded when approved, `fault` who answers for it."""

    claim_id: UUID
    approve: bool
    fault: ClaimFault
    reason: str
    amount_cents: int | None = None
    #: Approved by the policy when it was filed; then there is no reason in words.
    by_policy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPolicy:
    """A version of the rules by which claims are screened, and of the clocks that run."""

    version: int
    #: A claim up to this amount may be approved at once.
    auto_limit_cents: int
    #: So many claims within `history_days` raise no doubt, however little was bought.
    free_claims: int
    #: Above that, claims in ten-thousandths of the lines picked up within `history_days`.
    share_bps: int
    history_days: int
    #: Hours in which the leader tells her side.
    evidence_hours: int
    #: Hours in which HQ decides.
    decide_hours: int
    #: From so many residents on, claims about one SKU of one round alert HQ.
    alert_residents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """A policy with who adopted it when; the first one was nobody's decision."""

    policy: ClaimPolicy
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A resident within the days that a policy looks back, the claim at hand not counted."""

    claims: int
    picked_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCard:
    """One thing that somebody added to a claim."""

    claim_id: UUID
    kind: NoteKind
    by_id: UUID | None
    by_name: str
    text: str
    photos: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """Several residents complain about one SKU of one round: perhaps the whole lot is bad."""

    id: UUID
    hub_id: UUID
    group_buy_id: UUID
    sku_id: UUID
    sku_name: str
    sku_name_en: str
    residents: int
    claims: int
    pieces: int
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str | None


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
    fault: ClaimFault | None
    reason: str
    filed_at: datetime
    due_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    group_buy_id: UUID
    #: Until when the leader may tell her side.
    evidence_due_at: datetime
    #: None for claims from before there was a policy.
    screening: Screening | None
    policy_version: int | None
    #: Who at HQ has it in hand.
    owner_id: UUID | None
    owner_name: str | None

    @property
    def is_automatic(self) -> bool:
        """Whether the policy approved it when it was filed."""
        return self.screening is Screening.PASSED


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
    fault: ClaimFault
