"""Facts that the certificates room publishes."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CertificateDecided:
    """HQ looked at a leader's paper; she is told."""

    topic: ClassVar[str] = "certificates.decided"
    certificate_id: UUID
    leader_id: UUID
    kind: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class CertificateExpires:
    """A leader's paper is about to end and no newer one is confirmed; she is reminded."""

    topic: ClassVar[str] = "certificates.expires"
    certificate_id: UUID
    leader_id: UUID
    kind: str
    valid_until: date
    days: int
