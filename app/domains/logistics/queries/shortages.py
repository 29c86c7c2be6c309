"""What a round is short of: the lines that want it, and what each policy would do with what came."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.domains.accounts.models import Account
from app.domains.catalogue.models import Sku
from app.domains.communities.models import PickupPoint
from app.domains.logistics.models import ShareFix
from app.domains.logistics.rules import allocation
from app.domains.logistics.values.shortage import (
    Claims,
    FixCard,
    LineShare,
    Outcome,
    Protect,
    Shortage,
    ShortLines,
    Whole,
)
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.orders.models import Order, OrderLine
from app.domains.orders.values import OrderStatus
from app.domains.supply import queries as supply
from app.domains.supply.queries import lots
from app.kernel.actors import Role

_LEFT = OrderLine.qty - OrderLine.cut_qty


def came_by_sku(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Good pieces that a round may use, by SKU: what came for it and is still here, and what it was allotted."""
    came: dict[UUID, int] = {}
    for lot in lots.lots_for_round(session, group_buy_id):
        came[lot.sku_id] = came.get(lot.sku_id, 0) + lot.qty
    return came


def wanted_by_sku(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Paid pieces still due, by SKU."""
    rows = session.execute(
        select(OrderLine.sku_id, func.sum(_LEFT))
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID, _LEFT > 0)
        .group_by(OrderLine.sku_id)
    )
    return {sku_id: int(qty) for sku_id, qty in rows}


def short_lines(
    session: Session, group_buy_id: UUID, protect: Protect, sku_ids: Collection[UUID] | None = None
) -> ShortLines:
    """Every line of a round that wants a SKU of which too little came, in the order in which they were paid.

    Three statements whatever the number of lines; with `sku_ids` only those SKUs. Nothing is short any more once the
    round has taken its goods.
    """
    came, wanted = came_by_sku(session, group_buy_id), wanted_by_sku(session, group_buy_id)
    done = supply.is_sorted_out(session, group_buy_id)
    short = [] if done else sorted(s for s, qty in wanted.items() if qty > came.get(s, 0))
    if sku_ids is not None:
        short = [sku_id for sku_id in short if sku_id in set(sku_ids)]
    rows = session.execute(_lines(group_buy_id, short)).all() if short else []
    return _columns(rows, short, came, fixes(session, group_buy_id), protect)


def _lines(group_buy_id: UUID, sku_ids: Sequence[UUID]) -> Select[*tuple[Any, ...]]:
    leader = aliased(Account)
    leaders = select(leader.phone).where(
        leader.role == Role.LEADER, leader.phone.is_not(None), leader.disabled_at.is_(None)
    )
    return (
        select(
            OrderLine.sku_id, OrderLine.id, OrderLine.order_id, OrderLine.pickup_point_id, _LEFT.label("qty"),
            OrderLine.final_price_cents, func.coalesce(Account.is_vip, False),
            func.coalesce(Account.phone.in_(leaders), False),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(Account, Account.id == OrderLine.resident_id)
        .where(
            OrderLine.group_buy_id == group_buy_id, OrderLine.sku_id.in_(sku_ids), Order.status == OrderStatus.PAID,
            _LEFT > 0,
        )
        .order_by(OrderLine.sku_id, Order.paid_at, OrderLine.id)
    )  # fmt: skip


def _columns(
    rows: Sequence[Any], sku_ids: list[UUID], came: dict[UUID, int], fixed: list[FixCard], protect: Protect
) -> ShortLines:
    place = {sku_id: number for number, sku_id in enumerate(sku_ids)}
    skus, line_ids, order_ids, points, qty, price, vip, leader = (
        [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(8)]
    )
    by_order = {(fix.sku_id, fix.order_id): fix.qty for fix in fixed if fix.order_id is not None}
    quotas = [fix for fix in fixed if fix.pickup_point_id is not None]
    by_point = {(fix.sku_id, fix.pickup_point_id): number for number, fix in enumerate(quotas)}
    spared = np.zeros(len(rows), dtype=np.bool_)
    for kind, column in ((Protect.VIP, vip), (Protect.LEADERS, leader)):
        if protect in {kind, Protect.BOTH}:
            spared |= np.array(column, dtype=np.bool_)
    none: list[int] = [-1] * len(rows)
    claims = Claims(
        sku=_whole([place[sku_id] for sku_id in skus]),
        qty=_whole(qty),
        is_protected=spared,
        fixed=_whole([by_order.get(key, -1) for key in zip(skus, order_ids, strict=True)] if by_order else none),
        quota=_whole([by_point.get(key, -1) for key in zip(skus, points, strict=True)] if by_point else none),
        supply=_whole([came.get(sku_id, 0) for sku_id in sku_ids]),
        quota_qty=_whole([fix.qty for fix in quotas]),
    )
    return ShortLines(
        claims=claims, sku_ids=sku_ids, line_ids=line_ids, order_ids=order_ids, pickup_point_ids=points,
        price_cents=_whole(price),
    )  # fmt: skip


def _whole(values: Sequence[int]) -> Whole:
    return np.array(values, dtype=np.int64)


def fixes(session: Session, group_buy_id: UUID, sku_id: UUID | None = None) -> list[FixCard]:
    """Quantities that HQ has set by hand in a round, of one SKU or of all."""
    wanted = (
        select(
            ShareFix.id, ShareFix.sku_id, ShareFix.order_id, Order.no.label("order_no"), ShareFix.pickup_point_id,
            PickupPoint.code.label("pickup_point_code"), ShareFix.qty, ShareFix.note, ShareFix.set_by,
        )
        .outerjoin(Order, Order.id == ShareFix.order_id)
        .outerjoin(PickupPoint, PickupPoint.id == ShareFix.pickup_point_id)
        .where(ShareFix.group_buy_id == group_buy_id)
        .order_by(ShareFix.id)
    )  # fmt: skip
    if sku_id is not None:
        wanted = wanted.where(ShareFix.sku_id == sku_id)
    return [FixCard(**row) for row in session.execute(wanted).mappings()]


def wants(session: Session, group_buy_id: UUID, sku_id: UUID, order_id: UUID | None, point_id: UUID | None) -> int:
    """Paid pieces of a SKU that one order or one pickup point still wants in a round; 0 for strangers."""
    mine = OrderLine.order_id == order_id if order_id else OrderLine.pickup_point_id == point_id
    of_round = and_(OrderLine.group_buy_id == group_buy_id, OrderLine.sku_id == sku_id)
    found = session.scalar(
        select(func.sum(_LEFT))
        .join(Order, Order.id == OrderLine.order_id)
        .where(mine, of_round, Order.status == OrderStatus.PAID)
    )
    return int(found or 0)


# --- the preview --------------------------------------------------------------------------------------------------


def preview(session: Session, group_buy_id: UUID, protect: Protect) -> list[Shortage]:
    """Every short SKU of a round with what each policy would give, take and refund; nothing is decided yet."""
    found = short_lines(session, group_buy_id, protect)
    given = {policy: allocation.allocate(policy, found.claims) for policy in SharePolicy}
    overset = allocation.overset(found.claims)
    expected = _expected(session, group_buy_id)
    texts = {
        row.id: row
        for row in session.execute(
            select(Sku.id, Sku.code, Sku.name, Sku.name_en, Sku.spec, Sku.spec_en).where(Sku.id.in_(found.sku_ids))
        )
    }
    claims, cards = found.claims, []
    for number, sku_id in enumerate(found.sku_ids):
        mine, sku = claims.sku == number, texts[sku_id]
        is_set = mine & ((claims.fixed >= 0) | (claims.quota >= 0))
        cards.append(
            Shortage(
                sku_id=sku_id, sku_code=sku.code, sku_name=sku.name, sku_name_en=sku.name_en, spec=sku.spec,
                spec_en=sku.spec_en, came_qty=int(claims.supply[number]), wanted_qty=int(claims.qty[mine].sum()),
                expected_qty=expected.get(sku_id, 0),
                fixed_qty=int(given[SharePolicy.FIRST_COME][is_set].sum()),
                protected_lines=int((mine & claims.is_protected).sum()), lines=int(mine.sum()),
                is_overset=bool(overset[number]),
                outcomes={policy: _outcome(found, mine, shares) for policy, shares in given.items()},
            )
        )  # fmt: skip
    return sorted(cards, key=lambda card: card.sku_code)


def _expected(session: Session, group_buy_id: UUID) -> dict[UUID, int]:
    """Pieces that the dock still waits for, by SKU."""
    waiting = supply.purchase_lines(session, group_buy_id=group_buy_id, uncounted=True)
    return {line.sku_id: max(0, line.ordered_qty - line.received_qty - line.rejected_qty) for line in waiting}


def _outcome(found: ShortLines, mine: Any, given: Whole) -> Outcome:
    shares, wanted = given[mine], found.claims.qty[mine]
    missing = wanted - shares
    return Outcome(
        given_qty=int(shares.sum()), missing_qty=int(missing.sum()),
        refund_cents=int((missing * found.price_cents[mine]).sum()), lines_hit=int((missing > 0).sum()),
        lines_empty=int((shares == 0).sum()),
    )  # fmt: skip


def preview_lines(session: Session, group_buy_id: UUID, sku_id: UUID, protect: Protect) -> list[LineShare]:
    """Who gets how much of one short SKU under each policy, in the order of the queue."""
    found = short_lines(session, group_buy_id, protect, [sku_id])
    given = {policy: allocation.allocate(policy, found.claims).tolist() for policy in SharePolicy}
    whose = _whose(session, found.line_ids)
    claims = found.claims
    wanted, price = claims.qty.tolist(), found.price_cents.tolist()
    is_set = ((claims.fixed >= 0) | (claims.quota >= 0)).tolist()
    return [
        LineShare(
            line_id=line_id, **whose[line_id], is_fixed=is_set[n], wanted_qty=wanted[n],
            given={policy: shares[n] for policy, shares in given.items()},
            refund_cents={policy: (wanted[n] - shares[n]) * price[n] for policy, shares in given.items()},
        )
        for n, line_id in enumerate(found.line_ids)
    ]  # fmt: skip


def _whose(session: Session, line_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Order, resident and pickup point of lines."""
    leader = aliased(Account)
    leads = exists().where(
        and_(leader.role == Role.LEADER, leader.phone == Account.phone, leader.disabled_at.is_(None))
    )
    found: dict[UUID, dict[str, Any]] = {}
    for start in range(0, len(line_ids), 10_000):
        rows = session.execute(
            select(
                OrderLine.id, OrderLine.order_id, Order.no.label("order_no"),
                func.coalesce(Account.name, "").label("resident_name"),
                OrderLine.pickup_point_id, PickupPoint.code.label("pickup_point_code"),
                PickupPoint.name.label("pickup_point_name"), leads.label("is_leader"),
                func.coalesce(Account.is_vip, False).label("is_vip"),
            )
            .join(Order, Order.id == OrderLine.order_id)
            .outerjoin(Account, Account.id == OrderLine.resident_id)
            .join(PickupPoint, PickupPoint.id == OrderLine.pickup_point_id)
            .where(OrderLine.id.in_(line_ids[start : start + 10_000]))
        ).mappings()  # fmt: skip
        found |= {row["id"]: {name: row[name] for name in row if name != "id"} for row in rows}
    return found
