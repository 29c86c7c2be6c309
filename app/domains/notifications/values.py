"""Inputs and results of the notifications room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class MessageKind(StrEnum):
    """What people are told of; the doors hold the words in both languages."""

    ORDER_PAID = "order_paid"
    ORDER_LAPSED = "order_lapsed"
    LINE_CUT = "line_cut"
    PRICE_FELL = "price_fell"
    GOODS_ARRIVED = "goods_arrived"
    UNCLAIMED = "unclaimed"
    CLAIM_DECIDED = "claim_decided"
    PAYMENT_RETURNED = "payment_returned"
    STATEMENT_READY = "statement_ready"
    STATUS_CHANGED = "status_changed"
    GOODS_RECALLED = "goods_recalled"
    CALLED_OFF = "called_off"
    REVIEW_WITHDRAWN = "review_withdrawn"
    CLAIM_ABOUT_YOU = "claim_about_you"
    RATES_ANNOUNCED = "rates_announced"
    #: A leader's appraisal came a step further; which one stands in `params["what"]`.
    APPRAISAL = "appraisal"
    RATING_ANSWERED = "rating_answered"
    LEADER_WROTE = "leader_wrote"
    PICKUP_POINT_CHANGED = "pickup_point_changed"
    POLICY_ANNOUNCED = "policy_announced"
    APPLICATION_DECIDED = "application_decided"
    #: A withdrawal has arrived; it was rejected or could not be sent; it came back after it had arrived.
    PAYOUT_PAID = "payout_paid"
    PAYOUT_REFUSED = "payout_refused"
    PAYOUT_RETURNED = "payout_returned"
    #: The bank behind her account at the provider refused what lies there.
    BANK_REFUSED = "bank_refused"
    #: Another leader serves the resident from now on.
    LEADER_CHANGED = "leader_changed"
    #: A leader got residents, orders and goods of one who left.
    TOOK_OVER = "took_over"
    #: On some days somebody else hands out.
    LEADER_AWAY = "leader_away"
    #: A leader hands out for one who is away.
    STANDS_IN = "stands_in"
    ABSENCE_ANSWERED = "absence_answered"
    #: HQ looked at a leader's paper; a paper of hers is about to end.
    CERTIFICATE_DECIDED = "certificate_decided"
    CERTIFICATE_EXPIRES = "certificate_expires"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """One message for one account; `params` fill the words. Unique per (account, kind, about_id)."""

    account_id: UUID
    kind: MessageKind
    about_id: UUID
    params: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCard:
    id: UUID
    kind: MessageKind
    about_id: UUID
    params: dict[str, Any]
    at: datetime
    read_at: datetime | None


class MailKind(StrEnum):
    """What an e-mail is about; the flows hold the words."""

    PURCHASE_ORDER = "purchase_order"


class MailState(StrEnum):
    """How far an e-mail is."""

    QUEUED = "queued"
    SENT = "sent"
    #: Every try failed, or the server refused it for good.
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCard:
    """One e-mail and what became of it."""

    id: UUID
    kind: MailKind
    about_id: UUID
    to_address: str
    subject: str
    state: MailState
    tries: int
    error: str
    queued_by: str
    queued_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAttachment:
    """A file that goes with an e-mail; `mime` such as "application/pdf"."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """An e-mail ready to be sent; `key` stays the same when it is sent again, so that readers see it once."""

    key: UUID
    to_address: str
    subject: str
    text: str
    attachments: tuple[MailAttachment, ...] = ()
