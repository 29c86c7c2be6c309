"""Making out receipts, invoices, credit notes: numbered in the transaction that writes them, so no number is lost."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderCard
from app.domains.receipts import queries, rules
from app.domains.receipts.errors import MadeOutAlready, NotPaidYet
from app.domains.receipts.models import Paper, Series
from app.domains.receipts.values import Buyer, CreditedLine, PaperCard, PaperKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def issue_own(uow: UnitOfWork, order_id: UUID, buyer: Buyer) -> PaperCard:
    """Make out the receipt of an own paid order; with a buyer's name it is an invoice.

    Asked again for the same buyer the same paper comes back. Refunds that arrived get their credit notes with it.
    Raises NotFound, NotPaidYet, MadeOutAlready, Invalid.
    """
    uow.require(Permission.RECEIPTS_ASK)
    order = orders.get_order(uow.session, order_id)
    if order.resident_id != uow.actor.id:
        raise NotFound("order")
    return _issue(uow, order, buyer)


def credit_some(uow: UnitOfWork, limit: int = 200) -> int:
    """Find up to `limit` orders whose refunds lack their credit notes, and make them out; how many notes."""
    uow.require(Permission.RECEIPTS_ISSUE)
    return sum(_credit(uow, order_id) for order_id in sorted(queries.orders_to_credit(uow.session, limit)))


def _issue(uow: UnitOfWork, order: OrderCard, wished: Buyer) -> PaperCard:
    buyer = rules.check_buyer(wished)
    uow.lock(f"receipt of {order.id}")
    standing = queries.original_of(uow.session, order.id)
    if standing is None:
        total = min(order.total_cents, queries.paid_cents(uow.session, order.id))
        if order.paid_at is None or total <= 0 or queries.is_held(uow.session, order.id):
            raise NotPaidYet
        hub = communities.get_hub(uow.session, order.hub_id)
        facts = _facts(uow, order, hub, buyer, total)
        _write(uow, hub, rules.kind_for(buyer), order, {"total_cents": total, "buyer_title": buyer.title,
                                                        "facts": facts})  # fmt: skip
    elif _buyer_of(standing) != buyer:
        raise MadeOutAlready(no=standing.no)
    _credit(uow, order.id)
    found = queries.original_of(uow.session, order.id)
    if found is None:
        raise NotFound("receipt")
    return found


def _credit(uow: UnitOfWork, order_id: UUID) -> int:
    uow.lock(f"receipt of {order_id}")
    original = queries.original_of(uow.session, order_id)
    missing = queries.uncredited(uow.session, order_id) if original else []
    if original is None or not missing:
        return 0
    left = original.total_cents - queries.credited_cents(uow.session, original.id)
    reasons = {refund_id: reason for refund_id, _, reason in missing}
    wanted = rules.credits_of(left, [(refund_id, cents) for refund_id, cents, _ in missing])
    order = orders.get_order(uow.session, order_id)
    hub = communities.get_hub(uow.session, original.hub_id)
    about = queries.credited_lines(uow.session, list(reasons))
    for refund_id, cents in wanted:
        line = about.get(refund_id)
        facts = {
            **{name: original.facts[name] for name in ("seller", "order", "buyer")}, "credits": original.no,
            "reason": reasons[refund_id], "total_cents": cents, "lines": [_credited(line, cents)] if line else [],
            "taxes": rules.taxes([(cents, line.tax_bps)], cents) if line else [],
        }  # fmt: skip
        _write(uow, hub, PaperKind.CREDIT_NOTE, order, {
            "total_cents": cents, "buyer_title": original.buyer_title, "facts": facts, "refund_id": refund_id,
            "credits_id": original.id,
        })  # fmt: skip
    return len(wanted)


def _write(uow: UnitOfWork, hub: Hub, kind: PaperKind, order: OrderCard, said: dict[str, Any]) -> None:
    """Give the next number of the series and write the paper; a rolled back paper gives its number back."""
    year = uow.now.astimezone(ZoneInfo(hub.timezone)).year
    serial = _next_serial(uow, hub.id, kind, year)
    row = Paper(
        id=new_id(), kind=kind, hub_id=hub.id, year=year, serial=serial,
        no=rules.paper_no(kind, hub.code, year, serial), order_id=order.id, order_no=order.no,
        resident_id=order.resident_id, currency=order.currency, issued_at=uow.now, issued_by=uow.actor.name, **said,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    uow.audit("receipts.issue", row.id, None, {"no": row.no, "order_no": order.no, "total_cents": row.total_cents})


def _next_serial(uow: UnitOfWork, hub_id: UUID, kind: PaperKind, year: int) -> int:
    """Count the series up; its row stays locked until this transaction ends, so numbers follow one another."""
    counting = insert(Series).values(hub_id=hub_id, kind=kind, year=year, last_serial=1)
    counted = counting.on_conflict_do_update(
        index_elements=["hub_id", "kind", "year"], set_={"last_serial": Series.last_serial + 1}
    )
    return int(uow.session.execute(counted.returning(Series.last_serial)).scalar_one())


def _facts(uow: UnitOfWork, order: OrderCard, hub: Hub, buyer: Buyer, total_cents: int) -> dict[str, Any]:
    """Everything that the paper says, in both languages, as it was charged."""
    lines = [
        {"name": line.sku_name, "name_en": line.sku_name_en, "spec": line.spec, "spec_en": line.spec_en,
         "qty": line.qty, "price_cents": line.unit_price_cents, "sum_cents": line.qty * line.unit_price_cents,
         "tax_bps": line.tax_bps}
        for line in order.lines if line.qty
    ]  # fmt: skip
    legal = queries.seller_of(uow.session, hub.id)
    return {
        "seller": {"code": hub.code, "name": hub.name, "name_en": hub.name_en, "timezone": hub.timezone,
                   "legal": legal.name, "tax_no": legal.tax_no, "address": legal.address},
        "order": {"no": order.no, "pickup_on": order.pickup_on.isoformat(),
                  "paid_at": order.paid_at.isoformat() if order.paid_at else "",
                  "methods": queries.pay_methods(uow.session, order.id)},
        "buyer": {"title": buyer.title, "tax_no": buyer.tax_no},
        "lines": lines, "total_cents": total_cents,
        "taxes": rules.taxes(
            [(line.qty * line.unit_price_cents, line.tax_bps) for line in order.lines if line.qty], total_cents
        ),
        "reduced_cents": sum(line.qty * line.unit_price_cents for line in order.lines) - total_cents,
    }  # fmt: skip


def _credited(line: CreditedLine, cents: int) -> dict[str, Any]:
    return {"name": line.name, "name_en": line.name_en, "spec": line.spec, "spec_en": line.spec_en, "qty": line.qty,
            "sum_cents": cents, "tax_bps": line.tax_bps}  # fmt: skip


def _buyer_of(card: PaperCard) -> Buyer:
    return Buyer(**card.facts["buyer"])
