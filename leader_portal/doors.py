"""The portal's one door: who may come in, and what every page shows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, request, url_for

from app.domains.accounts.values import Door
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderCard
from app.domains.communities.values.ground import Hub
from app.domains.notifications import queries as notifications
from app.kernel.actors import Role
from app.kernel.paging import PageAsk, decode_cursor
from app.web import own_account, pages, sign_in_page
from app.web.context import actor_id, now, person, read
from app.web.filters import local, use_zone
from app.web.guards import guard_blueprint
from app.web.pages import Tab, tabs
from app.web.words import gettext as _
from leader_portal import names

leader = Blueprint("leader", __name__, url_prefix="/leader", template_folder="templates")
guard_blueprint(leader, {Role.LEADER}, "leader.sign_in")
sign_in_page.register(leader, Door.PORTAL, "leader.today", "leader_portal/sign_in.html")
own_account.register(leader, Door.PORTAL, "leader_portal/base.html")

#: (endpoint, icon, endpoints that light the tab up).
_TABS: tuple[Tab, ...] = (
    ("leader.today", "home", {"leader.today", "leader.tasks", "leader.task", "leader.tick"}),
    ("leader.handovers", "truck", {"leader.handovers", "leader.handover", "leader.count"}),
    ("leader.pickup", "scan", {
        "leader.pickup", "leader.look_up", "leader.entry", "leader.hand_out", "leader.done", "leader.unclaimed",
    }),
    ("leader.earnings", "coin", {
        "leader.earnings", "leader.simulator", "leader.statements", "leader.statement", "leader.weeks", "leader.week",
        "leader.running_week", "leader.withdraw", "leader.payout", "leader.bank_details",
    }),
    ("leader.me", "user", {"leader.me", "leader.inbox", "leader.score", "leader.appraisal", "leader.orders",
                                  "leader.order", "leader.appraisal_of", "leader.answer_targets", "leader.appeal",
                                  "leader.own_account", "leader.change_password",
                                  "leader.claims", "leader.claim", "leader.give_evidence",
                                  "leader.ratings", "leader.answer_rating", "leader.write",
                                  "leader.absences", "leader.ask_absence", "leader.certificates",
                                  "leader.enter_certificate", "leader.taken_over"}),
)  # fmt: skip
#: Where a request remembers its leader.
_KEPT = "linli.leader"


@dataclass(frozen=True, slots=True)
class Here:
    """The signed-in leader, her hub, and the day by the hub's calendar."""

    leader: LeaderCard
    hub: Hub
    day: date

    @property
    def id(self) -> UUID:
        """Her account."""
        return self.leader.id

    def span(self, first: date, last: date) -> tuple[datetime, datetime]:
        """The instants at which `first` begins and `last` has ended, by the hub's clocks."""
        zone = ZoneInfo(self.hub.timezone)
        return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def here() -> Here:
    """Who and where; raises NotFound for an account that leads nothing. Pages then show the hub's clock."""
    kept: dict[str, Any] = request.environ
    if _KEPT not in kept:
        card = read(communities.get_leader, actor_id())
        hub = read(communities.get_hub, card.hub_id)
        use_zone(hub.timezone)
        kept[_KEPT] = Here(card, hub, local(now()).date())
    found: Here = kept[_KEPT]
    return found


def asked_page(limit: int = 20) -> PageAsk:
    """The page that the address asks for."""
    cursor = request.args.get("cursor", "")
    return PageAsk(limit, decode_cursor(cursor) if cursor else None)


def nav() -> list[dict[str, Any]]:
    """The tabs."""
    labels = (_("Today"), _("Handover"), _("Pickup"), _("Earnings"), _("Me"))
    return tabs(_TABS, labels)


@leader.context_processor
def _page_words() -> dict[str, Any]:
    shared: dict[str, Any] = {
        **pages.SHARED, "name": names.name, "colour": names.colour, "percent": names.percent, "points": names.points,
    }  # fmt: skip
    who = person()
    if who is None:
        return shared
    links = [
        {"url": url_for("leader.orders"), "label": _("Orders"), "icon": "receipt"},
        {"url": url_for("leader.unclaimed"), "label": _("Not fetched yet"), "icon": "clock"},
        {"url": url_for("leader.claims"), "label": _("Complaints"), "icon": "shield"},
        {"url": url_for("leader.score"), "label": _("My score"), "icon": "chart"},
    ]
    return {
        **shared, "nav": nav(), "account_links": links, "sign_out_url": url_for("leader.sign_out"),
        "unread": read(notifications.unread, who.account_id),
    }  # fmt: skip
