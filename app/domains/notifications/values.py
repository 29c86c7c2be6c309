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
