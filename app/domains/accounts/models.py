"""Tables of the accounts room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.domains.accounts.values import Door, LookKind, LookReason
from app.infra.db import Base
from app.kernel.actors import Role
from app.kernel.ids import new_id


class Account(Base):
    """A person who may sign in. Residents and leaders have this row's id in every other room."""

    __tablename__ = "accounts_account"
    __table_args__ = (UniqueConstraint("role", "phone"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    role: Mapped[Role]
    #: Lower-case name for signing in with a password; leaders and HQ.
    login: Mapped[str | None] = mapped_column(unique=True)
    #: argon2id.
    password_hash: Mapped[str | None]
    #: Stable id of the person in the mini-program.
    openid: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None]
    name: Mapped[str]
    #: The name as `app.infra.search` finds it.
    search_key: Mapped[str] = mapped_column(default="", server_default="")
    locale: Mapped[str] = mapped_column(default="zh")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    #: Set by HQ: a resident whose orders a shortage may be told to spare.
    is_vip: Mapped[bool] = mapped_column(default=False, server_default=false())


class SignIn(Base):
    """A session (web cookie) or token (API). Only the SHA-256 of the secret is kept; revoking works at once."""

    __tablename__ = "accounts_sign_in"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    #: Secret that forms must carry back; web only.
    csrf_token: Mapped[str]
    door: Mapped[Door]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A six-digit code sent to a phone; works once, for a few minutes and a few tries."""

    __tablename__ = "accounts_one_time_code"
    __table_args__ = (Index(None, "phone", "created_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    phone: Mapped[str]
    code_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class Attempt(Base):
    """How often something guessable was tried under one key (a login name, an address, a pickup point) in a window."""

    __tablename__ = "accounts_attempt"
    key: Mapped[str] = mapped_column(primary_key=True)
    window_at: Mapped[datetime]
    count: Mapped[int]


class Look(Base):
    """Somebody looked at personal data in full, or took them out of the house. Append-only."""

    __tablename__ = "accounts_look"
    __table_args__ = (
        CheckConstraint("people >= 0", name="people_not_negative"),
        Index(None, "by_id", "at"),
        Index(None, "whose_id", "at"),
        Index(None, "at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    #: None for programs and for the command line.
    by_id: Mapped[UUID | None]
    by_name: Mapped[str]
    kind: Mapped[LookKind]
    #: Whose data they are; None for a list of many.
    whose_id: Mapped[UUID | None]
    #: How many people's data.
    people: Mapped[int]
    reason: Mapped[LookReason]
    #: More words on why.
    note: Mapped[str]
    #: Of a list: what it is called.
    what: Mapped[str]
