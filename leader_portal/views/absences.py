"""Days on which a leader is away, and what she fetches at the door of one who left."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries
from app.domains.communities.service import absences as service
from app.domains.communities.values.absences import AskAbsence
from app.domains.logistics import queries as logistics
from app.domains.replacements import queries as replacements
from app.flows import absence as flow
from app.kernel.errors import DomainError, Invalid, NotFound
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import here, leader

#: How long after a replacement its list of goods is shown.
LISTED = timedelta(days=14)


@leader.get("/absences")
def absences() -> ResponseReturnValue:
    """Her own absences, those of others for whom she hands out, and the form to ask."""
    return _page({}, {})


@leader.post("/absences")
def ask_absence() -> ResponseReturnValue:
    """Ask to be away; what was typed stays when something is wrong."""
    typed = request.form
    days = {name: _day(typed.get(name, "")) for name in ("first_on", "last_on")}
    errors = {name: _("A day, please.") for name, value in days.items() if value is None}
    if days["first_on"] and days["last_on"]:
        wish = AskAbsence(
            leader_id=here().id, first_on=days["first_on"], last_on=days["last_on"], note=typed.get("note", "")
        )
        try:
            transact(service.ask, wish)
        except DomainError as refusal:
            named = refusal.field if isinstance(refusal, Invalid) else ""
            errors[named if named in {"first_on", "last_on", "note"} else ""] = say(refusal)
        else:
            flash(_("Asked. You will read here who hands out instead."), "success")
            return redirect(url_for("leader.absences"), 303)
    return _page(typed, errors), 422


@leader.post("/absences/<uuid:absence_id>/cancel")
def cancel_absence(absence_id: UUID) -> ResponseReturnValue:
    """Take an absence back before its first day."""
    try:
        transact(flow.cancel, absence_id)
    except NotFound:
        raise
    except DomainError as refusal:
        flash(say(refusal), "danger")
    else:
        flash(_("Cancelled. You hand out on these days."), "success")
    return redirect(url_for("leader.absences"), 303)


@leader.get("/taken-over")
def taken_over() -> ResponseReturnValue:
    """What lies at the door of a leader who left, for orders that she hands out now."""
    at = here()
    lists = []
    for card in read(replacements.carried_out, at.hub.id, now() - LISTED):
        undo = read(replacements.undo_of, card.id)
        goods = read(logistics.goods_of_pickups, [UUID(row["id"]) for row in undo["pickups"]])
        mine = [one for one in goods if one.leader_id == at.id]
        if mine:
            left = read(queries.get_leader, card.leader_id)
            lists.append((card, read(queries.get_place, left.pickup_point_id), mine))
    return render_template("leader_portal/taken_over.html", lists=lists)


def _page(typed: Mapping[str, str], errors: dict[str, str]) -> str:
    at = here()
    return render_template(
        "leader_portal/absences.html", cards=read(queries.absences_of_leader, at.id), typed=typed, errors=errors,
        standing_in=read(queries.deputised, at.id, at.day), today=at.day,
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
