"""Replacing a leader, step by step: who takes over and what that means, proposed by one, confirmed by another."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING, LeaderCard
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import WaitingGoods
from app.domains.payouts import queries as payouts
from app.domains.replacements import queries
from app.domains.replacements.service import replacements as room
from app.domains.replacements.values import (
    CARRIED_OUT,
    OPEN_STATES,
    Preview,
    ProposeReplacement,
    ReplacementCard,
    ReplacementState,
    Way,
)
from app.flows import replacement as flow
from app.flows.replacement_plan import backup_of, preview
from app.infra.clock import RealClock
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import actor_id, now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.say import say
from app.web.sentences import SENTENCES
from app.web.words import gettext, gettext as _, ngettext
from hq_console import names
from hq_console.doors import hq, may
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page

#: Minutes until residents are told, unless somebody says otherwise.
TELL_AFTER_MIN = 15


@hq.get("/replacements")
@needs(Permission.COMMUNITIES_READ)
def replacements() -> ResponseReturnValue:
    """All replacements, the newest first."""
    choice = HubChoice()
    page = read(queries.replacements, ask_page(), choice.id)
    return render_template("hq_console/replacements.html", page=page, choice=choice)


@hq.get("/leaders/<uuid:leader_id>/replacement")
@needs(Permission.COMMUNITIES_MANAGE)
def replace_leader(leader_id: UUID) -> ResponseReturnValue:
    """Choose who takes over, and see what it would mean before anything is proposed."""
    return _wizard(leader_id, Form(request.args))


@hq.post("/leaders/<uuid:leader_id>/replacement")
@needs(Permission.COMMUNITIES_MANAGE)
def propose_replacement(leader_id: UUID) -> ResponseReturnValue:
    """Propose it; nothing moves before a second person confirms."""
    form = Form(request.form)
    hub = read(communities.get_hub, read(communities.get_leader, leader_id).hub_id)
    wish = ProposeReplacement(
        leader_id=leader_id, reason=form.text("reason", 300, needed=True), way=form.one_of("way", Way),
        successor_id=form.uuid("successor_id"), tell_after_min=form.whole("tell_after_min"),
        due_at=form.moment("due_at", hub.timezone) if form.values.get("due_at") else None,
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            replacement_id = transact(flow.propose, wish)
            flash(_("Proposed. Somebody else has to confirm it."), "success")
            return redirect(url_for("hq.replacement", replacement_id=replacement_id), 303)
    return _wizard(leader_id, form), 422


@hq.get("/replacements/<uuid:replacement_id>")
@needs(Permission.COMMUNITIES_READ)
def replacement(replacement_id: UUID) -> ResponseReturnValue:
    """One replacement: how far it is, what may be done now, what has to be fetched."""
    return _page(replacement_id, Form({}))


@hq.post("/replacements/<uuid:replacement_id>/confirm")
@needs(Permission.COMMUNITIES_MANAGE)
def confirm_replacement(replacement_id: UUID) -> ResponseReturnValue:
    """The second person's word."""
    form = Form(request.form)
    try:
        card = transact(flow.confirm, replacement_id)
    except DomainError as refusal:
        form.refuse(refusal)
        return _page(replacement_id, form), refusal.status
    told = {
        ReplacementState.DONE: _("Done. Residents are not told yet, so it can be taken back."),
        ReplacementState.PLANNED: _("Confirmed. It is carried out on its day."),
    }
    flash(told.get(card.state, _("Taken over by you. A second person has to confirm it.")), "success")
    return redirect(url_for("hq.replacement", replacement_id=replacement_id), 303)


@hq.post("/replacements/<uuid:replacement_id>/reject")
@needs(Permission.COMMUNITIES_MANAGE)
def reject_replacement(replacement_id: UUID) -> ResponseReturnValue:
    """Drop a proposal or a plan."""
    form = Form(request.form)
    note = form.text("note", 300, needed=True)
    return _end(replacement_id, form, room.reject, note, _("Rejected. She stays."))


@hq.post("/replacements/<uuid:replacement_id>/roll-back")
@needs(Permission.COMMUNITIES_MANAGE)
def roll_back_replacement(replacement_id: UUID) -> ResponseReturnValue:
    """Take it back while no resident knows."""
    form = Form(request.form)
    note = form.text("note", 300, needed=True)
    return _end(replacement_id, form, flow.roll_back, note, _("Taken back. She has to sign in again."))


@hq.post("/replacements/<uuid:replacement_id>/appeal")
@needs(Permission.COMMUNITIES_MANAGE)
def note_replacement_appeal(replacement_id: UUID) -> ResponseReturnValue:
    """Write down what she says against it."""
    form = Form(request.form)
    return _end(replacement_id, form, room.note_appeal, form.text("appeal", 2000, needed=True), _("Noted."))


@hq.post("/replacements/<uuid:replacement_id>/answer")
@needs(Permission.COMMUNITIES_MANAGE)
def answer_replacement_appeal(replacement_id: UUID) -> ResponseReturnValue:
    """Answer her appeal, as a third person."""
    form = Form(request.form)
    return _end(replacement_id, form, room.answer_appeal, form.text("answer", 2000, needed=True), _("Answered."))


def _end(replacement_id: UUID, form: Form, act: Any, note: str, done: str) -> ResponseReturnValue:
    if form.ok:
        with refusals_to(form.refuse):
            transact(act, replacement_id, note)
            flash(done, "success")
            return redirect(url_for("hq.replacement", replacement_id=replacement_id), 303)
    return _page(replacement_id, form), 422


def _wizard(leader_id: UUID, form: Form) -> str:
    leader = read(communities.get_leader, leader_id)
    use_zone(read(communities.get_hub, leader.hub_id).timezone)
    way, successor_id = _asked(leader, form)
    shown: Preview | None = None
    try:
        shown = transact(preview, leader_id, way, successor_id)
    except DomainError as refusal:
        if way is Way.NEAREST or successor_id is not None:
            form.refuse(refusal)
    others = [
        one for one in read(communities.leader_cards, leader.hub_id) if one.status in SERVING and one.id != leader_id
    ]
    return render_template(
        "hq_console/replace_leader.html", leader=leader, form=form, way=way, successor_id=successor_id, shown=shown,
        ways=names.choices(Way), other=read(queries.open_of_leader, leader_id), map=_map(shown) if shown else None,
        others=[(one.id, f"{one.name} {one.code} · {one.pickup_point_name}") for one in others],
        tell_after_min=form.values.get("tell_after_min", str(TELL_AFTER_MIN)),
    )  # fmt: skip


def _asked(leader: LeaderCard, form: Form) -> tuple[Way, UUID | None]:
    """What the page asks for; at first the backup at her point, else the nearest."""
    if form.values.get("way") in set(Way):
        way = Way(form.values["way"])
        return way, None if way is Way.NEAREST else form.uuid("successor_id")
    backup = transact(backup_of, leader.id)
    return (Way.NEAREST, None) if backup is None else (Way.NAMED, backup)


def _page(replacement_id: UUID, form: Form) -> str:
    card = read(queries.get_replacement, replacement_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    shown: Preview | None = None
    if card.state in OPEN_STATES:
        try:
            shown = transact(preview, card.leader_id, card.way, card.successor_id)
        except DomainError as refusal:
            form.errors.setdefault("", say(refusal))
    heirs = read(communities.leaders_by_id, [card.successor_id] if card.successor_id else [])
    return render_template(
        "hq_console/replacement.html", card=card, form=form, shown=shown, me=actor_id(), goods=_goods(card),
        map=_map(shown) if shown else None, heir=heirs.get(card.successor_id) if card.successor_id else None,
        leader=read(communities.get_leader, card.leader_id), hub=hub,
        deadline=(RealClock().now() + (card.tell_at - now())).isoformat(timespec="seconds") if card.tell_at else "",
        why=_why(card) if card.state is ReplacementState.FAILED else "",
        held=read(payouts.cash_cents, card.leader_id, hub.currency) if may(Permission.PAYOUTS_READ) else 0,
    )  # fmt: skip


def _why(card: ReplacementCard) -> str:
    """The refusal that made it impossible, in the page's language."""
    return str(gettext(SENTENCES.get(card.note, SENTENCES["refused"]), **card.refusal))


def _goods(card: ReplacementCard) -> list[tuple[LeaderCard, list[WaitingGoods]]]:
    """What each successor has to fetch at the old door, by SKU; nothing once it was taken back."""
    if card.state not in CARRIED_OUT:
        return []
    undo = read(queries.undo_of, card.id)
    found = read(logistics.goods_of_pickups, [UUID(row["id"]) for row in undo.get("pickups", [])])
    heirs = read(communities.leaders_by_id, {one.leader_id for one in found})
    return [(heir, [one for one in found if one.leader_id == id_]) for id_, heir in heirs.items()]


def _map(shown: Preview) -> dict[str, Any]:
    """Her point, and lines to the points that take over."""
    old = {"lat": shown.place.lat, "lon": shown.place.lon, "name": shown.pickup_point_name, "kind": "bad"}
    points, lines = [old], []
    for share in shown.shares:
        told = ngettext("%(num)s resident", "%(num)s residents", share.residents)
        there = {"lat": share.place.lat, "lon": share.place.lon, "name": share.pickup_point_name,
                 "text": f"{share.leader_name} · {told}", "kind": "good"}  # fmt: skip
        points.append(there)
        lines.append({"name": share.leader_name, "text": told, "stops": [],
                      "points": [[old["lat"], old["lon"]], [there["lat"], there["lon"]]]})  # fmt: skip
    return {"points": points, "routes": lines}
