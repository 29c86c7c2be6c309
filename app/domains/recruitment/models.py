"""Tables of the recruitment room. Coordinates are WGS-84."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.communities.values import LeaderKind
from app.domains.recruitment.values import ApplicationStatus, Experience, TrainingStep
from app.infra.db import Base
from app.kernel.ids import new_id

_IS_OPEN = "status IN ('draft', 'submitted', 'accepted')"


class Application(Base):
    """Somebody who wants to lead; the draft is what she typed, the columns below it what was handed in."""

    __tablename__ = "recruitment_application"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("status <> 'active' OR (leader_id IS NOT NULL AND signed_at IS NOT NULL)", name="active"),
        Index("uq_recruitment_application_open", "phone", unique=True, postgresql_where=text(_IS_OPEN)),
        Index(None, "status", "submitted_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"), index=True)
    phone: Mapped[str]
    status: Mapped[ApplicationStatus]
    typed: Mapped[dict[str, Any]]
    #: Keys of stored pictures.
    photos: Mapped[list[str]]
    created_at: Mapped[datetime]

    name: Mapped[str | None]
    search_key: Mapped[str] = mapped_column(default="", server_default="")
    #: The last four characters of the identity card; the card itself is looked at and not kept.
    id_tail: Mapped[str | None]
    kind: Mapped[LeaderKind | None]
    address: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    floor: Mapped[int | None]
    storage_m2: Mapped[int | None]
    fridge_l: Mapped[int | None]
    freezer_l: Mapped[int | None]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    experience: Mapped[Experience | None]
    why: Mapped[str | None]
    hub_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_hub.id"))
    neighbourhood_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_neighbourhood.id"), index=True)
    #: From the place to its neighbourhood; 0 inside.
    distance_m: Mapped[int | None]
    consent_version: Mapped[int | None]
    submitted_at: Mapped[datetime | None]

    #: The version of the checklist by which it is scored, and what it said last, item by item.
    policy_version: Mapped[int | None]
    scored: Mapped[dict[str, Any] | None]
    score_centi: Mapped[int | None]
    identity_at: Mapped[datetime | None]
    identity_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    #: Told to the applicant.
    reason: Mapped[str] = mapped_column(default="", server_default="")
    contract_version: Mapped[int | None]
    contract_locale: Mapped[str | None]
    contract_sha256: Mapped[str | None]
    signed_name: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    leader_id: Mapped[UUID | None] = mapped_column(ForeignKey("communities_leader.id"))


class Endorsement(Base):
    """A one-time link for a neighbour; only the SHA-256 of its secret is kept."""

    __tablename__ = "recruitment_endorsement"
    __table_args__ = (
        UniqueConstraint("application_id", "resident_id"),
        CheckConstraint("(used_at IS NULL) = (resident_id IS NULL)", name="used_by_somebody"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recruitment_application.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts_account.id"))
    words: Mapped[str] = mapped_column(default="", server_default="")
    #: From the endorser's home to the place; None where she only named her neighbourhood.
    distance_m: Mapped[int | None]


class Training(Base):
    """A training step that an applicant ticked, and HQ's check of it."""

    __tablename__ = "recruitment_training"
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recruitment_application.id"), primary_key=True)
    step: Mapped[TrainingStep] = mapped_column(primary_key=True)
    ticked_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[str | None]


class InterviewNote(Base):
    """What HQ wrote down about an applicant; she does not read it."""

    __tablename__ = "recruitment_note"
    __table_args__ = (Index(None, "application_id", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recruitment_application.id"))
    by: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime]


class PolicyRow(Base):
    """A version of the checklist; never changed."""

    __tablename__ = "recruitment_policy"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weights: Mapped[dict[str, Any]]
    radius_m: Mapped[int]
    endorsements: Mapped[int]
    storage_m2: Mapped[int]
    fridge_l: Mapped[int]
    freezer_l: Mapped[int]
    open_minutes: Mapped[int]
    pass_points: Mapped[int]
    from_at: Mapped[datetime]
    at: Mapped[datetime]
    by: Mapped[str]


class ContractRow(Base):
    """A version of the contract; never changed, for somebody may have signed it."""

    __tablename__ = "recruitment_contract"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text_zh: Mapped[str]
    text_en: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
