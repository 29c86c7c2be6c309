"""How things are called on the storefront's pages, in the language of the page."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from app.infra.clock import RealClock
from app.web.context import now
from app.web.filters import day, local
from app.web.words import gettext, is_english, ngettext, picture, tr

__all__ = ["SHARED", "gettext", "hours", "is_english", "near_day", "ngettext", "on_screen", "picture", "tr", "weight"]


#: The name that the message extractor looks for.
_ = gettext


def near_day(moment: datetime | date) -> str:
    """Today, tomorrow, or the day's date, by the hub's calendar."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    ahead = (on - local(now()).date()).days
    return {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get(ahead) or day(on)


def hours(opens: time, closes: time) -> str:
    """Opening hours as 16:00-21:00, in one piece."""
    return f"{opens:%H:%M}\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}{closes:%H:%M}"


def weight(grams: int) -> str:
    """A weight as 480 g or 2.5 kg."""
    return f"{grams} g" if grams < 1000 else f"{grams / 1000:g} kg"


def on_screen(instant: datetime) -> str:
    """When a visitor's own clock shows `instant`: the installation's clock may have been moved, browsers' have not."""
    return (RealClock().now() + (instant - now())).isoformat(timespec="seconds")


#: What every template of the storefront may say.
SHARED: dict[str, Callable[..., Any]] = {
    "tr": tr,
    "ngettext": ngettext,
    "near_day": near_day,
    "on_screen": on_screen,
    "hours": hours,
    "picture": picture,
    "weight": weight,
}
