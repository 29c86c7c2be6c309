"""Tables of the certificates room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.certificates.values import CertificateKind, CertificateState
from app.infra.db import Base
from app.kernel.ids import new_id


class Certificate(Base):
    """One paper of a leader, as she typed it; a renewed one is another row."""

    __tablename__ = "certificates_certificate"
    __table_args__ = (
        CheckConstraint("valid_from <= valid_until", name="days_in_order"),
        CheckConstraint("(state IN ('confirmed', 'rejected')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("state <> 'rejected' OR reason <> ''", name="rejected_with_reason"),
        Index("uq_certificates_certificate_waiting", "leader_id", "kind", unique=True,
              postgresql_where=text("state = 'waiting'")),
        Index("ix_certificates_certificate_valid", "leader_id", "kind", "valid_until",
              postgresql_where=text("state = 'confirmed'")),
        Index(None, "leader_id", "entered_at"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("communities_leader.id"))
    kind: Mapped[CertificateKind]
    number: Mapped[str]
    issued_by: Mapped[str]
    valid_from: Mapped[date]
    #: The last day on which it is valid.
    valid_until: Mapped[date]
    #: Key of a stored picture.
    photo: Mapped[str]
    state: Mapped[CertificateState]
    entered_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    #: Why it was rejected; she reads it.
    reason: Mapped[str] = mapped_column(default="")
    #: The last reminder that she got, in days before the end.
    reminded: Mapped[int | None]


class Demand(Base):
    """A kind of paper that a hub wants of everybody who serves there."""

    __tablename__ = "certificates_demand"
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("communities_hub.id"), primary_key=True)
    kind: Mapped[CertificateKind] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    by: Mapped[str]
