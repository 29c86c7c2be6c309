"""Purchase orders for suppliers, and the sheets by which their goods are counted at the dock."""

from datetime import datetime
from typing import Any

from app.documents.layout import Blank, Column, Document, Fact, Note, Stamp, Table
from app.documents.scope import Scope
from app.documents.words import Words, amount
from app.domains.supply.queries import purchasing
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.purchasing import PurchaseOrderSheet


def purchase_orders(session: Any, scope: Scope) -> list[Document]:
    """The purchase orders of a round, as suppliers get them."""
    return [purchase_order(sheet, scope.words, scope.stamp) for sheet in _sheets(session, scope)]


def receiving_sheets(session: Any, scope: Scope) -> list[Document]:
    """What the dock expects of each purchase order, with room to write down what has come."""
    return [receiving_sheet(sheet, scope.words, scope.stamp) for sheet in _sheets(session, scope)]


def own_stamp(sheet: PurchaseOrderSheet, locale: str, at: datetime) -> tuple[Words, Stamp]:
    """Words and stamp of an order that is printed by itself, also of one for stock, which belongs to no round."""
    words = Words(locale, sheet.timezone)
    hub = f"{sheet.hub_code} {words.tr(sheet, 'hub_name')}"
    return words, Stamp(hub=hub, round="", printed=words.moment(at))


def _round_of(words: Words, stamp: Stamp) -> tuple[Fact, ...]:
    """The round, where the order is printed with it; an order for stock belongs to none."""
    return (Fact(words.gettext("Round"), stamp.round),) if stamp.round else ()


def purchase_order(sheet: PurchaseOrderSheet, words: Words, stamp: Stamp) -> Document:
    """One purchase order; what is missing to the supplier's minimum stands apart from the goods."""
    _, currency = words.gettext, sheet.currency
    rows = [
        (at, line.sku_code, f"{words.tr(line)} {words.tr(line, 'spec')}".strip(), line.packs, line.pack_size,
         line.ordered_qty, amount(line.cost_cents, currency), amount(line.sum_cents, currency))
        for at, line in enumerate(sheet.lines, start=1)
    ]  # fmt: skip
    columns = (
        Column(_("No."), 10, is_number=True), Column(_("SKU"), 20), Column(_("Goods"), 56),
        Column(_("Packs"), 14, is_number=True), Column(_("Pcs/pack"), 16, is_number=True),
        Column(_("Pieces"), 18, is_number=True, is_strong=True), Column(_("Unit cost"), 22, is_number=True),
        Column(_("Sum"), 28, is_number=True),
    )  # fmt: skip
    packs, pieces = sum(line.packs for line in sheet.lines), sum(line.ordered_qty for line in sheet.lines)
    total = (None, None, _("Goods in all"), packs, None, pieces, None, amount(sheet.goods_cents, currency))
    return Document(
        title=_("Purchase order"), name=words.tr(sheet, "supplier_name"), number=sheet.no, stamp=stamp, qr=sheet.no,
        version=sheet.version,
        facts=(
            Fact(_("Deliver on"), words.day(sheet.deliver_on)), Fact(_("Deliver to"), stamp.hub),
            Fact(_("Sent"), words.moment(sheet.sent_at) if sheet.sent_at else "–"), *_round_of(words, stamp),
            Fact(_("Supplier"), sheet.supplier_code), Fact(_("Contact"), sheet.contact),
            Fact(_("Phone"), sheet.phone), Fact(_("E-mail"), sheet.email),
        ),
        blocks=(Table(columns=columns, rows=rows, totals=total), *_bill(sheet, words)),
        keys=(Fact(_("Purchase order"), sheet.no), Fact(_("Supplier"), words.tr(sheet, "supplier_name"))),
        signs=(_("For the hub"), _("For the supplier"), _("Date")),
    )  # fmt: skip


def _bill(sheet: PurchaseOrderSheet, words: Words) -> list[Note]:
    """What is paid, and what is to be known beside the goods."""
    _ = words.gettext
    notes = [Note(_("This order is cancelled: please do not deliver."))] if _is_cancelled(sheet) else []
    if sheet.fee_cents:
        told = f"{sheet.currency} {amount(sheet.fee_cents, sheet.currency):,}"
        notes.append(Note(_("Added to meet the minimum of the order: %(sum)s", sum=told)))
    bill = f"{sheet.currency} {amount(sheet.total_cents, sheet.currency):,}"
    notes.append(Note(_("To be billed: %(sum)s. Prices are those agreed when the order was sent.", sum=bill)))
    if sheet.hq_note:
        notes.append(Note(_("Note: %(text)s", text=sheet.hq_note)))
    return notes


def _sheets(session: Any, scope: Scope) -> list[PurchaseOrderSheet]:
    found = purchasing.purchase_order_sheets(session, scope.card.id)
    return [sheet for sheet in found if scope.wants(sheet.id)]


def _is_cancelled(sheet: PurchaseOrderSheet) -> bool:
    return sheet.status == PurchaseStatus.CANCELLED.value


def receiving_sheet(sheet: PurchaseOrderSheet, words: Words, stamp: Stamp) -> Document:
    """What the dock expects of one order; lines of which nothing comes are left out."""
    _ = words.gettext
    coming = [line for line in sheet.lines if line.packs]
    rows = [
        (line.sku_code, f"{words.tr(line)} {words.tr(line, 'spec')}".strip(), line.packs, line.ordered_qty,
         *(Blank.LINE,) * 6)
        for line in coming
    ]  # fmt: skip
    columns = (
        Column(_("SKU"), 19), Column(_("Goods"), 40), Column(_("Packs"), 13, is_number=True),
        Column(_("Ordered"), 18, is_number=True, is_strong=True), Column(_("Billed"), 14), Column(_("Received"), 16),
        Column(_("Rejected"), 16), Column(_("Lot"), 18), Column(_("Expiry"), 18), Column(_("°C"), 10),
    )  # fmt: skip
    packs, pieces = sum(line.packs for line in coming), sum(line.ordered_qty for line in coming)
    return Document(
        title=_("Receiving sheet"), name=words.tr(sheet, "supplier_name"), number=sheet.no, stamp=stamp,
        qr=sheet.no, version=sheet.version,
        facts=(
            Fact(_("Expected on"), words.day(sheet.deliver_on)), Fact(_("Hub"), stamp.hub),
            Fact(_("Lines"), len(coming)), *_round_of(words, stamp),
        ),
        blocks=(
            Table(columns=columns, rows=rows, totals=(None, _("In all"), packs, pieces, *(None,) * 6), is_roomy=True),
            Note(_("Count before you sign. Write a reason beside everything that is rejected, and take a photo.")),
        ),
        keys=(Fact(_("Purchase order"), sheet.no), Fact(_("Supplier"), words.tr(sheet, "supplier_name"))),
        signs=(_("Received by"), _("Driver"), _("Time")),
    )  # fmt: skip
