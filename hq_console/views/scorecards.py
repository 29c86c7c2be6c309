"""Scorecards: the ranking of a period, each part with its numbers; computed and taken back, nobody is moved."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.scoring import queries as scoring, rules
from app.domains.scoring.values import Part, ScorecardCard, Tier
from app.flows import leader_review
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web import scores
from app.web.context import now, read, transact
from app.web.filters import day, local
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _, ngettext
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

REVIEW_DAYS = 28


@hq.get("/scorecards")
@needs(Permission.SCORING_READ)
def scorecards() -> ResponseReturnValue:
    """The newest scorecards of a hub, best first."""
    choice = HubChoice(needed=True)
    return _page(choice, {}, {})


@hq.post("/scorecards/review")
@needs(Permission.SCORING_JUDGE)
def review() -> ResponseReturnValue:
    """Compute the scorecards of a hub's leaders over a period."""
    form = Form(request.form)
    hub_id, first, last = form.uuid("hub_id"), form.day("period_from"), form.day("period_to")
    choice = HubChoice(needed=True)
    choice.take(hub_id)
    if choice.hub and form.ok:
        with refusals_to(form.refuse):
            many = transact(leader_review.review, choice.hub.id, first, last)
            text = ngettext("%(num)s scorecard is computed.", "%(num)s scorecards are computed.", many)
            flash(text, "success")
            return redirect(url_for("hq.scorecards", hub=choice.code), 303)
    return _page(choice, form.values, form.errors), 422


@hq.post("/scorecards/withdraw")
@needs(Permission.SCORING_JUDGE)
def withdraw_review() -> ResponseReturnValue:
    """Take the scorecards that are shown back, for a reason that their leaders are told."""
    form = Form(request.form)
    hub_id, first, last = form.uuid("hub_id"), form.day("first"), form.day("last")
    reason = form.text("reason", 300, needed=True)
    choice = HubChoice(needed=True)
    choice.take(hub_id)
    if choice.hub and form.ok:
        with refusals_to(form.refuse):
            many = transact(leader_review.withdraw, choice.hub.id, first, last, reason)
            text = ngettext("%(num)s scorecard is taken back.", "%(num)s scorecards are taken back.", many)
            flash(text, "success")
            return redirect(url_for("hq.scorecards", hub=choice.code), 303)
    return _page(choice, form.values, form.errors), 422


@hq.get("/scorecards/<uuid:leader_id>")
@needs(Permission.SCORING_READ)
def scorecard(leader_id: UUID) -> ResponseReturnValue:
    """A leader's newest scorecard: every part with the numbers from which its points follow, and the ones before."""
    history = read(scoring.scorecards_of_leader, leader_id)
    if not history:
        raise NotFound("scorecard")
    asked = request.args.get("period", "")
    card = next((one for one in history if one.period_to.isoformat() == asked), history[0])
    hub_id = read(communities.get_leader, leader_id).hub_id
    peers = read(scoring.scorecards_of_period, hub_id, card.period_from, card.period_to)
    bars = scores.falls(card, names.name)
    return render_template(
        "hq_console/scorecard.html", card=card, bars=bars, waterfall=scores.waterfall(bars), scores=scores,
        trend=trend(history[::-1]) if len(history) > 1 else None, beside=rules.compare(peers, card),
        periods=[
            {"label": f"{day(one.period_from)} – {day(one.period_to)}", "active": one is card,
             "href": url_for("hq.scorecard", leader_id=leader_id, period=one.period_to.isoformat())}
            for one in history
        ],
    )  # fmt: skip


def trend(cards: Sequence[ScorecardCard]) -> dict[str, Any]:
    """Totals of the last reviews as a line, oldest first."""
    return {
        "xAxis": {"type": "category", "data": [f"{c.period_to.month}/{c.period_to.day}" for c in cards]},
        "yAxis": {"type": "value", "min": 0, "max": 100},
        "series": [{"type": "line", "name": _("Points"), "data": [c.total_centi / 100 for c in cards]}],
    }


def radar(card: ScorecardCard) -> dict[str, Any]:
    """The parts of a scorecard as a radar, each in hundredths of what it could earn."""
    return {
        "radar": {"indicator": [{"name": names.name(part.measure), "max": 100} for part in card.parts]},
        "series": [{"type": "radar", "data": [{"value": [_share(part) for part in card.parts]}]}],
    }


def _share(part: Part) -> float:
    return round(part.points_centi / part.points_max, 1) if part.points_max else 0.0


def _page(choice: HubChoice, values: dict[str, str], errors: dict[str, str]) -> str:
    cards = read(scoring.scorecards, choice.id) if choice.id else []
    before = read(scoring.totals_before, [card.leader_id for card in cards], cards[0].period_to) if cards else {}
    tiers = {tier: sum(card.tier is tier for card in cards) for tier in Tier}
    last = local(now()).date()
    suggested = {"period_from": (last - timedelta(days=REVIEW_DAYS - 1)).isoformat(), "period_to": last.isoformat()}
    hub: Hub | None = choice.hub
    return render_template(
        "hq_console/scorecards.html", choice=choice, hub=hub, cards=cards, tiers=tiers, values=suggested | values,
        errors=errors, before=before, extremes=extremes, scores=scores,
    )  # fmt: skip


def extremes(card: ScorecardCard) -> tuple[Part | None, Part | None]:
    """The parts in which a leader is most above and most below what her peers' rates would earn."""
    above = max(card.parts, key=lambda part: part.points_centi - part.usual_centi, default=None)
    below = min(card.parts, key=lambda part: part.points_centi - part.usual_centi, default=None)
    return (
        above if above and above.points_centi > above.usual_centi else None,
        below if below and below.points_centi < below.usual_centi else None,
    )
