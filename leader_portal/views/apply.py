"""Applying to lead: the form that forgets nothing, and the page that says what comes next."""

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderKind
from app.domains.recruitment import queries, rules
from app.domains.recruitment.errors import ApplicationFaulty
from app.domains.recruitment.service import applications
from app.domains.recruitment.values import ApplicationCard, ApplicationStatus, Experience, Submit
from app.flows.recruitment import save_draft
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.states import WrongState
from app.web import photos as pages
from app.web.context import actor_id, read, services, transact
from app.web.say import say
from app.web.words import gettext as _, is_english
from leader_portal import names
from leader_portal.applicants import applicants

S = ApplicationStatus


@applicants.get("")
def mine() -> ResponseReturnValue:
    """One's own application: the form while it is a draft, afterwards where it stands."""
    card = read(queries.application_of, actor_id())
    again = card is not None and card.status in {S.DECLINED, S.WITHDRAWN} and "again" in request.args
    if card is None or card.status is S.DRAFT or again:
        draft = card if card and card.status is S.DRAFT else None
        return _form(dict(draft.typed) if draft else {}, draft.photos if draft else (), {})
    return _status(card)


@applicants.post("")
def send() -> ResponseReturnValue:
    """Keep what was typed, whatever it is worth; then hand it in, if that was the button."""
    typed = {name: request.form.get(name, "") for name in rules.TYPED}
    keys, wrong_photo = pages.sent_photos()
    errors = {"photos": wrong_photo} if wrong_photo else {}
    try:
        transact(save_draft, typed, keys)
        if not errors and request.form.get("do") == "submit":
            agreed = rules.CONSENT_VERSION if request.form.get("consent") == "1" else None
            transact(applications.submit, Submit(consent_version=agreed))
            flash(_("Handed in. We read it within three working days."), "success")
            return redirect(url_for("applicants.mine"), 303)
    except WrongState:  # pressed twice, or an old tab
        flash(_("Your application is handed in already. This is where it stands."), "info")
        return redirect(url_for("applicants.mine"), 303)
    except ApplicationFaulty as refusal:
        errors = {field: say(Invalid(field="", reason=why)) for field, why in refusal.faults.items()}
    except DomainError as refusal:
        errors = {"": say(refusal)}
    if errors:
        return _form(typed, keys, errors), 422
    flash(_("Saved. You can go on at any time."), "success")
    return redirect(url_for("applicants.mine"), 303)


@applicants.post("/withdraw")
def withdraw() -> ResponseReturnValue:
    """Take the application back."""
    try:
        transact(applications.withdraw)
    except NotFound:  # pressed twice, or an old tab
        flash(_("No application waits that could be taken back."), "info")
    else:
        flash(_("Taken back. What you told us of your home is deleted."), "success")
    return redirect(url_for("applicants.mine"), 303)


@applicants.get("/map.json")
def apply_map() -> ResponseReturnValue:
    """Neighbourhoods and served pickup points of the applicant's hub, for finding one's own place."""
    home = read(communities.home_of, actor_id())
    hubs = read(communities.hubs)
    hub_id = home.hub_id if home else (hubs[0].id if hubs else None)
    areas = read(communities.neighbourhood_shapes, hub_id)
    plain = [
        {"type": "Feature", "geometry": area["geometry"],
         "properties": {"name": area["properties"]["name_en" if is_english() else "name"]}}
        for area in areas
    ]  # fmt: skip
    points = [
        {"lat": place.place.lat, "lon": place.place.lon, "name": place.pickup_point_name}
        for place in read(communities.places, hub_id)
        if place.leader_id
    ]
    return jsonify(areas={"type": "FeatureCollection", "features": plain}, points=points)


@applicants.post("/photos")
def upload_photo() -> ResponseReturnValue:
    """One photo of the place, as the page's script sends it."""
    return pages.uploaded("applicants.own_photo")


@applicants.get("/photos/<key>")
def own_photo(key: str) -> ResponseReturnValue:
    """A photo that the applicant uploaded."""
    if not pages.is_mine(key):
        abort(404)
    return pages.photo(key)


def _form(typed: dict[str, str], photos: tuple[str, ...], errors: dict[str, str]) -> str:
    return render_template(
        "leader_portal/apply/form.html", typed=typed, errors=errors,
        kept=pages.shown(photos, "applicants.own_photo"), kinds=names.choices(LeaderKind),
        experiences=names.choices(Experience),
    )  # fmt: skip


def _status(card: ApplicationCard) -> str:
    steps = read(queries.training, card.id) if card.status is S.ACCEPTED else []
    return render_template(
        "leader_portal/apply/status.html", card=card, training=steps, stages=stages(card),
        links=read(queries.endorsements, card.id) if card.status is S.SUBMITTED else [], most=rules.MOST_LINKS,
        wanted=read(queries.get_policy, card.score.policy_version).endorsements if card.score else 0,
        **_login(card),
    )  # fmt: skip


def _login(card: ApplicationCard) -> dict[str, Any]:
    if card.leader_id is None:
        return {}
    leader = read(communities.get_leader, card.leader_id)
    link = f"{services().settings.public_url}{url_for('shop.leader_link', share_code=leader.share_code)}"
    account = read(accounts.get_account, card.leader_id)
    return {"leader": leader, "link": link, "login": account.login,
            "has_password": read(accounts.has_password, card.leader_id)}  # fmt: skip


def stages(card: ApplicationCard) -> list[dict[str, str]]:
    """The four stages of an application with how far it is."""
    labels = [_("Application handed in"), _("Talk and decision"), _("Training and contract"), _("You begin")]
    at = {S.SUBMITTED: 1, S.ACCEPTED: 2, S.ACTIVE: 4}.get(card.status, 1)
    return [
        {"label": label, "state": "done" if number < at else "current" if number == at else "todo"}
        for number, label in enumerate(labels)
    ]
