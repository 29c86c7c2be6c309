"""Findings of a day, and what may be done about them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.domains.payments.values import Booking


class MismatchKind(StrEnum):
    """How the provider's books and ours differ."""

    #: The provider booked it, we did not.
    MISSING_HERE = "missing_here"
    #: We booked it, the provider did not.
    MISSING_THERE = "missing_there"
    #: Both booked it, with different amounts.
    AMOUNT_DIFFERS = "amount_differs"


class DifferenceState(StrEnum):
    """What has become of a difference."""

    OPEN = "open"
    #: It went away: we asked the provider and booked, or the other side came later.
    SETTLED = "settled"
    #: Booked by a journal of its own.
    BOOKED = "booked"
    #: A person said why it may stand.
    KNOWN = "known"


class Action(StrEnum):
    """What a person may do about a difference."""

    #: Ask the provider again and book what it says.
    FETCH = "fetch"
    #: Book it by a journal of its own: a transfer to our bank, or an amount that stays a loss or a gain.
    BOOK = "book"
    #: Let it stand, with a reason.
    KNOWN = "known"


#: What helps with which difference; the first one is suggested.
ACTIONS: dict[MismatchKind, tuple[Action, ...]] = {
    MismatchKind.MISSING_HERE: (Action.FETCH, Action.BOOK, Action.KNOWN),
    MismatchKind.MISSING_THERE: (Action.FETCH, Action.BOOK, Action.KNOWN),
    MismatchKind.AMOUNT_DIFFERS: (Action.BOOK, Action.KNOWN),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A payment or refund of ours, as the provider should know it; `cents` signed as it books it, 0 if not booked."""

    id: UUID
    hub_id: UUID
    cents: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Our side: payments and refunds by the provider's reference, and those of the day that it should have booked."""

    payments: dict[str, Ours]
    refunds: dict[str, Ours]
    #: References of refunds and transfers that came back, whatever became of them since.
    returned: frozenset[str]
    #: Payments and refunds of the day of which the provider has booked nothing: reference → ours.
    unbooked_payments: dict[str, Ours]
    unbooked_refunds: dict[str, Ours]
    #: Payouts sent through the provider, and those of the day of which it has booked nothing.
    transfers: dict[str, Ours]
    unbooked_transfers: dict[str, Ours]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A booking of the provider that is ours."""

    booking: Booking
    hub_id: UUID
    payment_id: UUID | None = None
    refund_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A difference as it was found. `ref` is the provider's reference; one of booking, payment, refund at least."""

    kind: MismatchKind
    ref: str
    currency: str
    ours_cents: int
    theirs_cents: int
    booking_ref: str | None = None
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    hub_id: UUID | None = None

    @property
    def key(self) -> tuple[str, str, str | None, UUID | None, UUID | None]:
        """What makes it the same difference when it is found again."""
        return self.kind.value, self.ref, self.booking_ref, self.payment_id, self.refund_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A day's bookings, sorted."""

    matches: tuple[Match, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCard:
    """A reconciled day (UTC, as the provider counts): what was booked, what was ours, what is still open."""

    on: date
    ran_at: datetime
    bookings: int
    matched: int
    differences: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """What the provider booked on a day in one currency."""

    currency: str
    charged_cents: int
    refunded_cents: int
    other_cents: int
    fee_cents: int

    @property
    def net_cents(self) -> int:
        """By how much our balance at the provider changed."""
        return self.charged_cents + self.refunded_cents + self.other_cents - self.fee_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCard:
    """A difference with what became of it."""

    id: UUID
    on: date
    kind: MismatchKind
    state: DifferenceState
    ref: str
    #: The provider's own word for the booking; empty when it booked nothing.
    type_name: str
    currency: str
    ours_cents: int
    theirs_cents: int
    #: What the provider kept for the booking, on top.
    fee_cents: int
    booking_ref: str | None
    payment_id: UUID | None
    refund_id: UUID | None
    hub_id: UUID | None
    order_no: str | None
    order_id: UUID | None
    reason: str
    decided_by: str | None
    decided_at: datetime | None

    @property
    def cents(self) -> int:
        """Theirs less ours."""
        return self.theirs_cents - self.ours_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """What a person does about a difference; `hub_id` whose books it belongs to, where no payment says so."""

    difference_id: UUID
    reason: str
    hub_id: UUID | None = None
