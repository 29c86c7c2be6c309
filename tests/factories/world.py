"""A small world in which a round can be lived through: one hub, two compounds, four SKUs, an open group-buy.

Hub LJ-T (Shanghai, CNY, one truck) · neighbourhoods N901 and N902, each a square with pickup point P901/P902 and
leader L901/L902 · suppliers S91 (orange, greens) and S92 (dumplings, rice) · residents 0, 2, 4… live in N901, the
others in N902.

| name      | zone    | price | cost  | commission | quota | each | packs (at least) | special             |
|-----------|---------|-------|-------|------------|-------|------|------------------|---------------------|
| orange    | ambient | 19.90 | 16.20 | 10 %       | 40    | 12   | 8 (2)            | 17.90 from 10 on    |
| greens    | chilled |  5.00 |  3.50 | 8 %        | 30    | 10   | 10 (1)           | minimum 5 pieces    |
| dumplings | frozen  | 25.00 | 19.00 | 5 %        | 20    | 5    | 6 (1)            |                     |
| rice      | ambient | 69.90 | 58.00 | 3 %        | 10    | 2    | 4 (1)            |                     |

Open from 20 November 2026 08:00 to 23:00 in Shanghai (tests begin at 10:00), pickup on the 21st. S91 wants 100.00 an
order at least, S92 nothing. `make_world(services)` needs the migrated, empty database of the `services` fixture.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.domains.accounts.models import Account
from app.domains.catalogue.queries import sku_ids_by_code
from app.domains.catalogue.service.products import save_categories, save_skus
from app.domains.catalogue.values import CategoryInput, SkuInput, Zone
from app.domains.communities import queries as communities
from app.domains.communities.service.homes import assign_home
from app.domains.communities.service.leaders import save_leaders
from app.domains.communities.service.places import save_hubs, save_neighbourhoods, save_pickup_points
from app.domains.communities.values import ChooseHome, LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans, steps
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy, PriceBreak, Station
from app.domains.logistics.service.vehicles import save_vehicles
from app.domains.logistics.values.routes import VehicleInput
from app.domains.orders.values import OrderItem, Placed, PlaceOrder
from app.domains.payments.values import PaymentCard
from app.domains.supply.service.terms import save_suppliers, save_terms
from app.domains.supply.values import SupplierInput, TermsInput
from app.flows import checkout, payment, stations
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.accounts import bearer, make_account
from tests.factories.communities import square
from tests.factories.kept import kept

HUB = HubInput(
    code="LJ-T", name="临江测试网格仓", name_en="Linjiang test hub", lat=30.40, lon=115.20, timezone="Asia/Shanghai",
    currency="CNY", cutoff=time(23, 0),
)  # fmt: skip
CATEGORIES = (
    CategoryInput(code="fresh", name="生鲜果蔬", name_en="Fruit and vegetables", claim_hours=24),
    CategoryInput(code="frozen", name="冷冻", name_en="Frozen", claim_hours=72),
    CategoryInput(code="pantry", name="粮油", name_en="Pantry", claim_hours=72),
)
ROUND_ON, PICKUP_ON = date(2026, 11, 20), date(2026, 11, 21)
OPENS_AT, CUTOFF_AT = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)


def _sku(code: str, name: str, name_en: str, category: str, zone: Zone, grams: int) -> SkuInput:
    return SkuInput(
        code=code, name=name, name_en=name_en, category=category, spec="一份", spec_en="one", unit="份",
        unit_en="piece", weight_g=grams, volume_ml=grams * 2, zone=zone, shelf_days=7, barcode="2180000000014",
        origin="江西", producer="邻里农场", ingredients=name, storage="阴凉处", picture="navel-orange.svg",
        description="", description_en="",
    )  # fmt: skip


SKUS = {
    "orange": _sku("T001", "赣南脐橙", "Gannan oranges", "fresh", Zone.AMBIENT, 2500),
    "greens": _sku("T002", "上海青", "Bok choy", "fresh", Zone.CHILLED, 500),
    "dumplings": _sku("T003", "猪肉水饺", "Pork dumplings", "frozen", Zone.FROZEN, 1000),
    "rice": _sku("T004", "东北大米", "Northeast rice", "pantry", Zone.AMBIENT, 5000),
}
TERMS = (
    TermsInput(sku="T001", supplier="S91", cost_cents=1_620, pack_size=8, min_packs=2),
    TermsInput(sku="T002", supplier="S91", cost_cents=350, pack_size=10, min_packs=1),
    TermsInput(sku="T003", supplier="S92", cost_cents=1_900, pack_size=6, min_packs=1),
    TermsInput(sku="T004", supplier="S92", cost_cents=5_800, pack_size=4, min_packs=1),
)


@dataclass(frozen=True)
class World:
    """Ids of everything, by the names of the table above, and ways to act for its people."""

    services: Services
    hub_id: UUID
    group_buy_id: UUID
    #: SKU and offer ids by name ("orange"); the others by code ("N901", "P901", "L901").
    skus: dict[str, UUID]
    offers: dict[str, UUID]
    neighbourhoods: dict[str, UUID]
    points: dict[str, UUID]
    leaders: dict[str, UUID]
    residents: list[UUID]

    def resident(self, number: int = 0) -> Actor:
        """A resident as an actor."""
        return Actor("resident", Role.RESIDENT, self.residents[number])

    def leader(self, code: str = "L901") -> Actor:
        """A leader as an actor."""
        return Actor("leader", Role.LEADER, self.leaders[code])

    def run_as(self, actor: Actor) -> Callable[..., Any]:
        """`run` for a flow: each call is one transaction of this actor."""
        return partial(self.services.database.transact, actor)

    def system(self, use_case: Callable[..., Any], *args: Any) -> Any:
        """Run one use-case as the system."""
        return self.services.database.transact(Actor.system("test"), use_case, *args)

    def place(self, number: int = 0, key: str = "", **pieces: int) -> Placed:
        """Let a resident order pieces by name: `place(0, orange=2, rice=1)`."""
        wish = PlaceOrder(
            group_buy_id=self.group_buy_id,
            items=tuple(OrderItem(offer_id=self.offers[name], qty=qty) for name, qty in pieces.items()),
            idempotency_key=key or f"test-{new_id()}",
        )
        return self.services.database.transact(self.resident(number), checkout.place, wish)

    def pay(self, order_id: UUID, number: int = 0) -> PaymentCard:
        """Let a resident pay her order at the test's provider."""
        run = self.run_as(self.resident(number))
        return payment.start_payment(run, self.services.provider, order_id, "http://localhost/")

    def buy(self, number: int = 0, **pieces: int) -> UUID:
        """Order and pay; returns the order's id."""
        placed = self.place(number, "", **pieces)
        self.pay(placed.id, number)
        return placed.id

    def station(self, station: Station, **options: Any) -> str:
        """Run a station of the round now, as the system; returns its note."""
        run, read = self.run_as(Actor.system("test")), self.services.database.read
        return stations.run_station(run, read, self.group_buy_id, station, options)

    def headers(self, account_id: UUID) -> dict[str, str]:
        """An API token of a resident or leader, as request headers."""
        return bearer(self.services.database, Account(id=account_id))

    def staff(self, role: Role) -> dict[str, str]:
        """An API token of a fresh HQ account, as request headers."""
        account = self.services.database.transact(Actor.system("test"), make_account, role)
        return bearer(self.services.database, account)


@kept
def make_world(services: Services, *, residents: int = 3) -> World:
    """Build the world of this module's docstring with so many residents, through the rooms' own use-cases."""
    return services.database.transact(Actor.system("test"), _build, services, residents)


def _build(uow: UnitOfWork, services: Services, residents: int) -> World:
    _save_places(uow)
    _save_goods(uow)
    uow.session.flush()
    hub = communities.find_hub_by_code(uow.session, HUB.code)
    assert hub is not None
    points = {p.pickup_point_code: p.pickup_point_id for p in communities.places(uow.session, hub.id)}
    people = [make_account(uow, name=f"居民{n}", phone=f"13800009{n:03}").id for n in range(residents)]
    for number, resident_id in enumerate(people):
        assign_home(uow, resident_id, ChooseHome(pickup_point_id=points[f"P90{1 + number % 2}"]))
    skus = sku_ids_by_code(uow.session)
    by_name = {name: skus[row.code] for name, row in SKUS.items()}
    group_buy_id = plans.plan(uow, _plan(hub.id, by_name))
    steps.start_step(uow, group_buy_id, Station.OPEN)
    plans.open_round(uow, group_buy_id)
    steps.finish_step(uow, group_buy_id, Station.OPEN, "open")
    offer_of = {o.sku_id: o.id for o in groupbuys.offer_cards(uow.session, group_buy_id)}
    return World(
        services=services, hub_id=hub.id, group_buy_id=group_buy_id, skus=by_name,
        offers={name: offer_of[sku_id] for name, sku_id in by_name.items()},
        neighbourhoods=communities.neighbourhood_ids_by_code(uow.session), points=points,
        leaders=communities.leader_ids_by_code(uow.session), residents=people,
    )  # fmt: skip


def to_another_hub(world: World) -> UUID:
    """Let the group-buy be one of a second hub, at which nobody picks up; returns that hub's id."""

    def move(uow: UnitOfWork) -> UUID:
        save_hubs(uow, [replace(HUB, code="ZZ-T", name="远山仓", name_en="Far hub")])
        other = communities.find_hub_by_code(uow.session, "ZZ-T")
        assert other is not None
        moved = {"hub": other.id, "id": world.group_buy_id}
        uow.session.execute(text("UPDATE groupbuys_group_buy SET hub_id = :hub WHERE id = :id"), moved)
        return other.id

    found: UUID = world.services.database.transact(Actor.system("test"), move)
    return found


def _save_places(uow: UnitOfWork) -> None:
    save_hubs(uow, [HUB])
    spots = {"901": 115.20, "902": 115.21}
    save_neighbourhoods(
        uow,
        [
            NeighbourhoodInput(code=f"N{no}", name=f"测试小区{no}", name_en=f"Test compound {no}", hub=HUB.code,
                               households=400, geometry=square(30.40, lon))
            for no, lon in spots.items()
        ],
    )  # fmt: skip
    save_pickup_points(
        uow,
        [
            PickupPointInput(code=f"P{no}", neighbourhood=f"N{no}", name=f"自提点{no}", address=f"临江市{no}号",
                             lat=30.40, lon=lon, opens=time(16), closes=time(21), capacity_orders=1000, reach_m=800)
            for no, lon in spots.items()
        ],
    )  # fmt: skip
    save_leaders(
        uow,
        [
            LeaderInput(code=f"L{no}", name=f"团长{no}", phone=f"19900009{no}", kind=LeaderKind.HOME,
                        neighbourhood=f"N{no}", pickup_point=f"P{no}", role=PostRole.PRIMARY,
                        status=LeaderStatus.ACTIVE)
            for no in spots
        ],
    )  # fmt: skip


def _save_goods(uow: UnitOfWork) -> None:
    save_categories(uow, CATEGORIES)
    save_skus(uow, list(SKUS.values()))
    save_suppliers(
        uow,
        [
            SupplierInput(code=code, name=f"供应商{code}", name_en=f"Supplier {code}", contact="韦经理",
                          phone="19900009001", email=f"orders@{code.lower()}.example.com", min_order_cents=least,
                          lead_days=1)
            for code, least in (("S91", 10_000), ("S92", 0))
        ],
    )  # fmt: skip
    save_terms(uow, TERMS)
    hub = communities.find_hub_by_code(uow.session, HUB.code)
    assert hub is not None
    truck = VehicleInput(code="T-V1", name="依维柯", capacity_ml=6_000_000, capacity_g=1_000_000, cost_per_km_cents=180,
                         fixed_cost_cents=8_000)  # fmt: skip
    save_vehicles(uow, hub.id, [truck])


def _plan(hub_id: UUID, skus: dict[str, UUID]) -> PlanGroupBuy:
    def offer(name: str, price: int, bps: int, quota: int, each: int, **other: Any) -> OfferInput:
        return OfferInput(
            sku_id=skus[name], price_cents=price, commission_bps=bps, quota=quota, per_resident_limit=each, **other
        )

    return PlanGroupBuy(
        hub_id=hub_id, round_on=ROUND_ON, title="周五团", title_en="Friday group-buy", opens_at=OPENS_AT,
        cutoff_at=CUTOFF_AT, pickup_on=PICKUP_ON,
        offers=(
            offer("orange", 1_990, 1_000, 40, 12, breaks=(PriceBreak(from_qty=10, price_cents=1_790),)),
            offer("greens", 500, 800, 30, 10, min_group_qty=5),
            offer("dumplings", 2_500, 500, 20, 5),
            offer("rice", 6_990, 300, 10, 2),
        ),
    )  # fmt: skip
