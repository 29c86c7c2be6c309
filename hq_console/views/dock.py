"""The dock on a phone: today's deliveries, a line found by its bar code, counts of several people that add up."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.supply.errors import OverDelivered
from app.domains.supply.queries import dock as supply
from app.domains.supply.rules import dock as rules
from app.domains.supply.service import receiving, undoing
from app.domains.supply.values import ReceiveLine
from app.domains.supply.values.dock import Surplus
from app.flows import receiving as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.web.context import actor, now, read, transact
from app.web.filters import local, use_zone
from app.web.guards import needs
from app.web.photos import photo
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, asked_text
from hq_console.pictures import picture_of


@hq.get("/dock")
@needs(Permission.SUPPLY_RECEIVE)
def dock() -> ResponseReturnValue:
    """What a hub expects today; a number or a bar code leads straight to its delivery or line."""
    choice, code = HubChoice(needed=True), asked_text("code")
    today = local(now()).date()
    deliveries = read(supply.deliveries, choice.id, today) if choice.id else []
    found = []
    if code and choice.id:
        order_id = read(supply.find_delivery, choice.id, code)
        if order_id:
            return redirect(url_for("hq.delivery", purchase_order_id=order_id), 303)
        found = read(supply.find_lines, [one.id for one in deliveries], code)
        if len(found) == 1:
            return redirect(url_for("hq.dock_line", line_id=found[0].id), 303)
    return render_template(
        "hq_console/dock.html", choice=choice, deliveries=deliveries, today=today, code=code, found=found
    )


@hq.get("/dock/<uuid:purchase_order_id>")
@needs(Permission.SUPPLY_RECEIVE)
def delivery(purchase_order_id: UUID) -> ResponseReturnValue:
    """One delivery: its lines, those still expected first, and who counted what."""
    return render_template("hq_console/dock_delivery.html", **_delivery(purchase_order_id))


@hq.get("/dock/<uuid:purchase_order_id>/counts")
@needs(Permission.SUPPLY_RECEIVE)
def dock_counts(purchase_order_id: UUID) -> ResponseReturnValue:
    """Who counted what of a delivery by now; asked for every few seconds."""
    return render_template("hq_console/_dock_counts.html", **_counts(purchase_order_id, _asked_line()))


def _asked_line() -> UUID | None:
    try:
        return UUID(request.args.get("line", ""))
    except ValueError:
        return None


def _delivery(purchase_order_id: UUID) -> dict[str, Any]:
    found = read(supply.get_delivery, purchase_order_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    lines = read(supply.lines, purchase_order_id)
    return {"delivery": found, "hub": hub, "lines": lines, **_counts(purchase_order_id, None)}


def _counts(purchase_order_id: UUID, line_id: UUID | None) -> dict[str, Any]:
    found = read(supply.get_delivery, purchase_order_id)
    use_zone(read(communities.get_hub, found.hub_id).timezone)
    me = actor().id
    return {
        "delivery": found,
        "counts": read(supply.counts, purchase_order_id, line_id, 30),
        "my_last": read(supply.last_count_of, purchase_order_id, me) if me else None,
        "of_line": line_id,
    }


@hq.get("/dock/lines/<uuid:line_id>")
@needs(Permission.SUPPLY_RECEIVE)
def dock_line(line_id: UUID) -> ResponseReturnValue:
    """One line to be counted."""
    return _line_page(line_id, Form({}))


def _line_page(line_id: UUID, form: Form, over_qty: int = 0) -> str:
    line = read(supply.get_line, line_id)
    counts = _counts(line.purchase_order_id, line_id)
    return render_template(
        "hq_console/dock_line.html", line=line, form=form, over_qty=over_qty, key=form.values.get("key") or new_id(),
        limits=rules.ZONE_LIMITS_DC.get(line.zone), **counts,
    )  # fmt: skip


@hq.post("/dock/lines/<uuid:line_id>")
@needs(Permission.SUPPLY_RECEIVE)
def count_line(line_id: UUID) -> ResponseReturnValue:
    """Take in one count; a second tap of the same form counts nothing more."""
    form = Form(request.form)
    wish = _read_count(line_id, form)
    if form.ok:
        try:
            transact(flow.count, wish)
        except OverDelivered as refusal:
            return _line_page(line_id, form, wish.received_qty - refusal.room_qty), 422
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            line = read(supply.get_line, line_id)
            flash(
                _("Counted: %(num)s good, %(bad)s rejected.", num=wish.received_qty, bad=wish.rejected_qty), "success"
            )
            if line.is_counted:
                return redirect(url_for("hq.delivery", purchase_order_id=line.purchase_order_id), 303)
            return redirect(url_for("hq.dock_line", line_id=line_id), 303)
    return _line_page(line_id, form), 422


def _read_count(line_id: UUID, form: Form) -> ReceiveLine:
    billed = form.values.get("billed_qty", "")
    try:
        surplus = Surplus(form.values.get("surplus") or Surplus.ASK.value)
    except ValueError:
        surplus = Surplus.ASK
    return ReceiveLine(
        purchase_line_id=line_id, received_qty=form.whole("received_qty", otherwise=0),
        rejected_qty=form.whole("rejected_qty", otherwise=0), reject_reason=form.text("reject_reason", 200),
        lot_code=form.text("lot_code", 60), expires_on=form.maybe_day("expires_on"),
        billed_qty=form.whole("billed_qty") if billed else None, temperature_dc=_tenths(form),
        temperature_note=form.text("temperature_note", 200), photo=picture_of(form), surplus=surplus,
        is_final=form.values.get("final") == "1", idempotency_key=form.text("key", 64),
    )  # fmt: skip


def _tenths(form: Form) -> int | None:
    """A temperature such as 3.5 or -18 as tenths of a degree; None for an empty field."""
    typed = form.values.get("temperature", "").replace(",", ".").replace("−", "-")
    if not typed:
        return None
    sign, digits = (-1, typed[1:]) if typed.startswith("-") else (1, typed)
    whole, _dot, tenth = digits.partition(".")
    if not (
        whole.isascii() and whole.isdigit() and len(whole) < 4 and (not tenth or tenth.isdigit()) and len(tenth) < 2
    ):
        form.errors["temperature"] = _("Degrees such as 3.5 or -18.")
        return None
    return sign * (int(whole) * 10 + int(tenth or 0))


@hq.post("/dock/<uuid:purchase_order_id>/take-back/<uuid:receipt_id>")
@needs(Permission.SUPPLY_RECEIVE)
def take_back(purchase_order_id: UUID, receipt_id: UUID) -> ResponseReturnValue:
    """Take back one's own last count."""
    _do(undoing.take_back, receipt_id, said=_("Your last count is taken back."))
    line_id = request.form.get("line", "")
    if line_id:
        return redirect(url_for("hq.dock_line", line_id=line_id), 303)
    return redirect(url_for("hq.delivery", purchase_order_id=purchase_order_id), 303)


@hq.post("/dock/<uuid:purchase_order_id>/close")
@needs(Permission.SUPPLY_RECEIVE)
def close_delivery(purchase_order_id: UUID) -> ResponseReturnValue:
    """Declare that nothing more comes of a delivery."""
    _do(receiving.close_delivery, purchase_order_id, said=_("The delivery is closed."))
    return redirect(url_for("hq.delivery", purchase_order_id=purchase_order_id), 303)


def _do(use_case: Any, *args: Any, said: str) -> None:
    with refusals_to(flash_refusal):
        transact(use_case, *args)
        flash(said, "success")


@hq.get("/pictures/<key>")
@needs(Permission.SUPPLY_READ)
def picture_file(key: str) -> ResponseReturnValue:
    """A picture that a desk uploaded; for people of HQ only."""
    return photo(key)
