"""How things are called on the storefront's pages, in the language of the page."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from app.domains.certificates.values import CertificateKind
from app.domains.ratings.values import Tag
from app.domains.receipts.values import PaperKind
from app.infra.clock import RealClock
from app.web import pages
from app.web.context import now
from app.web.words import gettext, is_english, ngettext, picture, tr

__all__ = [
    "SHARED",
    "certificate_word",
    "gettext",
    "hours",
    "is_english",
    "ngettext",
    "on_screen",
    "paper_word",
    "picture",
    "tag_word",
    "tr",
    "weight",
]


def hours(opens: time, closes: time) -> str:
    """Opening hours as 16:00-21:00, in one piece."""
    return f"{opens:%H:%M}\N{WORD JOINER}\N{EN DASH}\N{WORD JOINER}{closes:%H:%M}"


def weight(grams: int) -> str:
    """A weight as 480 g or 2.5 kg."""
    return f"{grams} g" if grams < 1000 else f"{grams / 1000:g} kg"


def on_screen(instant: datetime) -> str:
    """When a visitor's own clock shows `instant`: the installation's clock may have been moved, browsers' have not."""
    return (RealClock().now() + (instant - now())).isoformat(timespec="seconds")


def paper_word(kind: PaperKind) -> str:
    """What a receipt, an invoice or a credit note is called."""
    if kind is PaperKind.CREDIT_NOTE:
        return gettext("Credit note")
    return gettext("Invoice") if kind is PaperKind.INVOICE else gettext("Receipt")


def certificate_word(kind: CertificateKind) -> str:
    """What a leader's paper is called."""
    return {
        CertificateKind.HEALTH: gettext("Health certificate"),
        CertificateKind.FOOD_BUSINESS: gettext("Food business filing"),
        CertificateKind.FOOD_SAFETY: gettext("Food safety training"),
    }[kind]


def tag_word(tag: Tag) -> str:
    """What a tag of a rating is called."""
    words = {
        Tag.FRIENDLY: gettext("Friendly"), Tag.QUICK: gettext("Quick"), Tag.WELL_KEPT: gettext("Goods well kept"),
        Tag.FRESH: gettext("Fresh"), Tag.GOOD_VALUE: gettext("Good value"), Tag.LONG_WAIT: gettext("Long wait"),
        Tag.UNFRIENDLY: gettext("Unfriendly"), Tag.BADLY_KEPT: gettext("Goods badly kept"),
        Tag.NOT_FRESH: gettext("Not fresh"),
    }  # fmt: skip
    return words[tag]


#: What every template of the storefront may say.
SHARED: dict[str, Callable[..., Any]] = {
    **pages.SHARED,
    "on_screen": on_screen,
    "hours": hours,
    "weight": weight,
    "paper_word": paper_word,
    "tag_word": tag_word,
}
