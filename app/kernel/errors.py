"""The refusals a use-case may raise; each says its HTTP status once, for every door."""

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(eq=False)  # never frozen: contextlib assigns __traceback__ to exceptions passing through it
class DomainError(Exception):
    """A refusal the caller can act on. Subclasses are dataclasses; their fields are sent to the client."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "refused"

    def detail(self) -> dict[str, object]:
        """Fields of this refusal, in declaration order."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.code} {self.detail()}"


@dataclass(eq=False)
class NotFound(DomainError):
    """The object does not exist, or not for this actor; which of the two is not told."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "not_found"
    what: str = ""


class Conflict(DomainError):
    status: ClassVar[int] = 409
    code: ClassVar[str] = "conflict"


@dataclass(eq=False)
class Forbidden(DomainError):
    status: ClassVar[int] = 403
    code: ClassVar[str] = "forbidden"
    permission: str = ""


@dataclass(eq=False)
class Invalid(DomainError):
    """A value that no rule allows; `field` names it and `reason` says why, in English."""

    code: ClassVar[str] = "invalid"
    field: str
    reason: str


@dataclass(eq=False)
class TooMany(DomainError):
    """Too many attempts; try again after `retry_after_s` seconds."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "too_many_attempts"
    retry_after_s: int
