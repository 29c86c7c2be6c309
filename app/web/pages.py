"""What the pages of all HTML doors share: words for templates, tabs, and whether only a part is asked for."""

from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime
from typing import Any

from flask import request, url_for

from app.web.context import now
from app.web.filters import day, local
from app.web.words import gettext as _, ngettext, picture, tr

#: A tab of a phone's door: endpoint, icon, and the endpoints that light it up.
Tab = tuple[str, str, AbstractSet[str]]


def near_day(moment: datetime | date) -> str:
    """Today, tomorrow, yesterday, or the day's date, by the hub's calendar."""
    on = local(moment).date() if isinstance(moment, datetime) else moment
    ahead = (on - local(now()).date()).days
    return {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}.get(ahead) or day(on)


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def tabs(places: Sequence[Tab], labels: Sequence[str], badges: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The tabs as templates draw them; `badges` are counts by endpoint."""
    return [
        {
            "url": url_for(endpoint),
            "label": label,
            "icon": icon,
            "active": request.endpoint in lights,
            "badge": (badges or {}).get(endpoint),
        }
        for (endpoint, icon, lights), label in zip(places, labels, strict=True)
    ]


#: What every template of every door may say.
SHARED: dict[str, Callable[..., Any]] = {"tr": tr, "ngettext": ngettext, "picture": picture, "near_day": near_day}
