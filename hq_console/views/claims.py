"""Claims: the queue with the nearest deadline first, and the decision."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.values import ClaimStatus, DecideClaim
from app.domains.communities import queries as communities
from app.domains.logistics.values.handover import Fault
from app.domains.orders import queries as orders
from app.flows.claims import decide_claim
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, chips_of


@hq.get("/claims")
@needs(Permission.CLAIMS_READ)
def claims() -> ResponseReturnValue:
    """Claims; first those that wait for a decision."""
    choice = HubChoice()
    wanted = request.args.get("status", "open")
    status = next((s for s in ClaimStatus if s.value == wanted), None)
    page = read(aftersales.claims, ask_page(), status, choice.id)
    chips = chips_of("status", [*names.choices(ClaimStatus), ("all", _("All"))], "")[1:]
    for chip, state in zip(chips, [*ClaimStatus, None], strict=True):
        chip["active"] = state is status
    waiting, late = read(aftersales.open_and_late, now(), choice.id)
    return render_template(
        "hq_console/claims.html", page=page, choice=choice, status_chips=chips, waiting=waiting, late=late, now=now(),
        hubs={h.id: h for h in choice.all},
    )  # fmt: skip


@hq.get("/claims/<uuid:claim_id>")
@needs(Permission.CLAIMS_READ)
def claim(claim_id: UUID) -> ResponseReturnValue:
    """One claim with the order it belongs to."""
    return _page(claim_id, Form({}))


@hq.post("/claims/<uuid:claim_id>")
@needs(Permission.CLAIMS_DECIDE)
def decide(claim_id: UUID) -> ResponseReturnValue:
    """Approve with an amount, or reject; the resident is told the reason."""
    found = read(aftersales.get_claim, claim_id)
    currency = read(communities.get_hub, found.hub_id).currency
    form = Form(request.form)
    approve = form.values.get("verdict") == "approve"
    wish = DecideClaim(
        claim_id=claim_id, approve=approve, fault=form.one_of("fault", Fault),
        reason=form.text("reason", 300, needed=True),
        amount_cents=form.cents("amount_cents", currency) if approve else None,
    )  # fmt: skip
    if "verdict" not in form.values:
        form.errors["verdict"] = _("Please choose one.")
    if form.ok:
        try:
            transact(decide_claim, wish)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_("Decided. The resident is told."), "success")
            return redirect(url_for("hq.claims"), 303)
    return _page(claim_id, form), 422


def _page(claim_id: UUID, form: Form) -> str:
    found = read(aftersales.get_claim, claim_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    suggested = {"amount_cents": format_cents(found.claimed_cents, hub.currency)}
    return render_template(
        "hq_console/claim.html", claim=found, hub=hub, order=read(orders.get_order, found.order_id), now=now(),
        leader=read(communities.leaders_by_id, [found.leader_id]).get(found.leader_id), faults=names.choices(Fault),
        values=suggested | form.values, errors=form.errors,
    )  # fmt: skip
