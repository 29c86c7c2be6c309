"""A round with many orders at once: rows as checkout and payment leave them, without going through each."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.models import Offer
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy, PriceBreak
from app.domains.orders.models import Order, OrderLine
from app.domains.orders.values import OrderStatus
from app.domains.payments.models import Payment
from app.domains.payments.values import PaymentStatus
from app.infra.bulk import insert_rows
from app.infra.uow import UnitOfWork
from app.kernel.ids import new_id
from tests.conftest import START

Run = Callable[..., Any]
CUTOFF = START + timedelta(hours=13)  # 23:00 in Shanghai


def offer_input(sku_id: UUID, price_cents: int = 1_990, *breaks: tuple[int, int], **other: Any) -> OfferInput:
    """1,000 pieces for the hub, 10 for a resident, 5 % commission; breaks as (quantity, price)."""
    fields: dict[str, Any] = {"commission_bps": 500, "quota": 1_000, "per_resident_limit": 10} | other
    steps = tuple(PriceBreak(from_qty=qty, price_cents=cents) for qty, cents in breaks)
    return OfferInput(sku_id=sku_id, price_cents=price_cents, breaks=steps, **fields)


def make_group_buy(run: Run, hub_id: UUID, *offers: OfferInput, round_on: date = date(2026, 11, 20)) -> UUID:
    """An open group-buy that closes at CUTOFF and is picked up the day after `round_on`."""

    later = round_on - START.date()

    def use_case(uow: UnitOfWork) -> UUID:
        group_buy_id = plans.plan(
            uow,
            PlanGroupBuy(
                hub_id=hub_id, round_on=round_on, title="今日团", title_en="Today",
                opens_at=START - timedelta(hours=4) + later, cutoff_at=CUTOFF + later,
                pickup_on=round_on + timedelta(days=1), offers=offers,
            ),
        )  # fmt: skip
        plans.open_round(uow, group_buy_id)
        return group_buy_id

    made: UUID = run(use_case)
    return made


def offers_by_sku(read: Run, group_buy_id: UUID) -> dict[UUID, UUID]:
    """Offer ids by SKU id."""
    return {offer.sku_id: offer.id for offer in read(groupbuys.offer_cards, group_buy_id)}


def make_orders(
    run: Run, group_buy_id: UUID, baskets: Sequence[Mapping[UUID, int]], points: Sequence[UUID], *, paid: bool = True
) -> list[UUID]:
    """One order of its own resident per basket (pieces by offer), dealt to `points` in turn, paid a second apart."""
    made: list[UUID] = run(_insert_orders, group_buy_id, baskets, points, paid)
    return made


def _insert_orders(
    uow: UnitOfWork,
    group_buy_id: UUID,
    baskets: Sequence[Mapping[UUID, int]],
    points: Sequence[UUID],
    paid: bool,
) -> list[UUID]:
    group_buy = groupbuys.get_group_buy(uow.session, group_buy_id)
    offers = {offer.id: offer for offer in uow.session.scalars(select(Offer).filter_by(group_buy_id=group_buy_id))}
    ids, orders, lines, payments = [], [], [], []
    for number, basket in enumerate(baskets):
        order_id, resident_id, at = new_id(), new_id(), uow.now + timedelta(seconds=number)
        total = sum(qty * offers[offer_id].price_cents for offer_id, qty in basket.items())
        ids.append(order_id)
        orders.append({
            "id": order_id, "no": f"T{order_id.hex}", "status": OrderStatus.PAID if paid else OrderStatus.PLACED,
            "resident_id": resident_id, "hub_id": group_buy.hub_id, "group_buy_id": group_buy_id,
            "neighbourhood_id": new_id(), "pickup_point_id": points[number % len(points)], "leader_id": new_id(),
            "pickup_on": group_buy.pickup_on, "currency": group_buy.currency, "total_cents": total, "note": "",
            "placed_at": at, "pay_by": at + timedelta(minutes=15), "paid_at": at if paid else None,
        })  # fmt: skip
        lines += [
            {
                "id": new_id(), "order_id": order_id, "group_buy_id": group_buy_id, "resident_id": resident_id,
                "pickup_point_id": points[number % len(points)], "offer_id": offer_id,
                "sku_id": offers[offer_id].sku_id, "qty": qty, "unit_price_cents": offers[offer_id].price_cents,
                "final_price_cents": offers[offer_id].price_cents, "commission_bps": offers[offer_id].commission_bps,
            }
            for offer_id, qty in basket.items()
        ]  # fmt: skip
        payments.append({
            "order_id": order_id, "order_no": f"T{order_id.hex}", "hub_id": group_buy.hub_id,
            "resident_id": resident_id, "amount_cents": total, "received_cents": total,
            "currency": group_buy.currency, "method": "alipay",
            "return_url": "", "status": PaymentStatus.SUCCEEDED, "provider_ref": f"pi_{order_id.hex}",
            "created_at": at, "settled_at": at, "next_look_at": at,
        })  # fmt: skip
    insert_rows(uow.session, Order, orders)
    insert_rows(uow.session, OrderLine, lines)
    if paid:
        insert_rows(uow.session, Payment, payments)
    for offer_id in offers:
        sold = sum(basket.get(offer_id, 0) for basket in baskets)
        uow.session.execute(update(Offer).filter_by(id=offer_id).values(sold_qty=Offer.sold_qty + sold))
    return ids
