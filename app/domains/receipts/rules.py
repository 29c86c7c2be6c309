"""Pure decisions of the receipts room."""

import re
from collections.abc import Sequence
from uuid import UUID

from app.domains.receipts.values import PREFIX, Buyer, PaperKind, Seller
from app.kernel.errors import Invalid
from app.kernel.money import share, tax_in

_TAX_NO = re.compile(r"[0-9A-Z]{15,20}")


def check_buyer(buyer: Buyer) -> Buyer:
    """The buyer without stray spaces; raises Invalid for a title that is too long and a tax number that cannot be."""
    title, tax_no = buyer.title.strip(), _tax_no(buyer.tax_no)
    if len(title) > 100 or not title.isprintable():
        raise Invalid(field="title", reason="must have at most 100 characters")
    if tax_no and not title:
        raise Invalid(field="title", reason="must not be empty")
    return Buyer(title=title, tax_no=tax_no)


def check_seller(seller: Seller) -> Seller:
    """The seller without stray spaces; raises Invalid for a name or number that cannot be, a number without a name."""
    name, address = seller.name.strip(), seller.address.strip()
    tax_no = _tax_no(seller.tax_no)
    if len(name) > 100 or not name.isprintable():
        raise Invalid(field="name", reason="must have at most 100 characters")
    if len(address) > 200 or not address.isprintable():
        raise Invalid(field="address", reason="must have at most 200 characters")
    if (tax_no or address) and not name:
        raise Invalid(field="name", reason="must not be empty")
    return Seller(name=name, tax_no=tax_no, address=address)


def _tax_no(told: str) -> str:
    tax_no = told.strip().upper()
    if tax_no and not _TAX_NO.fullmatch(tax_no):
        raise Invalid(field="tax_no", reason="must have 15 to 20 digits and letters")
    return tax_no


def taxes(lines: Sequence[tuple[int, int]], total_cents: int) -> list[dict[str, int]]:
    """What a total contains at each rate, highest first: `lines` are sums with their rates, the sum of all may be more.

    What was taken off before it was charged is shared out over the lines by their sums. Nothing where no line is taxed.
    """
    if not any(rate for _, rate in lines) or not total_cents:
        return []
    by_rate: dict[int, int] = {}
    for cents, (_, rate) in zip(share(total_cents, [cents for cents, _ in lines]), lines, strict=True):
        by_rate[rate] = by_rate.get(rate, 0) + cents
    return [
        {"tax_bps": rate, "gross_cents": by_rate[rate], "tax_cents": tax_in(by_rate[rate], rate)}
        for rate in sorted(by_rate, reverse=True)
    ]


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
