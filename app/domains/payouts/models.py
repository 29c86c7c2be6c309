"""Tables of the payouts room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.payouts.values import PayeeKind, PayoutStatus, PayoutWay
from app.infra.db import Base, BigCents
from app.kernel.ids import new_id


class PolicyRow(Base):
    """A hub's rules of withdrawing; a hub without a row has the usual ones."""

    __tablename__ = "payouts_policy"
    __table_args__ = (
        CheckConstraint(
            "fee_cents >= 0 AND min_cents > fee_cents AND second_above_cents >= 0 AND cooldown_hours >= 0",
            name="sensible",
        ),
    )
    hub_id: Mapped[UUID] = mapped_column(primary_key=True)
    min_cents: Mapped[int] = mapped_column(BigCents)
    fee_cents: Mapped[int] = mapped_column(BigCents)
    second_above_cents: Mapped[int] = mapped_column(BigCents)
    cooldown_hours: Mapped[int]


class DetailsRow(Base):
    """Where a payee's money goes, dated and never rewritten; one open row per payee."""

    __tablename__ = "payouts_details"
    __table_args__ = (
        Index("uq_payouts_details_open", "payee_id", unique=True, postgresql_where=text("until_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    payee_id: Mapped[UUID]
    way: Mapped[PayoutWay]
    holder: Mapped[str]
    bank_name: Mapped[str]
    #: Number of the bank account, or the connected account's id. Pages show its last four characters.
    account_no: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    #: No payout goes there earlier.
    usable_at: Mapped[datetime]


class Batch(Base):
    """A file for the bank, kept as it was made: downloading it again gives the same bytes."""

    __tablename__ = "payouts_batch"
    __table_args__ = (CheckConstraint("count > 0 AND total_cents > 0", name="not_empty"), Index(None, "hub_id", "id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    count: Mapped[int]
    total_cents: Mapped[int] = mapped_column(BigCents)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class Payout(Base):
    """Money on its way from a balance to a payee. `id` is the idempotency key at the provider."""

    __tablename__ = "payouts_payout"
    __table_args__ = (
        CheckConstraint("fee_cents >= 0 AND amount_cents > fee_cents", name="something_arrives"),
        CheckConstraint("first_by <> second_by", name="two_people"),
        CheckConstraint(
            "NOT needs_two OR status IN ('asked', 'rejected') OR second_by IS NOT NULL", name="second_approved"
        ),
        Index(None, "payee_id", "id"),
        Index(None, "hub_id", "id"),
        Index("ix_payouts_payout_open", "next_look_at", postgresql_where=text("status IN ('approved', 'paying')")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    no: Mapped[str] = mapped_column(unique=True)
    payee_kind: Mapped[PayeeKind]
    payee_id: Mapped[UUID]
    payee_name: Mapped[str]
    hub_id: Mapped[UUID]
    currency: Mapped[str]
    #: What the balance loses, the fee in it.
    amount_cents: Mapped[int] = mapped_column(BigCents)
    fee_cents: Mapped[int] = mapped_column(BigCents)
    way: Mapped[PayoutWay]
    #: None where the transfer is made by hand.
    details_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts_details.id"))
    status: Mapped[PayoutStatus]
    asked_at: Mapped[datetime]
    not_before_at: Mapped[datetime]
    needs_two: Mapped[bool]
    first_by: Mapped[UUID | None]
    second_by: Mapped[UUID | None]
    #: Why it was rejected, failed or came back; told to the payee.
    reason: Mapped[str]
    #: The provider's or the bank's number of it.
    provider_ref: Mapped[str | None]
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("payouts_batch.id"), index=True)
    tries: Mapped[int]
    settled_at: Mapped[datetime | None]
    next_look_at: Mapped[datetime]


class PayoutEvent(Base):
    """One step of a payout, for its timeline. Append-only."""

    __tablename__ = "payouts_event"
    id: Mapped[int] = mapped_column(BigCents, Identity(), primary_key=True)
    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payouts_payout.id"), index=True)
    status: Mapped[PayoutStatus]
    at: Mapped[datetime]
    by_name: Mapped[str]
    note: Mapped[str]


class BankAnswer(Base):
    """What the bank said of a payout in a file: once paid or failed; a paid one may come back later."""

    __tablename__ = "payouts_bank_answer"
    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payouts_payout.id"), primary_key=True)
    status: Mapped[PayoutStatus]
    reason: Mapped[str]
    bank_ref: Mapped[str]
    at: Mapped[datetime]
