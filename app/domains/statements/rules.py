"""Pure decisions of the statements room."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domains.statements.values import DueLine, LineKind

#: Journals by kind. Others that the ledger may know are OTHER.
_KINDS: dict[str, LineKind] = {
    "payout_requested": LineKind.PAID_OUT,
    "payout_returned": LineKind.PUT_BACK,
    "leader_charged": LineKind.CHARGED,
    "goods_received": LineKind.GOODS,
    "supplier_billed": LineKind.GOODS,
    "minimum_billed": LineKind.MINIMUM,
    "supplier_charged": LineKind.CHARGED,
    "supplier_credited": LineKind.CREDITED,
    "supplier_paid": LineKind.PAID,
    "hub_paid": LineKind.PAID,
    "hub_charged": LineKind.CHARGED,
    "hub_booked": LineKind.EARNED,
    "delivery_booked": LineKind.DELIVERY,
}


def line_kind(journal_kind: str, amount_cents: int) -> LineKind:
    """What a journal means on its payee's statement; "cash" is any journal that moves the cash in a leader's hands."""
    if journal_kind == "commission_changed":
        return LineKind.EARNED if amount_cents > 0 else LineKind.TAKEN_BACK
    if journal_kind == "cash":
        return LineKind.CASH_TAKEN if amount_cents < 0 else LineKind.CASH_HANDED_IN
    return _KINDS.get(journal_kind, LineKind.OTHER)


def sums_of(lines: Iterable[tuple[LineKind, int]]) -> dict[LineKind, int]:
    """What the lines of each kind add up to, in the order of `LineKind`; kinds without lines are left out."""
    sums: dict[LineKind, int] = {}
    for kind, cents in lines:
        sums[kind] = sums.get(kind, 0) + cents
    return {kind: sums[kind] for kind in LineKind if kind in sums}


def monday_of(day: date) -> date:
    """The Monday on which a day's week begins."""
    return day - timedelta(days=day.weekday())


def week_span(week_on: date, timezone: str) -> tuple[datetime, datetime]:
    """The instants at which a week begins and has ended, by the hub's clocks."""
    zone = ZoneInfo(timezone)
    return datetime.combine(week_on, time(), zone), datetime.combine(week_on + timedelta(days=7), time(), zone)


def day_span(first: date, last: date, timezone: str) -> tuple[datetime, datetime]:
    """The instants at which `first` begins and `last` has ended, by the hub's clocks."""
    zone = ZoneInfo(timezone)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def week_no(hub_code: str, year: int, serial: int) -> str:
    """The number that leader and HQ quote, e.g. WS-LJ-T-2026-000017."""
    return f"WS-{hub_code}-{year}-{serial:06}"


def ageing(rises: Sequence[tuple[date, int]], owed_cents: int, today: date) -> list[DueLine]:
    """When what is owed falls due: what was paid and charged covered the oldest first, so the newest are open.

    `rises` are what became payable with its due day, oldest first. What they cannot explain of `owed_cents` (money owed
    from before) is due today.
    """
    left, found = max(0, owed_cents), dict[date, int]()
    for due_on, cents in sorted(rises, reverse=True):
        taken = min(left, cents)
        if taken > 0:
            found[due_on] = found.get(due_on, 0) + taken
            left -= taken
    if left:
        found[today] = found.get(today, 0) + left
    return [DueLine(due_on=day, open_cents=found[day], is_overdue=day < today) for day in sorted(found)]
