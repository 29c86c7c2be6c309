"""Receipts, invoices and credit notes on paper: drawn from what was kept when they were made out, nothing else.

The foot carries the moment of issue and not of printing, so each print of a paper is the same.
"""

from datetime import datetime
from typing import Any

from app.documents.layout import Cell, Column, Document, Fact, Note, Rate, Stamp, Table
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
    hub = f"{facts['seller']['code']} {_said(facts['seller'], 'name', words)}"
    total = f"{card.currency} {amount(card.total_cents, card.currency):,}"
    buyer = (Fact(_("Made out to"), facts["buyer"]["title"]), Fact(_("Tax number"), facts["buyer"]["tax_no"] or "–"))
    credited = (Fact(_("Takes back from"), facts["credits"]),) if card.kind is PaperKind.CREDIT_NOTE else ()
    return Document(
        title=_title(card.kind, words), name=total, number=card.no, qr=card.no,
        stamp=Stamp(hub=hub, round=card.order_no, printed=words.moment(card.issued_at), is_issued=True),
        facts=(
            Fact(_("Issued"), words.moment(card.issued_at)), *_seller(facts["seller"], hub, words),
            Fact(_("Order"), card.order_no), Fact(_("Paid"), _paid(facts, words)), *credited,
            *(buyer if facts["buyer"]["title"] else ()),
        ),
        blocks=_blocks(card, words),
        keys=(Fact(_("Number"), card.no),),
    )  # fmt: skip


def _seller(said: dict[str, Any], hub: str, words: Words) -> tuple[Fact, ...]:
    """The legal person who sells, where one is named; papers from before there were any name the hub alone."""
    _ = words.gettext
    if not said.get("legal"):
        return (Fact(_("Seller"), hub),)
    besides = ((_("Seller’s tax number"), said["tax_no"]), (_("Address"), said["address"]), (_("Delivered by"), hub))
    return (Fact(_("Seller"), said["legal"]), *(Fact(label, text) for label, text in besides if text))


def _title(kind: PaperKind, words: Words) -> str:
    _ = words.gettext
    titles = {
        PaperKind.RECEIPT: _("Receipt"), PaperKind.INVOICE: _("Invoice"), PaperKind.CREDIT_NOTE: _("Credit note"),
    }  # fmt: skip
    return titles[kind]


def _blocks(card: PaperCard, words: Words) -> tuple[Table | Note, ...]:
    _, currency = words.gettext, card.currency
    if card.kind is PaperKind.CREDIT_NOTE:
        told = f"{currency} {amount(card.total_cents, currency):,}"
        notes = (
            Note(_("%(sum)s of the receipt named above went back to the payer.", sum=told)),
            Note(_("Reason: %(why)s", why=_reason(card.facts["reason"], words))),
        )
        credited: list[tuple[Cell, ...]] = [
            (_goods(line, words), line["qty"] or None, amount(line["sum_cents"], currency))
            for line in card.facts["lines"]
        ]
        goods = (Column(_("Goods"), 116), Column(_("Pieces"), 26, is_number=True), Column(_("Sum"), 40, is_number=True))
        return (*((Table(columns=goods, rows=credited),) if credited else ()), *_taxes(card, words), *notes)
    rows: list[tuple[Cell, ...]] = [
        (_goods(line, words), line["qty"],
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
    return (Table(columns=columns, rows=rows, totals=total), *_taxes(card, words))


def _goods(line: dict[str, Any], words: Words) -> str:
    return f"{_said(line, 'name', words)} {_said(line, 'spec', words)}".strip()


def _taxes(card: PaperCard, words: Words) -> tuple[Table, ...]:
    """The tax that the total contains, rate by rate; nothing where none of the goods is taxed."""
    _, currency = words.gettext, card.currency
    found = card.facts.get("taxes", [])
    if not found:
        return ()
    rows: list[tuple[Cell, ...]] = [
        (Rate(one["tax_bps"]), amount(one["gross_cents"] - one["tax_cents"], currency),
         amount(one["tax_cents"], currency), amount(one["gross_cents"], currency))
        for one in found
    ]  # fmt: skip
    sums = [sum(one[name] for one in found) for name in ("gross_cents", "tax_cents")]
    columns = (
        Column(_("Tax in the price"), 60), Column(_("Without tax"), 42, is_number=True),
        Column(_("Tax"), 40, is_number=True), Column(_("With tax"), 40, is_number=True),
    )  # fmt: skip
    total: tuple[Cell, ...] = (
        _("Total"), amount(sums[0] - sums[1], currency), amount(sums[1], currency), amount(sums[0], currency),
    )  # fmt: skip
    return (Table(columns=columns, rows=rows, totals=total),)


def _reason(reason: str, words: Words) -> str:
    return words.gettext(_REASONS[reason]) if reason in _REASONS else reason


def _paid(facts: dict[str, Any], words: Words) -> str:
    at = facts["order"]["paid_at"]
    return words.moment(datetime.fromisoformat(at)) if at else "–"


def _said(thing: dict[str, Any], field: str, words: Words) -> str:
    english = thing.get(f"{field}_en", "") if words.locale == "en" else ""
    return str(english or thing[field])
