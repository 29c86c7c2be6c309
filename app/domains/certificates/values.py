"""Inputs and results of the certificates room."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class CertificateKind(StrEnum):
    """What a paper allows."""

    #: 健康证: she may handle food.
    HEALTH = "health"
    #: 食品经营备案: her place may keep and hand out food.
    FOOD_BUSINESS = "food_business"
    #: A course in food safety.
    FOOD_SAFETY = "food_safety"


class CertificateState(StrEnum):
    """Whether somebody at HQ has compared what was typed with the picture."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    #: She entered another one of the kind before HQ had looked.
    REPLACED = "replaced"


_S = CertificateState
CERTIFICATE_MOVES: dict[CertificateState, frozenset[CertificateState]] = {
    _S.WAITING: frozenset({_S.CONFIRMED, _S.REJECTED, _S.REPLACED}),
    _S.CONFIRMED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.REPLACED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterCertificate:
    """What a leader types from her paper; both days are valid, `photo` is the key of a picture that she sent before."""

    kind: CertificateKind
    number: str
    issued_by: str
    valid_from: date
    valid_until: date
    photo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCertificate:
    """HQ's word after a look at the picture; she reads the reason of a rejection."""

    certificate_id: UUID
    confirm: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateCard:
    """One paper as she and HQ see it; of the number the last four characters."""

    id: UUID
    leader_id: UUID
    leader_code: str
    leader_name: str
    hub_id: UUID
    kind: CertificateKind
    number_tail: str
    issued_by: str
    valid_from: date
    valid_until: date
    photo: str
    state: CertificateState
    entered_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A serving leader without a valid paper that her hub demands; `expired_on` is the last day of the newest one."""

    leader_id: UUID
    leader_code: str
    leader_name: str
    hub_id: UUID
    kind: CertificateKind
    expired_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCertificate:
    """What residents may know: the kind, and until when it is valid."""

    kind: CertificateKind
    valid_until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """A paper of which its leader is to be reminded; `days` is the reminder that is due."""

    id: UUID
    days: int
