"""Pure decisions of the settlement room: what a line earns, and what has to be posted so that it does."""

from app.domains.settlement.values import Change, EntryKind, LineEarning
from app.kernel.money import at_rate


def net_cents(line: LineEarning) -> int:
    """The value a line earns commission on: what was handed out, at the final price, less what was given back later.

    Never below 0: a claim may be more than what is left of the price.
    """
    return max(0, line.picked_qty * line.final_price_cents - line.claimed_cents)


def entitled_cents(line: LineEarning) -> int:
    """What a line earns its leader in all: its net value at the rate of order time, rounded half up once."""
    return at_rate(net_cents(line), line.commission_bps)


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
