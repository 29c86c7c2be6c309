"""Inputs and results of the receipts room."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class PaperKind(StrEnum):
    """What is made out."""

    #: Says that an order was paid, to whoever paid it.
    RECEIPT = "receipt"
    #: The same, made out to a buyer by name and tax number.
    INVOICE = "invoice"
    #: Takes back a part of a receipt or invoice, for one refund.
    CREDIT_NOTE = "credit_note"


#: What a series' numbers begin with.
PREFIX = {PaperKind.RECEIPT: "RC", PaperKind.INVOICE: "IN", PaperKind.CREDIT_NOTE: "CN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """To whom an invoice is made out; empty for a receipt."""

    title: str = ""
    tax_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The legal person who sells at a hub; empty while nobody has said."""

    name: str = ""
    tax_no: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedLine:
    """Goods that a refund gives money back for; `qty` is 0 where only the price fell."""

    refund_id: UUID
    name: str
    name_en: str
    spec: str
    spec_en: str
    qty: int
    tax_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCard:
    """A paper in a list. `facts` is everything that it says, as it was when it was made out."""

    id: UUID
    kind: PaperKind
    no: str
    hub_id: UUID
    order_id: UUID
    order_no: str
    resident_id: UUID
    #: The receipt or invoice that a credit note takes back from.
    credits_id: UUID | None
    credits_no: str | None
    currency: str
    total_cents: int
    buyer_title: str
    issued_at: datetime
    issued_by: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFilter:
    """Which papers a list shows; None and empty mean all. `text` is a number of a paper or order, or a buyer."""

    hub_id: UUID | None = None
    kind: PaperKind | None = None
    order_id: UUID | None = None
    resident_id: UUID | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
