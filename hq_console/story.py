"""The timeline of a purchase order in words."""

from collections.abc import Sequence
from typing import Any

from app.domains.supply.values import PurchaseOrderCard, PurchaseStatus, ReceiptCard
from app.domains.supply.values.purchasing import BelowMinimum, PurchaseEvent, PurchaseEventKind, SupplierAnswer
from app.web.filters import dt, money
from app.web.words import gettext as _
from hq_console import names

_KINDS = {
    PurchaseEventKind.WAITING: "warning", PurchaseEventKind.ANSWERED: "success", PurchaseEventKind.AMENDED: "info",
    PurchaseEventKind.CANCELLED: "danger", PurchaseEventKind.MAIL_FAILED: "danger",
}  # fmt: skip


def story_of(
    events: Sequence[PurchaseEvent], receipts: Sequence[ReceiptCard], order: PurchaseOrderCard
) -> list[dict[str, Any]]:
    """What happened to an order as the timeline shows it, newest first."""
    told: list[dict[str, Any]] = [
        {"at": event.at, "title": names.name(event.kind), "text": _text(event, order.currency),
         "kind": _KINDS.get(event.kind, ""), "by": event.actor_name, "version": event.version}
        for event in events
    ]  # fmt: skip
    counted = sorted(receipts, key=lambda one: one.received_at)
    if counted:
        told.append(_count(_("Delivery began"), counted[0], order.version))
    if counted and order.status is PurchaseStatus.RECEIVED:
        told.append(_count(_("Everything counted, order closed"), counted[-1], order.version))
    told.sort(key=lambda one: one["at"])
    return [
        {**one, "at": f"{dt(one['at'])} · {one['by']}", "title": _titled(one, order.version)} for one in reversed(told)
    ]


def _count(title: str, receipt: ReceiptCard, version: int) -> dict[str, Any]:
    return {"at": receipt.received_at, "title": title, "text": "", "kind": "", "by": receipt.received_by,
            "version": version}  # fmt: skip


def _titled(one: dict[str, Any], newest: int) -> str:
    return f"{one['title']} · v{one['version']}" if newest > 1 else str(one["title"])


def _text(event: PurchaseEvent, currency: str) -> str:
    detail, kind = event.detail, event.kind
    if kind is PurchaseEventKind.WAITING:
        sums = {"goods": money(detail["goods_cents"], currency), "least": money(detail["min_order_cents"], currency)}
        return _("Goods for %(goods)s; the supplier asks for %(least)s at least.", **sums)
    if kind is PurchaseEventKind.DECIDED:
        return _joined(
            names.name(BelowMinimum(detail["choice"])),
            money(detail["fee_cents"], currency) if detail["fee_cents"] else "",
            _("%(num)s pieces refunded", num=detail["dropped_qty"]) if detail["dropped_qty"] else "",
        )
    if kind is PurchaseEventKind.ANSWERED:
        changed = [f"{one['sku']} {one['ordered_packs']}→{one['packs']} {one['reason']}" for one in detail["lines"]]
        return _joined(names.name(SupplierAnswer(detail["answer"])), *changed, detail["note"])
    if kind in {PurchaseEventKind.AMENDED, PurchaseEventKind.CANCELLED}:
        changed = [f"{one['sku']} {one['old_packs']}→{one['packs']}" for one in detail.get("lines", [])]
        return _joined(detail.get("reason", ""), *changed)
    if kind is PurchaseEventKind.SENT:
        return money(detail["total_cents"], currency)
    return _joined(detail.get("to", ""), detail.get("why", ""))


def _joined(*parts: str) -> str:
    return " · ".join(part.strip() for part in parts if part.strip())
