"""A resident's orders: the list, one order, its pickup code, amending and cancelling."""

import io
from collections.abc import Mapping
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
from app.kernel.errors import DomainError, NotFound
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.states import WrongState
from app.web.context import actor_id, now, read, transact
from app.web.say import say
from storefront import lines
from storefront.doors import mine
from storefront.receipts import Receipt, events, reason_words, receipt, state_of, state_words, steps
from storefront.views.ratings import rating_of, to_ask
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
    return render_template("storefront/orders.html", page=page, badges=badges, ask=None if cursor else to_ask())


@mine.get("/orders/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order: what was ordered, where it stands, what can be done now."""
    card = receipt(order_id)
    said, can_rate = rating_of(order_id)
    return render_template(
        "storefront/order.html", card=card, steps=steps(card), events=events(card), words=state_words(),
        reasons=reason_words(), said=said, can_rate=can_rate,
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
    return _amend_page(card, {}, {})


@mine.post("/orders/<uuid:order_id>/amend")
def save_amended(order_id: UUID) -> ResponseReturnValue:
    """Take the new quantities; refusals are told at their line and what was typed stays.

    Only a plain 0 takes a line out, and taking out everything is asked about: cancelling is a button of its own.
    """
    card = receipt(order_id)
    if not card.can_change:
        flash(_("The cut-off has passed, so this order cannot be changed any more."), "warning")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    wanted, faults = _quantities(card)
    if faults:
        return _amend_page(card, request.form, faults), 422
    items = tuple(
        OrderItem(offer_id=offer_id, qty=wished.wanted_qty, tolerance_qty=wished.tolerance_qty)
        for offer_id, wished in wanted.items()
        if wished.wanted_qty > 0
    )
    if not items:
        return _amend_page(card, request.form, {}, is_empty=True), 422
    try:
        transact(flow.amend, AmendOrder(order_id=order_id, items=items))
    except (SoldOut, OverLimit, PaidOrderOnlyShrinks, ToleranceNotOffered) as refusal:
        return _amend_page(card, request.form, _at_line(refusal, wanted)), refusal.status
    except (GroupBuyClosed, WrongState) as refusal:
        flash(_too_late(refusal), "warning")
    else:
        flash(_("Changed."), "success")
    return redirect(url_for("mine.order", order_id=order_id), 303)


def _amend_page(card: Receipt, typed: Mapping[str, str], errors: dict[UUID, str], *, is_empty: bool = False) -> str:
    """The form with what was typed, else with what the order holds; `errors` by offer."""
    return render_template(
        "storefront/amend.html", card=card, typed=typed, errors=errors, is_empty=is_empty, most=MAX_QTY
    )


def _at_line(refusal: DomainError, wanted: dict[UUID, Wished]) -> dict[UUID, str]:
    """A refusal as the sentence beside the line that it names."""
    offer_id: UUID = refusal.offer_id  # type: ignore[attr-defined]  # each of these refusals names one
    if isinstance(refusal, PaidOrderOnlyShrinks):
        return {offer_id: _("A paid order can only be made smaller. Please order more as a new order.")}
    wished = wanted.get(offer_id, Wished(0, 0))
    problem = lines.of_refusal(refusal, wished.wanted_qty + wished.tolerance_qty)
    return {offer_id: problem.text if problem else say(refusal)}


def _quantities(card: Receipt) -> tuple[dict[UUID, Wished], dict[UUID, str]]:
    """The pieces of every line as typed, and the lines where that is no number of pieces.

    An empty or missing field is a fault, never a 0: what is not said must not take paid goods away.
    """
    wanted: dict[UUID, Wished] = {}
    faults: dict[UUID, str] = {}
    for line in card.order.lines:
        if not line.effective_qty:
            continue
        qty = _pieces(request.form.get(f"qty-{line.offer_id}", ""))
        fills_boxes = line.wanted_qty is not None
        tolerance = _pieces(request.form.get(f"tolerance-{line.offer_id}", "" if fills_boxes else "0"))
        if qty is None or tolerance is None:
            faults[line.offer_id] = _("Please give a whole number from 0 to %(most)s.", most=MAX_QTY)
        elif tolerance and not qty:
            faults[line.offer_id] = _("Pieces to fill a box need a piece that is wanted in any case.")
        else:
            wanted[line.offer_id] = Wished(qty, tolerance)
    return wanted, faults


def _pieces(typed: str) -> int | None:
    """A number of pieces as typed; None for anything else."""
    text = typed.strip()
    is_number = text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= MAX_QTY
    return int(text) if is_number else None


def _too_late(refusal: DomainError) -> str:
    if isinstance(refusal, GroupBuyClosed):
        return _("The cut-off has passed, so this order cannot be changed any more.")
    return say(refusal)
