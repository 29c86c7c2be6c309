"""Group-buys that do not take place: calling one off in two steps, throwing a draft away, moving it to other days."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import GroupBuyStatus, MoveDraft
from app.flows import call_off as flow
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.filters import local
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import round_page

_AT = "%Y-%m-%dT%H:%M"
LONGEST_REASON = 300


@hq.get("/rounds/<uuid:group_buy_id>/call-off")
@needs(Permission.GROUPBUYS_CLOSE)
def call_off(group_buy_id: UUID) -> ResponseReturnValue:
    """What calling a group-buy off would do, with the reason to be told and the code to be typed."""
    return _page(group_buy_id, {}, {})


@hq.post("/rounds/<uuid:group_buy_id>/call-off")
@needs(Permission.GROUPBUYS_CLOSE)
def do_call_off(group_buy_id: UUID) -> ResponseReturnValue:
    """Call the group-buy off; the worker gives the orders back. One that is under way is continued."""
    form = Form(request.form)
    card = round_page(group_buy_id)["card"]
    if card.status is not GroupBuyStatus.CANCELLED:
        form.text("reason", LONGEST_REASON, needed=True)
        if form.values.get("code", "").upper() != card.code.upper():
            form.errors["code"] = _("Please type the code of this group-buy: %(code)s.", code=card.code)
    if not form.ok:
        return _page(group_buy_id, form.values, form.errors), 422
    try:
        if transact(flow.ask_call_off, group_buy_id, form.values.get("reason", "")):
            flash(_("The group-buy is called off. Orders are being given back."), "success")
    except DomainError as refusal:
        form.refuse(refusal)
        return _page(group_buy_id, form.values, form.errors), refusal.status
    return redirect(url_for("hq.round_", group_buy_id=group_buy_id), 303)


def _page(group_buy_id: UUID, values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "hq_console/call_off.html", **round_page(group_buy_id), found=flow.consequences(read, group_buy_id),
        word=read(groupbuys.call_off_of, group_buy_id), values=values, errors=errors,
    )  # fmt: skip


@hq.post("/group-buys/<uuid:group_buy_id>/delete")
@needs(Permission.GROUPBUYS_PLAN)
def delete_draft(group_buy_id: UUID) -> ResponseReturnValue:
    """Throw a draft away."""
    with refusals_to(flash_refusal):
        transact(plans.delete_draft, group_buy_id)
        flash(_("The draft is deleted."), "success")
        return redirect(url_for("hq.group_buys"), 303)
    return redirect(url_for("hq.group_buy", group_buy_id=group_buy_id), 303)


@hq.get("/group-buys/<uuid:group_buy_id>/days")
@needs(Permission.GROUPBUYS_PLAN)
def draft_days(group_buy_id: UUID) -> ResponseReturnValue:
    """The days of a draft, to be changed."""
    card = round_page(group_buy_id)["card"]
    values = {
        "round_on": card.round_on.isoformat(), "pickup_on": card.pickup_on.isoformat(),
        "opens_at": f"{local(card.opens_at):{_AT}}", "cutoff_at": f"{local(card.cutoff_at):{_AT}}",
    }  # fmt: skip
    return _days_page(group_buy_id, values, {})


@hq.post("/group-buys/<uuid:group_buy_id>/days")
@needs(Permission.GROUPBUYS_PLAN)
def move_draft(group_buy_id: UUID) -> ResponseReturnValue:
    """Give a draft other days; refusals stand beside their fields and what was typed stays."""
    form, zone = Form(request.form), round_page(group_buy_id)["hub"].timezone
    wish = MoveDraft(
        group_buy_id=group_buy_id, round_on=form.day("round_on"), opens_at=form.moment("opens_at", zone),
        cutoff_at=form.moment("cutoff_at", zone), pickup_on=form.day("pickup_on"),
    )  # fmt: skip
    if not form.ok:
        return _days_page(group_buy_id, form.values, form.errors), 422
    try:
        transact(plans.move_draft, wish)
    except DomainError as refusal:
        form.refuse(refusal)
        return _days_page(group_buy_id, form.values, form.errors), refusal.status
    flash(_("Saved."), "success")
    return redirect(url_for("hq.group_buy", group_buy_id=group_buy_id), 303)


def _days_page(group_buy_id: UUID, values: dict[str, str], errors: dict[str, str]) -> str:
    page = round_page(group_buy_id)
    return render_template("hq_console/draft_days.html", **page, values=values, errors=errors)
