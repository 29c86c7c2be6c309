"""What residents say of a leader; she answers each once and deletes nothing."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.ratings import queries
from app.domains.ratings.service.ratings import answer
from app.flows.service_record import service_record
from app.kernel.errors import DomainError, NotFound
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import asked_page, here, leader


@leader.get("/ratings")
def ratings() -> ResponseReturnValue:
    """Her ratings, newest first, or only those that wait for her answer."""
    return _page({}, {})


@leader.post("/ratings/<uuid:rating_id>")
def answer_rating(rating_id: UUID) -> ResponseReturnValue:
    """Answer a rating, once; what was typed stays when something is wrong."""
    typed = request.form.get("answer", "").strip()
    if read(queries.get_rating, rating_id).leader_id != here().id:
        raise NotFound("rating")
    try:
        transact(answer, rating_id, typed)
    except DomainError as refusal:
        return _page({rating_id: typed}, {rating_id: say(refusal)}), refusal.status
    flash(_("Your answer stands below the rating now."), "success")
    return redirect(url_for("leader.ratings"), 303)


def _page(typed: dict[UUID, str], errors: dict[UUID, str]) -> str:
    at, waiting = here(), request.args.get("show") == "waiting"
    chips = [
        {"label": _("All"), "href": url_for("leader.ratings"), "active": not waiting},
        {"label": _("To answer"), "href": url_for("leader.ratings", show="waiting"), "active": waiting},
    ]
    try:
        record = read(service_record, at.id, now())
    except NotFound:  # she rests at present: nothing of her is public
        record = None
    return render_template(
        "leader_portal/ratings.html", record=record, chips=chips, waiting=waiting, typed=typed, errors=errors,
        page=read(queries.ratings_of_leader, at.id, asked_page(), waiting=waiting),
    )  # fmt: skip
