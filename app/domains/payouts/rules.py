"""Pure decisions of the payouts room."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from app.domains.payouts.errors import AboveAvailable, BalanceChanged, BelowMinimum, SecondPersonNeeded
from app.domains.payouts.values import Details, PayoutWay, Policy
from app.kernel.errors import Invalid

#: The first look at a payout under way, and the shortest pause between two.
FIRST_LOOK = timedelta(minutes=2)
#: Payouts of one payee within such a time are one sum where it comes to a second person.
ONE_SUM = timedelta(days=1)
#: Characters of a name or bank on a bank file.
LONGEST = 60
_BANK_NO = re.compile(r"[0-9]{8,32}")
_STRIPE_NO = re.compile(r"acct_[A-Za-z0-9_]{4,40}")


def check_amount(policy: Policy, amount_cents: int, shown_cents: int, available_cents: int) -> None:
    """Whether a leader may withdraw so much of what is available.

    Raises Invalid (not above 0, nothing left after the fee), BalanceChanged, BelowMinimum, AboveAvailable.
    """
    if amount_cents <= 0:
        raise Invalid(field="amount_cents", reason="must be above 0")
    if shown_cents != available_cents:
        raise BalanceChanged(shown_cents=shown_cents, available_cents=available_cents)
    if amount_cents < policy.min_cents:
        raise BelowMinimum(min_cents=policy.min_cents)
    if amount_cents <= policy.fee_cents:
        raise Invalid(field="amount_cents", reason="must be above the fee")
    if amount_cents > available_cents:
        raise AboveAvailable(available_cents=available_cents)


def check_payment(amount_cents: int, shown_cents: int, available_cents: int) -> None:
    """Whether a supplier may be paid so much of what is owed: no minimum, no fee.

    Raises Invalid, BalanceChanged, AboveAvailable.
    """
    check_amount(Policy(min_cents=0, fee_cents=0), amount_cents, shown_cents, available_cents)


def check_policy(policy: Policy) -> None:
    """Raise Invalid for rules that make no sense."""
    for field in ("min_cents", "fee_cents", "second_above_cents", "cooldown_hours"):
        if not 0 <= getattr(policy, field) <= 1_000_000_000:
            raise Invalid(field=field, reason="must not be negative or huge")
    if policy.min_cents <= policy.fee_cents:
        raise Invalid(field="min_cents", reason="must be above the fee")


def is_line(text: str, most: int) -> bool:
    """Whether a text is one printable line of 1 to so many characters."""
    return 1 <= len(text) <= most and text.isprintable()


def check_details(details: Details) -> Details:
    """The details without stray spaces; raises Invalid for what no bank or Stripe account could be."""
    number = re.sub(r"[\s-]", "", details.account_no)
    if not is_line(details.holder, LONGEST):
        raise Invalid(field="holder", reason="must have 1 to 60 characters")
    if details.way is PayoutWay.STRIPE:
        if not _STRIPE_NO.fullmatch(number):
            raise Invalid(field="account_no", reason="must be a connected account such as acct_1AbC")
        return Details(way=details.way, holder=details.holder, bank_name="Stripe", account_no=number)
    if not is_line(details.bank_name, LONGEST):
        raise Invalid(field="bank_name", reason="must have 1 to 60 characters")
    if not _BANK_NO.fullmatch(number):
        raise Invalid(field="account_no", reason="must have 8 to 32 digits")
    return Details(way=details.way, holder=details.holder, bank_name=details.bank_name, account_no=number)


def masked(account_no: str) -> str:
    """An account number by its last four characters only."""
    return f"•••• {account_no[-4:]}" if account_no else ""


def usable_at(now: datetime, policy: Policy, *, is_first: bool) -> datetime:
    """From when payouts go to new details: at once for the first ones, after a pause for changed ones."""
    return now if is_first else now + timedelta(hours=policy.cooldown_hours)


def needs_two(policy: Policy, amount_cents: int) -> bool:
    """Whether two different people approve."""
    return amount_cents > policy.second_above_cents


def is_approved(first_by: UUID | None, by: UUID, *, two: bool) -> bool:
    """Whether an approval by `by` is the last one needed. Raises SecondPersonNeeded for the same person's second."""
    if not two:
        return True
    if first_by == by:
        raise SecondPersonNeeded
    return first_by is not None


def next_look(since: datetime, now: datetime) -> datetime:
    """Pauses double with age, up to six hours: a bank answers in hours, a provider in seconds."""
    return now + min(timedelta(hours=6), max(FIRST_LOOK, now - since))


def payout_no(payout_id: UUID, day_yymmdd: str) -> str:
    """The number that people and banks quote, e.g. W261122-7F3A9C04."""
    return f"W{day_yymmdd}-{payout_id.hex[-8:].upper()}"
