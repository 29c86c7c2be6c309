"""What saving many rows did, and why it was refused."""

from dataclasses import dataclass
from typing import Any, ClassVar

from app.kernel.errors import DomainError


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that was created (`before` None) or updated (only the fields that differ); values are JSON."""

    key: str
    before: dict[str, Any] | None
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows were created, updated, or stood already as wanted; `details` names the first two kinds."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    details: tuple[RowChange, ...] = ()

    def __add__(self, other: "Changes") -> "Changes":
        """Both together."""
        return Changes(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.details + other.details,
        )


@dataclass(frozen=True, slots=True)
class RowFault:
    """One value of the row called `key` that cannot be taken, with the reason as an English sentence."""

    key: str
    field: str
    reason: str
    given: str = ""


@dataclass(eq=False)
class InvalidRows(DomainError):
    """Rows that cannot be saved; every fault is listed and nothing was changed."""

    code: ClassVar[str] = "invalid_rows"
    faults: list[RowFault]
