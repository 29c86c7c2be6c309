"""Tables of the aftersales room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.aftersales.values import ClaimFault, ClaimKind, ClaimStatus, NoteKind, Screening
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class Claim(Base):
    """One complaint about one order line; decided once."""

    __tablename__ = "aftersales_claim"
    __table_args__ = (
        CheckConstraint("qty > 0", name="qty_positive"),
        CheckConstraint("refunded_cents BETWEEN 0 AND claimed_cents", name="refund_within_claim"),
        Index(None, "status", "due_at"),
        Index(None, "resident_id", "filed_at"),
        Index(None, "leader_id", "filed_at"),
        Index(None, "group_buy_id", "sku_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    order_id: Mapped[UUID] = mapped_column(index=True)
    order_line_id: Mapped[UUID] = mapped_column(index=True)
    sku_id: Mapped[UUID]
    resident_id: Mapped[UUID]
    leader_id: Mapped[UUID]
    hub_id: Mapped[UUID]
    kind: Mapped[ClaimKind]
    qty: Mapped[int]
    text: Mapped[str]
    status: Mapped[ClaimStatus]
    claimed_cents: Mapped[int] = mapped_column(BigCents)
    refunded_cents: Mapped[int] = mapped_column(BigCents, default=0)
    fault: Mapped[ClaimFault | None]
    #: Why it was decided so; told to the resident.
    reason: Mapped[str] = mapped_column(default="")
    filed_at: Mapped[datetime]
    #: When HQ must have decided.
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    group_buy_id: Mapped[UUID]
    #: Until when the leader may tell her side.
    evidence_due_at: Mapped[datetime]
    #: What the policy said; None for claims from before there was one.
    screening: Mapped[Screening | None]
    policy_version: Mapped[int | None]
    #: Who at HQ has it in hand; whoever decides a claim that nobody took becomes its owner.
    owner_id: Mapped[UUID | None] = mapped_column(index=True)
    owner_name: Mapped[str | None]


class Note(Base):
    """What somebody added to a claim: more words and photos, the leader's side, or who took it in hand."""

    __tablename__ = "aftersales_note"
    __table_args__ = (Index(None, "claim_id", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("aftersales_claim.id"))
    kind: Mapped[NoteKind]
    by_id: Mapped[UUID | None]
    by_name: Mapped[str]
    text: Mapped[str]
    #: Keys of stored pictures.
    photos: Mapped[list[str]]
    at: Mapped[datetime]


class Photo(Base):
    """Who uploaded which picture; only she may lay it beside a claim."""

    __tablename__ = "aftersales_photo"
    __table_args__ = (Index(None, "account_id", "at"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class PolicyRow(Base):
    """A version of the claim policy; never changed once used."""

    __tablename__ = "aftersales_policy"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    auto_limit_cents: Mapped[int] = mapped_column(BigCents)
    free_claims: Mapped[int]
    share_bps: Mapped[int]
    history_days: Mapped[int]
    evidence_hours: Mapped[int]
    decide_hours: Mapped[int]
    alert_residents: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[str]


class Alert(Base):
    """Several residents complained about one SKU of one round; raised once, and laid aside by somebody at HQ."""

    __tablename__ = "aftersales_alert"
    __table_args__ = (UniqueConstraint("group_buy_id", "sku_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    hub_id: Mapped[UUID]
    group_buy_id: Mapped[UUID]
    sku_id: Mapped[UUID]
    raised_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None]
