"""A paid round on its way to the doorstep, brought to any station in one call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.catalogue.values import Zone
from app.domains.logistics import queries, rules
from app.domains.logistics.models import Pickup, PickupLine
from app.domains.logistics.service import demand, pickups, routes, sorting, vehicles
from app.domains.logistics.values.routes import (
    PlannedRoute,
    PlannedStop,
    SolverBudget,
    StopDemand,
    VehicleCard,
    VehicleInput,
)
from app.domains.orders import queries as orders
from app.domains.orders.models import Order
from app.domains.orders.values import OrderCard
from app.domains.supply.service import receiving
from app.flows import handover
from app.flows.routing import plan_routes
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import Role
from app.kernel.geo import Point
from app.kernel.ids import new_id
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import City, make_city
from tests.factories.kept import kept
from tests.factories.rounds import make_group_buy, make_orders, offer_input, offers_by_sku
from tests.factories.supply import make_purchase_orders, make_terms, terms_input

Run = Callable[..., Any]
#: Oranges (ambient, 19.90, cost 16.20), milk (chilled, 5.90, cost 4.50), dumplings (frozen, 25.00, cost 18.00).
GOODS = (
    sku_input("FR001"),
    sku_input("DY001", zone=Zone.CHILLED, weight_g=1_000, volume_ml=1_100),
    sku_input("FZ001", zone=Zone.FROZEN, weight_g=800, volume_ml=1_500),
)
#: Dealt to the points in turn: the first and third go to P001, the second and fourth to P002.
BASKETS: tuple[dict[str, int], ...] = (
    {"FR001": 2, "DY001": 1},
    {"FR001": 1},
    {"DY001": 3, "FZ001": 1},
    {"FR001": 1, "FZ001": 2},
)
QUICK = SolverBudget(seconds=None, iterations=50)


@dataclass(frozen=True)
class PaidRound:
    """A closed round whose orders are paid, received in full, with demand frozen."""

    id: UUID
    city: City
    sku: dict[str, UUID]
    offer: dict[str, UUID]
    orders: list[OrderCard]

    @property
    def hub_id(self) -> UUID:
        return self.city.hub_id

    def point(self, code: str = "P001") -> UUID:
        return self.city.points[code]

    def leader(self, code: str = "L001") -> UUID:
        return self.city.leaders[code]


@kept
def make_paid_round(run: Run, read: Run, baskets: Sequence[Mapping[str, int]] = BASKETS, trucks: int = 2) -> PaidRound:
    """Two pickup points with a leader each, paid orders with pickups, goods in stock, trucks in the yard."""
    city = make_city(run)
    sku = make_skus(run, *GOODS)
    make_terms(
        run,
        terms_input("FR001"),
        terms_input("DY001", cost_cents=450, pack_size=1, min_packs=0),
        terms_input("FZ001", cost_cents=1_800, pack_size=1, min_packs=0),
    )
    group_buy_id = make_group_buy(
        run,
        city.hub_id,
        offer_input(sku["FR001"], 1_990),
        offer_input(sku["DY001"], 590),
        offer_input(sku["FZ001"], 2_500),
    )
    by_sku = offers_by_sku(read, group_buy_id)
    offer = {code: by_sku[sku_id] for code, sku_id in sku.items()}
    wanted = [{offer[code]: qty for code, qty in basket.items()} for basket in baskets]
    ids = make_orders(run, group_buy_id, wanted, [city.points["P001"], city.points["P002"]])
    cards: list[OrderCard] = run(_people_and_pickups, ids, city)
    run(demand.aggregate, group_buy_id)
    pieces = {sku[code]: sum(basket.get(code, 0) for basket in baskets) for code in sku}
    make_purchase_orders(run, city.hub_id, group_buy_id, {s: q for s, q in pieces.items() if q}, date(2026, 11, 21))
    run(receiving.count_as_ordered, group_buy_id)
    run(vehicles.save_vehicles, city.hub_id, [vehicle_input(f"V{n}") for n in range(1, trucks + 1)])
    return PaidRound(group_buy_id, city, sku, offer, cards)


def _people_and_pickups(uow: UnitOfWork, order_ids: Sequence[UUID], city: City) -> list[OrderCard]:
    leaders = {city.points["P001"]: city.leaders["L001"], city.points["P002"]: city.leaders["L002"]}
    for point_id, leader_id in leaders.items():
        here = (Order.id.in_(order_ids), Order.pickup_point_id == point_id)
        uow.session.execute(update(Order).where(*here).values(leader_id=leader_id))
    residents = uow.session.scalars(select(Order.resident_id).where(Order.id.in_(order_ids)).order_by(Order.paid_at))
    uow.session.execute(
        insert(Account),
        [
            {
                "id": r,
                "role": Role.RESIDENT,
                "name": f"居民{n}",
                "phone": f"1380000{n:04d}",
                "search_key": search_key(f"居民{n}"),
                "created_at": uow.now,
            }
            for n, r in enumerate(residents, 1)
        ],
    )
    cards = [orders.get_order(uow.session, order_id) for order_id in order_ids]
    pickups.open_pickups(uow, cards)
    return cards


@kept
def make_sorted(run: Run, round_: PaidRound) -> None:
    """Sheets and crates made, all of them sorted."""
    run(sorting.make_sheets, round_.id)
    run(sorting.finish_all, round_.id)


@kept
def make_dispatched(run: Run, read: Run, round_: PaidRound) -> None:
    """Sorted, planned, and on the road."""
    make_sorted(run, round_)
    plan_routes(run, read, round_.id, QUICK)
    run(routes.dispatch, round_.id)


@kept
def make_ready(run: Run, read: Run, round_: PaidRound) -> None:
    """Every leader has counted, nothing was missing: residents can come."""
    make_dispatched(run, read, round_)
    for handover_id in read(queries.open_handovers, round_.id):
        run(handover.count_handover, handover_id, ())


def code_of(read: Run, order: OrderCard) -> str:
    """The pickup code of an order, whatever its state."""
    code: str = read(lambda session: session.scalar(select(Pickup.code).filter_by(order_id=order.id)))
    return code


def vehicle_input(code: str = "V1", **other: Any) -> VehicleInput:
    """A van for 187 crates or 1.4 t: 90.00 a day and 1.80 a kilometre."""
    fields: dict[str, Any] = {
        "name": f"{code}号车", "capacity_ml": 7_500_000, "capacity_g": 1_400_000, "cost_per_km_cents": 180,
        "fixed_cost_cents": 9_000,
    } | other  # fmt: skip
    return VehicleInput(code=code, **fields)


def vehicle(**other: Any) -> VehicleCard:
    """A van of no hub in particular."""
    fields: dict[str, Any] = {
        "id": new_id(), "hub_id": new_id(), "code": "V1", "name": "1号车", "capacity_ml": 7_500_000,
        "capacity_g": 1_400_000, "cost_per_km_cents": 180, "fixed_cost_cents": 9_000, "active": True,
    } | other  # fmt: skip
    return VehicleCard(**fields)


def stop(crates: int = 10, lat: float = 30.30, lon: float = 115.10, **other: Any) -> StopDemand:
    """A pickup point that wants crates of 10 kg."""
    fields: dict[str, Any] = {
        "pickup_point_id": new_id(), "place": Point(lat, lon), "volume_ml": rules.stop_volume_ml(crates),
        "weight_g": rules.stop_weight_g(crates * 10_000, crates), "crates": crates, "opens": rules.STOP_OPENS,
        "closes": rules.STOP_CLOSES,
    } | other  # fmt: skip
    return StopDemand(**fields)


def tour(truck: VehicleCard | UUID, *stops: StopDemand | UUID) -> PlannedRoute:
    """A tour that visits stops in this order, ten minutes each, a kilometre apart."""
    points = [s if isinstance(s, UUID) else s.pickup_point_id for s in stops]
    return PlannedRoute(
        vehicle_id=truck if isinstance(truck, UUID) else truck.id,
        stops=tuple(
            PlannedStop(pickup_point_id=p, arrive_s=3_600 + n * 900, leave_s=4_200 + n * 900, leg_m=1_000)
            for n, p in enumerate(points)
        ),
        distance_m=1_000 * (len(points) + 1),
        volume_ml=0,
        weight_g=0,
    )


def picked_of(session: Session, line_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Pieces handed out so far by order line; lines that were never ready are missing."""
    wanted = select(PickupLine.order_line_id, PickupLine.picked_qty).where(PickupLine.order_line_id.in_(line_ids))
    return dict(session.execute(wanted).all())
