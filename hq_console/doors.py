"""The console's one door: who may come in, and what every page shows: the side menu, the names of stations and states."""

from typing import Any

from flask import Blueprint, request, url_for

from app.domains.groupbuys.values import GroupBuyStatus, Station, StepState
from app.kernel.actors import HQ_ROLES, Permission, Role
from app.web.context import actor, person
from app.web.guards import guard_blueprint
from app.web.words import gettext as _, ngettext, picture, tr

hq = Blueprint("hq", __name__, url_prefix="/hq", template_folder="templates")
guard_blueprint(hq, HQ_ROLES, "hq.sign_in")


def _menu() -> list[tuple[str, str, str, str, Permission]]:
    """(section, endpoint, label, icon, right that the page needs)."""
    return [
        ("", "hq.home", _("Overview"), "grid", Permission.ORDERS_READ),
        (_("Rounds"), "hq.rounds", _("Round board"), "route", Permission.ORDERS_READ),
        (_("Rounds"), "hq.group_buys", _("Group-buys"), "tag", Permission.ORDERS_READ),
        (_("Rounds"), "hq.orders", _("Orders"), "receipt", Permission.ORDERS_READ),
        (_("Goods"), "hq.catalogue", _("Catalogue"), "box", Permission.CATALOGUE_READ),
        (_("Goods"), "hq.suppliers", _("Suppliers"), "store", Permission.SUPPLY_READ),
        (_("Goods"), "hq.purchase_orders", _("Purchase orders"), "clipboard", Permission.SUPPLY_READ),
        (_("Goods"), "hq.stock", _("Stock"), "crate", Permission.SUPPLY_READ),
        (_("People"), "hq.leaders", _("Leaders"), "users", Permission.COMMUNITIES_READ),
        (_("People"), "hq.scorecards", _("Scorecards"), "chart", Permission.SCORING_READ),
        (_("People"), "hq.claims", _("Claims"), "shield", Permission.CLAIMS_READ),
        (_("Money"), "hq.ledger", _("Ledger"), "coin", Permission.LEDGER_READ),
        (_("Money"), "hq.statements", _("Statements"), "wallet", Permission.LEDGER_READ),
        (_("System"), "hq.imports", _("Import and export"), "upload", Permission.CATALOGUE_READ),
        (_("System"), "hq.audit", _("Audit"), "check-circle", Permission.AUDIT_READ),
    ]


def nav() -> list[dict[str, Any]]:
    """The pages that the signed-in desk may open."""
    rights, here = actor().permissions, request.endpoint or ""
    return [
        {"url": url_for(endpoint), "label": label, "icon": icon, "active": here.startswith(endpoint), "section": section}
        for section, endpoint, label, icon, right in _menu()
        if right in rights
    ]


def station_name(station: Station) -> str:
    """What a station is called."""
    return {
        Station.OPEN: _("Open"),
        Station.CUTOFF: _("Cut-off"),
        Station.RECEIVE: _("Receiving"),
        Station.SORT: _("Sorting"),
        Station.ROUTE: _("Routes"),
        Station.DISPATCH: _("Dispatch"),
        Station.HANDOVER: _("Handover"),
        Station.REMIND: _("Pickup and reminders"),
        Station.SETTLE: _("Settlement"),
    }[station]


def state_name(state: StepState) -> str:
    """How far a station is."""
    return {
        StepState.WAITING: _("waiting"),
        StepState.RUNNING: _("running"),
        StepState.DONE: _("done"),
        StepState.FAILED: _("failed"),
    }[state]


def status_name(status: GroupBuyStatus) -> str:
    """Whether residents can order."""
    return {
        GroupBuyStatus.DRAFT: _("draft"),
        GroupBuyStatus.OPEN: _("open"),
        GroupBuyStatus.CLOSED: _("closed"),
        GroupBuyStatus.SETTLED: _("settled"),
        GroupBuyStatus.CANCELLED: _("cancelled"),
    }[status]


def role_name(role: Role) -> str:
    """What a desk is called."""
    return {
        Role.HQ_ADMIN: _("Administrator"),
        Role.HQ_MERCHANDISER: _("Merchandising"),
        Role.HQ_BUYER: _("Purchasing"),
        Role.HQ_WAREHOUSE: _("Hub"),
        Role.HQ_FINANCE: _("Finance"),
        Role.HQ_SERVICE: _("Customer service"),
        Role.HQ_COMMUNITY: _("Leaders' desk"),
    }.get(role, role.value)


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


@hq.context_processor
def _page_words() -> dict[str, Any]:
    shared: dict[str, Any] = {
        "tr": tr, "ngettext": ngettext, "picture": picture, "station_name": station_name, "state_name": state_name,
        "status_name": status_name, "may": lambda right: Permission(right) in actor().permissions,
    }  # fmt: skip
    who = person()
    if who is None or is_fragment():
        return shared
    return {**shared, "nav": nav(), "account_hint": role_name(who.role), "sign_out_url": url_for("hq.sign_out")}
