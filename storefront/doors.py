"""The two halves of the storefront and what all their pages show: tabs, words in the page's language, clocks."""

from typing import Any

from flask import Blueprint, url_for

from app.domains.accounts.values import Person
from app.domains.notifications import queries as notifications
from app.kernel.actors import Role
from app.web.context import person, read
from app.web.guards import guard_blueprint
from app.web.pages import Tab, is_fragment, tabs
from storefront import words
from storefront.basket import basket_of_request
from storefront.words import gettext as _

#: Open to everybody.
shop = Blueprint("shop", __name__, template_folder="templates")
#: For signed-in residents.
mine = Blueprint("mine", __name__, template_folder="templates")
guard_blueprint(mine, {Role.RESIDENT}, "shop.sign_in")

#: (endpoint, icon, endpoints that light the tab up).
_TABS: tuple[Tab, ...] = (
    ("shop.home", "home", {"shop.home", "shop.offer"}),
    ("shop.basket", "cart", {"shop.basket", "mine.checkout", "mine.place"}),
    ("mine.orders", "receipt", {
        "mine.orders", "mine.order", "mine.paid", "mine.amend", "mine.save_amended", "mine.claim", "mine.file_claim",
        "mine.claim_story", "mine.add_to_claim",
        "mine.papers", "mine.issue_paper", "mine.rating", "mine.rate",
    }),
    ("mine.inbox", "bell", {"mine.inbox"}),
    ("shop.me", "user", {
        "shop.me", "mine.balance", "mine.cards", "shop.places", "shop.leader_link", "shop.sign_in", "shop.code",
        "shop.service_record",
    }),
)  # fmt: skip


def resident() -> Person | None:
    """The signed-in resident, if any."""
    who = person()
    return who if who and who.role is Role.RESIDENT else None


def nav() -> list[dict[str, Any]]:
    """The tabs; the basket's badge always exists, so that a fragment can renew it."""
    labels = (_("Home"), _("Basket"), _("Orders"), _("Messages"), _("Me"))
    who = resident()
    badges = {
        "shop.basket": basket_of_request().pieces or "",
        "mine.inbox": (read(notifications.unread, who.account_id) or None) if who else None,
    }
    return tabs(_TABS, labels, badges)


@shop.context_processor
@mine.context_processor
def _page_words() -> dict[str, Any]:
    return words.SHARED if is_fragment() else {**words.SHARED, "nav": nav(), "sign_out_url": url_for("mine.sign_out")}
