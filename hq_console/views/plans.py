"""Plans for leaders: written step by step, published, followed, taken back before they begin, used again."""

from collections.abc import Callable
from datetime import time
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.communities import queries as communities
from app.domains.scoring.values import Tier
from app.domains.tasks import queries, rules
from app.domains.tasks.service import plans as desk
from app.domains.tasks.values import Audience, PlanCard, PlanState, SavePlan, SaveStep, Seniority, StepCard
from app.flows import tasks as flow
from app.infra.storage import MAX_BYTES
from app.kernel.actors import HQ_ROLES, Permission, Role
from app.kernel.errors import DomainError, NotFound
from app.web.context import actor, now, read, transact
from app.web.filters import local
from app.web.guards import needs
from app.web.photos import photo, pictures
from app.web.refusals import flash_refusal, refusals_to
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import ask_page, chips_of


@hq.get("/plans")
@needs(Permission.TASKS_READ)
def plans() -> ResponseReturnValue:
    """All plans, newest first."""
    state = next((one for one in PlanState if one.value == request.args.get("state")), None)
    return render_template(
        "hq_console/plans.html", page=read(queries.plans, ask_page(), state),
        chips=chips_of("state", names.choices(PlanState), _("All")),
    )  # fmt: skip


@hq.get("/plans/new")
@needs(Permission.TASKS_PLAN)
def new_plan() -> ResponseReturnValue:
    """The form of a new plan."""
    return _form(None, {"starts_on": local(now()).date().isoformat()}, {})


@hq.post("/plans")
@needs(Permission.TASKS_PLAN)
def save_plan() -> ResponseReturnValue:
    """Begin a draft, or change one's title, reason and start."""
    form = Form(request.form)
    plan_id = form.uuid("plan_id")
    wish = SavePlan(
        plan_id=plan_id, title=form.text("plan_title", rules.MAX_TITLE, needed=True), note=form.text("note", 500),
        starts_on=form.day("starts_on"),
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            saved = transact(desk.save_plan, wish)
            return redirect(url_for("hq.plan", plan_id=saved), 303)
    return _form(plan_id, form.values, form.errors), 422


@hq.get("/plans/<uuid:plan_id>")
@needs(Permission.TASKS_READ)
def plan(plan_id: UUID) -> ResponseReturnValue:
    """A plan with its steps, whom they reach, and who has done what."""
    card, today = read(queries.get_plan, plan_id), local(now()).date()
    steps, only_open = read(queries.steps, plan_id, now()), request.args.get("show") != "all"
    hubs = {hub.id: tr(hub) for hub in read(communities.hubs)}
    leaders = {one.audience.leader_id for one in steps if one.audience.leader_id}
    return render_template(
        "hq_console/leader_plan.html", plan=card, steps=steps, hubs=hubs, only_open=only_open, today=today,
        meant=flow.meant_by(steps, read(flow.described_leaders)) if card.state is PlanState.DRAFT else {},
        page=read(queries.todos_of_plan, plan_id, ask_page(), now(), today, open_only=only_open),
        leaders={key: one.name for key, one in read(communities.leaders_by_id, list(leaders)).items()},
        chips=chips_of("show", [("all", _("All"))], _("Not done")), tiers=dict(names.choices(Tier)),
    )  # fmt: skip


@hq.get("/plans/<uuid:plan_id>/edit")
@needs(Permission.TASKS_PLAN)
def edit_plan(plan_id: UUID) -> ResponseReturnValue:
    """The form of a draft."""
    card = read(queries.get_plan, plan_id)
    return _form(plan_id, {"plan_title": card.title, "note": card.note, "starts_on": card.starts_on.isoformat()}, {})


@hq.get("/plans/<uuid:plan_id>/step")
@needs(Permission.TASKS_PLAN)
def step(plan_id: UUID) -> ResponseReturnValue:
    """The form of one step, or of a new one."""
    found = _step(plan_id, request.args.get("step", ""))
    return _step_page(plan_id, found, _values(found), {})


@hq.post("/plans/<uuid:plan_id>/step")
@needs(Permission.TASKS_PLAN)
def save_step(plan_id: UUID) -> ResponseReturnValue:
    """Keep a step; a good picture is kept at once and stays when something else is wrong."""
    form = Form(request.form)
    found = _step(plan_id, form.values.get("step_id", ""))
    form.values["asset"] = _asset(plan_id, form)
    wish = _wish(plan_id, found, form)
    if form.ok:
        with refusals_to(form.refuse):
            transact(desk.save_step, wish)
            return redirect(url_for("hq.plan", plan_id=plan_id), 303)
    return _step_page(plan_id, found, form.values, form.errors), 422


@hq.post("/plans/<uuid:plan_id>/drop")
@needs(Permission.TASKS_PLAN)
def drop_step(plan_id: UUID) -> ResponseReturnValue:
    """Take a step out of a draft."""
    step_id = Form(request.form).uuid("step_id")
    if step_id is None:
        raise NotFound("step")
    return _done(plan_id, lambda: transact(desk.drop_step, plan_id, step_id), _("The step is gone."))


@hq.post("/plans/<uuid:plan_id>/publish")
@needs(Permission.TASKS_PLAN)
def publish_plan(plan_id: UUID) -> ResponseReturnValue:
    """Let a plan begin."""
    said = _("Published. Leaders see each task a day ahead.")
    return _done(plan_id, lambda: transact(flow.publish, plan_id), said)


@hq.post("/plans/<uuid:plan_id>/withdraw")
@needs(Permission.TASKS_PLAN)
def withdraw_plan(plan_id: UUID) -> ResponseReturnValue:
    """Take a plan back that has not begun."""
    reason = Form(request.form).text("reason", 500)
    return _done(plan_id, lambda: transact(flow.withdraw, plan_id, reason), _("Withdrawn; nobody has to do it."))


@hq.post("/plans/<uuid:plan_id>/again")
@needs(Permission.TASKS_PLAN)
def use_plan_again(plan_id: UUID) -> ResponseReturnValue:
    """A new draft with the same steps from another day on."""
    form = Form(request.form)
    starts_on = form.day("starts_on")
    if not form.ok:
        flash(form.errors["starts_on"], "danger")
        return redirect(url_for("hq.plan", plan_id=plan_id), 303)
    made = transact(desk.use_again, plan_id, starts_on)
    flash(_("A new draft with the same steps."), "success")
    return redirect(url_for("hq.plan", plan_id=made), 303)


@hq.get("/plans/<uuid:plan_id>/pictures/<key>")
@needs(Permission.TASKS_READ)
def plan_picture(plan_id: UUID, key: str) -> ResponseReturnValue:
    """A picture of a step, or one that proves a task of this plan."""
    if not read(queries.plan_has_asset, plan_id, key) and not read(queries.has_proof, plan_id, key):
        abort(404)
    return photo(key)


def _done(plan_id: UUID, act: Callable[[], object], said: str) -> ResponseReturnValue:
    with refusals_to(flash_refusal):
        act()
        flash(said, "success")
    return redirect(url_for("hq.plan", plan_id=plan_id), 303)


def _form(plan_id: UUID | None, values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("hq_console/plan_form.html", plan_id=plan_id, values=values, errors=errors)


def _step(plan_id: UUID, step_id: str) -> StepCard | None:
    """The step that the address names; None for a new one. Raises NotFound for one of another plan."""
    if not step_id:
        return None
    found = next((one for one in read(queries.steps, plan_id, now()) if str(one.id) == step_id), None)
    if found is None:
        raise NotFound("step")
    return found


def _asset(plan_id: UUID, form: Form) -> str:
    """The key of the picture: a new one, the one there was, or none."""
    file = request.files.get("picture")
    if file and file.filename:
        try:
            return flow.keep_asset(transact, pictures(), file.stream.read(MAX_BYTES + 1))
        except DomainError as refusal:
            form.errors["picture"] = say(refusal)
    before = form.values.get("asset", "")
    is_known = bool(before) and (read(queries.plan_has_asset, plan_id, before) or pictures().find(before) is not None)
    return before if is_known and not form.values.get("no_picture") else ""


def _wish(plan_id: UUID, found: StepCard | None, form: Form) -> SaveStep:
    by_date = form.values.get("when") == "date"
    return SaveStep(
        plan_id=plan_id, step_id=found.id if found else None, title=form.text("step_title", needed=True),
        day_offset=None if by_date else form.whole("day_offset"), on_date=form.day("on_date") if by_date else None,
        due_time=_time(form), script=form.text("script", rules.MAX_SCRIPT), asset=form.values["asset"],
        needs_proof=bool(form.values.get("needs_proof")), owner_id=form.uuid("owner_id") or actor().id or plan_id,
        audience=Audience(
            hub_id=form.uuid("hub_id"), leader_id=_leader(form),
            tier=form.one_of("tier", Tier).value if form.values.get("tier") else None,
            seniority=form.one_of("seniority", Seniority) if form.values.get("seniority") else None,
        ),
    )  # fmt: skip


def _time(form: Form) -> time:
    try:
        return time.fromisoformat(form.values.get("due_time", "")).replace(tzinfo=None)
    except ValueError:
        form.errors["due_time"] = _("A time such as 20:00.")
        return time()


def _leader(form: Form) -> UUID | None:
    """The one leader that a step is for, by her code."""
    code = form.values.get("leader", "")
    if not code:
        return None
    found = next((one for one in read(communities.leader_cards) if one.code.lower() == code.lower()), None)
    if found is None:
        form.errors["leader"] = _("Nobody has this code.")
    return found.id if found else None


def _values(found: StepCard | None) -> dict[str, Any]:
    if found is None:
        return {"when": "offset", "day_offset": "0", "due_time": "20:00", "owner_id": str(actor().id)}
    leader = found.audience.leader_id
    cards = read(communities.leaders_by_id, [leader]) if leader else {}
    return {
        "step_title": found.title, "when": "date" if found.on_date else "offset", "script": found.script,
        "day_offset": "" if found.day_offset is None else str(found.day_offset), "asset": found.asset,
        "on_date": found.on_date.isoformat() if found.on_date else "", "due_time": f"{found.due_time:%H:%M}",
        "needs_proof": "1" if found.needs_proof else "", "owner_id": str(found.owner_id),
        "hub_id": str(found.audience.hub_id or ""), "tier": found.audience.tier or "",
        "seniority": found.audience.seniority or "", "leader": cards[leader].code if leader in cards else "",
    }  # fmt: skip


def _step_page(plan_id: UUID, found: StepCard | None, values: dict[str, Any], errors: dict[str, str]) -> str:
    card: PlanCard = read(queries.get_plan, plan_id)
    people = [one for role in Role if role in HQ_ROLES for one in read(accounts.accounts_by_role, role)]
    return render_template(
        "hq_console/plan_step.html", plan=card, step=found, values=values, errors=errors, variables=rules.VARIABLES,
        owners=[(str(one.account_id), one.name) for one in people if not one.is_disabled],
        hubs=[(str(hub.id), tr(hub)) for hub in read(communities.hubs)], tiers=names.choices(Tier),
        seniorities=names.choices(Seniority),
    )  # fmt: skip
