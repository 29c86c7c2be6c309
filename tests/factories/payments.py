"""A shop with one open group-buy of oranges, whose residents place real orders and pay them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderCard, OrderItem, Placed, PlaceOrder
from app.domains.payments.gateways.provider import PaymentProvider
from app.domains.payments.values import IntendRefund, PaymentCard, PaymentStatus, RefundKind
from app.flows import checkout, payment
from app.infra.uow import Database
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.catalogue import make_skus
from tests.factories.communities import make_city, make_home, make_resident, resident
from tests.factories.kept import kept
from tests.factories.rounds import make_group_buy, offer_input, offers_by_sku
from tests.factories.supply import make_terms, terms_input

Run = Callable[..., Any]
#: Price of a bag of oranges.
PRICE = 1_990
BACK = "https://shop.example/back"


@dataclass(frozen=True)
class Shop:
    """One hub, one point, one open offer; `place` and `pay` act as the resident."""

    database: Database
    read: Run
    hub_id: UUID
    group_buy_id: UUID
    offer_id: UUID
    point_id: UUID
    resident_id: UUID
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    def run(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        """A transaction of the resident."""
        return self.database.transact(resident(self.resident_id), use_case, *args, **kwargs)

    def place(self, qty: int = 1) -> Placed:
        """An unpaid order of some bags."""
        items = (OrderItem(offer_id=self.offer_id, qty=qty),)
        wish = PlaceOrder(group_buy_id=self.group_buy_id, items=items, idempotency_key=f"k{next(self._keys)}")
        placed: Placed = self.run(checkout.place, wish)
        return placed

    def pay(self, provider: PaymentProvider, order_id: UUID) -> PaymentCard:
        """Begin to pay an order."""
        return payment.start_payment(self.run, provider, order_id, BACK)

    def order(self, order_id: UUID) -> OrderCard:
        """The order as it stands."""
        card: OrderCard = self.read(orders.get_order, order_id)
        return card


@kept
def make_shop(run: Run, read: Run, database: Database, quota: int = 1_000) -> Shop:
    """An open shop with one resident."""
    city = make_city(run)
    sku_id = make_skus(run)["FR001"]
    make_terms(run, terms_input("FR001"))
    group_buy_id = make_group_buy(run, city.hub_id, offer_input(sku_id, PRICE, quota=quota, per_resident_limit=500))
    resident_id = make_resident(run)
    make_home(run, resident_id, city.points["P001"])
    return Shop(
        database=database,
        read=read,
        hub_id=city.hub_id,
        group_buy_id=group_buy_id,
        offer_id=offers_by_sku(read, group_buy_id)[sku_id],
        point_id=city.points["P001"],
        resident_id=resident_id,
    )


def book(read: Run) -> dict[str, int]:
    """Balances by account, but for those at 0."""
    return {row.account.value: row.amount_cents for row in read(ledger.balances) if row.amount_cents}


def kinds(read: Run) -> list[str]:
    """The kinds of all journals, oldest first."""
    return [card.kind.value for card in read(ledger.journals, JournalFilter(), PageAsk(limit=100)).rows][::-1]


def paid(shop: Shop, provider: PaymentProvider, qty: int = 1) -> PaymentCard:
    """A new order of the shop, paid."""
    card = shop.pay(provider, shop.place(qty).id)
    assert card.status is PaymentStatus.SUCCEEDED
    return card


def make_wish(card: PaymentCard, cents: int, kind: RefundKind = RefundKind.BEFORE_PICKUP) -> IntendRefund:
    """A shortage of so many cents on a payment's order."""
    return IntendRefund(order_id=card.order_id, cause_id=new_id(), amount_cents=cents, reason="shortage", kind=kind)
