"""Quantities of short goods that HQ sets by hand; they stay whatever policy is run, and however often."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.domains.logistics.models import ShareFix
from app.domains.logistics.queries import shortages
from app.domains.logistics.values.shortage import SetShare
from app.domains.supply import queries as supply
from app.domains.supply.errors import GoodsReleased
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def set_share(uow: UnitOfWork, wish: SetShare) -> None:
    """Give one order or one pickup point so many pieces of a short SKU; a later quantity replaces the earlier one.

    Raises NotFound for an order or point that wants none of it, Invalid for more than it wants, GoodsReleased once
    the goods are on the tables.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    if (wish.order_id is None) == (wish.pickup_point_id is None):
        raise Invalid(field="subject", reason="name an order or a pickup point")
    uow.lock(f"shortages of {wish.group_buy_id}")
    _refuse_released(uow, wish.group_buy_id)
    wanted = shortages.wants(uow.session, wish.group_buy_id, wish.sku_id, wish.order_id, wish.pickup_point_id)
    if not wanted:
        raise NotFound("order_line")
    if not 0 <= wish.qty <= wanted:
        raise Invalid(field="qty", reason="cannot be more than is wanted")
    adding = insert(ShareFix).values(
        id=new_id(), group_buy_id=wish.group_buy_id, sku_id=wish.sku_id, order_id=wish.order_id,
        pickup_point_id=wish.pickup_point_id, qty=wish.qty, note=wish.note.strip(), set_by=uow.actor.name,
        set_at=uow.now,
    )  # fmt: skip
    fresh = {name: adding.excluded[name] for name in ("qty", "note", "set_by", "set_at")}
    uow.session.execute(adding.on_conflict_do_update(constraint="uq_logistics_share_fix_subject", set_=fresh))
    subject = wish.order_id or wish.pickup_point_id
    uow.audit(
        "logistics.set_share", subject, None, {"sku": str(wish.sku_id), "qty": wish.qty, "note": wish.note.strip()}
    )


def drop_share(uow: UnitOfWork, group_buy_id: UUID, fix_id: UUID) -> None:
    """Take a quantity back that was set by hand; the policy decides again. Repeating changes nothing."""
    uow.require(Permission.SUPPLY_RECEIVE)
    uow.lock(f"shortages of {group_buy_id}")
    _refuse_released(uow, group_buy_id)
    gone = uow.session.execute(
        delete(ShareFix).where(ShareFix.id == fix_id, ShareFix.group_buy_id == group_buy_id).returning(ShareFix.qty)
    ).first()
    if gone:
        uow.audit("logistics.drop_share", fix_id, {"qty": gone.qty}, None)


def _refuse_released(uow: UnitOfWork, group_buy_id: UUID) -> None:
    if supply.is_sorted_out(uow.session, group_buy_id):
        raise GoodsReleased(purchase_order_no="")
