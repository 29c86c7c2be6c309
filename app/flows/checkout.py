"""From basket to paid order: quote, place, amend, cancel, lapse, and what happens when money arrives - even late."""

from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.errors import NobodyServes
from app.domains.communities.service import homes
from app.domains.communities.values import Home, LeaderStatus
from app.domains.groupbuys import queries as groupbuys, rules as groupbuy_rules
from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, ToleranceNotOffered, UnknownOffer
from app.domains.groupbuys.service import quotas
from app.domains.groupbuys.values import GroupBuyCard, HeldLine, OfferCard, Wish
from app.domains.logistics.service import pickups
from app.domains.orders import queries, rules
from app.domains.orders.errors import (
    NoHome,
    OtherHub,
    OverLimit,
    PaidOrderOnlyShrinks,
    PointDayFull,
    PointRests,
    TotalChanged,
)
from app.domains.orders.events import LateMoneyReturned
from app.domains.orders.service import orders, wishes
from app.domains.orders.values import (
    AmendOrder,
    CutLine,
    CutReason,
    LineCard,
    NewLine,
    NewOrder,
    OrderCard,
    OrderHead,
    OrderItem,
    OrderStatus,
    Placed,
    PlaceOrder,
    Quote,
    Wished,
)
from app.domains.payments import queries as payment_queries
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import BACKING, IntendRefund, PaymentCard, PaymentStatus
from app.domains.settlement.queries import rates
from app.flows import point_days
from app.flows.refund import cut_and_refund
from app.infra import idempotency
from app.infra.events import Job
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState


def quote(uow: UnitOfWork, wish: PlaceOrder) -> Quote:
    """What a basket would cost now at most; holds nothing, and asks neither for a home nor for the resident's limits.

    Raises EmptyBasket, GroupBuyClosed, UnknownOffer, SoldOut, ToleranceNotOffered.
    """
    uow.require(Permission.ORDERS_PLACE)
    rules.check_items(wish.items)
    group_buy = quotas.enter(uow, wish.group_buy_id)
    offers = {o.id: o for o in groupbuys.offer_cards(uow.session, wish.group_buy_id) if not o.is_cancelled}
    lines = []
    for item in wish.items:
        if item.offer_id not in offers:
            raise UnknownOffer(offer_id=item.offer_id)
        lines.append(_quoted(offers[item.offer_id], item))
    return Quote(
        group_buy_id=group_buy.id, currency=group_buy.currency, total_cents=rules.total_cents(lines), lines=tuple(lines)
    )


def _quoted(offer: OfferCard, item: OrderItem) -> NewLine:
    qty = item.qty + item.tolerance_qty
    if offer.sold_qty + qty > offer.quota:
        raise SoldOut(offer_id=offer.id, wanted=qty, left=offer.quota - offer.sold_qty)
    if item.tolerance_qty and offer.pack_size == 1:
        raise ToleranceNotOffered(offer_id=offer.id)
    price = groupbuy_rules.price_at(offer.base_price_cents, offer.breaks, offer.wanted_qty + item.qty)
    return NewLine(
        offer_id=offer.id, sku_id=offer.sku_id, qty=qty, unit_price_cents=price, commission_bps=offer.commission_bps,
        tolerance_qty=item.tolerance_qty, fills_boxes=offer.pack_size > 1,
    )  # fmt: skip


def place(uow: UnitOfWork, wish: PlaceOrder) -> Placed:
    """Place an order: everything is checked and written in this one transaction, or nothing is.

    Safe to repeat with the same key: the first order comes back. The total charged is the total that was shown; with
    tolerance it is the most she can be asked for, so quota and her limit cover those pieces too: a box may need them.
    Raises EmptyBasket, NoHome, OtherHub, NobodyServes, GroupBuyClosed, UnknownOffer, SoldOut, OverLimit, TotalChanged,
    KeyReused, ToleranceNotOffered, Invalid, PointRests, PointDayFull.
    """
    uow.require(Permission.ORDERS_PLACE)
    rules.check_items(wish.items)
    note = rules.check_note(wish.note)
    order_id, resident_id = new_id(), _resident(uow)
    basket = sorted((str(i.offer_id), i.qty, i.tolerance_qty) for i in wish.items)
    key = IdempotencyKey(
        account_id=resident_id, action="orders.place", key=wish.idempotency_key, result_id=order_id, at=uow.now,
        fingerprint=idempotency.fingerprint([str(wish.group_buy_id), basket]),
    )  # fmt: skip
    if placed_before := idempotency.claim(uow.session, key):
        return _placed(queries.get_order(uow.session, placed_before))
    group_buy = quotas.enter(uow, wish.group_buy_id)
    home = _home(uow, resident_id, group_buy)
    day = point_days.enter(uow, home.pickup_point_id, group_buy.pickup_on)
    held = quotas.hold(uow, group_buy.id, [_wish(item) for item in wish.items])
    lines = _lines_of(uow, held, home.leader_id)
    total = _total_as_shown(lines, wish.expected_total_cents)
    pay_by = rules.pay_by(uow.now, group_buy.cutoff_at)
    no = orders.create(
        uow,
        NewOrder(
            id=order_id, resident_id=resident_id, hub_id=group_buy.hub_id, group_buy_id=group_buy.id,
            neighbourhood_id=home.neighbourhood_id, pickup_point_id=home.pickup_point_id, leader_id=home.leader_id,
            pickup_on=group_buy.pickup_on, currency=group_buy.currency, pay_by=pay_by, note=note,
            lines=lines,
        ),
    )  # fmt: skip
    _check_limits(uow, resident_id, held)
    point_days.check_room(uow, day, order_id)
    return Placed(
        id=order_id, no=no, status=OrderStatus.PLACED, total_cents=total, currency=group_buy.currency, pay_by=pay_by,
        is_new=True,
    )  # fmt: skip


def amend(uow: UnitOfWork, wish: AmendOrder) -> OrderCard:
    """Change an own order before the cut-off: an unpaid one freely, a paid one only downwards, with a refund.

    Taking out everything cancels it.
    What she wants more of an offer in full boxes joins the back of its queue; what she gives back was her newest wish.
    Raises GroupBuyClosed, SoldOut, OverLimit, TotalChanged, PaidOrderOnlyShrinks, ToleranceNotOffered, WrongState,
    PointDayFull.
    """
    uow.require(Permission.ORDERS_PLACE)
    if not wish.items:
        return cancel(uow, wish.order_id)
    rules.check_items(wish.items)
    order = _own_locked(uow, wish.order_id)
    if order.status is OrderStatus.PAID:
        _shrink(uow, order, {i.offer_id: Wished(i.qty, i.tolerance_qty) for i in wish.items})
    elif order.status is OrderStatus.PLACED:
        quotas.enter(uow, order.group_buy_id)
        day = point_days.enter(uow, order.pickup_point_id, order.pickup_on, is_new=False)
        quotas.release(uow, _wishes(order.lines))
        held = quotas.hold(uow, order.group_buy_id, [_wish(item) for item in wish.items])
        lines = _lines_of(uow, held, order.leader_id)
        total = _total_as_shown(lines, wish.expected_total_cents)
        orders.replace_lines(uow, order.id, lines)
        _check_limits(uow, order.resident_id, held)
        point_days.check_room(uow, day, order.id)
        payments.give_up(uow, [order.id], keep_cents=total)
    else:
        raise WrongState(what="order", state=order.status.value, wanted="amended")
    return queries.get_order(uow.session, order.id)


def cancel(uow: UnitOfWork, order_id: UUID) -> OrderCard:
    """Cancel an own order before the cut-off; what was paid goes back. Repeating changes nothing."""
    uow.require(Permission.ORDERS_PLACE)
    order = _own_locked(uow, order_id)
    if order.status is OrderStatus.CANCELLED:
        return order
    if order.status is OrderStatus.PAID:
        _shrink(uow, order, {})
        pickups.void(uow.as_system("checkout"), order.id)
    elif order.status is OrderStatus.PLACED:
        quotas.enter(uow, order.group_buy_id)
        quotas.release(uow, _wishes(order.lines))
        payments.give_up(uow, [order.id])
    orders.move(uow, order, OrderStatus.CANCELLED)
    return queries.get_order(uow.session, order.id)


def order_paid(uow: UnitOfWork, payment: PaymentCard) -> None:
    """An order's money has arrived, or is held for it.

    A late payment is honoured while goods remain, else returned - never erased. With a part from the balance, held
    whole, both together must be the order's total; then the part is taken, else both go back.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    order = orders.lock(uow, payment.order_id)
    part = payment_queries.part_of(uow.session, payment)
    has_part = part is None or (part.status in BACKING and part.due_cents == payment.part_cents)
    is_right = payment.covers_cents == order.total_cents and has_part
    is_lapsed = order.status is OrderStatus.LAPSED
    if is_right and (order.status is OrderStatus.PLACED or (is_lapsed and _hold_again(uow, order))):
        orders.move(uow, order, OrderStatus.PAID)
        pickups.open_pickups(uow, [order])
        if part is not None:
            uow.defer(Job("capture_payment", {"payment_id": str(part.id)}))
        return
    reason = "late_payment" if is_right else "wrong_sum"
    back = [payment, *([part] if part is not None and part.status is PaymentStatus.AUTHORISED else [])]
    refunds.intend_refunds(uow, [whole_refund(card, reason) for card in back])
    total = sum(card.amount_cents for card in back)
    uow.emit(LateMoneyReturned(order.id, order.resident_id, order.no, total, payment.currency))


def whole_refund(payment: PaymentCard, reason: str) -> IntendRefund:
    """Everything of a payment goes back to where it came from; the payment itself is the cause."""
    cents = payment.received_cents or payment.amount_cents
    return IntendRefund(
        order_id=payment.order_id, cause_id=payment.id, amount_cents=cents, reason=reason, payment_id=payment.id
    )


def lapse(uow: UnitOfWork, limit: int = 200, group_buy_id: UUID | None = None) -> int:
    """Lapse unpaid orders past their time and free their pieces; at cut-off all of a round. Returns how many."""
    uow.require(Permission.ORDERS_MANAGE)
    number, pieces = orders.lapse_due(uow, limit, group_buy_id)
    quotas.release(uow, [_wish(item) for item in pieces])
    return number


def _shrink(uow: UnitOfWork, order: OrderCard, wanted: dict[UUID, Wished]) -> None:
    """Cut a paid order down to `wanted` by offer, refund the difference and give the quota back.

    Neither wanted nor tolerated pieces may rise: a higher wish is a new order with a new place in the queue.
    """
    quotas.enter(uow, order.group_buy_id)
    lines = {line.offer_id: line for line in order.lines}
    for offer_id, now in wanted.items():
        was = lines[offer_id].wished if offer_id in lines else Wished(0, 0)
        if now.wanted_qty > was.wanted_qty or now.tolerance_qty > was.tolerance_qty:
            raise PaidOrderOnlyShrinks(offer_id=offer_id)
    request = new_id()
    less = {line.id: _less(line, wanted.get(line.offer_id, Wished(0, 0))) for line in order.lines}
    cuts = [
        CutLine(
            line_id=line.id,
            qty=less[line.id].qty,
            amount_cents=less[line.id].qty * line.unit_price_cents,
            reason=CutReason.RESIDENT,
            cause_id=request,
        )
        for line in order.lines
        if less[line.id].qty
    ]
    cut_and_refund(uow.as_system("checkout"), cuts)
    wishes.shrink(uow, order.id, order.lines, wanted)
    quotas.release(uow, [less[cut.line_id] for cut in cuts])


def _less(line: LineCard, now: Wished) -> Wish:
    """What a line gives back when it wishes only `now`."""
    tolerance = line.wished.tolerance_qty - now.tolerance_qty
    qty = line.wished.wanted_qty - now.wanted_qty + tolerance
    return Wish(offer_id=line.offer_id, qty=qty, tolerance_qty=tolerance)


def _hold_again(uow: UnitOfWork, order: OrderHead) -> bool:
    """Take a lapsed order's pieces again if its group-buy still takes orders, has them, and she may have them.

    Not where the leader was removed meanwhile: a replacement hands on what stands, and a lapsed order did not.
    """
    if communities.get_leader(uow.session, order.leader_id).status is LeaderStatus.REMOVED:
        return False
    lines = queries.get_order(uow.session, order.id).lines
    try:
        with uow.session.begin_nested():
            quotas.enter(uow, order.group_buy_id)
            day = point_days.enter(uow, order.pickup_point_id, order.pickup_on)
            held = quotas.hold(uow, order.group_buy_id, _wishes(lines))
            orders.check_limits(uow, order.resident_id, {h.offer_id: h.per_resident_limit - h.qty for h in held}, {})
            point_days.check_room(uow, day, order.id)
    except (GroupBuyClosed, SoldOut, UnknownOffer, OverLimit, PointRests, PointDayFull):
        return False
    return True


def _check_limits(uow: UnitOfWork, resident_id: UUID, held: list[HeldLine]) -> None:
    """The limits of an order whose lines are written: what she holds of an offer, these pieces included."""
    limits = {h.offer_id: h.per_resident_limit for h in held}
    orders.check_limits(uow, resident_id, limits, {h.offer_id: h.qty for h in held})


def _resident(uow: UnitOfWork) -> UUID:
    if uow.actor.id is None:
        raise NotFound("resident")
    return uow.actor.id


def _home(uow: UnitOfWork, resident_id: UUID, group_buy: GroupBuyCard) -> Home:
    home = homes.hold_home(uow, resident_id, group_buy.pickup_on)
    if home is None:
        raise NoHome
    if home.hub_id != group_buy.hub_id:
        raise OtherHub
    if not home.is_served:
        raise NobodyServes
    return home


def _own_locked(uow: UnitOfWork, order_id: UUID) -> OrderCard:
    if orders.lock(uow, order_id).resident_id != uow.actor.id:
        raise NotFound("order")
    return queries.get_order(uow.session, order_id)


def _lines_of(uow: UnitOfWork, held: list[HeldLine], leader_id: UUID) -> tuple[NewLine, ...]:
    """The lines with the terms they keep; the leader's rate is that of her kind and tier now, else the offer's own."""
    known = rates.line_rates(uow.session, leader_id, [h.sku_id for h in held], uow.now)
    terms = {h.offer_id: known.get(h.sku_id) for h in held}
    return tuple(
        NewLine(
            offer_id=h.offer_id,
            sku_id=h.sku_id,
            qty=h.qty,
            unit_price_cents=h.price_cents,
            commission_bps=term.rate_bps if term and term.rate_bps is not None else h.commission_bps,
            commission_min_cents=term.min_cents if term else 0,
            tax_bps=term.tax_bps if term else 0,
            tolerance_qty=h.tolerance_qty,
            fills_boxes=h.pack_size > 1,
        )
        for h in held
        for term in (terms[h.offer_id],)
    )


def _total_as_shown(lines: tuple[NewLine, ...], expected_cents: int | None) -> int:
    total = rules.total_cents(lines)
    if expected_cents is not None and expected_cents != total:
        raise TotalChanged(expected_cents=expected_cents, total_cents=total)
    return total


def _wish(item: OrderItem) -> Wish:
    """What a line of a basket takes out of the quota: wanted and tolerated pieces, for a box may need them all."""
    return Wish(offer_id=item.offer_id, qty=item.qty + item.tolerance_qty, tolerance_qty=item.tolerance_qty)


def _wishes(lines: tuple[LineCard, ...]) -> list[Wish]:
    return [
        Wish(offer_id=line.offer_id, qty=line.effective_qty, tolerance_qty=line.tolerance_qty)
        for line in lines
        if line.effective_qty
    ]


def _placed(order: OrderCard) -> Placed:
    return Placed(
        id=order.id, no=order.no, status=order.status, total_cents=order.total_cents, currency=order.currency,
        pay_by=order.pay_by, is_new=False,
    )  # fmt: skip
