"""What lists and round pages share: the page asked for, the chosen hub, the round whose page it is."""

from typing import Any
from uuid import UUID

from flask import request, url_for

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.groupbuys import queries as groupbuys
from app.kernel.errors import NotFound
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import read
from app.web.filters import use_zone
from app.web.words import gettext as _, tr

PER_PAGE = 20


def ask_page(limit: int = PER_PAGE) -> PageAsk:
    """The page that the address asks for."""
    cursor = request.args.get("cursor", "")
    return PageAsk(limit=limit, after=decode_cursor(cursor) if cursor else None)


def asked_id(name: str) -> UUID | None:
    """An id in the address; None when there is none, or none that could be."""
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def asked_text(name: str = "q") -> str:
    """A search in the address."""
    return request.args.get(name, "").strip()[:80]


class HubChoice:
    """The hub that the address, or a form, names by its code, among all hubs.

    An address without a known hub may mean the first (`needed`). A form never does: it acts on what it names, or on
    nothing. Raises NotFound.
    """

    def __init__(self, *, needed: bool = False, code: str | None = None) -> None:
        self.all: list[Hub] = read(communities.hubs)
        wanted = request.args.get("hub", "") if code is None else code
        self.hub = next((h for h in self.all if h.code == wanted), self.all[0] if needed and self.all else None)
        self._needed = needed
        if code is not None and (code or needed) and self.code != code:
            raise NotFound("hub")
        if self.hub:
            use_zone(self.hub.timezone)

    def take(self, hub_id: UUID | None) -> None:
        """Choose the hub that a form names by its id. Raises NotFound."""
        self.hub = next((h for h in self.all if h.id == hub_id), None)
        if self.hub is None:
            raise NotFound("hub")

    @property
    def id(self) -> UUID | None:
        """The chosen hub's id; None for all hubs."""
        return self.hub.id if self.hub else None

    @property
    def code(self) -> str:
        """The chosen hub's code, or empty."""
        return self.hub.code if self.hub else ""

    def chips(self) -> list[dict[str, Any]]:
        """Filter links that keep the other filters and begin at the first page."""
        kept = {k: v for k, v in request.args.items() if k not in {"hub", "cursor"}}
        args = {**(request.view_args or {}), **kept}
        every = [] if self._needed else [("", _("All hubs"))]
        return [
            {"label": label, "href": url_for(request.endpoint or "", **args, hub=code or None),
             "active": code == self.code}
            for code, label in [*every, *((h.code, tr(h)) for h in self.all)]
        ]  # fmt: skip


def chips_of(field: str, options: list[tuple[str, str]], every: str) -> list[dict[str, Any]]:
    """Filter links of one field of the address, with one for all."""
    now = request.args.get(field, "")
    kept = {k: v for k, v in request.args.items() if k not in {field, "cursor"}}
    args: dict[str, Any] = {**(request.view_args or {}), **kept}
    return [
        {"label": label, "href": url_for(request.endpoint or "", **(args | {field: key or None})), "active": key == now}
        for key, label in [("", every), *options]
    ]


def round_page(group_buy_id: UUID) -> dict[str, Any]:
    """What every page of a round shows: the group-buy, its hub, and the hub's clock. Raises NotFound."""
    card = read(groupbuys.get_group_buy, group_buy_id)
    hub = read(communities.get_hub, card.hub_id)
    use_zone(hub.timezone)
    return {"card": card, "hub": hub, "currency": card.currency}
