"""Notes of stations in the reader's language.

A station leaves what it counted as "12 orders lapsed, 1 sheets": a number and a key each, always in the plural, so
that no language is built into what is stored; or it leaves the refusal that stopped it, with its fields. Both become
sentences only here, for the board and for commands.
"""

import ast
import re
from datetime import UTC, datetime

from app.web.filters import dt, money
from app.web.say import listed
from app.web.sentences import SENTENCES
from app.web.words import gettext, is_english, ngettext


def _(sentence: str) -> str:
    """Mark for the catalogue."""
    return sentence


#: What stations count: for one, and for any other number, which is also the key in the note.
COUNTED: tuple[tuple[str, str], ...] = (
    (_("%(num)s order lapsed"), "%(num)s orders lapsed"),
    (_("%(num)s offer withdrawn"), "%(num)s offers withdrawn"),
    (_("%(num)s box filled"), "%(num)s boxes filled"),
    (_("%(num)s price lowered"), "%(num)s prices lowered"),
    (_("%(num)s piece wanted"), "%(num)s pieces wanted"),
    (_("%(num)s purchase order"), "%(num)s purchase orders"),
    (_("%(num)s piece from stock"), "%(num)s pieces from stock"),
    (_("%(num)s waiting for a decision"), "%(num)s waiting for a decision"),
    (_("%(num)s line counted"), "%(num)s lines counted"),
    (_("%(num)s SKU short"), "%(num)s SKUs short"),
    (_("%(num)s piece refunded"), "%(num)s pieces refunded"),
    (_("%(num)s piece to sort"), "%(num)s pieces to sort"),
    (_("%(num)s sheet"), "%(num)s sheets"),
    (_("%(num)s crate"), "%(num)s crates"),
    (_("%(num)s piece"), "%(num)s pieces"),
    (_("%(num)s to be sorted"), "%(num)s to be sorted"),
    (_("%(num)s truck"), "%(num)s trucks"),
    (_("%(num)s stop"), "%(num)s stops"),
    (_("%(num)s km"), "%(num)s km"),
    (_("%(num)s pickup point on the way"), "%(num)s pickup points on the way"),
    (_("%(num)s handover counted"), "%(num)s handovers counted"),
    (_("%(num)s resident reminded"), "%(num)s residents reminded"),
    (_("%(num)s piece unclaimed and refunded"), "%(num)s pieces unclaimed and refunded"),
    (_("%(num)s order given up"), "%(num)s orders given up"),
    (_("%(num)s order kept waiting"), "%(num)s orders kept waiting"),
    (_("%(num)s statement"), "%(num)s statements"),
    (_("%(num)s order cancelled"), "%(num)s orders cancelled"),
    (_("%(num)s purchase order to be paid"), "%(num)s purchase orders to be paid"),
)
_PAIR_OF = {many.replace("%(num)s", "#"): (one, many) for one, many in COUNTED}
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_MOMENT = re.compile(r"datetime\.datetime\(([\d, ]+), tzinfo=[^)]+\)")
_UUID = re.compile(r"UUID\(('[0-9a-f-]+')\)")
_PLAIN = SENTENCES["refused"]
_REFUSAL = re.compile(r"(?P<code>[a-z_]+) (?P<detail>\{.*)", re.DOTALL)


def say_note(text: str) -> str:
    """A note of a station as sentences; what nobody knows stays as it was written."""
    refusal = _REFUSAL.fullmatch(text)
    if refusal and refusal["code"] in SENTENCES:
        return _refusal(refusal["code"], refusal["detail"])
    if text == "open":
        return gettext("Residents can order.")
    return (", " if is_english() else "，").join(_counted(part) for part in text.split(", "))


def _counted(part: str) -> str:
    pair = _PAIR_OF.get(_NUMBER.sub("#", part))
    number = _NUMBER.search(part)
    if pair is None or number is None:
        return part
    return ngettext(*pair, int(number[0])) if number[0].isdigit() else gettext(pair[1], num=number[0])


def _refusal(code: str, detail: str) -> str:
    """A stored refusal as its sentence; a plain one where its fields cannot be read back."""
    try:
        fields = ast.literal_eval(_UUID.sub(r"\1", _MOMENT.sub(_as_text, detail)))
        return gettext(SENTENCES[code], **{key: _word(key, value) for key, value in fields.items()})
    except (ValueError, SyntaxError, KeyError, AttributeError):
        return gettext(_PLAIN)


def _as_text(moment: re.Match[str]) -> str:
    """A moment as Python writes it, as ISO 8601 in quotes; refusals are kept in UTC."""
    year, month, day, *rest = (int(number) for number in moment[1].split(","))
    hour, minute, second = (*rest, 0, 0, 0)[:3]
    return repr(datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat())


def _word(key: str, value: object) -> object:
    """Moments and money as pages write them, lists as lists of words."""
    if key.endswith("_at") and isinstance(value, str):
        return dt(datetime.fromisoformat(value))
    if key.endswith("_cents") and isinstance(value, int):
        return money(value)
    if isinstance(value, dict):
        return "; ".join(f"{name} ({', '.join(map(str, values))})" for name, values in value.items())
    return listed(value) if isinstance(value, list | tuple) else value
