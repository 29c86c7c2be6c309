"""What the recruitment room may refuse."""

from dataclasses import dataclass
from typing import ClassVar

from app.kernel.errors import Conflict, DomainError


@dataclass(eq=False, kw_only=True)
class ApplicationFaulty(DomainError):
    """The application cannot be handed in yet; `faults` says by field what is wrong. What was typed is kept."""

    code: ClassVar[str] = "application_faulty"
    faults: dict[str, str]


@dataclass(eq=False)
class PhoneNeeded(Conflict):
    """The account has no phone; sign in by phone to apply."""

    code: ClassVar[str] = "phone_needed"


@dataclass(eq=False)
class LeadsAlready(Conflict):
    """A leader's account has this phone already."""

    code: ClassVar[str] = "leads_already"


@dataclass(eq=False)
class LinkUsed(Conflict):
    """The link was used before; each is good for one neighbour."""

    code: ClassVar[str] = "endorsement_link_used"


@dataclass(eq=False)
class LinkOver(Conflict):
    """The link is too old, or the application is decided."""

    code: ClassVar[str] = "endorsement_link_over"


@dataclass(eq=False)
class OwnApplication(Conflict):
    """Nobody endorses herself."""

    code: ClassVar[str] = "own_application"


@dataclass(eq=False)
class EndorsedBefore(Conflict):
    """This resident has endorsed the application already."""

    code: ClassVar[str] = "endorsed_before"


@dataclass(eq=False, kw_only=True)
class NotNeighbour(Conflict):
    """Only residents whose home lies within `radius_m` of the place can endorse; the link stays good."""

    code: ClassVar[str] = "not_neighbour"
    radius_m: int


@dataclass(eq=False, kw_only=True)
class TooManyLinks(Conflict):
    """An application has at most `most` links."""

    code: ClassVar[str] = "too_many_links"
    most: int


@dataclass(eq=False)
class StepsOpen(Conflict):
    """Training, contract or the look at the identity card is still missing."""

    code: ClassVar[str] = "steps_open"


@dataclass(eq=False, kw_only=True)
class AboveKindLimit(DomainError):
    """A leader of this kind serves at most `limit` residents."""

    code: ClassVar[str] = "above_kind_limit"
    limit: int
