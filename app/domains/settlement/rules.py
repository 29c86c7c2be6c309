"""Pure decisions of the settlement room: what a line earns, and what has to be posted so that it does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.domains.communities.values import LeaderKind
from app.domains.scoring.values import Tier
from app.domains.settlement.values import Change, EntryKind, LineEarning
from app.domains.settlement.values.rates import AnnounceRates, RateRule
from app.kernel.errors import Invalid
from app.kernel.money import at_rate

#: Leaders know new rates so long before they hold.
NOTICE = timedelta(days=7)
MAX_RULES = 40
MAX_RATE_BPS = 3_000
MAX_MIN_CENTS = 1_000
MAX_NOTE = 300


def net_cents(line: LineEarning) -> int:
    """The value a line earns commission on: what was handed out, at the final price, less what was given back later.

    Never below 0: a claim may be more than what is left of the price.
    """
    return max(0, line.picked_qty * line.final_price_cents - line.claimed_cents)


def entitled_cents(line: LineEarning) -> int:
    """What a line earns its leader in all, by the terms of order time; see `commission_cents`."""
    return commission_cents(net_cents(line), line.commission_bps, line.commission_min_cents)


def commission_cents(net: int, rate_bps: int, min_cents: int = 0) -> int:
    """The net value at the rate, rounded half up once; at least the minimum for a parcel, never above the value."""
    return min(net, max(at_rate(net, rate_bps), min_cents))


def rate_for(rules: Sequence[RateRule], category_id: UUID, tier: Tier | None, kind: LeaderKind) -> int | None:
    """The rate of the most particular rule that fits; None when none does.

    A rule that names the category counts before one that names the tier, that before one that names the kind.
    """
    fitting = [
        rule for rule in rules
        if rule.category_id in {None, category_id} and rule.tier in {None, tier} and rule.leader_kind in {None, kind}
    ]  # fmt: skip
    if not fitting:
        return None
    return max(
        fitting, key=lambda r: (r.category_id is not None, r.tier is not None, r.leader_kind is not None)
    ).rate_bps


def check_rates(wish: AnnounceRates, now: datetime) -> None:
    """Refuse rates that begin before the notice is over, rules that stand twice, and numbers out of bounds.

    Raises Invalid.
    """
    if wish.valid_from < now + NOTICE:
        raise Invalid(field="valid_from", reason=f"must lie at least {NOTICE.days} days ahead: leaders are told before")
    if not wish.rules:
        raise Invalid(field="rules", reason="at least one rule")
    if len(wish.rules) > MAX_RULES:
        raise Invalid(field="rules", reason=f"at most {MAX_RULES} rules")
    if len({(rule.category_id, rule.tier, rule.leader_kind) for rule in wish.rules}) < len(wish.rules):
        raise Invalid(field="rules", reason="a rule stands twice")
    if any(not 0 <= rule.rate_bps <= MAX_RATE_BPS for rule in wish.rules):
        raise Invalid(field="rules", reason=f"a rate must be between 0 and {MAX_RATE_BPS // 100} percent")
    if not 0 <= wish.min_line_cents <= MAX_MIN_CENTS:
        raise Invalid(field="min_line_cents", reason=f"must be between 0 and {MAX_MIN_CENTS}")
    if len(wish.note) > MAX_NOTE:
        raise Invalid(field="note", reason=f"must have at most {MAX_NOTE} characters")


def frozen_until(line: LineEarning, now: datetime) -> datetime:
    """Until when a change of a line's commission stays frozen: to the end of the time to complain about it."""
    return line.claim_until or now


def change(line: LineEarning, posted_cents: int, posted_net_cents: int) -> Change | None:
    """What is missing between a line's entries and what it earns now; None when nothing is.

    Always the difference of two totals, never a rate of the change: so no order of pickups and refunds can drift.
    """
    amount = entitled_cents(line) - posted_cents
    net = net_cents(line) - posted_net_cents
    if not amount and not net:
        return None
    kind = EntryKind.REVERSAL if (amount or net) < 0 else EntryKind.ACCRUAL
    return Change(kind=kind, amount_cents=amount, net_cents=net)


def effective_bps(commission_cents: int, net_sales_cents: int) -> int:
    """Commission as ten-thousandths of net sales, rounded half up; 0 without sales."""
    if net_sales_cents <= 0:
        return 0
    return (2 * commission_cents * 10_000 + net_sales_cents) // (2 * net_sales_cents)


def statement_no(leader_code: str, round_on_yymmdd: str) -> str:
    """The number that leader and HQ quote, e.g. ST-L007-261120; the day is the round's cut-off day."""
    return f"ST-{leader_code}-{round_on_yymmdd}"
