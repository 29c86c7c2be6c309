"""Refusals of the statements room."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.errors import DomainError


@dataclass(eq=False)
class NotTheLedger(DomainError):
    """A statement's lines do not lead from its opening to its closing balance; a fault of ours, it is not closed."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "statement_not_the_ledger"
    no: str
    said_cents: int
    ledger_cents: int
