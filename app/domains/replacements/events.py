"""Facts that the replacements room tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ResidentsToBeTold:
    """The time to roll a replacement back is over: residents and successors are told."""

    topic: ClassVar[str] = "replacements.residents_to_be_told"
    replacement_id: UUID
