"""Purchase orders for suppliers, and the sheets by which their goods are counted at the dock."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from app.documents.layout import Blank, Column, Document, Fact, Note, Stamp, Table
from app.documents.scope import Scope
from app.documents.words import Words, amount
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.supply import queries as supply
from app.domains.supply.values import PurchaseLineCard, PurchaseOrderCard, SupplierCard
from app.kernel.paging import PageAsk

#: Purchase orders that are read at a time.
_BATCH = 100


def purchase_orders(session: Any, scope: Scope) -> list[Document]:
    """The purchase orders of a round, as suppliers get them."""
    suppliers = {card.id: card for card in supply.suppliers(session)}
    lines = _lines_by_order(session, scope)
    return [
        _purchase_order(scope.words, scope.stamp, card, suppliers[card.supplier_id], lines[card.id])
        for card in _cards(session, scope)
    ]


def one_purchase_order(session: Any, purchase_order_id: UUID, locale: str, at: datetime) -> tuple[Document, Words]:
    """One purchase order, of a round or for stock, and the words it is written in; raises NotFound."""
    card = supply.get_purchase_order(session, purchase_order_id)
    hub = communities.get_hub(session, card.hub_id)
    words = Words(locale, hub.timezone)
    cause = groupbuys.get_group_buy(session, card.group_buy_id).code if card.group_buy_id else words.gettext("stock")
    stamp = Stamp(hub=f"{hub.code} {words.tr(hub)}", round=cause, printed=words.moment(at))
    supplier = next(one for one in supply.suppliers(session) if one.id == card.supplier_id)
    lines = supply.purchase_lines(session, purchase_order_id=purchase_order_id)
    return _purchase_order(words, stamp, card, supplier, lines), words


def receiving_sheets(session: Any, scope: Scope) -> list[Document]:
    """What the dock expects of each purchase order, with room to write down what has come."""
    lines = _lines_by_order(session, scope)
    return [_receiving_sheet(scope, card, lines[card.id]) for card in _cards(session, scope)]


def _cards(session: Any, scope: Scope) -> Iterator[PurchaseOrderCard]:
    """Purchase orders by number."""
    found: list[PurchaseOrderCard] = []
    after: UUID | None = None
    while page := supply.purchase_orders(session, PageAsk(_BATCH, after), scope.card.id).rows:
        found += page
        after = page[-1].id
    return iter(sorted((card for card in found if scope.wants(card.id)), key=lambda card: card.no))


def _lines_by_order(session: Any, scope: Scope) -> dict[UUID, list[PurchaseLineCard]]:
    lines: dict[UUID, list[PurchaseLineCard]] = defaultdict(list)
    for line in supply.purchase_lines(session, group_buy_id=scope.card.id):
        lines[line.purchase_order_id].append(line)
    return lines


def _purchase_order(
    words: Words, stamp: Stamp, card: PurchaseOrderCard, supplier: SupplierCard, lines: list[PurchaseLineCard]
) -> Document:
    _ = words.gettext
    rows = [
        (at, line.sku_code, words.goods(line), line.packs, line.pack_size, line.ordered_qty,
         amount(line.cost_cents, card.currency), amount(line.cost_cents * line.ordered_qty, card.currency))
        for at, line in enumerate(lines, start=1)
    ]  # fmt: skip
    goods_cents = sum(line.cost_cents * line.ordered_qty for line in lines)
    columns = (
        Column(_("No."), 10, is_number=True), Column(_("SKU"), 20), Column(_("Goods"), 56),
        Column(_("Packs"), 14, is_number=True), Column(_("Pcs/pack"), 16, is_number=True),
        Column(_("Pieces"), 18, is_number=True, is_strong=True), Column(_("Cost of a piece"), 22, is_number=True),
        Column(_("Sum"), 28, is_number=True),
    )  # fmt: skip
    packs, pieces = sum(line.packs for line in lines), sum(line.ordered_qty for line in lines)
    total = (None, None, _("Goods in all"), packs, None, pieces, None, amount(goods_cents, card.currency))
    notes = []
    if card.top_up_cents:
        told = f"{amount(card.top_up_cents, card.currency):,} {card.currency}"
        notes.append(Note(_("Added to meet the minimum of the order: %(sum)s", sum=told)))
    bill = f"{amount(card.total_cents, card.currency):,} {card.currency}"
    notes.append(Note(_("To be billed: %(sum)s. Prices are those agreed when the order was sent.", sum=bill)))
    return Document(
        title=_("Purchase order"), name=words.tr(card, "supplier_name"), number=card.no, stamp=stamp, qr=card.no,
        facts=(
            Fact(_("Deliver on"), words.day(card.deliver_on)), Fact(_("Deliver to"), stamp.hub),
            Fact(_("Sent"), words.moment(card.sent_at) if card.sent_at else "–"), Fact(_("Round"), stamp.round),
            Fact(_("Supplier"), supplier.code), Fact(_("Contact"), supplier.contact),
            Fact(_("Phone"), supplier.phone), Fact(_("E-mail"), supplier.email),
        ),
        blocks=(Table(columns=columns, rows=rows, totals=total), *notes),
        keys=(Fact(_("Purchase order"), card.no), Fact(_("Supplier"), words.tr(card, "supplier_name"))),
        signs=(_("For the hub"), _("For the supplier"), _("Date")),
    )  # fmt: skip


def _receiving_sheet(scope: Scope, card: PurchaseOrderCard, lines: list[PurchaseLineCard]) -> Document:
    words, _ = scope.words, scope.words.gettext
    rows = [(line.sku_code, words.goods(line), line.packs, line.ordered_qty, *(Blank.LINE,) * 6) for line in lines]
    columns = (
        Column(_("SKU"), 19), Column(_("Goods"), 40), Column(_("Packs"), 13, is_number=True),
        Column(_("Ordered"), 18, is_number=True, is_strong=True), Column(_("Billed"), 14), Column(_("Received"), 16),
        Column(_("Rejected"), 16), Column(_("Lot"), 18), Column(_("Expiry"), 18), Column(_("°C"), 10),
    )  # fmt: skip
    total = (
        None, _("In all"), sum(line.packs for line in lines), sum(line.ordered_qty for line in lines), *(None,) * 6
    )  # fmt: skip
    return Document(
        title=_("Receiving sheet"), name=words.tr(card, "supplier_name"), number=card.no, stamp=scope.stamp,
        qr=card.no,
        facts=(
            Fact(_("Expected on"), words.day(card.deliver_on)), Fact(_("Hub"), scope.stamp.hub),
            Fact(_("Lines"), str(len(lines))), Fact(_("Round"), scope.card.code),
        ),
        blocks=(
            Table(columns=columns, rows=rows, totals=total, is_roomy=True),
            Note(_("Count before you sign. Write a reason beside everything that is rejected, and take a photo.")),
        ),
        keys=(Fact(_("Purchase order"), card.no), Fact(_("Supplier"), words.tr(card, "supplier_name"))),
        signs=(_("Received by"), _("Driver"), _("Time")),
    )  # fmt: skip
