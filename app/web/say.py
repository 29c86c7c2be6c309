"""What a refusal says to a person, in the language of the page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.kernel.changes import RowFault
from app.kernel.errors import DomainError, Invalid, TooMany
from app.kernel.reasons import numbered
from app.web.filters import dt, money
from app.web.sentences import FIELDS, LONG_WAIT, OF_ZONE, SENTENCES, STATUSES
from app.web.words import gettext

#: So many things of a list are named in a sentence.
MOST_NAMED = 12
#: Longer waits than so many seconds are told in minutes, rounded up.
MOST_SECONDS = 90


def say(refusal: DomainError) -> str:
    """One translated sentence for a refusal; the fields of it may be named in the sentence."""
    if isinstance(refusal, Invalid):
        if not refusal.field:
            return say_reason(refusal.reason)
        field = FIELDS.get(refusal.field, refusal.field)
        return gettext("%(field)s: %(reason)s", field=gettext(field), reason=say_reason(refusal.reason))
    if isinstance(refusal, TooMany) and refusal.retry_after_s > MOST_SECONDS:
        return gettext(LONG_WAIT, minutes=-(-refusal.retry_after_s // 60))
    words = {name: _word(name, value) for name, value in refusal.detail().items()}
    return gettext(SENTENCES.get(refusal.code, SENTENCES["refused"]), **words)


def say_fault(fault: RowFault) -> str:
    """What is wrong with one value of an imported row, without its place."""
    field = gettext(FIELDS.get(fault.field, fault.field))
    return gettext("%(field)s: %(reason)s", field=field, reason=say_reason(fault.reason))


def say_reason(reason: str) -> str:
    """A reason in the page's language; one that was made with numbers is known by its shape."""
    whole = gettext(reason)
    shape, numbers = numbered(reason)
    return str(gettext(shape, **numbers)) if whole == reason and numbers else whole


def of_status(status: int) -> str:
    """One translated sentence for what the framework refuses."""
    return gettext(STATUSES.get(status, STATUSES[500] if status >= 500 else STATUSES[400]))


def _word(name: str, value: Any) -> Any:
    """Money and moments as pages write them, lists as lists of words."""
    if name.endswith("_cents"):
        return money(value)
    if isinstance(value, datetime):
        return dt(value)
    if name == "zone":
        return gettext(OF_ZONE.get(value, value))
    if value is None:
        return "–"
    if isinstance(value, dict):
        return "; ".join(f"{key} ({', '.join(map(str, values))})" for key, values in value.items())
    return listed(value) if isinstance(value, list | tuple) else value


def listed(values: Sequence[object]) -> str:
    """A list as words; of a long one the beginning and how many there are in all."""
    shown = ", ".join(map(str, values[:MOST_NAMED]))
    return shown if len(values) <= MOST_NAMED else f"{shown}, … ({len(values)})"
