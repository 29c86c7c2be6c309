"""A hub with many leaders whose days are written down directly, for tests of scores that compare peers."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from app.domains.communities import queries as communities
from app.domains.communities.models import HomeRow, Leader, LeaderPost, PickupPoint
from app.domains.communities.service.leaders import save_leaders
from app.domains.communities.service.places import save_neighbourhoods, save_pickup_points
from app.domains.communities.values import HomeReason, LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.ground import NeighbourhoodInput, PickupPointInput
from app.domains.orders.models import Order
from app.domains.orders.values import OrderStatus
from app.domains.scoring.models import LeaderDay
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.accounts import make_account
from tests.factories.communities import square
from tests.factories.kept import kept
from tests.factories.world import HUB, World

#: Pickup days of each leader, every third day.
DAYS = 8


@kept
def make_city(world: World, first_on: date, *, leaders: int = 24, seed: int = 7) -> list[UUID]:
    """Many more leaders of the world's hub with eight pickup days each from a day on; returns who they are.

    Larger neighbourhoods reach a smaller share of their households, older ones a larger: what normalising takes out.
    """
    dice = Random(seed)
    sizes = [dice.randint(150, 1_500) for _ in range(leaders)]
    ages = [dice.randint(10, 400) for _ in range(leaders)]

    def build(uow: UnitOfWork) -> list[UUID]:
        _save_places(uow, sizes)
        uow.session.flush()
        known = communities.leader_ids_by_code(uow.session)
        ids = [known[f"L{number}"] for number in _numbers(leaders)]
        for leader_id, size, age in zip(ids, sizes, ages, strict=True):
            since = datetime.combine(first_on + timedelta(days=27 - age), time(), UTC)
            uow.session.execute(update(LeaderPost).where(LeaderPost.leader_id == leader_id).values(from_at=since))
            _live(uow, dice, leader_id, size, age, first_on)
        return ids

    made: list[UUID] = world.services.database.transact(Actor.system("test"), build)
    return made


def _numbers(leaders: int) -> range:
    return range(100, 100 + leaders)


def _save_places(uow: UnitOfWork, sizes: list[int]) -> None:
    numbered = list(zip(_numbers(len(sizes)), sizes, strict=True))
    save_neighbourhoods(
        uow,
        [
            NeighbourhoodInput(code=f"N{no}", name=f"小区{no}", name_en=f"Compound {no}", hub=HUB.code, households=size,
                               geometry=square(30.6, 114.0 + no / 50))
            for no, size in numbered
        ],
    )  # fmt: skip
    save_pickup_points(
        uow,
        [
            PickupPointInput(code=f"P{no}", neighbourhood=f"N{no}", name=f"自提点{no}", address=f"{no}号", lat=30.6,
                             lon=114.0 + no / 50, opens=time(16), closes=time(21), capacity_orders=1000, reach_m=800)
            for no, _ in numbered
        ],
    )  # fmt: skip
    uow.session.flush()
    save_leaders(
        uow,
        [
            LeaderInput(code=f"L{no}", name=f"团长{no}", phone=f"13700000{no}", kind=LeaderKind.HOME,
                        neighbourhood=f"N{no}", pickup_point=f"P{no}", role=PostRole.PRIMARY,
                        status=LeaderStatus.ACTIVE)
            for no, _ in numbered
        ],
    )  # fmt: skip


def _live(uow: UnitOfWork, dice: Random, leader_id: UUID, size: int, age: int, first_on: date) -> None:
    skill = dice.gauss(0, 1)
    reach = min(0.6, max(0.02, 0.3 - size / 8_000 + age / 4_000 + skill / 50))
    buyers = max(4, round(size * reach))
    leader = uow.session.get_one(Leader, leader_id)
    point = uow.session.get_one(PickupPoint, leader.pickup_point_id)
    place = {"hub_id": leader.hub_id, "neighbourhood_id": point.neighbourhood_id, "pickup_point_id": point.id}
    for metres in (dice.randint(50, 700), dice.randint(50, 700)):
        home = make_account(uow, name="住户", phone=None)
        uow.session.flush()
        uow.session.add(
            HomeRow(resident_id=home.id, leader_id=leader_id, reason=HomeReason.CHOSEN, lat=None, lon=None,
                    distance_m=metres, from_at=datetime.combine(first_on, time(), UTC), until_at=None, **place)
        )  # fmt: skip
    orders: list[dict[str, Any]] = []
    for _ in range(buyers):
        often = 1 + (dice.random() < min(0.9, max(0.1, 0.5 + skill / 8)))
        about = place | {"leader_id": leader_id, "resident_id": new_id()}
        orders += [_order(about, _day(first_on, number)) for number in dice.sample(range(DAYS), often)]
    uow.session.execute(insert(Order), orders)
    for number in range(DAYS):
        on = _day(first_on, number)
        uow.session.add(
            _facts(dice, skill, leader_id, leader.hub_id, on, sum(one["pickup_on"] == on for one in orders))
        )


def _day(first_on: date, number: int) -> date:
    return first_on + timedelta(days=3 * number)


def _order(about: dict[str, Any], on: date) -> dict[str, Any]:
    at = datetime.combine(on - timedelta(days=1), time(10), UTC)
    order_id = new_id()
    return about | {
        "id": order_id, "no": f"T{order_id.hex}", "status": OrderStatus.PAID, "group_buy_id": order_id, "pickup_on": on,
        "currency": "CNY", "total_cents": 2_000, "refunded_cents": 0, "note": "", "placed_at": at, "pay_by": at,
        "paid_at": at,
    }  # fmt: skip


def _facts(dice: Random, skill: float, leader_id: UUID, hub_id: UUID, on: date, orders: int) -> LeaderDay:
    def of(many: int, chance: float) -> int:
        return sum(dice.random() < chance for _ in range(many))

    due = 3 * orders
    picked = of(due, min(0.999, 0.95 + skill / 60))
    asked, tasks, ratings = dice.randint(0, 2), dice.randint(0, 2), orders // 4
    return LeaderDay(
        leader_id=leader_id, hub_id=hub_id, on_date=on, orders=orders, sales_cents=2_000 * orders, buyers=orders,
        new_buyers=of(orders, 0.15), due_pieces=due, picked_pieces=picked, in_window_pieces=of(picked, 0.93),
        handovers=1, on_time_handovers=of(1, min(0.98, max(0.3, 0.85 + skill / 10))), count_reports=0, claims=asked,
        leader_fault_claims=of(asked, 0.3), asked_claims=asked, answered_claims=of(asked, 0.8), ratings=ratings,
        stars=ratings + of(4 * ratings, min(0.98, 0.85 + skill / 20)), tasks_due=tasks, tasks_done=of(tasks, 0.8),
    )  # fmt: skip
