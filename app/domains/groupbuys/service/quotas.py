"""Taking and giving back quota. The bound stands inside the UPDATE: two buyers of the last piece cannot both win."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer, Uuid

from app.domains.groupbuys import rules
from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, ToleranceNotOffered, UnknownOffer
from app.domains.groupbuys.models import GroupBuy
from app.domains.groupbuys.values import GroupBuyCard, GroupBuyStatus, HeldLine, Wish
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound

_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_QTYS = bindparam("qtys", type_=ARRAY(Integer()))
_TOLERANCES = bindparam("tolerances", type_=ARRAY(Integer()))

#: FOR SHARE lets orders pass side by side, while the cut-off, which updates this row, waits for all of them.
_DOORSTEP = text(
    """
    SELECT id, hub_id, code, title, title_en, status, round_on, opens_at, cutoff_at, pickup_on, currency
    FROM groupbuys_group_buy WHERE id = :id FOR SHARE
    """
)

#: The price goes by the pieces that are wanted in any case: what only fills a box may go again.
_HOLD = text(
    """
    WITH want AS MATERIALIZED (SELECT * FROM unnest(:ids, :qtys, :tolerances) AS w(offer_id, qty, tolerance_qty)),
    locked AS MATERIALIZED (
      SELECT o.id, w.qty, w.tolerance_qty FROM groupbuys_offer o JOIN want w ON w.offer_id = o.id
      WHERE o.group_buy_id = :group_buy_id AND o.cancelled_at IS NULL ORDER BY o.id FOR UPDATE OF o
    )
    UPDATE groupbuys_offer o SET sold_qty = o.sold_qty + l.qty, tolerance_qty = o.tolerance_qty + l.tolerance_qty
    FROM locked l WHERE o.id = l.id AND o.sold_qty + l.qty <= o.quota
    RETURNING o.id, o.sku_id, l.qty, l.tolerance_qty, o.pack_size, o.commission_bps, o.per_resident_limit,
      LEAST(o.price_cents, (SELECT min(b.price_cents) FROM groupbuys_price_break b
                            WHERE b.offer_id = o.id AND b.from_qty <= o.sold_qty - o.tolerance_qty)) AS price_cents
    """
).bindparams(_IDS, _QTYS, _TOLERANCES)

_RELEASE = text(
    """
    WITH back AS MATERIALIZED (
      SELECT offer_id, sum(qty) AS qty, sum(tolerance_qty) AS tolerance_qty
      FROM unnest(:ids, :qtys, :tolerances) AS w(offer_id, qty, tolerance_qty) GROUP BY 1
    ),
    locked AS MATERIALIZED (
      SELECT o.id, b.qty, b.tolerance_qty FROM groupbuys_offer o JOIN back b ON b.offer_id = o.id
      ORDER BY o.id FOR UPDATE OF o
    )
    UPDATE groupbuys_offer o SET sold_qty = o.sold_qty - l.qty, tolerance_qty = o.tolerance_qty - l.tolerance_qty
    FROM locked l WHERE o.id = l.id
    """
).bindparams(_IDS, _QTYS, _TOLERANCES)

_LEFT = text(
    "SELECT id, quota - sold_qty AS free FROM groupbuys_offer WHERE group_buy_id = :id AND cancelled_at IS NULL"
)


def enter(uow: UnitOfWork, group_buy_id: UUID) -> GroupBuyCard:
    """The group-buy, held open until this transaction ends; raises GroupBuyClosed unless it takes orders now."""
    uow.require(Permission.GROUPBUYS_HOLD_QUOTA)
    row = uow.session.execute(_DOORSTEP, {"id": group_buy_id}).first()
    if row is None:
        raise NotFound("group_buy")
    status = GroupBuyStatus(row.status)
    if not rules.takes_orders(status, row.opens_at, row.cutoff_at, uow.now):
        raise GroupBuyClosed(group_buy_id=group_buy_id)
    return GroupBuyCard(**{**row._mapping, "status": status}, offer_count=0)


def hold_open(uow: UnitOfWork, hub_id: UUID) -> set[UUID]:
    """The hub's group-buys whose cut-off has not been worked off, held so until this transaction ends.

    Their orders were not added up yet, so that goods may still be brought elsewhere.
    """
    uow.require(Permission.GROUPBUYS_HOLD_QUOTA)
    wanted = select(GroupBuy.id).where(GroupBuy.hub_id == hub_id, GroupBuy.status == GroupBuyStatus.OPEN)
    return set(uow.session.scalars(wanted.order_by(GroupBuy.id).with_for_update(read=True)))


def hold(uow: UnitOfWork, group_buy_id: UUID, wishes: Sequence[Wish]) -> list[HeldLine]:
    """Take pieces of offers out of their quotas, all or none, with one statement; rows are locked in order of id.

    Returns the terms that the order keeps; the price is that of the quantity the group wants with these pieces.
    Tolerated pieces take quota as wanted ones do, for the box may need every one of them.
    Raises UnknownOffer, SoldOut (with what is left), ToleranceNotOffered. Not repeatable: the caller holds a key.
    """
    uow.require(Permission.GROUPBUYS_HOLD_QUOTA)
    asked = {w.offer_id: w.qty for w in wishes}
    got = uow.session.execute(_HOLD, {**_arrays(wishes), "group_buy_id": group_buy_id}).all()
    if len(got) < len(asked):
        _refuse(uow, group_buy_id, asked, {row.id for row in got})
    held = {
        row.id: HeldLine(offer_id=row.id, sku_id=row.sku_id, qty=row.qty, price_cents=row.price_cents,
                         commission_bps=row.commission_bps, per_resident_limit=row.per_resident_limit,
                         pack_size=row.pack_size, tolerance_qty=row.tolerance_qty)
        for row in got
    }  # fmt: skip
    for line in held.values():
        if line.tolerance_qty and line.pack_size == 1:
            raise ToleranceNotOffered(offer_id=line.offer_id)
    return [held[w.offer_id] for w in wishes]


def _arrays(wishes: Sequence[Wish]) -> dict[str, list[UUID] | list[int]]:
    return {
        "ids": [w.offer_id for w in wishes],
        "qtys": [w.qty for w in wishes],
        "tolerances": [w.tolerance_qty for w in wishes],
    }


def _refuse(uow: UnitOfWork, group_buy_id: UUID, asked: dict[UUID, int], got: set[UUID]) -> None:
    """Say which offer could not be held and why."""
    left: dict[UUID, int] = {row.id: row.free for row in uow.session.execute(_LEFT, {"id": group_buy_id})}
    for offer_id, qty in asked.items():
        if offer_id in got:
            continue
        if offer_id not in left:
            raise UnknownOffer(offer_id=offer_id)
        raise SoldOut(offer_id=offer_id, wanted=qty, left=max(0, left[offer_id]))


def release(uow: UnitOfWork, wishes: Sequence[Wish]) -> None:
    """Give pieces back to their quotas, with one statement. The caller makes sure that it happens once."""
    uow.require(Permission.GROUPBUYS_HOLD_QUOTA)
    if wishes:
        uow.session.execute(_RELEASE, _arrays(wishes))
