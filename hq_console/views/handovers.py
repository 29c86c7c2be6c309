"""Handovers of a round: who has counted, what differed, and counting in place of a leader."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault, HandoverCard, HandoverState
from app.flows.handover import count_handover
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import round_page


@hq.get("/rounds/<uuid:group_buy_id>/handovers")
@needs(Permission.LOGISTICS_READ)
def handovers(group_buy_id: UUID) -> ResponseReturnValue:
    """All handovers of a round with their differences."""
    page = round_page(group_buy_id)
    cards = read(logistics.handovers_of_round, group_buy_id)
    leaders = read(communities.leaders_by_id, {card.leader_id for card in cards})
    counted = sum(card.state is HandoverState.COUNTED for card in cards)
    return render_template(
        "hq_console/handovers.html", **page, cards=cards, leaders=leaders, counted=counted,
        expected=sum(line.expected_qty for card in cards for line in card.lines),
        short=sum(line.short_qty for card in cards for line in card.lines),
        damaged=sum(line.damaged_qty for card in cards for line in card.lines),
    )  # fmt: skip


@hq.get("/rounds/<uuid:group_buy_id>/handovers/<uuid:handover_id>")
@needs(Permission.LOGISTICS_READ)
def handover(group_buy_id: UUID, handover_id: UUID) -> ResponseReturnValue:
    """One handover, line by line."""
    return _page(group_buy_id, _own(group_buy_id, handover_id), Form({}))


@hq.post("/rounds/<uuid:group_buy_id>/handovers/<uuid:handover_id>")
@needs(Permission.LOGISTICS_HAND_OVER)
def count_for_leader(group_buy_id: UUID, handover_id: UUID) -> ResponseReturnValue:
    """Take in a leader's count that she told by other means. It is final: an empty box is a fault, not a 0."""
    card = _own(group_buy_id, handover_id)
    form = Form(request.form)
    lines = [
        CountLine(
            sku_id=line.sku_id, short_qty=form.whole(f"short-{line.id}"),
            damaged_qty=form.whole(f"damaged-{line.id}"),
            fault=form.one_of(f"fault-{line.id}", Fault), note=form.text(f"note-{line.id}", 200),
        )
        for line in card.lines
    ]  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            transact(count_handover, handover_id, lines)
            flash(_("Counted."), "success")
            return redirect(url_for("hq.handovers", group_buy_id=group_buy_id), 303)
    return _page(group_buy_id, card, form), 422


def _own(group_buy_id: UUID, handover_id: UUID) -> HandoverCard:
    card = read(logistics.get_handover, handover_id)
    if card.group_buy_id != group_buy_id:
        raise NotFound("handover")
    return card


def _page(group_buy_id: UUID, found: HandoverCard, form: Form) -> str:
    page = round_page(group_buy_id)
    there, taken = read(logistics.empties_at, group_buy_id, found.pickup_point_id, page["hub"].id)
    return render_template(
        "hq_console/handover.html", **page, handover=found, form=form, faults=names.choices(Fault),
        empties_there=there, empties_taken=taken,
        leader=read(communities.leaders_by_id, [found.leader_id]).get(found.leader_id),
    )  # fmt: skip
