"""The porch of the portal: neighbours who want to lead, signed in by phone as at the storefront, and who vouches."""

from typing import Any

from flask import Blueprint, url_for

from app.kernel.actors import Role
from app.web import pages
from app.web.context import person
from app.web.guards import guard_blueprint
from app.web.words import gettext as _
from leader_portal import names

applicants = Blueprint("applicants", __name__, url_prefix="/apply", template_folder="templates")
guard_blueprint(applicants, {Role.RESIDENT}, "shop.sign_in")


@applicants.context_processor
def _page_words() -> dict[str, Any]:
    shared: dict[str, Any] = {**pages.SHARED, "name": names.name, "colour": names.colour}
    if person() is None:
        return shared
    links = [{"url": url_for("shop.me"), "label": _("My storefront"), "icon": "cart"}]
    return {**shared, "sign_out_url": url_for("mine.sign_out"), "account_links": links}
