"""What every step of a purchase order shares: holding it, writing its timeline, sending it, and its e-mails."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domains.notifications.service import mail
from app.domains.notifications.values import MailKind
from app.domains.supply.events import PurchaseOrderSent
from app.domains.supply.models import PurchaseEventRow, PurchaseLine, PurchaseOrder, Supplier
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.rules.purchasing import goods_of
from app.domains.supply.values import PURCHASE_MOVES, PurchaseStatus
from app.domains.supply.values.purchasing import DraftLine, PurchaseEventKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_token
from app.kernel.states import check_move

#: Orders whose supplier may still be written to.
_OPEN = frozenset({PurchaseStatus.SENT, PurchaseStatus.SEEN, PurchaseStatus.CONFIRMED, PurchaseStatus.CANCELLED})


def hold(uow: UnitOfWork, purchase_order_id: UUID) -> PurchaseOrder:
    """The order, locked to the end of the transaction; for other services of this room. Raises NotFound."""
    uow.require(Permission.SUPPLY_ANSWER)
    locked = select(PurchaseOrder).where(PurchaseOrder.id == purchase_order_id).with_for_update()
    order = uow.session.scalars(locked.execution_options(populate_existing=True)).first()
    if order is None:
        raise NotFound("purchase_order")
    return order


def note(uow: UnitOfWork, order: PurchaseOrder, kind: PurchaseEventKind, **detail: Any) -> None:
    """Add a line to an order's timeline; for other services of this room."""
    uow.require(Permission.SUPPLY_ANSWER)
    uow.session.add(
        PurchaseEventRow(
            purchase_order_id=order.id, kind=kind, version=order.version, actor_name=uow.actor.name, detail=detail,
            at=uow.now,
        )
    )  # fmt: skip


def write_lines(uow: UnitOfWork, order: PurchaseOrder, lines: list[DraftLine], fee_cents: int) -> None:
    """Write packs and pieces of an order's lines and what it costs with them; the answer to the old packs is void.

    A line without packs is complete at once: nothing of it is waited for.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    uow.session.execute(
        update(PurchaseLine),
        [
            {"id": line.line_id, "wanted_qty": line.wanted_qty, "packs": line.packs,
             "ordered_qty": line.packs * line.pack_size, "confirmed_packs": None, "answer_reason": "",
             "counted_at": None if line.packs else uow.now}
            for line in lines
        ],
    )  # fmt: skip
    order.top_up_cents = fee_cents
    order.total_cents = goods_of(lines) + fee_cents


def send(
    uow: UnitOfWork, order: PurchaseOrder, kind: PurchaseEventKind = PurchaseEventKind.SENT, **detail: Any
) -> None:
    """Send an order, or its next version: a new link, no answer yet, an e-mail where the supplier has an address."""
    uow.require(Permission.SUPPLY_MANAGE)
    check_move("purchase_order", PURCHASE_MOVES, order.status, PurchaseStatus.SENT)
    order.status, order.sent_at, order.link_key = PurchaseStatus.SENT, uow.now, new_token()
    order.seen_at = order.answered_at = order.answer = order.decide_by = None
    order.supplier_note = ""
    note(uow, order, kind, total_cents=order.total_cents, fee_cents=order.top_up_cents, **detail)
    uow.emit(PurchaseOrderSent(order.id, order.no, order.supplier_id, order.hub_id, order.group_buy_id))
    write_to_supplier(uow, order)


def write_to_supplier(uow: UnitOfWork, order: PurchaseOrder) -> UUID | None:
    """Queue an e-mail about an order as it stands; None where the supplier has no address."""
    uow.require(Permission.SUPPLY_MANAGE)
    address = uow.session.scalars(select(Supplier.email).where(Supplier.id == order.supplier_id)).one()
    if "@" not in address:
        return None
    subject = order.no if order.version == 1 else f"{order.no} v{order.version}"
    return mail.queue_mail(uow.as_system("purchasing"), MailKind.PURCHASE_ORDER, order.id, address, subject)


def send_again(uow: UnitOfWork, purchase_order_id: UUID) -> UUID:
    """Send the e-mail of an order once more; the link stays the same. Returns the e-mail's id.

    Raises NotFound, Invalid when the order is not open any more or its supplier has no address.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    order = hold(uow, purchase_order_id)
    if order.status not in _OPEN:
        raise Invalid(field="", reason="nothing is to be written about this order any more")
    mail_id = write_to_supplier(uow, order)
    if mail_id is None:
        raise Invalid(field="email", reason="the supplier has no e-mail address")
    uow.audit("supply.send_again", order.id, None, {"no": order.no, "version": order.version})
    return mail_id


def note_mail(uow: UnitOfWork, purchase_order_id: UUID, to_address: str, why: str = "") -> None:
    """Say on an order's timeline that its e-mail has left, or `why` it could not."""
    uow.require(Permission.SUPPLY_MANAGE)
    order = hold(uow, purchase_order_id)
    kind = PurchaseEventKind.MAIL_FAILED if why else PurchaseEventKind.MAIL_SENT
    note(uow, order, kind, to=to_address, **({"why": why} if why else {}))


def drafts(uow: UnitOfWork, order: PurchaseOrder) -> list[DraftLine]:
    """The lines of an order as their packs stand."""
    uow.require(Permission.SUPPLY_ANSWER)
    return reads.draft_lines(uow.session, order.id)
