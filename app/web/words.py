"""Sentences and names in the page's language, for all doors."""

from typing import Any

from flask_babel import get_domain, get_locale, get_translations

from app.web.assets import asset

#: Catalogues by door and language: a page holds a hundred sentences, and none of them shall look for its own.
_catalogues: dict[Any, Any] = {}


def catalogue() -> Any:
    """The translations of the page's door and language."""
    locale = get_locale()
    if locale is None:  # outside of any request or command
        return get_translations()
    domain = get_domain()
    found = _catalogues.get((domain, locale))
    if found is None:
        found = _catalogues[domain, locale] = domain.get_translations()
    return found


def gettext(sentence: str, **words: Any) -> str:
    """The sentence in the page's language."""
    said = str(catalogue().ugettext(sentence))
    return said % words if words else said


def is_english() -> bool:
    """Whether the page is in English."""
    return str(get_locale() or "zh").startswith("en")


def ngettext(one: str, many: str, num: int, **words: Any) -> str:
    """The sentence for a number of things, named `num` in it. Chinese knows no plural: `one` holds its translation."""
    return gettext(many if is_english() and num != 1 else one, num=num, **words)


def tr(thing: Any, field: str = "name") -> str:
    """A field that exists in both languages (`name`, `name_en`), in the page's; Chinese where English is missing."""
    english = getattr(thing, f"{field}_en", "") if is_english() else ""
    return str(english or getattr(thing, field))


def picture(name: str) -> str:
    """The address of a product's picture; empty when there is none."""
    try:
        return asset(f"img/products/{name}") if name and "/" not in name else ""
    except FileNotFoundError:
        return ""
