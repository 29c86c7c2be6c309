"""What is on offer for a visitor: her hub's open group-buy with live counters, joined with the products' texts."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domains.catalogue.values import SkuCard
from app.domains.communities import queries as communities
from app.domains.communities.values import Home
from app.domains.communities.values.ground import Hub, PickupPlace, PointDay
from app.domains.groupbuys import queries as groupbuys, rules
from app.domains.groupbuys.values import GroupBuyCard, OfferCard, PriceBreak
from app.infra.search import is_held
from app.web.context import now, read
from app.web.filters import use_zone
from storefront import shelf
from storefront.basket import MAX_QTY, Basket, basket_of_request
from storefront.doors import resident
from storefront.visit import remembered


@dataclass(frozen=True, slots=True)
class Ware:
    """One offer as a resident sees it."""

    offer: OfferCard
    sku: SkuCard

    @property
    def left(self) -> int:
        """Pieces that can still be ordered."""
        return max(self.offer.quota - self.offer.sold_qty, 0)

    @property
    def is_sold_out(self) -> bool:
        """Whether nothing is left."""
        return self.left == 0

    @property
    def most(self) -> int:
        """The most pieces that one order may hold now; earlier orders of the resident are not counted here."""
        return min(self.left, self.offer.per_resident_limit)

    def most_tolerance(self, qty: int) -> int:
        """The most pieces that somebody who wants `qty` can take besides to fill a box: less than another box."""
        return max(min(self.most - qty, self.offer.pack_size - 1), 0)

    @property
    def next_break(self) -> PriceBreak | None:
        """The next fall of the price that the group has not reached."""
        return next((step for step in self.offer.breaks if step.from_qty > self.offer.wanted_qty), None)

    @property
    def pieces_to_break(self) -> int:
        """Pieces that the whole group still has to order for the next fall of the price."""
        return self.next_break.from_qty - self.offer.wanted_qty if self.next_break else 0

    @property
    def pieces_to_minimum(self) -> int:
        """Pieces still missing for the offer to take place at all; 0 when it is sure."""
        least = rules.least_order_qty(self.offer.min_group_qty, self.offer.pack_size)
        return max(least - self.offer.sold_qty, 0)

    def price_for(self, qty: int) -> int:
        """What a piece costs when `qty` more are wanted now, in cents; `place` charges the same."""
        return rules.price_at(self.offer.base_price_cents, self.offer.breaks, self.offer.wanted_qty + qty)

    def holds(self, text: str) -> bool:
        """Whether a search finds this offer: by name, specification, origin, code or category, also as pinyin."""
        shelf_name = f"{self.sku.category_name} {self.sku.category_name_en}".lower()
        return is_held(f"{self.sku.search_key} {shelf_name}", text)


@dataclass(frozen=True, slots=True)
class Market:
    """Where the visitor is served and what she can order there now."""

    hub: Hub | None
    #: Her own home, or None for strangers and newcomers.
    home: Home | None
    #: Her pickup point, or the one that a stranger looked at.
    place: PickupPlace | None
    group_buy: GroupBuyCard | None
    wares: tuple[Ware, ...]
    #: Her point's pickup day, where it rests on it: nothing can be ordered then.
    rest: PointDay | None = None

    def ware(self, offer_id: UUID) -> Ware | None:
        """One offer by id."""
        return next((ware for ware in self.wares if ware.offer.id == offer_id), None)


def twins_in(market: Market, offer_ids: Collection[UUID]) -> dict[UUID, Ware]:
    """What this market offers today of the same goods, by each offer of another hub or of an earlier group-buy."""
    goods = read(groupbuys.skus_of_offers, offer_ids)
    offered = {ware.sku.id: ware for ware in market.wares}
    return {offer_id: offered[sku_id] for offer_id, sku_id in goods.items() if sku_id in offered}


def basket_in(market: Market) -> Basket:
    """The visitor's basket, with what she took from another hub or an earlier group-buy under today's offers here.

    What is not offered here stays as it is. One statement more, and only for a basket that was filled elsewhere.
    """
    basket = basket_of_request()
    foreign = {offer_id for offer_id in basket.items if market.ware(offer_id) is None}
    if not foreign or not market.wares:
        return basket
    twins = twins_in(market, foreign)
    items: dict[UUID, int] = {}
    tolerance: dict[UUID, int] = {}
    for offer_id, qty in basket.items.items():
        ware = twins.get(offer_id)
        key = ware.offer.id if ware else offer_id
        items[key] = min(items.get(key, 0) + qty, MAX_QTY)
        besides = basket.tolerance_of(offer_id)
        tolerance[key] = min(besides, ware.most_tolerance(items[key])) if ware else besides
    return Basket(items, {key: n for key, n in tolerance.items() if n > 0})


def market_of_visitor() -> Market:
    """The market of whoever asks: by home, else by what the browser remembers, else of the first hub that takes orders.

    A fixed number of statements, whatever the number of offers.
    """
    who, visit = resident(), remembered()
    found = read(_market, who.account_id if who else None, visit.pickup_point_id)
    if found.hub:
        use_zone(found.hub.timezone)
    return found


def _market(session: Any, resident_id: UUID | None, point_id: UUID | None) -> Market:
    home = communities.home_of(session, resident_id) if resident_id else None
    wanted = home.pickup_point_id if home else point_id
    place = shelf.place(session, wanted) if wanted else None
    hubs = shelf.hubs(session)
    if place:
        hub = hubs.get(place.hub_id)
        group_buy = groupbuys.open_group_buy_of_hub(session, hub.id, now()) if hub else None
    else:
        open_now = groupbuys.open_group_buys(session, now())
        hub = next((hub for hub in hubs.values() if hub.id in open_now), next(iter(hubs.values()), None))
        group_buy = open_now.get(hub.id) if hub else None
    day = shelf.point_day(session, home.pickup_point_id, group_buy.pickup_on) if home and group_buy else None
    wares = tuple(_wares(session, group_buy)) if group_buy else ()
    return Market(hub, home, place, group_buy, wares, day if day and day.rests else None)


def _wares(session: Any, group_buy: GroupBuyCard) -> Iterable[Ware]:
    offers = [offer for offer in groupbuys.offer_cards(session, group_buy.id) if not offer.is_cancelled]
    skus = shelf.skus(session, group_buy.id, frozenset(offer.sku_id for offer in offers))
    wares = [Ware(offer, skus[offer.sku_id]) for offer in offers]
    return sorted(wares, key=lambda ware: ware.is_sold_out)
