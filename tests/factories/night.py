"""A hub's night of full size: 200 pickup points, 80 SKUs, every row that checkout and payment would have left.

Points stand in runs of four: SKU i is wanted, two pieces each, at every point of the runs that leave the rest i when
divided by `every`. With 200 points, 80 SKUs and `every` = 10 each SKU has 20 puts at five places of the wall, each
point 8 SKUs: 1,600 puts, 3,200 pieces. `every` = 1 is the full sheet of 16,000 puts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from app.domains.accounts.models import Account
from app.domains.catalogue.values import Zone
from app.domains.groupbuys.service import steps
from app.domains.groupbuys.values import Station
from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.logistics.service import pickups, slots, vehicles
from app.domains.orders import queries as orders
from app.domains.orders.models import Order
from app.domains.payments.models import Payment
from app.domains.supply.service.purchasing import send_pre_buy
from app.domains.supply.values.purchasing import PreBuyLine
from app.flows import stations
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import Role
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import LAT, LON, City, leader_input, make_city, neighbourhood_input, point_input
from tests.factories.logistics import vehicle_input
from tests.factories.rounds import make_group_buy, make_orders, offer_input, offers_by_sku
from tests.factories.supply import make_terms, supplier_input, terms_input

Run = Callable[..., Any]
#: Neighbouring points that want the same.
RUN = 4
#: Pieces of one SKU for one pickup point, and how many go into a supplier's pack.
EACH, PACK = 2, 10
SUPPLIERS = ("S01", "S02", "S03", "S04")
PICKUP_ON = date(2026, 11, 21)
_GOODS = (
    ("赣南脐橙", "Gannan navel oranges", "5斤装", "2.5 kg"),
    ("五常稻花香大米（当季新米）", "Wuchang fragrant rice, new harvest", "10斤装", "5 kg"),
    ("山东烟台红富士苹果", "Yantai Fuji apples", "12个装", "box of 12"),
    ("手工荠菜鲜肉水饺", "Shepherd's purse and pork dumplings", "500克", "500 g"),
    ("上海青", "Bok choy", "300克", "300 g"),
    ("低温鲜牛奶", "Fresh chilled milk", "950毫升", "950 ml"),
    ("土鸡蛋", "Free-range eggs", "30枚", "tray of 30"),
    ("有机西兰花", "Organic broccoli", "400克", "400 g"),
)
_PLACES = ("临江花园", "翠湖天地二期", "锦绣前程小区", "江畔人家", "幸福里社区便民服务中心")


@dataclass(frozen=True)
class Night:
    """A round after its cut-off, with its orders at the suppliers; ids by code."""

    id: UUID
    city: City
    sku: dict[str, UUID]
    #: The purchase order of goods for tomorrow that come this night too.
    ahead: UUID

    @property
    def hub_id(self) -> UUID:
        return self.city.hub_id


def make_night(run: Run, read: Run, *, points: int = 200, skus: int = 80, every: int = 10, trucks: int = 6) -> Night:
    """The round of this module's docstring, closed and ordered; one paid order for each pickup point."""
    city = _make_city(run, points)
    sku = _make_goods(run, skus)
    ids = list(sku.values())
    group_buy_id = make_group_buy(run, city.hub_id, *(offer_input(one, 1_990, quota=10_000) for one in ids))
    run(_opened, group_buy_id)
    offer = offers_by_sku(read, group_buy_id)
    baskets = [
        {offer[ids[i]]: EACH for i in range(skus) if (place // RUN) % every == i % every} for place in range(points)
    ]
    made = make_orders(run, group_buy_id, baskets, list(city.points.values()))
    run(_paid_by_people, made, city)
    run(vehicles.save_vehicles, city.hub_id, [vehicle_input(f"V{n}") for n in range(1, trucks + 1)])
    run(slots.save_shelves, city.hub_id, {one: f"{'ABCD'[n % 4]}-{n // 4 + 1:02}" for n, one in enumerate(ids)})
    (ahead,) = run(
        send_pre_buy, city.hub_id, PICKUP_ON, [PreBuyLine(sku_id=one, packs=3) for one in ids[: len(ids) // 4]]
    )
    stations.run_station(run, read, group_buy_id, Station.CUTOFF, {"early": True})
    return Night(group_buy_id, city, sku, ahead)


def _make_city(run: Run, points: int) -> City:
    """Compounds in rows of twenty, half a kilometre apart, each with its point and its leader."""
    spots = [(f"{n:03d}", LAT + (n // 20) * 0.004 - 0.02, LON + (n % 20) * 0.005 - 0.05) for n in range(1, points + 1)]
    return make_city(
        run,
        [neighbourhood_input(f"N{no}", lat, lon, geometry=_small(lat, lon)) for no, lat, lon in spots],
        [
            replace(point_input(f"P{no}", f"N{no}", lat, lon), name=f"{_PLACES[int(no) % 5]}{int(no)}号")
            for no, lat, lon in spots
        ],
        [leader_input(f"L{no}", f"N{no}", f"P{no}", name=f"团长{no}") for no, _lat, _lon in spots],
    )  # fmt: skip


def _small(lat: float, lon: float, half: float = 0.001) -> dict[str, Any]:
    west, south, east, north = lon - half, lat - half, lon + half, lat + half
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def _make_goods(run: Run, skus: int) -> dict[str, UUID]:
    """Half of the goods are ambient, three in ten chilled, two in ten frozen; each supplier has a quarter."""
    zones = (Zone.AMBIENT,) * 5 + (Zone.CHILLED,) * 3 + (Zone.FROZEN,) * 2
    rows = []
    for n in range(skus):
        name, name_en, spec, spec_en = _GOODS[n % len(_GOODS)]
        rows.append(
            sku_input(
                f"G{n + 1:03d}", name=f"{name}{n + 1}", name_en=f"{name_en} {n + 1}", spec=spec, spec_en=spec_en,
                zone=zones[n % 10], weight_g=400, volume_ml=900, barcode="",
            )
        )  # fmt: skip
    sku = make_skus(run, *rows)
    terms = [
        terms_input(row.code, SUPPLIERS[n * 4 // skus], cost_cents=1_200, pack_size=PACK, min_packs=1)
        for n, row in enumerate(rows)
    ]
    who = tuple(
        supplier_input(code, min_order_cents=0, email=f"orders@{code.lower()}.example.com") for code in SUPPLIERS
    )
    make_terms(run, *terms, suppliers=who)
    return {row.code: sku[row.code] for row in rows}


def _opened(uow: UnitOfWork, group_buy_id: UUID) -> None:
    """Note the opening as the round board does."""
    steps.start_step(uow, group_buy_id, Station.OPEN)
    steps.finish_step(uow, group_buy_id, Station.OPEN, "open")


def _paid_by_people(uow: UnitOfWork, order_ids: Sequence[UUID], city: City) -> None:
    """What checkout and payment leave beside the orders: accounts, leaders, notes, journals, pickups."""
    code_of = {point_id: code for code, point_id in city.points.items()}
    rows = uow.session.execute(
        select(Order.id, Order.resident_id, Order.pickup_point_id)
        .where(Order.id.in_(order_ids))
        .order_by(Order.paid_at)
    ).all()
    leader = {row.id: city.leaders["L" + code_of[row.pickup_point_id][1:]] for row in rows}
    uow.session.execute(update(Order), [{"id": order_id, "leader_id": one} for order_id, one in leader.items()])
    uow.session.execute(
        insert(Account),
        [
            {"id": row.resident_id, "role": Role.RESIDENT, "name": f"居民{n}", "phone": f"1380000{n:04d}",
             "search_key": search_key(f"居民{n}"), "created_at": uow.now - timedelta(days=9)}
            for n, row in enumerate(rows, 1)
        ],
    )  # fmt: skip
    payments = uow.session.scalars(select(Payment).where(Payment.order_id.in_(order_ids))).all()
    for one in payments:
        uow.audit(
            "payments.record",
            one.id,
            {"status": "waiting"},
            {"status": "succeeded", "received_cents": one.received_cents},
        )
        uow.audit("orders.move", one.order_id, {"status": "placed"}, {"status": "paid"})
    journals.post_many(
        uow,
        [
            PostJournal(
                kind=JournalKind.PAYMENT_CAPTURED, cause_id=one.id, hub_id=one.hub_id, currency=one.currency,
                postings=(Posting(LedgerAccount.PROVIDER_CLEARING, one.received_cents),
                          Posting(LedgerAccount.DEFERRED_SALES, -one.received_cents)),
            )
            for one in payments
        ],
    )  # fmt: skip
    pickups.open_pickups(uow, [orders.get_order(uow.session, order_id) for order_id in order_ids])
