"""Handing out: a code, what it opens, what is handed over. Codes are the residents' own and never shown here."""

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics import queries
from app.domains.logistics.errors import AboveDue, AlreadyPickedUp, NotReady, PickupVoid, WrongCode
from app.domains.logistics.values.pickup import OPEN_PICKUPS, PickLine, PickupCard, RecordPickup
from app.domains.payments import queries as payments
from app.domains.payments.errors import CashDue
from app.flows import pickup as flow
from app.flows.documents import print_list
from app.infra.idempotency import KeyReused
from app.kernel.errors import DomainError, Invalid, NotFound, TooMany
from app.kernel.ids import new_id
from app.web.context import read, transact
from app.web.downloads import asked_locale, attachment, form_of
from app.web.say import say, say_reason
from app.web.words import gettext as _
from leader_portal.doors import here, leader

_REFUSED = (WrongCode, TooMany, NotReady, AlreadyPickedUp, PickupVoid, AboveDue, KeyReused, Invalid, CashDue)
#: Digits of a code, and how long a field may be.
DIGITS, MOST = 6, 12


@leader.get("/pickup")
def pickup() -> ResponseReturnValue:
    """The code field, and the day's orders to search in."""
    return _desk()


@leader.post("/pickup")
def look_up() -> ResponseReturnValue:
    """Show what a code opens, before anything is handed out. Wrong codes count."""
    code = _typed_code()
    try:
        card = flow.look_up(transact, code)
    except _REFUSED as refusal:
        return _desk(refusal), refusal.status
    return _order(card, code=code)


@leader.get("/pickup/list.<any(pdf, xlsx):form>")
def pickup_list(form: str) -> ResponseReturnValue:
    """Who fetches what today, to be printed: names, ends of phone numbers, goods, never a code."""
    at = here()
    return attachment(print_list(transact, at.id, at.day, form_of(form), asked_locale()))


@leader.get("/pickup/<uuid:pickup_id>")
def entry(pickup_id: UUID) -> ResponseReturnValue:
    """An order chosen from the list; handing it out needs its resident's code."""
    return _order(_own(pickup_id))


@leader.post("/pickup/hand-out")
def hand_out() -> ResponseReturnValue:
    """Hand out all that is due or the chosen pieces; the same form sent twice changes nothing."""
    chosen, code = request.form.get("pickup_id", ""), _typed_code()
    card = _own(_uuid(chosen)) if chosen else None
    try:
        wish = RecordPickup(
            code=code, event_key=_event_key(), lines=_picks(card), pickup_id=card.id if card else None,
            cash_cents=_collected(),
        )  # fmt: skip
        done = flow.hand_out(transact, wish)
    except _REFUSED as refusal:
        if card is None:
            return _desk(refusal), refusal.status
        return _order(card, "" if isinstance(refusal, WrongCode) else code, refusal), refusal.status
    return redirect(url_for("leader.done", pickup_id=done.pickup_id, event=done.event_id), 303)


@leader.get("/pickup/<uuid:pickup_id>/done")
def done(pickup_id: UUID) -> ResponseReturnValue:
    """What was just handed over, and what of the order still waits."""
    card = _own(pickup_id)
    event = request.args.get("event", "")
    picked = read(queries.picked_in_event, _uuid(event)) if event else ()
    given = {row.order_line_id: row.qty for row in picked if row.order_id == card.order_id}
    left = sum(line.due_qty - line.picked_qty for line in card.lines)
    return render_template("leader_portal/done.html", card=card, given=given, left=left)


@leader.get("/unclaimed")
def unclaimed() -> ResponseReturnValue:
    """Goods that wait: those of earlier days first, then today's."""
    at = here()
    late = read(queries.waiting_of_leader, at.id, at.day)
    due = [card for card in read(queries.pickups_of_leader, at.id, at.day) if card.state in OPEN_PICKUPS]
    return render_template("leader_portal/unclaimed.html", late=late, due=due)


def _own(pickup_id: UUID) -> PickupCard:
    """An order at the point that she serves; for any other there is nothing here."""
    card = read(queries.find_pickup_of_leader, here().id, pickup_id)
    if card is None:
        raise NotFound("pickup")
    return card


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise NotFound("pickup") from wrong


def _typed_code() -> str:
    """The digits of what was typed or scanned; people write codes with spaces and dashes."""
    return "".join(letter for letter in request.form.get("code", "")[:40] if letter not in " -")[:MOST]


def _event_key() -> str:
    return request.form.get("event_key", "")[:64] or f"portal-{new_id()}"


def _picks(card: PickupCard | None) -> tuple[PickLine, ...] | None:
    """The chosen pieces; None, all that is due, where the form names none."""
    if card is None or not any(name.startswith("pick-") for name in request.form):
        return None
    named = {line.order_line_id: request.form.get(f"pick-{line.order_line_id}") for line in card.lines}
    typed = {line_id: text.strip() for line_id, text in named.items() if text is not None}
    if any(not (text.isascii() and text.isdigit() and len(text) < 6) for text in typed.values()):
        raise Invalid(field="qty", reason="is not a whole number")
    picks = tuple(PickLine(order_line_id=i, qty=int(text)) for i, text in typed.items() if int(text))
    if not picks:
        raise Invalid(field="qty", reason="choose at least one piece")
    return picks


def _collected() -> int | None:
    """The sum that she has ticked as collected in cash."""
    text = request.form.get("cash_cents", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _desk(refusal: DomainError | None = None) -> str:
    at = here()
    text = request.args.get("q", "").strip()[:80]
    rows = read(queries.pickups_of_leader, at.id, at.day, text)
    cash = read(payments.cash_due_of_orders, [row.order_id for row in rows])
    return render_template(
        "leader_portal/pickup.html", at=at, rows=rows, q=text, error=_told(refusal), digits=DIGITS, cash=cash
    )  # fmt: skip


def _order(card: PickupCard, code: str = "", refusal: DomainError | None = None) -> str:
    here()
    kept = {line.order_line_id: request.form.get(f"pick-{line.order_line_id}") for line in card.lines}
    return render_template(
        "leader_portal/pickup_order.html", card=card, code=code, error=_told(refusal), kept=kept, digits=DIGITS,
        cash_cents=read(payments.cash_due_of_orders, [card.order_id]).get(card.order_id, 0),
        currency=here().hub.currency,
        event_key=f"portal-{new_id()}" if isinstance(refusal, KeyReused) else _event_key(),
        is_open=card.state in OPEN_PICKUPS,
    )  # fmt: skip


def _told(refusal: DomainError | None) -> str:
    if isinstance(refusal, WrongCode):
        return _("This code opens nothing at your pickup point. %(left)s tries left.", left=refusal.left)
    if isinstance(refusal, KeyReused):
        return _("This page has handed out before, with other pieces or another code. Look again, then send it anew.")
    if isinstance(refusal, Invalid) and refusal.field == "code":
        return say_reason(refusal.reason)  # beside the only field there is
    return say(refusal) if refusal else ""
