"""A draft of the scorecard's policy tried on history by the worker: asked for, watched, cancelled, looked at."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.scoring import queries as scoring
from app.domains.scoring.service import back_tests as service
from app.domains.scoring.values import BackTestCard, DraftCard, Tier, Trial
from app.kernel.actors import Permission
from app.web import scores
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.lists import HubChoice


@hq.get("/scorecards/drafts/<uuid:draft_id>/back-test")
@needs(Permission.SCORING_JUDGE)
def back_test(draft_id: UUID) -> ResponseReturnValue:
    """What the draft would have said of the last weeks of a hub: who changes tier, and what scores depend on."""
    choice, draft = HubChoice(needed=True), read(scoring.get_draft, draft_id)
    test = read(scoring.find_back_test, draft_id, choice.id) if choice.id else None
    last = read(scoring.last_day, choice.id, now()) if choice.id else None
    trials = test.trials if test else ()
    asked = request.args.get("period", "")
    shown = next((trial for trial in trials if trial.period_to.isoformat() == asked), trials[0] if trials else None)
    leaders = {one.id: one for one in read(communities.leader_cards, choice.id)} if shown and choice.id else {}
    return render_template(
        "hq_console/back_test.html", draft=draft, choice=choice, test=test, last=last, trials=trials, shown=shown,
        scores=scores, leaders=leaders, stale=_stale(test, draft, last) if test else "",
        tiers=_tiers(shown) if shown else [], movers=sum(row.is_moved for row in shown.rows) if shown else 0,
        chart=_movers(trials) if len(trials) > 1 else None,
    )  # fmt: skip


@hq.post("/scorecards/drafts/<uuid:draft_id>/back-test")
@needs(Permission.SCORING_JUDGE)
def ask_back_test(draft_id: UUID) -> ResponseReturnValue:
    """Let the worker try the draft as it is now; what an earlier back-test found is replaced."""
    choice = HubChoice(needed=True)
    with refusals_to(flash_refusal):
        if choice.id:
            transact(service.ask, draft_id, choice.id)
    return redirect(url_for("hq.back_test", draft_id=draft_id, hub=choice.code), 303)


@hq.get("/scorecards/back-tests/<uuid:back_test_id>/progress")
@needs(Permission.SCORING_JUDGE)
def back_test_progress(back_test_id: UUID) -> ResponseReturnValue:
    """How far the worker is; the page asks every second while it is at it."""
    test = read(scoring.get_back_test, back_test_id)
    hub = read(communities.get_hub, test.hub_id)
    answer = render_template("hq_console/_back_test_progress.html", test=test, hub_code=hub.code)
    return answer if test.is_at_work else (answer, 200, {"HX-Refresh": "true"})


@hq.post("/scorecards/back-tests/<uuid:back_test_id>/cancel")
@needs(Permission.SCORING_JUDGE)
def cancel_back_test(back_test_id: UUID) -> ResponseReturnValue:
    """Let the worker stop; what was found so far stays."""
    test = read(scoring.get_back_test, back_test_id)
    with refusals_to(flash_refusal):
        transact(service.cancel, back_test_id)
    hub = read(communities.get_hub, test.hub_id)
    return redirect(url_for("hq.back_test", draft_id=test.draft_id, hub=hub.code), 303)


def _stale(test: BackTestCard, draft: DraftCard, last: date | None) -> str:
    """Why what was found is no longer what would be found now; empty when it is."""
    if test.terms != draft.terms:
        return _("The draft has changed since this back-test.")
    return _("There are newer facts than this back-test saw.") if last and last > test.last_on else ""


def _tiers(trial: Trial) -> list[tuple[Tier, int, int]]:
    """How many leaders stand in each tier, by the policy that held and by the draft."""
    return [
        (tier, sum(row.held_tier is tier for row in trial.rows), sum(row.tried_tier is tier for row in trial.rows))
        for tier in Tier
    ]


def _movers(trials: tuple[Trial, ...]) -> dict[str, Any]:
    """Leaders who would have changed tier, by period, oldest first."""
    ordered = trials[::-1]
    return {
        "xAxis": {"type": "category", "data": [_short(trial.period_to) for trial in ordered]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"type": "bar", "name": _("Leaders who change tier"),
             "data": [sum(row.is_moved for row in trial.rows) for trial in ordered]}
        ],
    }  # fmt: skip


def _short(on: date) -> str:
    return f"{on.month}/{on.day}"
