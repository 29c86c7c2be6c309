"""The truck: what it brings, and the leader's one count of it."""

from collections.abc import Mapping
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.logistics import queries
from app.domains.logistics.errors import AlreadyCounted, CountAboveExpected, TooManyEmpties, TruckAwaited
from app.domains.logistics.service import crates
from app.domains.logistics.values.handover import CountLine, Fault, HandoverCard, HandoverState
from app.flows.documents import print_slip
from app.flows.handover import count_handover
from app.kernel.errors import Invalid, NotFound
from app.web.context import now, read, transact
from app.web.downloads import asked_locale, attachment, form_of
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import here, leader

MAX_NOTE = 200


@leader.get("/handovers")
def handovers() -> ResponseReturnValue:
    """Trucks to count first, then those of the last days."""
    rows = read(queries.handovers_of_leader, here().id)
    rows.sort(key=lambda card: card.state is not HandoverState.EXPECTED)
    return render_template("leader_portal/handovers.html", rows=rows)


@leader.get("/handovers/<uuid:handover_id>")
def handover(handover_id: UUID) -> ResponseReturnValue:
    """The form to count by; once counted, the result and what went back to residents."""
    return _page(_own(handover_id))


@leader.post("/handovers/<uuid:handover_id>/count")
def count(handover_id: UUID) -> ResponseReturnValue:
    """Take the count; refusals are told beside their line and what was typed stays."""
    card = _own(handover_id)
    lines, errors = ((), {}) if request.form.get("complete") else _counted(card, request.form)
    if errors:
        return _page(card, _("Nothing was sent. Please look at the marked lines."), errors), 422
    try:
        transact(count_handover, handover_id, lines)
    except AlreadyCounted:
        flash(_("This truck was counted before. A count is final; here it is."), "warning")
    except (CountAboveExpected, TruckAwaited, Invalid) as refusal:
        at = getattr(refusal, "sku_id", None)
        return _page(card, say(refusal), {at: say(refusal)} if at else {}), refusal.status
    else:
        if card.state is HandoverState.EXPECTED:
            flash(_("Counted. Residents are told that they can come."), "success")
        else:
            flash(_("This truck was counted before, in the same way."), "info")
    return redirect(url_for("leader.handover", handover_id=handover_id), 303)


@leader.get("/handovers/<uuid:handover_id>/slip.<any(pdf, xlsx):form>")
def slip(handover_id: UUID, form: str) -> ResponseReturnValue:
    """The slip of a truck, to be printed."""
    return attachment(print_slip(transact, handover_id, here().id, form_of(form), asked_locale()))


@leader.post("/handovers/<uuid:handover_id>/empties")
def take_empties(handover_id: UUID) -> ResponseReturnValue:
    """Note how many empty crates went back with the truck."""
    card = _own(handover_id)
    taken = _pieces(request.form, "empties-crates")
    if taken is None:
        return _page(card, _("Please say how many empty crates went back, as a whole number.")), 422
    try:
        transact(crates.take_empties, handover_id, taken)
    except (TooManyEmpties, Invalid) as refusal:
        return _page(card, say(refusal)), refusal.status
    flash(_("The empty crates are noted."), "success")
    return redirect(url_for("leader.handover", handover_id=handover_id), 303)


def _own(handover_id: UUID) -> HandoverCard:
    """A truck of the point that she serves; for any other there is nothing here."""
    card = read(queries.get_handover, handover_id)
    if not read(queries.takes_handover, here().id, card.id):
        raise NotFound("handover")
    return card


def _counted(card: HandoverCard, form: Mapping[str, str]) -> tuple[tuple[CountLine, ...], dict[UUID, str]]:
    """The lines that differ, as typed, and what is wrong with the others by SKU.

    A count is final, so an empty or missing box is a fault: nobody has said that nothing is missing.
    """
    lines: list[CountLine] = []
    errors: dict[UUID, str] = {}
    for line in card.lines:
        short, damaged = (_pieces(form, f"{what}-{line.sku_id}") for what in ("short", "damaged"))
        fault, note = _fault(form.get(f"fault-{line.sku_id}", "")), form.get(f"note-{line.sku_id}", "").strip()
        if short is None or damaged is None:
            errors[line.sku_id] = _("Please give whole numbers from 0 to %(most)s.", most=line.expected_qty)
        elif not (short or damaged):
            continue
        elif fault is None:
            errors[line.sku_id] = _("Please say whose fault it is.")
        elif len(note) > MAX_NOTE:
            errors[line.sku_id] = _("A note has at most %(most)s characters.", most=MAX_NOTE)
        else:
            lines.append(CountLine(sku_id=line.sku_id, short_qty=short, damaged_qty=damaged, fault=fault, note=note))
    return tuple(lines), errors


def _pieces(form: Mapping[str, str], name: str) -> int | None:
    """A number of pieces as typed; None for anything else."""
    text = form.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _fault(text: str) -> Fault | None:
    return Fault(text) if text in {fault.value for fault in Fault} else None


def _page(card: HandoverCard, error: str = "", errors: Mapping[UUID, str] | None = None) -> str:
    there, taken = read(queries.empties_at, card.group_buy_id, card.pickup_point_id, here().hub.id)
    counted = card.state is HandoverState.COUNTED
    back = read(queries.handover_refunds, card.id) if counted else None
    return render_template(
        "leader_portal/handover.html", card=card, counted=counted, back=back, error=error, now=now(),
        errors=errors or {}, faults=list(Fault), typed=request.form, currency=here().hub.currency,
        pieces=sum(line.expected_qty for line in card.lines), lost=[ln for ln in card.lines if ln.fault],
        empties_there=there, empties_taken=taken,
        awaited=not counted and read(queries.truck_awaited, card.group_buy_id, card.pickup_point_id, now()),
    )  # fmt: skip
