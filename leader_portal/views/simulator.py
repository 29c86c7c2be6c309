"""What if: a leader's own last week, or orders that she types in, under another tier or version of the rates."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.catalogue import queries as catalogue
from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier
from app.domains.settlement import rules
from app.domains.settlement.queries import rates as queries
from app.domains.settlement.values.rates import RateRule, RateTrial, RateVersionCard
from app.kernel.errors import NotFound
from app.kernel.money import parse_cents
from app.web.context import now, read
from app.web.words import gettext as _, tr
from leader_portal import names
from leader_portal.doors import Here, here, leader

#: Rows for typed orders.
ROWS = 4
WEEK = timedelta(days=7)
#: Where no rule fits, an offer says its own rate; this one is assumed for typed orders.
ASSUMED_BPS = 500


@dataclass(frozen=True, slots=True)
class Typed:
    """One typed line: its price in all, and what it would earn."""

    cents: int
    rate_bps: int
    is_assumed: bool
    earns_cents: int


@leader.get("/earnings/simulator")
def simulator() -> ResponseReturnValue:
    """Her last week and typed orders under the tier and version that she chooses; nothing is written."""
    at = here()
    kind, tier = read(queries.standing, at.id, at.leader.kind, now())
    chosen = _tier(request.args.get("tier", "")) or tier
    versions = [card for card in read(queries.versions) if card.valid_from > now()]
    holding = read(queries.version_at, now())
    version = _version(request.args.get("version", "")) or holding
    since, until = now() - WEEK, now() + timedelta(seconds=1)
    tried = read(queries.trial, _trial(at, version, kind, chosen, since, until)) if version else []
    categories = read(catalogue.categories)
    typed, errors = _typed(at, version, kind, chosen, {str(row.id) for row in categories})
    return render_template(
        "leader_portal/simulator.html", tried=tried, tier=tier, chosen=chosen, kind=kind, version=version,
        holding=holding, called={row.id: tr(row) for row in categories}, typed=typed, errors=errors,
        currency=at.hub.currency, rows=range(ROWS), args=request.args,
        categories=[(str(row.id), tr(row)) for row in categories],
        tiers=[(one.value, names.name(one)) for one in Tier],
        versions=[(str(card.version), _label(card)) for card in ([holding] if holding else []) + versions],
    )  # fmt: skip


def _label(card: RateVersionCard) -> str:
    if card.valid_from <= now():
        return _("rates of today (version %(num)s)", num=card.version)
    return _("announced: version %(num)s", num=card.version)


def _tier(text: str) -> Tier | None:
    return Tier(text) if text in set(Tier) else None


def _version(text: str) -> RateVersionCard | None:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        return None
    try:
        return read(queries.get_version, int(text))
    except NotFound:
        return None


def _trial(
    at: Here, version: RateVersionCard, kind: LeaderKind, tier: Tier | None, since: Any, until: Any
) -> RateTrial:
    return RateTrial(since=since, until=until, rules=version.rules, min_cents=version.min_line_cents, leader_id=at.id,
                     kind=kind, tier=tier)  # fmt: skip


def _typed(
    at: Here, version: RateVersionCard | None, kind: LeaderKind, tier: Tier | None, known: set[str]
) -> tuple[dict[int, Typed], dict[int, str]]:
    """Typed lines by row, and what is wrong with a row."""
    found: dict[int, Typed] = {}
    errors: dict[int, str] = {}
    wanted: tuple[RateRule, ...] = version.rules if version else ()
    for row in range(ROWS):
        text, category = request.args.get(f"sum-{row}", "").strip()[:20], request.args.get(f"category-{row}", "")
        if not text:
            continue
        try:
            cents = parse_cents(text, at.hub.currency)
        except ValueError:
            errors[row] = _("An amount such as 19.90.")
            continue
        if category not in known:
            errors[row] = _("Please choose a category.")
            continue
        rate = rules.rate_for(wanted, UUID(category), tier, kind)
        bps = ASSUMED_BPS if rate is None else rate
        least = version.min_line_cents if version else 0
        found[row] = Typed(cents, bps, rate is None, rules.commission_cents(cents, bps, least))
    return found, errors
