"""Refusals of the ledger room."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import DomainError


@dataclass(eq=False)
class Unbalanced(DomainError):
    """A journal whose debits and credits differ, or that has no two sides; a fault of ours, never of a caller."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "journal_unbalanced"
    kind: str
    cause_id: UUID
    sum_cents: int
