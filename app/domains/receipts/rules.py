"""Pure decisions of the receipts room."""

import re
from collections.abc import Sequence
from uuid import UUID

from app.domains.receipts.values import PREFIX, Buyer, PaperKind
from app.kernel.errors import Invalid

_TAX_NO = re.compile(r"[0-9A-Z]{15,20}")


def check_buyer(buyer: Buyer) -> Buyer:
    """The buyer without stray spaces; raises Invalid for a title that is too long and a tax number that cannot be."""
    title, tax_no = buyer.title.strip(), buyer.tax_no.strip().upper()
    if len(title) > 100 or not title.isprintable():
        raise Invalid(field="title", reason="must have at most 100 characters")
    if tax_no and not title:
        raise Invalid(field="title", reason="must not be empty")
    if tax_no and not _TAX_NO.fullmatch(tax_no):
        raise Invalid(field="tax_no", reason="must have 15 to 20 digits and letters")
    return Buyer(title=title, tax_no=tax_no)


def kind_for(buyer: Buyer) -> PaperKind:
    """Made out to a name it is an invoice, else a receipt."""
    return PaperKind.INVOICE if buyer.title else PaperKind.RECEIPT


def paper_no(kind: PaperKind, hub_code: str, year: int, serial: int) -> str:
    """The number that everybody quotes, e.g. RC-LJ-T-2026-000017."""
    return f"{PREFIX[kind]}-{hub_code}-{year}-{serial:06}"


def credits_of(left_cents: int, refunds: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """Which refunds get a credit note of how much: never more together than is left of the receipt.

    A refund of money that the receipt does not speak of (paid twice, paid too late) finds nothing left.
    """
    found = []
    for refund_id, cents in refunds:
        credited = min(cents, left_cents)
        if credited > 0:
            found.append((refund_id, credited))
            left_cents -= credited
    return found
