"""Words of printed documents in a person's language, and how moments, money and states are written on paper."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import NullTranslations, Translations

from app.kernel.money import format_cents

FOLDER = Path(__file__).with_name("translations")
LOCALES = ("zh", "en")
_DAYS = {"zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
         "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}  # fmt: skip


def _(sentence: str) -> str:
    """Mark for the catalogue."""
    return sentence


#: States and kinds by their values; those that are printed differ from one another.
NAMES = {
    "ambient": _("ambient"), "chilled": _("chilled"), "frozen": _("frozen"),
    "ready": _("ready"), "partly": _("partly fetched"), "done": _("fetched"), "expected": _("not arrived yet"),
    # Lines of statements.
    "earned": _("earned"), "taken_back": _("taken back"), "cash_taken": _("cash taken"),
    "cash_handed_in": _("cash handed in"), "fee": _("withdrawal fee"), "paid_out": _("withdrawn"),
    "put_back": _("withdrawal came back"), "goods": _("received"), "charged": _("charged"),
    "minimum": _("fee below the minimum"), "delivery": _("delivery"),
    "credited": _("credited"), "paid": _("paid"), "other": _("other"),
    # Complaints, and whose fault.
    "missing": _("missing"), "damaged": _("damaged"), "quality": _("poor quality"), "wrong": _("wrong goods"),
    "supplier": _("supplier"), "hub": _("hub"), "carrier": _("driver"), "leader": _("leader"),
    "platform": _("platform"), "resident": _("resident"),
}  # fmt: skip


@lru_cache(maxsize=4)
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(FOLDER), [locale]) if locale != "en" else NullTranslations()


class Words:
    """Speaks one language and reads one clock; paper always names the year."""

    def __init__(self, locale: str, zone: str) -> None:
        self.locale = locale if locale in LOCALES else "zh"
        self._zone = ZoneInfo(zone)
        self._catalogue = _catalogue(self.locale)

    def gettext(self, sentence: str, **fields: Any) -> str:
        """The sentence in this language."""
        found: str = self._catalogue.gettext(sentence)
        return found % fields if fields else found

    def name(self, value: StrEnum) -> str:
        """What a state or kind is called."""
        return self.gettext(NAMES[value.value])

    def head(self, value: StrEnum) -> str:
        """The same where it stands alone, as a heading or in a cell: with a capital where the language has them."""
        name = self.name(value)
        return name[:1].upper() + name[1:]

    def tr(self, thing: object, field: str = "name") -> str:
        """A field that exists in both languages, in this one; Chinese where English is missing."""
        english = getattr(thing, f"{field}_en", "") if self.locale == "en" else ""
        return str(english or getattr(thing, field))

    def goods(self, line: object) -> str:
        """A line's product with its specification."""
        return f"{self.tr(line, 'sku_name')} {self.tr(line, 'spec')}".strip()

    def day(self, on: date) -> str:
        """A day as 2026-11-21 周六."""
        return f"{on:%Y-%m-%d} {_DAYS[self.locale][on.weekday()]}"

    def moment(self, at: datetime) -> str:
        """A moment by the hub's clocks, as 2026-11-21 05:30."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def clock(self, at: datetime) -> str:
        """A moment by the hub's clocks, without its day."""
        return f"{at.astimezone(self._zone):%H:%M}"


def amount(cents: int, currency: str) -> Decimal:
    """Minor units as a number with the currency's digits."""
    return Decimal(format_cents(cents, currency))
