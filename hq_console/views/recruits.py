"""Applications to lead: the queue, one of them with all that speaks for and against it, and what HQ does with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.values import KIND_LIMITS
from app.domains.recruitment import queries
from app.domains.recruitment.service import desk
from app.domains.recruitment.values import (
    Activate,
    ApplicationCard,
    ApplicationFilter,
    ApplicationStatus,
    Around,
    Decide,
    TrainingStep,
)
from app.flows.recruitment import print_contract
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web.checklist import reason
from app.web.context import now, read, transact
from app.web.downloads import asked_locale, attachment
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.photos import photo
from app.web.refusals import refusals_to
from app.web.words import gettext as _, is_english, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_text, chips_of

S = ApplicationStatus
#: How far a new point is proposed to serve, and how far away others still stand on the map, in metres.
_REACH_M, _NEAR_M = 500, 3_000


@hq.get("/applications")
@needs(Permission.RECRUITMENT_READ)
def applications() -> ResponseReturnValue:
    """Applications by status, hub, name or phone tail; those that wait the longest lead."""
    choice = HubChoice()
    wanted = request.args.get("status", "submitted")
    status = next((s for s in S if s.value == wanted), None)
    asked = ApplicationFilter(status=status, hub_id=choice.id, text=asked_text())
    page = read(queries.applications, asked, ask_page())
    shown = [s for s in S if s is not S.DRAFT]
    chips = chips_of("status", [*((s.value, names.name(s)) for s in shown), ("all", _("All"))], "")[1:]
    counts = read(queries.count_by_status, choice.id)
    for chip, state in zip(chips, [*shown, None], strict=True):
        chip |= {"active": state is status, "count": counts.get(state, 0) if state else None}
    return render_template(
        "hq_console/applications.html", page=page, choice=choice, status_chips=chips, text=asked.text,
        hubs={hub.id: hub for hub in choice.all}, days=_days, drafts=counts.get(S.DRAFT, 0),
        endorsed=read(queries.count_endorsements, [card.id for card in page.rows]),
    )  # fmt: skip


def _days(since: datetime | None) -> int:
    return (now() - since).days if since else 0


@hq.get("/applications/<uuid:application_id>")
@needs(Permission.RECRUITMENT_READ)
def application(application_id: UUID) -> ResponseReturnValue:
    """One application: place, photos, neighbours, score with reasons, notes, and the next step."""
    return _page(application_id, Form({}))


@hq.get("/applications/<uuid:application_id>/photos/<key>")
@needs(Permission.RECRUITMENT_READ)
def application_photo(application_id: UUID, key: str) -> ResponseReturnValue:
    """A photo of the applicant's place."""
    if key not in _handed_in(application_id).photos:
        abort(404)
    return photo(key)


@hq.get("/applications/<uuid:application_id>/contract.pdf")
@needs(Permission.RECRUITMENT_READ)
def application_contract(application_id: UUID) -> ResponseReturnValue:
    """The signed contract as PDF."""
    return attachment(print_contract(transact, application_id, asked_locale()))


@hq.post("/applications/<uuid:application_id>/notes")
@needs(Permission.RECRUITMENT_DECIDE)
def add_application_note(application_id: UUID) -> ResponseReturnValue:
    """Write down something of the interview."""
    form = Form(request.form)
    note = form.text("note", 1_000, needed=True)
    return _try(application_id, form, lambda: transact(desk.add_note, application_id, note), _("Noted."))


@hq.post("/applications/<uuid:application_id>/identity")
@needs(Permission.RECRUITMENT_DECIDE)
def confirm_identity(application_id: UUID) -> ResponseReturnValue:
    """Say that the identity card was seen and agrees."""
    return _try(application_id, Form({}), lambda: transact(desk.confirm_identity, application_id), _("Noted."))


@hq.post("/applications/<uuid:application_id>/decision")
@needs(Permission.RECRUITMENT_DECIDE)
def decide_application(application_id: UUID) -> ResponseReturnValue:
    """Accept or decline; the applicant reads the reason."""
    form = Form(request.form)
    verdict = form.values.get("verdict")
    wish = Decide(application_id=application_id, accept=verdict == "accept",
                  reason=form.text("reason", desk.LONGEST_REASON, needed=True))  # fmt: skip
    if verdict not in {"accept", "decline"}:
        form.errors["verdict"] = _("Please choose one.")
    return _try(application_id, form, lambda: transact(desk.decide, wish), _("Decided. The applicant is told."))


@hq.post("/applications/<uuid:application_id>/training")
@needs(Permission.RECRUITMENT_DECIDE)
def check_training(application_id: UUID) -> ResponseReturnValue:
    """Check a training step."""
    step = next((s for s in TrainingStep if s.value == request.form.get("step")), None)
    if step is None:
        raise NotFound("training")
    done = _("Checked.")
    return _try(application_id, Form({}), lambda: transact(desk.check_training, application_id, step), done)


@hq.post("/applications/<uuid:application_id>/begin")
@needs(Permission.RECRUITMENT_DECIDE)
def begin_leading(application_id: UUID) -> ResponseReturnValue:
    """Let her begin: point, leader and post at once, or nothing."""
    form = Form(request.form)
    wish = Activate(
        application_id=application_id, leader_code=form.text("leader_code", 40, needed=True),
        point_code=form.text("point_code", 40, needed=True), capacity_orders=form.whole("capacity_orders", 1),
        reach_m=form.whole("reach_m", 1),
    )  # fmt: skip
    return _try(application_id, form, lambda: transact(desk.activate, wish), _("She is a leader now."))


def _try(application_id: UUID, form: Form, act: Callable[[], object], said: str) -> ResponseReturnValue:
    """Do it and go back to the page; what was typed stays beside what is wrong."""
    _handed_in(application_id)
    if form.ok:
        with refusals_to(form.refuse):
            act()
            flash(said, "success")
            return redirect(url_for("hq.application", application_id=application_id), 303)
    return _page(application_id, form), 422


def _handed_in(application_id: UUID) -> ApplicationCard:
    card = read(queries.get_application, application_id)
    if card.submitted_at is None:
        raise NotFound("application")
    return card


def _page(application_id: UUID, form: Form) -> str:
    card = _handed_in(application_id)
    if card.hub_id is None or card.score is None or card.candidate is None:
        raise NotFound("application")
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    policy = read(queries.get_policy, card.score.policy_version)
    near = read(queries.around, card.candidate.place, card.hub_id, policy.radius_m)
    training = read(queries.training, application_id)
    ready = card.signature is not None and card.identity_by is not None and all(one.checked_at for one in training)
    proposed = {"capacity_orders": KIND_LIMITS[card.candidate.kind], "reach_m": _REACH_M}
    return render_template(
        "hq_console/application.html", card=card, hub=hub, policy=policy, near=near, form=form,
        values=proposed | form.values, map=_map(card, near), reasons=[(one, reason(one)) for one in card.score.items],
        endorsements=[one for one in read(queries.endorsements, application_id) if one.used_at],
        training=training, notes=read(queries.notes, application_id), ready=ready, days=_days(card.submitted_at),
        limit=KIND_LIMITS[card.candidate.kind],
        photos=[url_for("hq.application_photo", application_id=application_id, key=key) for key in card.photos],
    )  # fmt: skip


def _map(card: ApplicationCard, near: Around) -> dict[str, Any]:
    """The applicant's place among the nearest points, and the neighbourhoods around."""
    close = {str(place.neighbourhood_id) for place, way, _residents in near.points if way <= _NEAR_M}
    shown = {str(card.neighbourhood_id), *close}
    areas = [
        {**area, "properties": _told(area["properties"])}
        for area in read(communities.neighbourhood_shapes, card.hub_id)
        if area["properties"]["id"] in shown
    ]
    points: list[dict[str, Any]] = [
        {"lat": place.place.lat, "lon": place.place.lon, "name": place.pickup_point_name,
         "text": tr(place, "neighbourhood_name"), "kind": "good" if place.leader_id else "hub"}
        for place, way, _residents in near.points
        if way <= _NEAR_M
    ]  # fmt: skip
    if card.candidate:
        here = card.candidate.place
        points.append({"lat": here.lat, "lon": here.lon, "name": card.candidate.name, "kind": "bad"})
    return {"areas": {"type": "FeatureCollection", "features": areas}, "points": points}


def _told(area: dict[str, Any]) -> dict[str, Any]:
    name = area["name_en"] if is_english() and area["name_en"] else area["name"]
    return {"name": name, "text": _("%(num)s households", num=area["households"])}
