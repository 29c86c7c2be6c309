"""Reading what somebody typed: each field as what it means, every fault kept beside its field, nothing lost."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from app.kernel.errors import DomainError, Invalid
from app.kernel.money import parse_cents
from app.web.say import say
from app.web.words import gettext as _

E = TypeVar("E", bound=StrEnum)
_DAY0 = date(1970, 1, 1)


class Form:
    """The fields of a form as typed (`values`), and what is wrong with them (`errors`, one sentence by field).

    A reader of a faulty field notes the fault and returns a harmless value; ask `ok` before you use any of them.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.values = {name: value.strip()[:2000] for name, value in fields.items()}
        self.errors: dict[str, str] = {}

    @property
    def ok(self) -> bool:
        """True while nothing is wrong."""
        return not self.errors

    def text(self, name: str, most: int = 200, *, needed: bool = False) -> str:
        """A text of at most `most` characters."""
        value = self.values.get(name, "")
        if needed and not value:
            self.errors[name] = _("Please fill this in.")
        elif len(value) > most:
            self.errors[name] = _("At most %(most)s characters.", most=most)
        return value

    def whole(self, name: str, least: int = 0, otherwise: int | None = None) -> int:
        """A whole number of at least `least`; an empty field is `otherwise`, where that is given."""
        value = self.values.get(name, "")
        if not value and otherwise is not None:
            return otherwise
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) >= least):
            self.errors[name] = _("A whole number from %(least)s on.", least=least)
            return least
        return int(value)

    def cents(self, name: str, currency: str) -> int | None:
        """An amount of money in minor units; None for an empty field."""
        value = self.values.get(name, "")
        if not value:
            return None
        try:
            return parse_cents(value, currency)
        except ValueError:
            self.errors[name] = _("An amount such as 19.90.")
            return None

    def bps(self, name: str, *, needed: bool = True) -> int | None:
        """A percentage such as 8.5 as 850; None for an empty field that may be so."""
        value = self.values.get(name, "")
        if not value and not needed:
            return None
        whole, _point, rest = value.partition(".")
        digits = whole + rest
        if not (whole and digits.isascii() and digits.isdigit() and len(whole) < 4 and len(rest) <= 2):
            self.errors[name] = _("A percentage such as 8.5.")
            return 0
        return int(whole) * 100 + int(rest.ljust(2, "0"))

    def day(self, name: str) -> date:
        """A day that must be given."""
        return self.maybe_day(name, needed=True) or _DAY0

    def maybe_day(self, name: str, *, needed: bool = False) -> date | None:
        """A day, or None for an empty field."""
        value = self.values.get(name, "")
        if not value and not needed:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors[name] = _("A day, please.")
            return None

    def moment(self, name: str, zone: str) -> datetime:
        """A local date and time of a hub as an instant."""
        try:
            return datetime.fromisoformat(self.values.get(name, "")).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.errors[name] = _("A day and a time, please.")
            return datetime(1970, 1, 1, tzinfo=UTC)

    def one_of(self, name: str, enum: type[E]) -> E:
        """One of the words of an enum."""
        try:
            return enum(self.values.get(name, ""))
        except ValueError:
            self.errors[name] = _("Please choose one.")
            return next(iter(enum))

    def uuid(self, name: str) -> UUID | None:
        """An id, or None."""
        try:
            return UUID(self.values.get(name, ""))
        except ValueError:
            return None

    def refuse(self, refusal: DomainError) -> None:
        """Lay a refusal of the use-case beside its field; one that names no field of this form concerns the whole."""
        named = refusal.field if isinstance(refusal, Invalid) else ""
        self.errors[named if named in self.values else ""] = say(refusal)
