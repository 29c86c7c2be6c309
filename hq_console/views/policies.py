"""The scorecard's policies: what holds and what was announced, drafts, their back-test, and the fairness report."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.scoring import queries as scoring, rules
from app.domains.scoring.service import policies
from app.domains.scoring.values import DraftCard, Measure, PolicyTerms, Stage, Weight
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.web import scores
from app.web.context import now, read, transact
from app.web.filters import local
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

#: Percentages of a measure that must be given.
PERCENTS = ("target", "worst", "prior")


@hq.get("/scorecards/policies")
@needs(Permission.SCORING_READ)
def policies_page() -> ResponseReturnValue:
    """Every version that was announced, and the drafts."""
    return render_template(
        "hq_console/policies.html", versions=read(scoring.policy_cards), drafts=read(scoring.drafts),
        holding=read(scoring.current_policy, local(now()).date()), today=local(now()).date(), stages=list(Stage),
        points_at=rules.points_at, notice=rules.NOTICE.days,
    )  # fmt: skip


@hq.get("/scorecards/policies/new")
@needs(Permission.SCORING_JUDGE)
def new_draft() -> ResponseReturnValue:
    """A new draft that begins with what holds, or with the balanced proposal."""
    held = read(scoring.current_policy, None)
    proposed = request.args.get("from") == "balanced" or held is None
    terms = rules.BALANCED if proposed or held is None else rules.terms_of(held)
    return _form(None, values_of("", terms), {})


@hq.get("/scorecards/drafts/<uuid:draft_id>")
@needs(Permission.SCORING_JUDGE)
def draft(draft_id: UUID) -> ResponseReturnValue:
    """One draft, to change, to try on history and to announce."""
    card = read(scoring.get_draft, draft_id)
    return _form(card, values_of(card.name, card.terms), {})


@hq.post("/scorecards/policies/new", endpoint="save_new_draft")
@hq.post("/scorecards/drafts/<uuid:draft_id>", endpoint="save_draft")
@needs(Permission.SCORING_JUDGE)
def save_draft(draft_id: UUID | None = None) -> ResponseReturnValue:
    """Keep a draft; what was typed stays when it could not judge."""
    card = read(scoring.get_draft, draft_id) if draft_id else None
    form = Form(request.form)
    name, terms = form.text("name", policies.LONGEST_NAME, needed=True), terms_of(form)
    if form.ok:
        with refusals_to(form.refuse):
            kept = transact(policies.save_draft, draft_id, name, terms, form.values.get("seen", ""))
            flash(_("The draft is kept."), "success")
            return redirect(url_for("hq.draft", draft_id=kept), 303)
    return _form(card, form.values, form.errors), 422


@hq.post("/scorecards/drafts/<uuid:draft_id>/drop")
@needs(Permission.SCORING_JUDGE)
def drop_draft(draft_id: UUID) -> ResponseReturnValue:
    """Throw a draft away; a second press finds it gone."""
    try:
        transact(policies.drop_draft, draft_id)
    except NotFound:
        flash(_("This draft was gone already."), "info")
    else:
        flash(_("The draft is gone."), "info")
    return redirect(url_for("hq.policies_page"), 303)


@hq.post("/scorecards/drafts/<uuid:draft_id>/adopt")
@needs(Permission.SCORING_JUDGE)
def adopt_draft(draft_id: UUID) -> ResponseReturnValue:
    """Announce a draft with its first day; every leader is told, and the draft is gone."""
    card = read(scoring.get_draft, draft_id)
    form = Form(request.form)
    valid_from = form.day("valid_from")
    if form.ok:
        with refusals_to(form.refuse):
            version = transact(policies.adopt_draft, draft_id, valid_from, form.values.get("seen", ""))
            flash(_("Version %(num)s is announced; every leader is told.", num=version), "success")
            return redirect(url_for("hq.policies_page"), 303)
    return _form(card, values_of(card.name, card.terms) | form.values, form.errors), 422


@hq.get("/scorecards/fairness")
@needs(Permission.SCORING_READ)
def fairness() -> ResponseReturnValue:
    """What the scores of the last review depend on, as they are and without normalising by potential."""
    choice = HubChoice(needed=True)
    cards = read(scoring.scorecards, choice.id) if choice.id else []
    facts = [card.facts for card in cards]
    version = cards[0].policy_version if cards else 0
    policy = next((one.policy for one in read(scoring.policy_cards) if one.policy.version == version), None)
    plain = []
    if policy:
        bare = replace(policy, weights=tuple(replace(one, by_potential=False) for one in policy.weights))
        plain = rules.links(facts, [score.total_centi for score in rules.scores(facts, bare)])
    return render_template(
        "hq_console/fairness.html", choice=choice, cards=cards, scores=scores,
        links=list(zip(rules.links(facts, [card.total_centi for card in cards]), plain, strict=True)) if policy else [],
        is_normalised=bool(policy and any(one.by_potential for one in policy.weights)),
    )  # fmt: skip


def _form(card: DraftCard | None, values: dict[str, str], errors: dict[str, str]) -> str:
    earliest = local(now()).date() + rules.NOTICE + timedelta(days=1)
    return render_template(
        "hq_console/policy_draft.html", draft=card, values={"valid_from": earliest.isoformat()} | values, errors=errors,
        seen=rules.fingerprint(card) if card else "", measures=list(Measure), sums=_sums(values),
        notice=rules.NOTICE.days, hubs=HubChoice().all,
    )  # fmt: skip


def _sums(values: dict[str, str]) -> dict[Stage, int]:
    """What the typed points add up to in each stage."""

    def points(stage: Stage, measure: Measure) -> int:
        mature = values.get(f"points-{measure}", "")
        own = values.get(f"{stage}-{measure}", "") if stage is not Stage.MATURE else ""
        typed = own or mature
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0

    return {stage: sum(points(stage, measure) for measure in Measure) for stage in Stage}


def terms_of(form: Form) -> PolicyTerms:
    """A policy as typed: a measure without points is left out."""
    found = []
    for measure in Measure:
        typed = {field: form.values.get(f"{field}-{measure}", "") for field in ("points", Stage.NEW, Stage.GROWING)}
        if not any(value not in {"", "0"} for value in typed.values()):
            continue
        target, worst, prior = (form.bps(f"{field}-{measure}") or 0 for field in PERCENTS)
        found.append(
            Weight(
                measure=measure, points=form.whole(f"points-{measure}", otherwise=0), target_bps=target,
                worst_bps=worst, prior_bps=prior, prior_n=form.whole(f"n-{measure}"),
                new_points=form.whole(f"new-{measure}") if typed[Stage.NEW] else None,
                growing_points=form.whole(f"growing-{measure}") if typed[Stage.GROWING] else None,
                floor_bps=form.bps(f"floor-{measure}", needed=False),
                by_potential=form.values.get(f"potential-{measure}") == "1",
            )
        )  # fmt: skip
    return PolicyTerms(
        weights=tuple(found), new_days=form.whole("new_days"), mature_days=form.whole("mature_days"),
        note=form.text("note", 300),
    )  # fmt: skip


def values_of(name: str, terms: PolicyTerms) -> dict[str, str]:
    """The form's fields for these terms."""
    values = {"name": name, "note": terms.note, "new_days": str(terms.new_days), "mature_days": str(terms.mature_days)}
    for weight in terms.weights:
        field = weight.measure
        values |= {
            f"points-{field}": str(weight.points), f"target-{field}": f"{weight.target_bps / 100:g}",
            f"worst-{field}": f"{weight.worst_bps / 100:g}", f"prior-{field}": f"{weight.prior_bps / 100:g}",
            f"n-{field}": str(weight.prior_n), f"potential-{field}": "1" if weight.by_potential else "",
            f"new-{field}": "" if weight.new_points is None else str(weight.new_points),
            f"growing-{field}": "" if weight.growing_points is None else str(weight.growing_points),
            f"floor-{field}": "" if weight.floor_bps is None else f"{weight.floor_bps / 100:g}",
        }  # fmt: skip
    return values
