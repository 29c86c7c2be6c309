"""The offers of a list as HTML, kept in the process: drawing forty costs fifty milliseconds, and they rarely change.

A card depends on nothing but what is in its key: offer with its counters, product, currency, language and the pieces in
the visitor's basket. It holds no secret and nothing of the visitor.
"""

from flask import current_app
from flask_babel import get_locale
from markupsafe import Markup

from storefront import words
from storefront.market import Ware

_PLACE = "linli-storefront-cards"
#: A card is 1.5 kB; three hubs of a hundred offers in two languages, with every counter moving, come round in minutes.
MOST = 4000


def card(ware: Ware, qty: int, currency: str) -> Markup:
    """One offer of the list, drawn or remembered."""
    known: dict[tuple[object, ...], Markup] = current_app.extensions.setdefault(_PLACE, {})
    key = (ware, qty, currency, str(get_locale()))
    found = known.get(key)
    if found is None:
        template = current_app.jinja_env.get_template("storefront/_card.html")
        found = Markup(template.render(words.SHARED, ware=ware, qty=qty, currency=currency))  # noqa: S704  a template's
        if len(known) >= MOST:
            known.clear()
        known[key] = found
    return found
