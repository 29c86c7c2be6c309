"""Leaders: the list, and one leader with her households, score, money and status."""

from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.certificates import queries as certificates
from app.domains.communities import queries as communities
from app.domains.communities.service import leaders as leaders_service
from app.domains.communities.values import LEADER_MOVES, LeaderFilter, LeaderStatus
from app.domains.payouts import queries as payouts
from app.domains.payouts.service import cash
from app.domains.payouts.values import ReceiveCash
from app.domains.scoring import queries as scoring
from app.domains.settlement import queries as settlement
from app.flows import appraisal
from app.flows.replacement import take_over
from app.kernel.actors import Permission
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.web.context import now, read, services, transact
from app.web.filters import money, use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq, may
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, asked_text, chips_of
from hq_console.views.scorecards import radar

PER_PAGE = 40


@hq.get("/leaders")
@needs(Permission.COMMUNITIES_READ)
def leaders() -> ResponseReturnValue:
    """Leaders by code, with households and residents; of one hub, one status, or searched by name."""
    choice = HubChoice()
    status = next((s for s in LeaderStatus if s.value == request.args.get("status")), None)
    wanted = LeaderFilter(hub_id=choice.id, status=status, text=asked_text())
    page = read(communities.leaders, wanted, ask_page(PER_PAGE))
    ids = [card.id for card in page.rows]
    hoods = {card.neighbourhood_id for card in page.rows if card.neighbourhood_id}
    scores = read(scoring.last_scorecards, ids) if may(Permission.SCORING_READ) else {}
    return render_template(
        "hq_console/leaders.html", page=page, total=read(communities.count_leaders, wanted), choice=choice,
        text=wanted.text, scores=scores, residents=read(communities.residents_by_leader, ids=ids),
        lonely=read(communities.lonely_points, choice.id),
        serving=read(communities.leaders_by_neighbourhood, hoods),
        lacking=read(certificates.lacking, now(), choice.id),
        status_chips=chips_of("status", names.choices(LeaderStatus), _("All")),
    )  # fmt: skip


@hq.get("/pickup-points/<uuid:pickup_point_id>/successor")
@needs(Permission.COMMUNITIES_MANAGE)
def successor(pickup_point_id: UUID) -> ResponseReturnValue:
    """Name the leader who takes over a pickup point at which nobody serves."""
    return _successor_page(pickup_point_id, Form({}))


@hq.post("/pickup-points/<uuid:pickup_point_id>/successor")
@needs(Permission.COMMUNITIES_MANAGE)
def name_successor(pickup_point_id: UUID) -> ResponseReturnValue:
    """Let her take over; refusals stand beside their fields and what was typed stays."""
    form = Form(request.form)
    chosen, reason = form.uuid("successor"), form.text("reason", 300, needed=True)
    if chosen is None:
        form.errors["successor"] = _("Please choose one.")
    elif form.ok:
        with refusals_to(form.refuse):
            residents, orders = transact(take_over, pickup_point_id, chosen, reason)
            text = _("Hers now: %(residents)s residents, %(orders)s open orders.", residents=residents, orders=orders)
            flash(text, "success")
            return redirect(url_for("hq.leader", leader_id=chosen), 303)
    return _successor_page(pickup_point_id, form), 422


def _successor_page(pickup_point_id: UUID, form: Form) -> str:
    place = read(communities.get_place, pickup_point_id)
    lonely = read(communities.lonely_points, place.hub_id)
    found = next((one for one in lonely if one.place.pickup_point_id == pickup_point_id), None)
    free = read(communities.free_leaders, place.hub_id)
    return render_template(
        "hq_console/successor.html", place=place, found=found, form=form,
        choices=[(one.id, f"{one.code} {one.name} · {one.pickup_point_name}") for one in free],
    )  # fmt: skip


@hq.get("/leaders/<uuid:leader_id>")
@needs(Permission.COMMUNITIES_READ)
def leader(leader_id: UUID) -> ResponseReturnValue:
    """One leader."""
    return _page(leader_id, Form({}))


@hq.post("/leaders/<uuid:leader_id>/status")
@needs(Permission.COMMUNITIES_MANAGE)
def change_leader(leader_id: UUID) -> ResponseReturnValue:
    """Move a leader to another status for a reason that she is told."""
    form = Form(request.form)
    status = form.one_of("status", LeaderStatus)
    reason = form.text("reason", 300, needed=True)
    if form.ok:
        with refusals_to(form.refuse):
            transact(appraisal.change_status, leader_id, status, reason)
            flash(_("Saved. The leader is told why."), "success")
            return redirect(url_for("hq.leader", leader_id=leader_id), 303)
    return _page(leader_id, form), 422


@hq.post("/leaders/<uuid:leader_id>/cash")
@needs(Permission.COMMUNITIES_MANAGE)
def set_cash(leader_id: UUID) -> ResponseReturnValue:
    """Let residents pay a leader in cash at the pickup, or end it."""
    transact(leaders_service.set_takes_cash, leader_id, takes_cash=request.form.get("takes_cash") == "1")
    flash(_("Saved. It holds for orders from now on."), "success")
    return redirect(url_for("hq.leader", leader_id=leader_id), 303)


@hq.post("/leaders/<uuid:leader_id>/cash-received")
@needs(Permission.PAYOUTS_APPROVE)
def receive_cash(leader_id: UUID) -> ResponseReturnValue:
    """Book cash that a leader handed in."""
    form = Form(request.form)
    hub = read(communities.get_hub, read(communities.get_leader, leader_id).hub_id)
    amount, note = form.cents("amount", hub.currency), form.text("note", needed=True)
    if amount is None and "amount" not in form.errors:
        form.errors["amount"] = _("Please fill this in.")
    if form.ok:
        wish = ReceiveCash(
            leader_id=leader_id, amount_cents=amount or 0, note=note, idempotency_key=form.values.get("key", "")
        )
        with refusals_to(form.refuse):
            left = transact(cash.receive, wish)
            flash(_("Booked. She still holds %(sum)s for us.", sum=money(left, hub.currency)), "success")
            return redirect(url_for("hq.leader", leader_id=leader_id), 303)
    return _page(leader_id, form), 422


def _moves(status: LeaderStatus) -> list[tuple[str, str]]:
    """What one person may change it to; a replacement removes who has worked, an appraisal decides on probations."""
    apart = set() if status is LeaderStatus.APPLICANT else {LeaderStatus.REMOVED, LeaderStatus.PROBATION}
    alone = LEADER_MOVES[status] - apart - ({LeaderStatus.ACTIVE} if status is LeaderStatus.PROBATION else set())
    return [(s.value, names.name(s)) for s in LeaderStatus if s in alone]


def _page(leader_id: UUID, form: Form) -> str:
    card = read(communities.get_leader, leader_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    sees_scores = may(Permission.SCORING_READ)
    history = read(scoring.scorecards_of_leader, leader_id) if sees_scores else []
    since = now() - timedelta(days=30)
    month = read(settlement.earnings, leader_id, since, now()) if may(Permission.LEDGER_READ) else []
    return render_template(
        "hq_console/leader.html", leader=card, hub=hub, form=form, history=history,
        radar=radar(history[0]) if history else None, month=month,
        moves=_moves(card.status),
        held=read(payouts.cash_cents, leader_id, hub.currency) if may(Permission.PAYOUTS_READ) else 0,
        key=form.values.get("key") or str(new_id()),
        residents=read(communities.residents_of_leader, leader_id, PageAsk(limit=10)).rows,
        resident_count=read(communities.residents_by_leader, ids=[leader_id]).get(leader_id, 0),
        link=f"{services().settings.public_url}{url_for('shop.leader_link', share_code=card.share_code)}",
    )  # fmt: skip
