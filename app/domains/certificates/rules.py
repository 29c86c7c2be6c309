"""What a paper must say to be taken, and when its leader is reminded. Pure."""

from datetime import date

from app.domains.certificates.values import EnterCertificate
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason
from app.kernel.words import one_line

#: Days before the last valid one on which she is reminded, the earliest first.
REMINDERS = (30, 7)
MOST_NUMBER, MOST_ISSUER, MOST_REASON = 40, 80, 300
#: So many characters of a number are shown.
TAIL = 4
#: Nothing that anybody issues to a leader is valid longer.
LONGEST_YEARS = 20


def check_entry(wish: EnterCertificate, today: date) -> tuple[str, str]:
    """Number and issuer as they are kept. Raises Invalid for what is missing, too long, over already, or no span."""
    number = one_line("number", wish.number, MOST_NUMBER)
    issued_by = one_line("issued_by", wish.issued_by, MOST_ISSUER)
    if len(number) <= TAIL:
        raise Invalid(field="number", reason=Reason.TOO_SMALL)
    if wish.valid_until < wish.valid_from:
        raise Invalid(field="valid_until", reason=Reason.ENDS_EARLY)
    if wish.valid_until < today:
        raise Invalid(field="valid_until", reason=Reason.IS_PAST)
    if wish.valid_until.year - wish.valid_from.year > LONGEST_YEARS:
        raise Invalid(field="valid_until", reason=Reason.TOO_LARGE)
    if not wish.photo:
        raise Invalid(field="photos", reason=Reason.MISSING)
    return number, issued_by


def reminder_due(left: int, reminded: int | None) -> int | None:
    """Which reminder is due with so many days left; none twice, and none for a paper that has ended.

    Somebody who was not reminded 30 days ahead (the paper came later) gets the nearer one only.
    """
    if left < 0:
        return None
    due = min((days for days in REMINDERS if left <= days), default=None)
    return due if due is not None and (reminded is None or due < reminded) else None
