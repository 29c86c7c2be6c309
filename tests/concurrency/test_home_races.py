"""A pickup point never takes more residents than it has room for, however many come at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from app.domains.communities import queries
from app.domains.communities.errors import NobodyInReach, PointFull
from app.domains.communities.models import HomeRow
from app.domains.communities.service.homes import choose_home
from app.domains.communities.values import ChooseHome, HomeReason
from app.infra.uow import Database, UnitOfWork
from app.kernel.geo import Point
from tests.factories.communities import LAT, LON, City, make_city, make_resident, point_input, resident
from tests.patience import SECONDS

HERE = Point(LAT, LON)
ROOM, COMERS = 3, 12


def crowd(run: Any) -> tuple[City, list[UUID]]:
    points = [
        point_input(capacity_orders=ROOM),
        point_input("P002", "N002", lon=LON + 0.01, capacity_orders=ROOM, reach_m=1500),
    ]
    return make_city(run, points=points), [make_resident(run, n) for n in range(COMERS)]


def together(database: Database, people: list[UUID], wish: ChooseHome) -> list[Any]:
    def one(who: UUID) -> Any:
        try:
            return database.transact(resident(who), choose_home, wish).pickup_point_id
        except (NobodyInReach, PointFull) as refusal:
            return type(refusal)

    with ThreadPoolExecutor(COMERS) as pool:
        return list(pool.map(one, people))


def test_without_the_lock_the_point_would_overflow(run: Any, database: Database) -> None:
    """Shows that the race exists: count and insert without a lock, all counts before all inserts."""
    city, people = crowd(run)
    point = city.points["P001"]
    counted = Barrier(COMERS)

    def naive(uow: UnitOfWork, who: UUID) -> None:
        taken = uow.session.scalar(select(func.count()).where(HomeRow.pickup_point_id == point))
        counted.wait(SECONDS)
        if taken is not None and taken < ROOM:
            row = {
                "resident_id": who, "hub_id": city.hub_id, "neighbourhood_id": city.neighbourhoods["N001"],
                "pickup_point_id": point, "leader_id": city.leaders["L001"], "reason": HomeReason.NEAREST,
                "from_at": uow.now,
            }  # fmt: skip
            uow.session.execute(insert(HomeRow), [row])

    with ThreadPoolExecutor(COMERS) as pool:
        list(pool.map(lambda who: run(naive, who), people))
    assert database.read(queries.residents_by_point) == {point: COMERS}


def test_newcomers_at_once_fill_the_first_point_then_the_next_then_are_refused(run: Any, database: Database) -> None:
    city, people = crowd(run)
    answers = together(database, people, ChooseHome(location=HERE))
    assert answers.count(city.points["P001"]) == ROOM
    assert answers.count(city.points["P002"]) == ROOM
    assert answers.count(NobodyInReach) == COMERS - 2 * ROOM
    assert database.read(queries.residents_by_point) == {city.points["P001"]: ROOM, city.points["P002"]: ROOM}


def test_followers_of_one_link_at_once(run: Any, database: Database) -> None:
    city, people = crowd(run)
    code = database.read(queries.get_leader, city.leaders["L001"]).share_code
    answers = together(database, people, ChooseHome(share_code=code))
    assert answers.count(city.points["P001"]) == ROOM
    assert answers.count(PointFull) == COMERS - ROOM


def test_one_resident_twice_at_once_has_one_home(run: Any, database: Database) -> None:
    city, people = crowd(run)
    answers = together(database, [people[0]] * COMERS, ChooseHome(location=HERE))
    assert set(answers) == {city.points["P001"]}
    assert database.read(lambda s: s.scalar(select(func.count()).select_from(HomeRow))) == 1
