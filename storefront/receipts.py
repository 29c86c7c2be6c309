"""One order as its resident sees it: goods, money, where it stands, and what she can do now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.values import ClaimCard, ClaimOption, ClaimStatus
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub, PickupPlace
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.rules import takes_orders
from app.domains.groupbuys.values import Round, Station, StepState
from app.domains.logistics.queries import pickups
from app.domains.logistics.values.pickup import PickupCard, PickupState
from app.domains.orders import queries as orders
from app.domains.orders.values import Cut, CutReason, LineCard, OrderCard, OrderStatus
from app.domains.payments import queries as payments
from app.domains.payments.rules import CASH_REMEMBERED
from app.domains.payments.values import RefundCard, RefundStatus, Route
from app.kernel.errors import NotFound
from app.kernel.paging import PageAsk
from app.web.context import actor_id, now, read, services
from app.web.filters import dt, money, use_zone
from storefront import shelf
from storefront.words import gettext as _, tr


@dataclass(frozen=True, slots=True)
class Receipt:
    """An order with everything around it that its resident may know."""

    order: OrderCard
    round: Round
    hub: Hub | None
    place: PickupPlace | None
    pickup: PickupCard | None
    #: What to show at the pickup point; None before the payment and once nothing is left to fetch.
    code: str | None
    cuts: list[Cut]
    refunds: list[RefundCard]
    claims: list[ClaimCard]
    #: What can still be claimed, by line.
    claimable: dict[UUID, ClaimOption]
    at: datetime
    #: What she may spend of her balance, and whether her leader takes cash: while the order waits for its money.
    balance_cents: int = 0
    takes_cash: bool = False
    #: Orders promised in cash that she did not fetch, where they keep her from promising another.
    cash_missed: int = 0
    #: What she brings in cash to the pickup.
    cash_cents: int = 0

    @property
    def can_pay(self) -> bool:
        """Whether the order waits for its money."""
        return self.order.status is OrderStatus.PLACED and self.at < self.order.pay_by

    @property
    def can_change(self) -> bool:
        """Whether the resident may still amend or cancel it."""
        group_buy = self.round.group_buy
        standing = self.order.status in {OrderStatus.PLACED, OrderStatus.PAID}
        return standing and takes_orders(group_buy.status, group_buy.opens_at, group_buy.cutoff_at, self.at)

    @property
    def pieces(self) -> int:
        """Pieces still due or handed out."""
        return sum(line.effective_qty for line in self.order.lines)

    @property
    def net_cents(self) -> int:
        """What the resident pays in the end."""
        return self.order.total_cents - self.order.refunded_cents

    @property
    def state(self) -> str:
        """One word for where the order stands."""
        word = state_of(self.order, self.pickup.state if self.pickup else None, self.at)
        on_way = word == "paid" and self.round.step(Station.DISPATCH).state is StepState.DONE
        return "on_way" if on_way else word

    def cuts_of(self, line: LineCard) -> list[Cut]:
        """What was taken off one line."""
        return [cut for cut in self.cuts if cut.line_id == line.id]


def state_of(order: OrderCard, pickup: PickupState | None, at: datetime) -> str:
    """One word for where an order stands, as far as order and pickup tell."""
    if order.status is not OrderStatus.PAID:
        late = order.status is OrderStatus.PLACED and order.pay_by <= at
        return "lapsed" if late else order.status.value
    words = {
        PickupState.READY: "ready",
        PickupState.PARTLY: "partly",
        PickupState.DONE: "done",
        PickupState.VOID: "void",
    }
    return words.get(pickup, "paid") if pickup else "paid"


def receipt(order_id: UUID) -> Receipt:
    """The signed-in resident's own order; raises NotFound for anybody else's."""
    found = read(_receipt, order_id, actor_id(), now())
    if found.hub:
        use_zone(found.hub.timezone)
    return found


def own_order(order_id: UUID) -> OrderCard:
    """The signed-in resident's own order without what surrounds it; raises NotFound for anybody else's."""
    order = read(orders.get_order, order_id)
    if order.resident_id != actor_id():
        raise NotFound("order")
    return order


def _receipt(session: Any, order_id: UUID, resident_id: UUID, at: datetime) -> Receipt:
    order = orders.get_order(session, order_id)
    if order.resident_id != resident_id:
        raise NotFound("order")
    paid = order.paid_at is not None
    waits = order.status is OrderStatus.PLACED
    takes_cash = waits and communities.takes_cash(session, order.leader_id)
    missed = orders.cash_missed(session, resident_id, at - CASH_REMEMBERED) if takes_cash else 0
    may_promise = not 0 < services().settings.cash_misses <= missed
    return Receipt(
        order=order,
        round=groupbuys.get_round(session, order.group_buy_id),
        hub=shelf.hubs(session).get(order.hub_id),
        place=shelf.place(session, order.pickup_point_id),
        pickup=pickups.pickup_of_order(session, order_id) if paid else None,
        code=pickups.pickup_code_of_order(session, order_id, resident_id) if paid else None,
        cuts=orders.cuts_of_order(session, order_id) if paid else [],
        refunds=payments.refunds_of_order(session, order_id),
        claims=aftersales.claims_of_resident(session, resident_id, PageAsk(50), order_id).rows if paid else [],
        claimable=aftersales.claim_options(session, order_id, at) if paid else {},
        at=at,
        balance_cents=payments.balance_of(session, resident_id, order.currency) if waits else 0,
        takes_cash=takes_cash and may_promise,
        cash_missed=0 if may_promise else missed,
        cash_cents=payments.cash_due_of_orders(session, [order_id]).get(order_id, 0) if paid else 0,
    )


def state_words() -> dict[str, tuple[str, str]]:
    """Badge text and kind by state."""
    return {
        "placed": (_("Waiting for payment"), "warning"),
        "paid": (_("Paid"), "info"),
        "on_way": (_("On its way"), "info"),
        "ready": (_("Ready for pickup"), "success"),
        "partly": (_("Partly picked up"), "success"),
        "done": (_("Picked up"), "neutral"),
        "void": (_("Refunded"), "neutral"),
        "lapsed": (_("Lapsed"), "neutral"),
        "cancelled": (_("Cancelled"), "neutral"),
    }


def steps(card: Receipt) -> list[dict[str, str]]:
    """The way of an order, for the stepper; empty for orders that ended early."""
    if card.state in {"lapsed", "cancelled", "void"}:
        return []
    labels = (_("Ordered"), _("Paid"), _("On its way"), _("Ready"), _("Picked up"))
    reached = {"placed": 0, "paid": 1, "on_way": 2, "ready": 3, "partly": 3, "done": 5}[card.state]
    return [
        {"label": label, "state": "done" if at < reached else "current" if at == reached else "todo"}
        for at, label in enumerate(labels)
    ]


def events(card: Receipt) -> list[dict[str, str]]:
    """What has happened, newest first, for the timeline."""
    order, group_buy = card.order, card.round.group_buy
    found: list[tuple[datetime, str, str, str]] = [
        (order.placed_at, _("Order placed"), money(order.total_cents, order.currency), "")
    ]
    if order.paid_at:
        found.append((order.paid_at, _("Paid"), "", "success"))
        if group_buy.cutoff_at <= card.at:
            found.append(
                (group_buy.cutoff_at, _("Orders closed"), _("The neighbourhood's orders go to the suppliers."), "")
            )
        left = card.round.step(Station.DISPATCH)
        if left.state is StepState.DONE and left.finished_at:
            found.append((left.finished_at, _("Left for your pickup point"), "", "info"))
    if order.ended_at:
        found.append(_end_event(order.status, order.ended_at))
    if card.pickup and card.pickup.picked_at:
        found.append((card.pickup.picked_at, _("Picked up"), "", "success"))
    found += [_refund_event(refund) for refund in card.refunds]
    found += [event for claim in card.claims for event in claim_events(claim, order.currency)]
    newest_first = sorted(enumerate(found), key=lambda numbered: (numbered[1][0], numbered[0]), reverse=True)
    return [{"title": title, "text": text, "at": dt(at), "kind": kind} for _n, (at, title, text, kind) in newest_first]


def _end_event(status: OrderStatus, at: datetime) -> tuple[datetime, str, str, str]:
    if status is OrderStatus.LAPSED:
        return at, _("Lapsed"), _("It was not paid in time."), "warning"
    return at, _("Cancelled"), "", "warning"


def _refund_event(refund: RefundCard) -> tuple[datetime, str, str, str]:
    amount = money(refund.amount_cents, refund.currency)
    reason = reason_words().get(refund.reason, "")
    if refund.route is Route.RELEASE:
        return refund.created_at, _("%(amount)s is not charged", amount=amount), reason, "warning"
    if refund.route is Route.BALANCE and refund.settled_at:
        return refund.settled_at, _("%(amount)s is on your balance", amount=amount), reason, "warning"
    if refund.status is RefundStatus.SUCCEEDED and refund.settled_at:
        return refund.settled_at, _("%(amount)s refunded", amount=amount), reason, "warning"
    if refund.status is RefundStatus.FAILED:
        return (
            refund.created_at,
            _("%(amount)s could not be returned yet; we are looking into it", amount=amount),
            reason,
            "danger",
        )
    return refund.created_at, _("%(amount)s is on its way back to you", amount=amount), reason, "warning"


def claim_events(claim: ClaimCard, currency: str) -> list[tuple[datetime, str, str, str]]:
    """A complaint's own moments: sent, and answered."""
    what = f"{tr(claim, 'sku_name')} × {claim.qty}"
    filed = (claim.filed_at, _("Complaint sent"), what, "info")
    if claim.decided_at is None:
        return [filed]
    if claim.status is ClaimStatus.APPROVED:
        amount = money(claim.refunded_cents, currency)
        return [filed, (claim.decided_at, _("Complaint accepted: %(amount)s", amount=amount), claim.reason, "success")]
    return [filed, (claim.decided_at, _("Complaint declined"), claim.reason, "danger")]


def reason_words() -> dict[str, str]:
    """Why pieces or money were taken off, in words."""
    return {
        CutReason.RESIDENT.value: _("You took it out"),
        CutReason.BELOW_MINIMUM.value: _("The group did not reach the minimum"),
        CutReason.PACK_FILL.value: _("The boxes did not need it"),
        CutReason.WEIGHT.value: _("It weighed less than estimated"),
        CutReason.PRICE_BREAK.value: _("The group reached a lower price"),
        CutReason.SHORTAGE.value: _("The supplier brought too few"),
        CutReason.SUPPLIER_MINIMUM.value: _("Too little was ordered from this supplier"),
        CutReason.SORT_SHORT.value: _("Missing at the hub"),
        CutReason.CALLED_OFF.value: _("The group-buy was called off"),
        CutReason.HANDOVER_SHORT.value: _("Missing when it arrived"),
        CutReason.HANDOVER_DAMAGED.value: _("Damaged when it arrived"),
        CutReason.UNCLAIMED.value: _("Not picked up in time"),
        CutReason.CLAIM.value: _("Complaint accepted"),
        CutReason.RECALL.value: _("Recalled for your safety"),
        "late_payment": _("The payment came after the order had lapsed"),
        "not_used": _("The payment was not finished"),
        "wrong_sum": _("The sum paid was not the sum of the order"),
    }
