"""Claims: the queue with the nearest deadline first, one owner for each, the decision, and the rules."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.queries import Whose
from app.domains.aftersales.service import desk
from app.domains.aftersales.values import ClaimFault, ClaimPolicy, ClaimStatus, DecideClaim
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.orders import queries as orders
from app.domains.supply.queries import lots
from app.flows.claims import decide_claim
from app.kernel.actors import RIGHTS, Permission, Role
from app.kernel.money import format_cents
from app.web.context import actor, now, read, transact
from app.web.filters import use_zone
from app.web.guards import needs
from app.web.photos import photo
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, chips_of

#: Fields of the policy's form that are plain numbers.
_NUMBERS = ("free_claims", "history_days", "evidence_hours", "decide_hours", "alert_residents")


@hq.get("/claims")
@needs(Permission.CLAIMS_READ)
def claims() -> ResponseReturnValue:
    """Claims; first those that wait for a decision, those past their time leading; and what piles up."""
    choice = HubChoice()
    wanted = request.args.get("status", "open")
    status = next((s for s in ClaimStatus if s.value == wanted), None)
    whose = next((w for w in Whose if w.value == request.args.get("whose")), None)
    page = read(aftersales.claims, ask_page(), status, choice.id, (whose, actor().id) if whose else None)
    chips = chips_of("status", [*names.choices(ClaimStatus), ("all", _("All"))], "")[1:]
    for chip, state in zip(chips, [*ClaimStatus, None], strict=True):
        chip["active"] = state is status
    waiting, late = read(aftersales.open_and_late, now(), choice.id)
    return render_template(
        "hq_console/claims.html", page=page, choice=choice, status_chips=chips, waiting=waiting, late=late, now=now(),
        hubs={h.id: h for h in choice.all}, alerts=_alerts(choice.id),
        whose_chips=chips_of("whose", [("mine", _("Mine")), ("nobodys", _("Nobody’s"))], _("Everybody’s")),
    )  # fmt: skip


def _alerts(hub_id: UUID | None) -> list[dict[str, Any]]:
    """What several residents complain about, with the round and the lots that it may be."""
    found = []
    for alert in read(aftersales.alerts, hub_id):
        bought = read(lots.lots_of_round_sku, alert.group_buy_id, alert.sku_id)
        found.append({"card": alert, "round": read(groupbuys.get_group_buy, alert.group_buy_id), "lots": bought})
    return found


@hq.post("/claims/alerts/<uuid:alert_id>")
@needs(Permission.CLAIMS_DECIDE)
def see_alert(alert_id: UUID) -> ResponseReturnValue:
    """Lay an alert aside: somebody has looked at the lot."""
    return _done(lambda: transact(desk.see_alert, alert_id), _("Noted: somebody looked at it."), url_for("hq.claims"))


@hq.get("/claims/<uuid:claim_id>")
@needs(Permission.CLAIMS_READ)
def claim(claim_id: UUID) -> ResponseReturnValue:
    """One claim with the order it belongs to, both sides, and who has it in hand."""
    return _page(claim_id, Form({}))


@hq.get("/claims/<uuid:claim_id>/photos/<key>")
@needs(Permission.CLAIMS_READ)
def claim_photo(claim_id: UUID, key: str) -> ResponseReturnValue:
    """A photo that lies beside a claim."""
    if not read(aftersales.has_photo, claim_id, key):
        abort(404)
    return photo(key)


@hq.post("/claims/<uuid:claim_id>/owner")
@needs(Permission.CLAIMS_DECIDE)
def own_claim(claim_id: UUID) -> ResponseReturnValue:
    """Take a claim in hand, or hand it over to a colleague."""
    form, back = Form(request.form), url_for("hq.claim", claim_id=claim_id)
    to_id = form.uuid("to")
    if to_id is None:
        return _done(lambda: transact(desk.take, claim_id), _("It is in your hand now."), back)
    return _done(lambda: transact(desk.hand_over, claim_id, to_id), _("Handed over."), back)


def _done(act: Callable[[], object], said: str, back: str) -> ResponseReturnValue:
    with refusals_to(flash_refusal):
        act()
        flash(said, "success")
    return redirect(back, 303)


@hq.post("/claims/<uuid:claim_id>")
@needs(Permission.CLAIMS_DECIDE)
def decide(claim_id: UUID) -> ResponseReturnValue:
    """Approve with an amount, or reject; the resident is told the reason."""
    found = read(aftersales.get_claim, claim_id)
    currency = read(communities.get_hub, found.hub_id).currency
    form = Form(request.form)
    approve = form.values.get("verdict") == "approve"
    wish = DecideClaim(
        claim_id=claim_id, approve=approve, fault=form.one_of("fault", ClaimFault),
        reason=form.text("reason", 300, needed=True),
        amount_cents=form.cents("amount_cents", currency) if approve else None,
    )  # fmt: skip
    if "verdict" not in form.values:
        form.errors["verdict"] = _("Please choose one.")
    if form.ok:
        with refusals_to(form.refuse):
            transact(decide_claim, wish)
            flash(_("Decided. The resident is told."), "success")
            return redirect(url_for("hq.claims"), 303)
    return _page(claim_id, form), 422


def _page(claim_id: UUID, form: Form) -> str:
    found = read(aftersales.get_claim, claim_id)
    hub = read(communities.get_hub, found.hub_id)
    use_zone(hub.timezone)
    suggested = {"amount_cents": format_cents(found.claimed_cents, hub.currency)}
    deciders = [role for role in Role if role.value.startswith("hq_") and Permission.CLAIMS_DECIDE in RIGHTS[role]]
    colleagues = [one for role in deciders for one in read(accounts.accounts_by_role, role)]
    others = {actor().id, found.owner_id}
    said = [
        (note, [url_for("hq.claim_photo", claim_id=claim_id, key=key) for key in note.photos])
        for note in read(aftersales.notes, claim_id)
    ]
    return render_template(
        "hq_console/claim.html", claim=found, hub=hub, order=read(orders.get_order, found.order_id), now=now(),
        leader=read(communities.leaders_by_id, [found.leader_id]).get(found.leader_id),
        faults=names.choices(ClaimFault), values=suggested | form.values, errors=form.errors, said=said,
        mine=found.owner_id == actor().id, may_decide=found.owner_id in {None, actor().id},
        colleagues=[(str(c.account_id), c.name) for c in colleagues if c.account_id not in others],
    )  # fmt: skip


@hq.get("/claims/rules")
@needs(Permission.CLAIMS_SET_RULES)
def claim_rules() -> ResponseReturnValue:
    """The policy by which claims are screened, and those before it."""
    now_valid = read(aftersales.current_policy).policy
    values = {name: str(value) for name, value in asdict(now_valid).items()}
    values |= {"auto_limit_cents": format_cents(now_valid.auto_limit_cents), "share": f"{now_valid.share_bps / 100:g}"}
    return _rules_page(values, {})


@hq.post("/claims/rules")
@needs(Permission.CLAIMS_SET_RULES)
def save_claim_rules() -> ResponseReturnValue:
    """Adopt another policy for claims that are filed from now on."""
    form = Form(request.form)
    wish = ClaimPolicy(
        version=0, auto_limit_cents=form.cents("auto_limit_cents", "CNY") or 0, share_bps=form.whole("share") * 100,
        **{name: form.whole(name) for name in _NUMBERS},
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            version = transact(desk.adopt_policy, wish)
            flash(_("Version %(num)s holds from now on.", num=version), "success")
            return redirect(url_for("hq.claim_rules"), 303)
    return _rules_page(form.values, form.errors), 422


def _rules_page(values: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "hq_console/claim_rules.html", values=values, errors=errors, current=read(aftersales.current_policy),
        policies=read(aftersales.policies),
    )  # fmt: skip
