"""Group-buys: the list, planning a new one, and a group-buy with its offers."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import BelowCost
from app.domains.groupbuys.rules import format_breaks
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import GroupBuyStatus
from app.flows.planning import PlanRound, plan_round
from app.infra.tables import RowErrors
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.kernel.paging import PageAsk
from app.web.context import now, read, transact
from app.web.filters import local
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, chips_of, round_page

_AT = "%Y-%m-%dT%H:%M"


@hq.get("/group-buys")
@needs(Permission.ORDERS_READ)
def group_buys() -> ResponseReturnValue:
    """Group-buys, newest first; of one hub, of one status."""
    choice = HubChoice()
    status = next((s for s in GroupBuyStatus if s.value == request.args.get("status")), None)
    page = read(groupbuys.group_buys, ask_page(), choice.id, status)
    chips = chips_of("status", names.choices(GroupBuyStatus), _("All"))
    return render_template("hq_console/group_buys.html", page=page, choice=choice, status_chips=chips)


@hq.get("/group-buys/<uuid:group_buy_id>")
@needs(Permission.ORDERS_READ)
def group_buy(group_buy_id: UUID) -> ResponseReturnValue:
    """One group-buy with its offers and what they have sold; a draft also with its missing labels."""
    page = round_page(group_buy_id)
    offers = read(groupbuys.offer_cards, group_buy_id)
    sku_ids = [offer.sku_id for offer in offers]
    gaps = read(catalogue.label_gaps, sku_ids) if page["card"].status is GroupBuyStatus.DRAFT else {}
    return render_template(
        "hq_console/group_buy.html", **page, offers=offers, skus=read(catalogue.sku_cards, sku_ids), gaps=gaps,
        format_breaks=format_breaks,
    )  # fmt: skip


@hq.post("/group-buys/<uuid:group_buy_id>/offers/<uuid:offer_id>/box")
@needs(Permission.GROUPBUYS_PLAN)
def change_box(group_buy_id: UUID, offer_id: UUID) -> ResponseReturnValue:
    """Say how many pieces a box of a draft's offer holds; 1 sells it by the piece."""
    form = Form(request.form)
    pack_size = form.whole("pack_size", 1)
    if not form.ok:
        flash(form.errors["pack_size"], "danger")
        return redirect(url_for("hq.group_buy", group_buy_id=group_buy_id), 303)
    with refusals_to(flash_refusal):
        transact(plans.change_pack_size, group_buy_id, offer_id, pack_size)
        flash(_("Saved."), "success")
    return redirect(url_for("hq.group_buy", group_buy_id=group_buy_id), 303)


@hq.get("/group-buys/plan")
@needs(Permission.GROUPBUYS_PLAN)
def plan_group_buy() -> ResponseReturnValue:
    """The form for a new group-buy of a hub, filled in for the day after its last one."""
    choice = HubChoice(needed=True)
    if choice.hub is None:
        flash(_("Import a hub first."), "warning")
        return redirect(url_for("hq.imports"), 303)
    return _form(choice.hub, _suggested(choice.hub), {}, [])


@hq.post("/group-buys/plan")
@needs(Permission.GROUPBUYS_PLAN)
def save_group_buy() -> ResponseReturnValue:
    """Write the draft; refusals stand beside their fields and what was typed stays."""
    form = Form(request.form)
    hubs = read(communities.hubs)
    hub = next((h for h in hubs if str(h.id) == form.values.get("hub_id")), None)
    if hub is None:
        return redirect(url_for("hq.plan_group_buy"), 303)
    wish = _wish(form, hub)
    faults: list[Any] = []
    if form.ok:
        try:
            made = transact(plan_round, wish)
        except RowErrors as refusal:
            faults = refusal.errors
            form.errors["file"] = say(refusal)
        except BelowCost as refusal:
            code = read(catalogue.get_sku, refusal.sku_id).code
            form.errors[""] = f"{code}: {say(refusal)}"
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("The draft is written. Look it through, then open it."), "success")
            return redirect(url_for("hq.group_buy", group_buy_id=made), 303)
    return _form(hub, form.values, form.errors, faults), 422


def _wish(form: Form, hub: Hub) -> PlanRound:
    upload = request.files.get("file")
    file = (upload.filename, upload.read()) if upload and upload.filename else None
    like = form.uuid("like") if form.values.get("source") != "file" else None
    if file is None and like is None:
        form.errors["file" if form.values.get("source") == "file" else "like"] = _("Please fill this in.")
    return PlanRound(
        hub_id=hub.id, round_on=form.day("round_on"), title=form.text("title", 60, needed=True),
        title_en=form.text("title_en", 80, needed=True), opens_at=form.moment("opens_at", hub.timezone),
        cutoff_at=form.moment("cutoff_at", hub.timezone), pickup_on=form.day("pickup_on"),
        file=file if form.values.get("source") == "file" else None, like=like,
    )  # fmt: skip


def _suggested(hub: Hub) -> dict[str, str]:
    """The first day without a group-buy from today on, the hub's usual cut-off, pickup on the day after."""
    taken = {card.round_on for card in read(groupbuys.group_buys, PageAsk(limit=60), hub.id).rows}
    here = local(now(), hub.timezone)
    on = here.date() if here.time() < hub.cutoff else here.date() + timedelta(days=1)
    while on in taken:
        on += timedelta(days=1)
    return {
        "round_on": on.isoformat(), "opens_at": f"{datetime.combine(on, time(0)):{_AT}}",
        "cutoff_at": f"{datetime.combine(on, hub.cutoff):{_AT}}", "pickup_on": (on + timedelta(days=1)).isoformat(),
        "title": f"{on.month}月{on.day}日团", "title_en": f"Group-buy of {on:%B} {on.day}", "source": "like",
    }  # fmt: skip


def _form(hub: Hub, values: dict[str, str], errors: dict[str, str], faults: list[Any]) -> str:
    earlier = read(groupbuys.group_buys, PageAsk(limit=10), hub.id).rows
    likes = [
        (card.id, _("%(code)s · %(title)s · %(count)s offers", code=card.code, title=tr(card, "title"),
                    count=card.offer_count))
        for card in earlier if card.offer_count
    ]  # fmt: skip
    return render_template(
        "hq_console/plan.html", hub=hub, hubs=read(communities.hubs), values=values, errors=errors, likes=likes,
        faults=faults,
    )  # fmt: skip
