"""A resident's orders: the list, one order, its pickup code, amending and cancelling."""

import io
from uuid import UUID

import segno
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.groupbuys.errors import GroupBuyClosed, SoldOut, ToleranceNotOffered
from app.domains.logistics.queries import pickups
from app.domains.orders import queries as orders_read
from app.domains.orders.errors import OverLimit, PaidOrderOnlyShrinks
from app.domains.orders.rules import MAX_QTY
from app.domains.orders.values import AmendOrder, OrderItem, OrderStatus, Wished
from app.flows import checkout as flow
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.states import WrongState
from app.web.context import actor_id, now, read, transact
from app.web.say import say
from storefront import lines
from storefront.doors import mine
from storefront.receipts import Receipt, events, reason_words, receipt, state_of, state_words, steps
from storefront.words import gettext as _

PER_PAGE = 10


@mine.get("/orders")
def orders() -> ResponseReturnValue:
    """A page of the resident's orders, newest first."""
    cursor = request.args.get("cursor")
    ask = PageAsk(PER_PAGE, decode_cursor(cursor) if cursor else None)
    page = read(orders_read.orders_of_resident, actor_id(), ask)
    done, words = read(pickups.states_by_order, [row.id for row in page.rows]), state_words()
    badges = {row.id: words[state_of(row, done.get(row.id), now())] for row in page.rows}
    return render_template("storefront/orders.html", page=page, badges=badges)


@mine.get("/orders/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order: what was ordered, where it stands, what can be done now."""
    card = receipt(order_id)
    return render_template(
        "storefront/order.html", card=card, steps=steps(card), events=events(card), words=state_words(),
        reasons=reason_words(),
    )  # fmt: skip


@mine.get("/orders/<uuid:order_id>/code.svg")
def code_picture(order_id: UUID) -> ResponseReturnValue:
    """The pickup code as a QR picture; only for the resident herself and while there is something to fetch."""
    code = read(pickups.pickup_code_of_order, order_id, actor_id())
    if code is None:
        raise NotFound("order")
    picture = io.BytesIO()
    segno.make_qr(code, error="m").save(picture, kind="svg", scale=8, border=4, dark="#000", light="#fff")
    return Response(picture.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "no-store"})


@mine.post("/orders/<uuid:order_id>/cancel")
def cancel(order_id: UUID) -> ResponseReturnValue:
    """Cancel before the cut-off; what was paid goes back."""
    paid = receipt(order_id).order.status is OrderStatus.PAID
    try:
        transact(flow.cancel, order_id)
    except (GroupBuyClosed, WrongState) as refusal:
        flash(_too_late(refusal), "warning")
    else:
        flash(_("Cancelled. The money goes back the way it came.") if paid else _("Cancelled."), "success")
    return redirect(url_for("mine.order", order_id=order_id), 303)


@mine.get("/orders/<uuid:order_id>/amend")
def amend(order_id: UUID) -> ResponseReturnValue:
    """Change the quantities of an order before the cut-off."""
    card = receipt(order_id)
    if not card.can_change:
        flash(_("The cut-off has passed, so this order cannot be changed any more."), "warning")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    return _amend_page(card, {line.offer_id: line.wished for line in card.order.lines})


@mine.post("/orders/<uuid:order_id>/amend")
def save_amended(order_id: UUID) -> ResponseReturnValue:
    """Take the new quantities; refusals are told at their line and the typed numbers stay."""
    card = receipt(order_id)
    wanted = _quantities(card)
    items = tuple(
        OrderItem(offer_id=offer_id, qty=wished.wanted_qty, tolerance_qty=wished.tolerance_qty)
        for offer_id, wished in wanted.items()
        if wished.wanted_qty > 0
    )
    try:
        transact(flow.amend, AmendOrder(order_id=order_id, items=items))
    except (SoldOut, OverLimit, PaidOrderOnlyShrinks, ToleranceNotOffered) as refusal:
        return _amend_page(card, wanted, refusal), refusal.status
    except (GroupBuyClosed, WrongState) as refusal:
        flash(_too_late(refusal), "warning")
    else:
        flash(_("Changed.") if items else _("Cancelled."), "success")
    return redirect(url_for("mine.order", order_id=order_id), 303)


def _amend_page(card: Receipt, wanted: dict[UUID, Wished], refusal: DomainError | None = None) -> str:
    error, at_line = "", None
    if isinstance(refusal, PaidOrderOnlyShrinks):
        error = _("A paid order can only be made smaller. Please order more as a new order.")
        at_line = refusal.offer_id
    elif refusal is not None:
        at_line = getattr(refusal, "offer_id", card.order.id)
        wished = wanted.get(at_line, Wished(0, 0))
        problem = lines.of_refusal(refusal, wished.wanted_qty + wished.tolerance_qty)
        error = problem.text if problem else say(refusal)
    return render_template("storefront/amend.html", card=card, wanted=wanted, error=error, at_line=at_line)


def _quantities(card: Receipt) -> dict[UUID, Wished]:
    return {
        line.offer_id: Wished(_pieces(f"qty-{line.offer_id}"), _pieces(f"tolerance-{line.offer_id}"))
        for line in card.order.lines
        if line.effective_qty
    }


def _pieces(field: str) -> int:
    try:
        typed = int(request.form.get(field) or 0)
    except ValueError as wrong:
        raise Invalid(field="qty", reason="is not a whole number") from wrong
    return max(0, min(typed, MAX_QTY))


def _too_late(refusal: DomainError) -> str:
    if isinstance(refusal, GroupBuyClosed):
        return _("The cut-off has passed, so this order cannot be changed any more.")
    return say(refusal)
