"""Refusals of the payments room."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False)
class RefundTooHigh(Conflict):
    """More would be given back than was paid and not given back yet."""

    code: ClassVar[str] = "refund_too_high"
    order_id: UUID
    wanted_cents: int
    left_cents: int


@dataclass(eq=False)
class BalanceShort(Conflict):
    """The balance does not hold that much any more; nothing was taken."""

    code: ClassVar[str] = "balance_short"
    wanted_cents: int


@dataclass(eq=False)
class HoldRefused(Conflict):
    """Money held in the house cannot be taken or returned like this."""

    code: ClassVar[str] = "hold_refused"
    hold_id: UUID
    why: str


@dataclass(eq=False)
class CashNotTaken(Conflict):
    """The order's leader takes no cash."""

    code: ClassVar[str] = "cash_not_taken"


@dataclass(eq=False)
class CashMissed(Conflict):
    """The resident did not fetch orders that she had promised to pay in cash; this one is paid ahead."""

    code: ClassVar[str] = "cash_missed"
    misses: int


@dataclass(eq=False)
class CashDue(Conflict):
    """The order is paid in cash at the pickup, and the leader has not confirmed just this sum."""

    code: ClassVar[str] = "cash_due"
    cents: int
    currency: str


@dataclass(eq=False)
class NoSuchCard(Conflict):
    """The card is not one that the payer keeps at the provider."""

    code: ClassVar[str] = "no_such_card"


@dataclass(eq=False)
class ProviderSilent(DomainError):
    """The payment provider does not answer, or not as it should; nothing was done, try again."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "provider_silent"
