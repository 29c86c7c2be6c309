"""Refusals of the payouts room."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False)
class AboveAvailable(Conflict):
    """More is asked for than is available; money that is still frozen cannot be withdrawn."""

    code: ClassVar[str] = "above_available"
    available_cents: int


@dataclass(eq=False)
class BalanceChanged(Conflict):
    """The balance changed since the page was shown; look at the new one and ask again."""

    code: ClassVar[str] = "balance_changed"
    shown_cents: int
    available_cents: int


@dataclass(eq=False)
class BelowMinimum(DomainError):
    """Less is asked for than the least that is paid out."""

    code: ClassVar[str] = "payout_below_minimum"
    min_cents: int


@dataclass(eq=False)
class DetailsMissing(Conflict):
    """It is not known where the money shall go."""

    code: ClassVar[str] = "payout_details_missing"


@dataclass(eq=False)
class SecondPersonNeeded(Conflict):
    """The sum is above the limit for one person: somebody else has to approve as well."""

    code: ClassVar[str] = "second_person_needed"


@dataclass(eq=False)
class NothingToPay(Conflict):
    """No payout waits for a file at present."""

    code: ClassVar[str] = "nothing_to_pay"
