"""How things are called on the storefront's pages, in the language of the page."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from flask_babel import get_locale, gettext as _gettext

from app.infra.clock import RealClock
from app.web.assets import asset
from app.web.context import now
from app.web.filters import day, local


def gettext(sentence: str, **words: Any) -> str:
    """The sentence in the page's language."""
    return str(_gettext(sentence, **words))


def ngettext(one: str, many: str, num: int, **words: Any) -> str:
    """The sentence for a number of things, named `num` in it. Chinese knows no plural: `one` holds its translation."""
    return gettext(many if is_english() and num != 1 else one, num=num, **words)


#: The name that the message extractor looks for.
_ = gettext


def is_english() -> bool:
    """Whether the page is in English."""
    return str(get_locale() or "zh").startswith("en")


def tr(thing: Any, field: str = "name") -> str:
    """A field that exists in both languages (`name`, `name_en`), in the page's; Chinese where English is missing."""
    english = getattr(thing, f"{field}_en", "") if is_english() else ""
    return str(english or getattr(thing, field))


def near_day(moment: datetime | date) -> str:
    """Today, tomorrow, or the day's date, by the hub's calendar."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    ahead = (on - local(now()).date()).days
    return {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get(ahead) or day(on)


def hours(opens: time, closes: time) -> str:
    """Opening hours as 16:00-21:00, in one piece."""
    return f"{opens:%H:%M}\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}{closes:%H:%M}"


def on_screen(instant: datetime) -> str:
    """When a visitor's own clock shows `instant`: the installation's clock may have been moved, browsers' have not."""
    return (RealClock().now() + (instant - now())).isoformat(timespec="seconds")


def picture(name: str) -> str:
    """The address of a product's picture; empty when there is none."""
    try:
        return asset(f"img/products/{name}") if name and "/" not in name else ""
    except FileNotFoundError:
        return ""


#: What every template of the storefront may say.
SHARED: dict[str, Callable[..., Any]] = {
    "tr": tr,
    "ngettext": ngettext,
    "near_day": near_day,
    "on_screen": on_screen,
    "hours": hours,
    "picture": picture,
}
