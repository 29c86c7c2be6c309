"""How money, quantities and moments are written on pages; moments in the zone of the hub that the page is about."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask_babel import get_locale

from app.kernel.money import ZERO_DECIMAL
from app.web.context import now

DEFAULT_ZONE = "Asia/Shanghai"
SYMBOLS = {"CNY": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
_DAYS_ZH = "一二三四五六日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def use_zone(zone: str) -> None:
    """Write the moments of this page in `zone`, the hub's time zone."""
    g.zone = zone


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(instant: datetime, zone: str | None = None) -> datetime:
    """An instant as the hub's clocks show it."""
    return instant.astimezone(_zone(zone or g.get("zone", DEFAULT_ZONE)))


def money(amount_cents: int, currency: str = "CNY") -> str:
    """1990 minor units as "¥19.90", with commas from a thousand on."""
    sign, whole = "-" if amount_cents < 0 else "", abs(amount_cents)
    digits = f"{whole:,}" if currency in ZERO_DECIMAL else f"{whole // 100:,}.{whole % 100:02d}"
    return f"{sign}{SYMBOLS.get(currency) or currency + ' '}{digits}"


def qty(pieces: int) -> str:
    """Pieces with commas from a thousand on."""
    return f"{pieces:,}"


def day(moment: datetime | date, zone: str | None = None) -> str:
    """A day as 11月20日 周五 or Fri 20 Nov; with the year when it is not this one."""
    on = local(moment, zone).date() if isinstance(moment, datetime) else moment
    year = "" if on.year == local(now(), zone).year else str(on.year)
    if _is_chinese():
        return f"{year + '年' if year else ''}{on.month}月{on.day}日 周{_DAYS_ZH[on.weekday()]}"
    return f"{_DAYS_EN[on.weekday()]} {on.day} {_MONTHS_EN[on.month - 1]}{' ' + year if year else ''}"


def dt(instant: datetime, zone: str | None = None) -> str:
    """A moment as 11月20日 10:00 or 20 Nov 10:00; with the year when it is not this one."""
    at = local(instant, zone)
    year = "" if at.year == local(now(), zone).year else str(at.year)
    if _is_chinese():
        return f"{year + '年' if year else ''}{at.month}月{at.day}日 {at:%H:%M}"
    return f"{at.day} {_MONTHS_EN[at.month - 1]}{' ' + year if year else ''} {at:%H:%M}"


def clock_time(instant: datetime, zone: str | None = None) -> str:
    """A moment as 16:00, without its day."""
    return f"{local(instant, zone):%H:%M}"


def _is_chinese() -> bool:
    return str(get_locale() or "zh").startswith("zh")


def register(app: Flask) -> None:
    """Teach templates the filters."""
    app.jinja_env.filters.update(money=money, qty=qty, dt=dt, day=day, clock_time=clock_time)
