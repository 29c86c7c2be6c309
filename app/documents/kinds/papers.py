"""Receipts, invoices and credit notes on paper: drawn from what was kept when they were made out, nothing else.

The foot carries the moment of issue and not of printing, so each print of a paper is the same.
"""

from datetime import datetime
from typing import Any

from app.documents.layout import Cell, Column, Document, Fact, Note, Stamp, Table
from app.documents.words import Words, amount
from app.domains.receipts.values import PaperCard, PaperKind


def _(sentence: str) -> str:
    """Mark for the catalogue."""
    return sentence


#: Reasons of refunds as people know them; any other is printed as it was noted.
_REASONS = {
    "resident": _("taken back by the buyer"), "below_minimum": _("group below its minimum"),
    "price_break": _("group price reached"), "shortage": _("not delivered"),
    "pack_fill": _("not needed for full boxes"), "weight": _("weighed less"),
    "supplier_minimum": _("not delivered"), "handover_short": _("missing on arrival"),
    "handover_damaged": _("damaged on arrival"), "unclaimed": _("not fetched"),
    "claim": _("complaint approved"), "recall": _("recalled"),
}  # fmt: skip


def words_of(card: PaperCard, locale: str) -> Words:
    """Words by the seller's clocks."""
    return Words(locale, card.facts["seller"]["timezone"])


def paper(card: PaperCard, words: Words) -> Document:
    """One paper as it was made out."""
    _, facts = words.gettext, card.facts
    seller = f"{facts['seller']['code']} {_said(facts['seller'], 'name', words)}"
    total = f"{card.currency} {amount(card.total_cents, card.currency):,}"
    buyer = (Fact(_("Made out to"), facts["buyer"]["title"]), Fact(_("Tax number"), facts["buyer"]["tax_no"] or "–"))
    credited = (Fact(_("Takes back from"), facts["credits"]),) if card.kind is PaperKind.CREDIT_NOTE else ()
    return Document(
        title=_title(card.kind, words), name=total, number=card.no, qr=card.no,
        stamp=Stamp(hub=seller, round=card.order_no, printed=words.moment(card.issued_at)),
        facts=(
            Fact(_("Issued"), words.moment(card.issued_at)), Fact(_("Seller"), seller),
            Fact(_("Order"), card.order_no), Fact(_("Paid"), _paid(facts, words)), *credited,
            *(buyer if facts["buyer"]["title"] else ()),
        ),
        blocks=_blocks(card, words),
        keys=(Fact(_("Number"), card.no),),
    )  # fmt: skip


def _title(kind: PaperKind, words: Words) -> str:
    _ = words.gettext
    titles = {
        PaperKind.RECEIPT: _("Receipt"), PaperKind.INVOICE: _("Invoice"), PaperKind.CREDIT_NOTE: _("Credit note"),
    }  # fmt: skip
    return titles[kind]


def _blocks(card: PaperCard, words: Words) -> tuple[Table | Note, ...]:
    _, currency = words.gettext, card.currency
    if card.kind is PaperKind.CREDIT_NOTE:
        told = f"{amount(card.total_cents, currency):,} {currency}"
        return (
            Note(_("%(sum)s of the receipt named above went back to the payer.", sum=told)),
            Note(_("Reason: %(why)s", why=_reason(card.facts["reason"], words))),
        )
    rows: list[tuple[Cell, ...]] = [
        (f"{_said(line, 'name', words)} {_said(line, 'spec', words)}".strip(), line["qty"],
         amount(line["price_cents"], currency), amount(line["sum_cents"], currency))
        for line in card.facts["lines"]
    ]  # fmt: skip
    if card.facts["reduced_cents"]:
        rows.append((_("Taken off before it was charged"), None, None, amount(-card.facts["reduced_cents"], currency)))
    columns = (
        Column(_("Goods"), 96), Column(_("Pieces"), 20, is_number=True), Column(_("Price"), 28, is_number=True),
        Column(_("Sum"), 38, is_number=True),
    )  # fmt: skip
    total = (_("Total"), None, None, amount(card.total_cents, currency))
    return (Table(columns=columns, rows=rows, totals=total),)


def _reason(reason: str, words: Words) -> str:
    return words.gettext(_REASONS[reason]) if reason in _REASONS else reason


def _paid(facts: dict[str, Any], words: Words) -> str:
    at = facts["order"]["paid_at"]
    return words.moment(datetime.fromisoformat(at)) if at else "–"


def _said(thing: dict[str, Any], field: str, words: Words) -> str:
    english = thing.get(f"{field}_en", "") if words.locale == "en" else ""
    return str(english or thing[field])
