"""What an import did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows were created, updated, or stood already as wanted."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
