"""Facts that the payouts room publishes."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WithdrawalEnded:
    """A leader's withdrawal was paid, rejected, could not be sent, or came back; she is told.

    `amount_cents` is what arrives, or what is on her balance again.
    """

    topic: ClassVar[str] = "payouts.withdrawal_ended"
    payout_id: UUID
    leader_id: UUID
    no: str
    status: str
    amount_cents: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class BankRefused:
    """The bank behind a leader's account at the provider refused what lies there; she is told to look."""

    topic: ClassVar[str] = "payouts.bank_refused"
    refusal_id: UUID
    leader_id: UUID
    account: str
