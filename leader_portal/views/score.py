"""How a leader is scored, with the numbers from which every point follows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.scoring import queries, rules
from app.domains.scoring.values import Comparison, DayCard, ScorecardCard
from app.web import scores
from app.web.context import read
from app.web.words import gettext as _
from leader_portal.doors import here, leader
from leader_portal.names import measured, name


@leader.get("/score")
def score() -> ResponseReturnValue:
    """The newest scorecard, or the one of the days that her appraisal names; its parts, and how it went before."""
    at = here()
    cards = read(queries.scorecards_of_leader, at.id)
    if not cards:
        return render_template("leader_portal/score.html", card=None)
    asked = request.args.get("first", ""), request.args.get("last", "")
    card = next((c for c in cards if (c.period_from.isoformat(), c.period_to.isoformat()) == asked), cards[0])
    days = read(queries.days_of_leader, at.id, card.period_from, card.period_to)
    bars = scores.falls(card, name)
    return render_template(
        "leader_portal/score.html", card=card, bars=bars, waterfall=scores.waterfall(bars), scores=scores,
        measured=measured, trend=_trend(cards[::-1]) if len(cards) > 1 else None,
        by_day=_by_day(days) if days else None, next_tier=_next_tier(card), beside=_beside(at.leader.hub_id, card),
    )  # fmt: skip


def _beside(hub_id: UUID, card: ScorecardCard) -> list[Comparison]:
    """Her measures beside the medians of others; nobody else's numbers are shown."""
    return rules.compare(read(queries.scorecards_of_period, hub_id, card.period_from, card.period_to), card)


def _trend(cards: Sequence[ScorecardCard]) -> dict[str, Any]:
    return {
        "xAxis": {"type": "category", "data": [f"{c.period_to.month}/{c.period_to.day}" for c in cards]},
        "yAxis": {"type": "value", "min": 0, "max": 100},
        "series": [{"type": "line", "name": _("Points"), "data": [c.total_centi / 100 for c in cards]}],
    }


def _by_day(days: Sequence[DayCard]) -> dict[str, Any]:
    return {
        "xAxis": {"type": "category", "data": [f"{d.on_date.month}/{d.on_date.day}" for d in days]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "name": _("Orders"), "data": [d.orders for d in days]}],
    }


def _next_tier(card: ScorecardCard) -> tuple[str, int] | None:
    """The tier above and how many hundredths of a point are missing; None at the top."""
    above = [(least, tier) for least, tier in rules.TIERS if least > card.total_centi]
    return (name(above[-1][1]), above[-1][0] - card.total_centi) if above else None
