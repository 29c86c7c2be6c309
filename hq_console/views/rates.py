"""Commission rates: what holds, what was announced, a preview on the last week, and the announcement itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier
from app.domains.settlement import rules
from app.domains.settlement.queries import rates as queries
from app.domains.settlement.service import rates
from app.domains.settlement.values.rates import AnnounceRates, RateRule, RateTrial, RateVersionCard, TrialRow
from app.kernel.actors import Permission
from app.kernel.money import format_cents
from app.web.context import now, read, transact
from app.web.filters import DEFAULT_ZONE, local, use_zone
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form

#: Rows of the form that stand ready beside those that are filled.
SPARE = 3
PREVIEWED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Preview:
    """What lines of the last week earned, and would have earned under the draft."""

    earned_cents: int
    would_cents: int
    winners: int
    losers: int
    #: (name, earned, would) by category, and of the leaders who lose most.
    categories: list[tuple[str, int, int]]
    worst: list[tuple[str, int, int]]


@hq.get("/rates")
@needs(Permission.LEDGER_READ)
def rates_page() -> ResponseReturnValue:
    """What holds and what will; the form begins with what holds."""
    holding = read(queries.version_at, now())
    earliest = local(now() + rules.NOTICE + timedelta(days=1)).replace(hour=0, minute=0)
    values = {"valid_from": f"{earliest:%Y-%m-%dT%H:%M}", "min_line_cents": "0.00", "note": ""}
    values |= _values_of(holding) if holding else {}
    return _page(values, {}, None)


@hq.post("/rates")
@needs(Permission.SETTLEMENT_SET_RATES)
def announce_rates() -> ResponseReturnValue:
    """Preview a draft on the last week, or announce it; what was typed stays."""
    form = Form(request.form)
    zone = _zone()
    wish = AnnounceRates(
        valid_from=form.moment("valid_from", zone), min_line_cents=form.cents("min_line_cents", "CNY") or 0,
        note=form.text("note", rules.MAX_NOTE), rules=_rules_of(form),
    )  # fmt: skip
    if not form.ok:
        return _page(form.values, form.errors, None), 422
    if form.values.get("do") != "announce":
        return _page(form.values, {}, _preview(wish))
    with refusals_to(form.refuse):
        version = transact(rates.announce, wish)
        flash(_("Version %(num)s is announced; every leader is told.", num=version), "success")
        return redirect(url_for("hq.rates_page"), 303)
    return _page(form.values, form.errors, None), 422


def _rules_of(form: Form) -> tuple[RateRule, ...]:
    """The filled rows: a row without a rate is left out."""
    found = []
    for row in range(rules.MAX_RULES):
        typed = form.values.get(f"rate-{row}", "")
        if not typed:
            continue
        tier, kind = form.values.get(f"tier-{row}", ""), form.values.get(f"kind-{row}", "")
        bps = _bps(typed)
        if bps is None:
            form.errors[f"rate-{row}"] = _("A percentage such as 8.5.")
            continue
        found.append(
            RateRule(category_id=form.uuid(f"category-{row}"), tier=Tier(tier) if tier in set(Tier) else None,
                     leader_kind=LeaderKind(kind) if kind in set(LeaderKind) else None, rate_bps=bps)
        )  # fmt: skip
    return tuple(found)


def _bps(typed: str) -> int | None:
    """8.5 as 850; None for anything that is no percentage of at most two digits behind the point."""
    whole, _point, rest = typed.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 4 and len(rest) <= 2):
        return None
    if rest and not (rest.isascii() and rest.isdigit()):
        return None
    return int(whole) * 100 + int(rest.ljust(2, "0"))


def _values_of(card: RateVersionCard) -> dict[str, str]:
    values = {"min_line_cents": format_cents(card.min_line_cents)}
    for row, rule in enumerate(card.rules):
        values |= {
            f"category-{row}": str(rule.category_id or ""), f"tier-{row}": rule.tier.value if rule.tier else "",
            f"kind-{row}": rule.leader_kind.value if rule.leader_kind else "",
            f"rate-{row}": f"{rule.rate_bps / 100:g}",
        }  # fmt: skip
    return values


def _preview(wish: AnnounceRates) -> Preview:
    until = now() + timedelta(seconds=1)
    asked = RateTrial(since=until - PREVIEWED, until=until, rules=wish.rules, min_cents=wish.min_line_cents)
    tried = read(queries.trial, asked)
    by_category, by_leader = _sums(tried, "category_id"), _sums(tried, "leader_id")
    called = {row.id: tr(row) for row in read(catalogue.categories)}
    leaders = read(communities.leaders_by_id, list(by_leader))
    losing = sorted((would - earned, id_) for id_, (earned, would) in by_leader.items() if would < earned)
    return Preview(
        earned_cents=sum(row.earned_cents for row in tried), would_cents=sum(row.would_cents for row in tried),
        winners=sum(would > earned for earned, would in by_leader.values()), losers=len(losing),
        categories=[(called[id_], *sums) for id_, sums in by_category.items()],
        worst=[(leaders[id_].name, *by_leader[id_]) for _less, id_ in losing[:5]],
    )  # fmt: skip


def _sums(tried: list[TrialRow], field: str) -> dict[UUID, tuple[int, int]]:
    found: dict[UUID, tuple[int, int]] = {}
    for row in tried:
        earned, would = found.get(getattr(row, field), (0, 0))
        found[getattr(row, field)] = (earned + row.earned_cents, would + row.would_cents)
    return found


def _zone() -> str:
    hubs = read(communities.hubs)
    zone = hubs[0].timezone if hubs else DEFAULT_ZONE
    use_zone(zone)
    return zone


def _page(values: dict[str, str], errors: dict[str, str], preview: Preview | None) -> str:
    _zone()
    filled = [row for row in range(rules.MAX_RULES) if values.get(f"rate-{row}")]
    categories = read(catalogue.categories)
    shown: dict[str, Any] = {
        "rows": range(min(rules.MAX_RULES, (filled[-1] + 1 if filled else 0) + SPARE)),
        "categories": [("", _("all categories")), *((str(row.id), tr(row)) for row in categories)],
        "tiers": [("", _("all tiers")), *names.choices(Tier)],
        "kinds": [("", _("all kinds")), *names.choices(LeaderKind)],
        "called": {row.id: tr(row) for row in categories},
    }
    return render_template(
        "hq_console/rates.html", values=values, errors=errors, preview=preview, versions=read(queries.versions),
        holding=read(queries.version_at, now()), notice=rules.NOTICE.days, now=now(), **shown,
    )  # fmt: skip
