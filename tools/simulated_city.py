"""A city of leaders whose quality is known: made by the importers' use-cases, with rounds lived through checkout."""

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.accounts.service.accounts import open_accounts
from app.domains.accounts.values import OpenAccount
from app.domains.catalogue.queries import sku_ids_by_code
from app.domains.catalogue.service.products import save_categories, save_skus
from app.domains.catalogue.values import CategoryInput, SkuInput, Zone
from app.domains.communities import queries as communities
from app.domains.communities.service.homes import assign_home
from app.domains.communities.service.leaders import save_leaders, set_takes_cash
from app.domains.communities.service.places import save_hubs, save_neighbourhoods, save_pickup_points
from app.domains.communities.values import ChooseHome, LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferInput, PlanGroupBuy, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.service.vehicles import save_vehicles
from app.domains.logistics.values.pickup import RecordPickup
from app.domains.logistics.values.routes import VehicleInput
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderItem, OrderStatus, PlaceOrder
from app.domains.scoring.service import policies
from app.domains.scoring.values import ImportDay, Measure, PolicyTerms, Weight
from app.domains.supply.service.terms import save_suppliers, save_terms
from app.domains.supply.values import SupplierInput, TermsInput
from app.flows import checkout, handover, payment, pickup, stations
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due

ZONE = ZoneInfo("Asia/Shanghai")
HOUSEHOLDS = 400
PER_ROW = 20
CASH = PayWish(method="cash")
#: Of two accounts in a city that is thrown away.
PASSWORD = "simulated-only"
#: HQ's policy asks for what it knows good leaders of this city to reach: 30 % of the households, 90 % coming back.
POLICY = PolicyTerms(
    weights=(
        Weight(measure=Measure.PENETRATION, points=25, target_bps=3_000, prior_bps=1_500, prior_n=50),
        Weight(measure=Measure.REPURCHASE, points=25, target_bps=9_000, worst_bps=2_000, prior_bps=6_000, prior_n=10),
        Weight(measure=Measure.PICKUP_RATE, points=20, target_bps=9_900, worst_bps=8_500, prior_bps=9_700, prior_n=50),
        Weight(measure=Measure.ON_TIME, points=15, target_bps=9_500, worst_bps=6_000, prior_bps=9_000, prior_n=3),
        Weight(measure=Measure.CLAIM_RATE, points=15, target_bps=10, worst_bps=100, prior_bps=20, prior_n=300),
    )
)


@dataclass(frozen=True, slots=True)
class Nature:
    """What nobody in the city can read: how a leader really is. Shares from 0 to 1."""

    quality: str
    #: Of the households that buy at all, and how often such a one buys on a pickup day.
    reach: float
    habit: float
    on_time: float
    fetched: float
    #: Claims at her own fault for each piece.
    fault: float


#: Means by quality; each leader's own lie around them (see `natures`), so that the kinds overlap.
KINDS = {
    "good": Nature("good", 0.30, 0.30, 0.97, 0.992, 0.0005),
    "middling": Nature("middling", 0.20, 0.16, 0.90, 0.965, 0.003),
    "bad": Nature("bad", 0.10, 0.08, 0.70, 0.88, 0.010),
}


def natures(number: int, dice: random.Random) -> list[Nature]:
    """A quarter good, a fifth bad, the others middling, shuffled; each with her own luck of character."""
    kinds = ["good"] * (number // 4) + ["bad"] * (number // 5)
    kinds += ["middling"] * (number - len(kinds))
    dice.shuffle(kinds)
    return [_around(KINDS[kind], dice) for kind in kinds]


def _around(mean: Nature, dice: random.Random) -> Nature:
    def near(value: float, spread: float) -> float:
        return min(1.0, max(0.0, dice.gauss(value, spread)))

    return Nature(
        mean.quality,
        near(mean.reach, 0.03),
        near(mean.habit, 0.03),
        near(mean.on_time, 0.04),
        near(mean.fetched, 0.01),
        max(0.0, dice.gauss(mean.fault, mean.fault / 3)),
    )


@dataclass
class City:
    """One hub and its leaders; acts for everybody in it."""

    services: Services
    clock: SetClock
    dice: random.Random
    hub_id: UUID
    leaders: list[UUID]
    nature: dict[UUID, Nature]
    #: One resident at each leader's point, who orders in the rounds that are lived.
    resident: dict[UUID, UUID]
    hq: tuple[Actor, Actor]
    sku_id: UUID
    #: Orders of the rounds that were lived.
    placed: list[UUID] = field(default_factory=list)

    def run(self, use_case: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """One transaction of the system."""
        return self.services.database.transact(Actor.system("simulation"), use_case, *args, **options)

    def act(self, actor: Actor, use_case: Callable[..., Any], *args: Any) -> Any:
        """One transaction of a person."""
        return self.services.database.transact(actor, use_case, *args)

    def runner(self, actor: Actor) -> Callable[..., Any]:
        """The way in which one person runs use-cases of several transactions."""
        return lambda use_case, *args, **options: self.services.database.transact(actor, use_case, *args, **options)

    def read(self, query: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """One read."""
        return self.services.database.read(query, *args, **options)

    def move_to(self, on: date, at: time = time(12)) -> None:
        """Put the clock to a local time; never back."""
        self.clock.move_to(max(self.clock.now(), datetime.combine(on, at, ZONE)))

    def day(self, leader_id: UUID, on: date) -> ImportDay:
        """What a leader's pickup day looks like, by chance and by her nature."""
        own, dice = self.nature[leader_id], self.dice
        pool = round(own.reach * HOUSEHOLDS)
        who = tuple(n for n in range(pool) if dice.random() < own.habit)
        due = sum(dice.randint(1, 4) for _ in who)
        picked = sum(dice.random() < own.fetched for _ in range(due))
        faults = sum(dice.random() < own.fault for _ in range(picked))
        return ImportDay(
            leader_id=leader_id,
            on_date=on,
            residents=who,
            facts={
                "orders": len(who),
                "sales_cents": due * 1_500,
                "buyers": len(who),
                "due_pieces": due,
                "picked_pieces": picked,
                "in_window_pieces": picked,
                "handovers": 1,
                "on_time_handovers": int(dice.random() < own.on_time),
                "claims": faults,
                "leader_fault_claims": faults,
            },
        )

    def begin_round(self, on: date, leaders: Collection[UUID]) -> UUID:
        """Plan and open a group-buy, and let a resident of each of these leaders order and promise cash."""
        self.move_to(on, time(8))
        opens, cutoff = (datetime.combine(on, at, ZONE) for at in (time(6), time(23)))
        offer = OfferInput(sku_id=self.sku_id, price_cents=1_500, commission_bps=800, quota=5_000, per_resident_limit=9)
        wish = PlanGroupBuy(
            hub_id=self.hub_id,
            round_on=on,
            title=f"{on}",
            title_en=f"{on}",
            opens_at=opens,
            cutoff_at=cutoff,
            pickup_on=on + timedelta(days=1),
            offers=(offer,),
        )
        group_buy_id: UUID = self.run(plans.plan, wish)
        self.station(group_buy_id, Station.OPEN)
        (card,) = self.read(groupbuys.offer_cards, group_buy_id)
        for leader_id in leaders:
            buyer = Actor("resident", Role.RESIDENT, self.resident[leader_id])
            item = OrderItem(offer_id=card.id, qty=self.dice.randint(1, 4))
            order = PlaceOrder(group_buy_id=group_buy_id, items=(item,), idempotency_key=f"{on}-{leader_id}")
            placed = self.act(buyer, checkout.place, order)
            payment.start_payment(self.runner(buyer), self.services.provider, placed.id, "http://localhost/", CASH)
            self.placed.append(placed.id)
        run_due(self.services)
        return group_buy_id

    def end_round(self, group_buy_id: UUID, on: date) -> None:
        """From the cut-off to the settlement: leaders count as they are, residents come for their goods."""
        self.move_to(on, time(23, 5))
        self.station(group_buy_id, Station.CUTOFF)
        self.move_to(on + timedelta(days=1), time(2))
        self.station(group_buy_id, Station.RECEIVE, as_ordered=True)
        self.station(group_buy_id, Station.SORT, finish=True, unweighed=True)
        self.station(group_buy_id, Station.ROUTE, iterations=20)
        self.station(group_buy_id, Station.DISPATCH)
        late = []
        for card in sorted(self.read(logistics.handovers_of_round, group_buy_id), key=lambda one: one.planned_at):
            own = self.nature[card.leader_id]
            minutes = 5 if self.dice.random() < own.on_time else 90
            late.append((card.planned_at + timedelta(minutes=minutes), card))
        for at, card in sorted(late, key=lambda one: (one[0], one[1].id)):
            self.clock.move_to(max(at, self.clock.now()))
            self.act(Actor("leader", Role.LEADER, card.leader_id), handover.count_handover, card.id, ())
        run_due(self.services)
        self.station(group_buy_id, Station.HANDOVER, as_expected=True)
        self.move_to(on + timedelta(days=1), time(17))
        for waiting in self.read(logistics.unclaimed, group_buy_id):
            code = self.read(logistics.pickup_code_of_order, waiting.order_id, waiting.resident_id)
            leader = Actor("leader", Role.LEADER, waiting.leader_id)
            owed = sum(line.net_cents for line in self.read(orders.get_order, waiting.order_id).lines)
            event = RecordPickup(code=code, event_key=f"sim-{waiting.id}", cash_cents=owed)
            pickup.hand_out(self.runner(leader), event)
        self.move_to(on + timedelta(days=2), time(9))
        self.station(group_buy_id, Station.REMIND)
        self.station(group_buy_id, Station.SETTLE, early=True)

    def lost(self, order_ids: Collection[UUID]) -> list[UUID]:
        """Orders that did not end in their buyers' hands, whole."""
        missing = []
        for order_id in order_ids:
            order = self.read(orders.get_order, order_id)
            fetched = self.read(logistics.pickup_of_order, order_id)
            due = sum(line.qty for line in order.lines)
            handed = sum(line.picked_qty for line in fetched.lines) if fetched else 0
            if order.status is not OrderStatus.PAID or handed != due:
                missing.append(order_id)
        return missing

    def station(self, group_buy_id: UUID, station: Station, **options: Any) -> None:
        """Run one station and the jobs that follow from it."""
        stations.run_station(self.run, self.services.database.read, group_buy_id, station, options)
        run_due(self.services)


def found(services: Services, clock: SetClock, leaders: int) -> City:
    """Build the city through the use-cases of the importers; its clock stands at the day on which leaders begin."""
    dice = random.Random("leaders")
    kinds = natures(leaders, dice)
    transact = services.database.transact
    hub_id, ids, points, sku_id, hq = transact(Actor.system("simulation"), _build, leaders)
    people = transact(Actor.system("simulation"), _settle, points)
    return City(
        services,
        clock,
        dice,
        hub_id,
        ids,
        dict(zip(ids, kinds, strict=True)),
        dict(zip(ids, people, strict=True)),
        hq,
        sku_id,
    )


def _build(uow: UnitOfWork, number: int) -> tuple[UUID, list[UUID], list[UUID], UUID, tuple[Actor, Actor]]:
    hub = HubInput(
        code="SIM",
        name="模拟网格仓",
        name_en="Simulated hub",
        lat=30.0,
        lon=115.0,
        timezone=ZONE.key,
        currency="CNY",
        cutoff=time(23),
    )
    save_hubs(uow, [hub])
    policies.adopt(uow, POLICY)
    rows = [(f"{n:04}", 30.0 + 0.01 * (n // PER_ROW), 115.0 + 0.012 * (n % PER_ROW)) for n in range(number)]
    save_neighbourhoods(
        uow,
        [
            NeighbourhoodInput(
                code=f"SN{no}",
                name=f"模拟小区{no}",
                name_en=f"Compound {no}",
                hub=hub.code,
                households=HOUSEHOLDS,
                geometry={"type": "Point", "coordinates": [lon, lat]},
            )
            for no, lat, lon in rows
        ],
    )
    save_pickup_points(
        uow,
        [
            PickupPointInput(
                code=f"SP{no}",
                neighbourhood=f"SN{no}",
                name=f"自提点{no}",
                address=f"{no}号",
                lat=lat,
                lon=lon,
                opens=time(7),
                closes=time(21),
                capacity_orders=2_000,
                reach_m=3_000,
            )
            for no, lat, lon in rows
        ],
    )
    save_leaders(
        uow,
        [
            LeaderInput(
                code=f"SL{no}",
                name=f"团长{no}",
                phone=f"1330000{no}",
                kind=LeaderKind.HOME,
                neighbourhood=f"SN{no}",
                pickup_point=f"SP{no}",
                role=PostRole.PRIMARY,
                status=LeaderStatus.ACTIVE,
            )
            for no, _, _ in rows
        ],
    )
    uow.session.flush()
    found_hub = communities.find_hub_by_code(uow.session, hub.code)
    if found_hub is None:
        raise LookupError(hub.code)
    by_code = communities.leader_ids_by_code(uow.session)
    ids = [by_code[f"SL{no}"] for no, _, _ in rows]
    for leader_id in ids:
        set_takes_cash(uow, leader_id, takes_cash=True)
    at = {place.pickup_point_code: place.pickup_point_id for place in communities.places(uow.session, found_hub.id)}
    judges = open_accounts(
        uow,
        [
            OpenAccount(role=Role.HQ_COMMUNITY, name=name, login=f"sim-{name}", password=PASSWORD)
            for name in ("one", "two")
        ],
    )
    van = VehicleInput(
        code="SIM-V1",
        name="一号车",
        capacity_ml=60_000_000,
        capacity_g=9_000_000,
        cost_per_km_cents=180,
        fixed_cost_cents=8_000,
    )
    save_vehicles(uow, found_hub.id, [van])
    one, two = (Actor(name, Role.HQ_COMMUNITY, id_) for name, id_ in zip(("one", "two"), judges, strict=True))
    return found_hub.id, ids, [at[f"SP{no}"] for no, _, _ in rows], _stock(uow), (one, two)


def _stock(uow: UnitOfWork) -> UUID:
    """One kind of goods is enough: leaders are simulated, not shopping."""
    save_categories(uow, [CategoryInput(code="sim", name="模拟", name_en="Simulated", claim_hours=24)])
    sku = SkuInput(
        code="SIM1",
        name="苹果",
        name_en="Apples",
        category="sim",
        spec="一份",
        spec_en="one",
        unit="份",
        unit_en="piece",
        weight_g=500,
        volume_ml=1_000,
        zone=Zone.AMBIENT,
        shelf_days=7,
        barcode="2180000000014",
        origin="江西",
        producer="农场",
        ingredients="苹果",
        storage="阴凉处",
        picture="navel-orange.svg",
        description="",
        description_en="",
    )
    save_skus(uow, [sku])
    save_suppliers(
        uow,
        [
            SupplierInput(
                code="SIM-S",
                name="供应商",
                name_en="Supplier",
                contact="韦",
                phone="13300009999",
                email="orders@sim.example.com",
                min_order_cents=0,
                lead_days=1,
            )
        ],
    )
    save_terms(uow, [TermsInput(sku="SIM1", supplier="SIM-S", cost_cents=1_000, pack_size=1, min_packs=1)])
    uow.session.flush()
    return sku_ids_by_code(uow.session)["SIM1"]


def _settle(uow: UnitOfWork, points: Sequence[UUID]) -> list[UUID]:
    """One resident at each point."""
    wishes = [OpenAccount(role=Role.RESIDENT, name=f"居民{n}", phone=f"1320000{n:04}") for n in range(len(points))]
    people = open_accounts(uow, wishes)
    uow.session.flush()
    for resident_id, point_id in zip(people, points, strict=True):
        assign_home(uow, resident_id, ChooseHome(pickup_point_id=point_id))
    return people
