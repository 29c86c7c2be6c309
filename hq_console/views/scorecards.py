"""Scorecards: the ranking of a review, each part with its numbers, and running a review."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities.values import Hub
from app.domains.scoring import queries as scoring
from app.domains.scoring.values import Part, ScorecardCard, Tier, Verdict
from app.flows import leader_review
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, NotFound
from app.web.context import now, read, transact
from app.web.filters import day, local
from app.web.guards import needs
from app.web.words import gettext as _, ngettext
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

REVIEW_DAYS = 28


@hq.get("/scorecards")
@needs(Permission.SCORING_READ)
def scorecards() -> ResponseReturnValue:
    """The last review of a hub, best first."""
    choice = HubChoice(needed=True)
    return _page(choice, {}, {})


@hq.post("/scorecards/review")
@needs(Permission.SCORING_JUDGE)
def review() -> ResponseReturnValue:
    """Judge a hub's leaders over a period; says who changed status by it."""
    form = Form(request.form)
    hub_id, first, last = form.uuid("hub_id"), form.day("period_from"), form.day("period_to")
    choice = HubChoice(needed=True)
    choice.hub = next((h for h in choice.all if h.id == hub_id), choice.hub)
    if choice.hub and form.ok:
        try:
            verdicts = transact(leader_review.review, choice.hub.id, first, last)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            flash(_outcome(verdicts), "info")
            return redirect(url_for("hq.scorecards", hub=choice.code), 303)
    return _page(choice, form.values, form.errors), 422


@hq.post("/scorecards/withdraw")
@needs(Permission.SCORING_JUDGE)
def withdraw_review() -> ResponseReturnValue:
    """Take the review that is shown back, for a reason that its leaders are told."""
    form = Form(request.form)
    hub_id, first, last = form.uuid("hub_id"), form.day("first"), form.day("last")
    reason = form.text("reason", 300, needed=True)
    choice = HubChoice(needed=True)
    choice.hub = next((h for h in choice.all if h.id == hub_id), choice.hub)
    if choice.hub and form.ok:
        try:
            back = transact(leader_review.withdraw, choice.hub.id, first, last, reason)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            text = ngettext(
                "The review is taken back. %(num)s leader gets her status back.",
                "The review is taken back. %(num)s leaders get their status back.", back,
            )  # fmt: skip
            flash(text, "success")
            return redirect(url_for("hq.scorecards", hub=choice.code), 303)
    return _page(choice, form.values, form.errors), 422


def _outcome(verdicts: list[Verdict]) -> str:
    """How many leaders a review moved, and where to."""
    if not verdicts:
        return _("Reviewed. Nobody's status changes.")
    steps = Counter(verdict.step for verdict in verdicts)
    return _("Reviewed: %(who)s", who=", ".join(f"{names.name(step)} {many}" for step, many in steps.items()))


@hq.get("/scorecards/<uuid:leader_id>")
@needs(Permission.SCORING_READ)
def scorecard(leader_id: UUID) -> ResponseReturnValue:
    """A leader's newest scorecard: every part with the numbers from which its points follow, and the ones before."""
    history = read(scoring.scorecards_of_leader, leader_id)
    if not history:
        raise NotFound("scorecard")
    asked = request.args.get("period", "")
    card = next((one for one in history if one.period_to.isoformat() == asked), history[0])
    return render_template(
        "hq_console/scorecard.html", card=card, history=history, radar=radar(card), sentence=sentence,
        periods=[
            {"label": f"{day(one.period_from)} – {day(one.period_to)}", "active": one is card,
             "href": url_for("hq.scorecard", leader_id=leader_id, period=one.period_to.isoformat())}
            for one in history
        ],
    )  # fmt: skip


def radar(card: ScorecardCard) -> dict[str, Any]:
    """The parts of a scorecard as a radar, each in hundredths of what it could earn."""
    return {
        "radar": {"indicator": [{"name": names.name(part.measure), "max": 100} for part in card.parts]},
        "series": [{"type": "radar", "data": [{"value": [_share(part) for part in card.parts]}]}],
    }


def _share(part: Part) -> float:
    return round(part.points_centi / part.points_max, 1) if part.points_max else 0.0


def sentence(part: Part) -> str:
    """How a part's points follow from its numbers, in words."""
    if not part.denominator:
        return _("Nothing to measure in this period; the usual rate counts.")
    measured = _(
        "%(numerator)s of %(denominator)s = %(rate)s %%, counted as %(shrunk)s %%.",
        numerator=part.numerator, denominator=part.denominator, rate=_percent(part.rate_bps),
        shrunk=_percent(part.shrunk_bps),
    )  # fmt: skip
    bounds = _(
        "%(worst)s %% earns nothing, %(target)s %% earns all.", worst=_percent(part.worst_bps),
        target=_percent(part.target_bps),
    )  # fmt: skip
    return f"{measured} {bounds}"


def _percent(bps: int) -> str:
    return f"{bps / 100:.2f}".rstrip("0").rstrip(".")


def _page(choice: HubChoice, values: dict[str, str], errors: dict[str, str]) -> str:
    cards = read(scoring.scorecards, choice.id) if choice.id else []
    tiers = {tier: sum(card.tier is tier for card in cards) for tier in Tier}
    last = local(now()).date()
    suggested = {"period_from": (last - timedelta(days=REVIEW_DAYS - 1)).isoformat(), "period_to": last.isoformat()}
    hub: Hub | None = choice.hub
    return render_template(
        "hq_console/scorecards.html", choice=choice, hub=hub, cards=cards, tiers=tiers, values=suggested | values,
        errors=errors,
    )  # fmt: skip
