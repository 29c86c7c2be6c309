"""Facts that the settlement room publishes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class StatementClosed:
    """A leader's earnings of a round are fixed; she is told."""

    topic: ClassVar[str] = "settlement.statement_closed"
    statement_id: UUID
    leader_id: UUID
    no: str
    pickup_on: date
    total_cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class RatesAnnounced:
    """Other commission rates will hold; every leader is told before."""

    topic: ClassVar[str] = "settlement.rates_announced"
    version_id: UUID
    version: int
    valid_from: datetime
    note: str
