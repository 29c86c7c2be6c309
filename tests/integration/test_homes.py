"""Where a resident belongs, and why; history is dated."""

from typing import Any

import pytest
from sqlalchemy import select, text

from app.domains.communities import queries
from app.domains.communities.errors import NobodyInReach, NobodyServes, PointFull
from app.domains.communities.models import HomeRow
from app.domains.communities.service.homes import assign_home, assign_homes, choose_home
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import ChooseHome, HomeReason, LeaderStatus, NewHome, PostRole
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.ids import new_id
from tests.factories.communities import (
    LAT,
    LON,
    leader_input,
    make_city,
    make_home,
    make_resident,
    point_input,
    resident,
)

HERE = Point(LAT, LON + 0.001)
AWAY = Point(LAT, LON + 0.0105)
NOWHERE = Point(LAT + 1, LON)


def history(database: Database) -> list[tuple[str, bool]]:
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT reason, until_at IS NULL FROM communities_home ORDER BY id"))
        return [(row[0], row[1]) for row in rows]


def test_inside_the_polygon(run: Any, read: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    home = database.transact(resident(someone), choose_home, ChooseHome(location=HERE))
    assert (home.pickup_point_id, home.leader_id) == (city.points["P001"], city.leaders["L001"])
    assert (home.reason, home.distance_m) == (HomeReason.IN_POLYGON, 96)
    assert (home.hub_id, home.neighbourhood_id) == (city.hub_id, city.neighbourhoods["N001"])
    assert read(queries.home_of, someone) == home
    assert database.transact(resident(someone), choose_home, ChooseHome(location=HERE)) == home
    assert history(database) == [("in_polygon", True)]


def test_moving_closes_the_old_home(run: Any, read: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    database.transact(resident(someone), choose_home, ChooseHome(location=HERE))
    home = database.transact(resident(someone), choose_home, ChooseHome(location=AWAY))
    assert (home.pickup_point_id, home.leader_id) == (city.points["P002"], city.leaders["L002"])
    assert history(database) == [("in_polygon", False), ("in_polygon", True)]
    wanted = select(HomeRow.pickup_point_id).order_by(HomeRow.from_at, HomeRow.id)
    assert read(lambda s: s.scalars(wanted).all()) == [city.points["P001"], city.points["P002"]]


def test_outside_every_polygon_the_nearest_in_reach(run: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    home = database.transact(resident(someone), choose_home, ChooseHome(location=Point(LAT, LON + 0.0042)))
    assert (home.pickup_point_id, home.reason, home.distance_m) == (city.points["P001"], HomeReason.NEAREST, 404)


def test_nobody_in_reach_changes_nothing(run: Any, read: Any, database: Database) -> None:
    make_city(run)
    someone = make_resident(run)
    with pytest.raises(NobodyInReach) as refusal:
        database.transact(resident(someone), choose_home, ChooseHome(location=NOWHERE))
    assert refusal.value.nearest_m is not None
    assert 110_000 < refusal.value.nearest_m < 112_000
    assert read(queries.home_of, someone) is None


def test_a_leaders_link_binds_from_anywhere(run: Any, read: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    code = read(queries.get_leader, city.leaders["L002"]).share_code
    home = database.transact(resident(someone), choose_home, ChooseHome(share_code=code, location=HERE))
    assert (home.leader_id, home.reason) == (city.leaders["L002"], HomeReason.LEADER_LINK)
    assert home.distance_m == 866
    other = run(assign_home, make_resident(run, 2), ChooseHome(share_code=code.lower()))
    assert (other.pickup_point_id, other.distance_m) == (city.points["P002"], None)
    run(change_status, city.leaders["L002"], LeaderStatus.RESTING, "holiday")
    with pytest.raises(NobodyServes):
        run(assign_home, make_resident(run, 3), ChooseHome(share_code=code))
    with pytest.raises(NotFound):
        run(assign_home, make_resident(run, 4), ChooseHome(share_code="??????"))


def test_a_point_from_the_list(run: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    home = database.transact(resident(someone), choose_home, ChooseHome(pickup_point_id=city.points["P002"]))
    assert (home.leader_id, home.reason, home.distance_m) == (city.leaders["L002"], HomeReason.CHOSEN, None)
    run(change_status, city.leaders["L001"], LeaderStatus.REMOVED, "gone")
    with pytest.raises(NobodyServes):
        database.transact(resident(someone), choose_home, ChooseHome(pickup_point_id=city.points["P001"]))
    with pytest.raises(NotFound):
        database.transact(resident(someone), choose_home, ChooseHome(pickup_point_id=new_id()))
    with pytest.raises(Invalid):
        database.transact(resident(someone), choose_home, ChooseHome())


def test_a_full_point_sends_newcomers_on_but_keeps_its_own(run: Any, read: Any, database: Database) -> None:
    points = [point_input(capacity_orders=1), point_input("P002", "N002", lon=LON + 0.01, reach_m=1000)]
    city = make_city(run, points=points)
    first, second = make_resident(run, 1), make_resident(run, 2)
    mine = database.transact(resident(first), choose_home, ChooseHome(location=HERE))
    assert mine.pickup_point_id == city.points["P001"]
    theirs = database.transact(resident(second), choose_home, ChooseHome(location=HERE))
    assert (theirs.pickup_point_id, theirs.reason) == (city.points["P002"], HomeReason.NEAREST)
    assert database.transact(resident(first), choose_home, ChooseHome(location=HERE)) == mine
    code = read(queries.get_leader, city.leaders["L001"]).share_code
    for wish in (ChooseHome(share_code=code), ChooseHome(pickup_point_id=city.points["P001"])):
        with pytest.raises(PointFull) as refusal:
            database.transact(resident(second), choose_home, wish)
        assert refusal.value.capacity_orders == 1
    database.transact(resident(first), choose_home, ChooseHome(location=AWAY))
    assert (
        database.transact(resident(second), choose_home, ChooseHome(share_code=code)).leader_id == city.leaders["L001"]
    )


def test_when_all_are_full_the_refusal_says_so(run: Any, database: Database) -> None:
    city = make_city(run)
    make_home(run, make_resident(run, 1), city.points["P001"])
    make_home(run, make_resident(run, 2), city.points["P002"])
    run(
        save_pickup_points,
        [point_input(capacity_orders=1), point_input("P002", "N002", lon=LON + 0.01, capacity_orders=1)],
    )
    with pytest.raises(NobodyInReach) as refusal:
        run(assign_home, make_resident(run, 3), ChooseHome(location=HERE))
    assert (refusal.value.nearest_m, refusal.value.full) == (96, 1)


def test_in_bulk_like_one_by_one(run: Any, read: Any, database: Database) -> None:
    points = [point_input(capacity_orders=2), point_input("P002", "N002", lon=LON + 0.01, reach_m=1000)]
    city = make_city(run, points=points)
    people = [make_resident(run, n) for n in range(6)]
    make_home(run, people[5], city.points["P002"])
    spots = [HERE, HERE, HERE, AWAY, NOWHERE, HERE]
    placed = run(assign_homes, [NewHome(resident_id=r, location=p) for r, p in zip(people, spots, strict=True)])
    assert [placed.homes[r].pickup_point_id for r in people[:4]] == [
        city.points[c] for c in ("P001", "P001", "P002", "P002")
    ]
    assert [placed.homes[r].reason.value for r in people[:4]] == ["in_polygon", "in_polygon", "nearest", "in_polygon"]
    assert set(placed.refused) == {people[4]}
    assert read(queries.homes_of, people[:5]) == placed.homes
    assert read(queries.residents_by_point) == {city.points["P001"]: 2, city.points["P002"]: 3}
    assert run(assign_homes, []).homes == {}


def test_who_may(run: Any, read: Any, database: Database) -> None:
    city, someone = make_city(run), make_resident(run)
    with pytest.raises(Forbidden):
        database.transact(resident(someone), assign_home, someone, ChooseHome(location=HERE))
    with pytest.raises(Forbidden):
        database.transact(Actor("l", Role.LEADER, city.leaders["L001"]), choose_home, ChooseHome(location=HERE))
    with pytest.raises(Forbidden):
        run(choose_home, ChooseHome(location=HERE))
    assert read(queries.home_of, someone) is None


def test_a_substitute_serves_while_the_leader_rests(run: Any, read: Any) -> None:
    city, someone = make_city(run), make_resident(run)
    home = run(assign_home, someone, ChooseHome(location=HERE))
    run(change_status, city.leaders["L001"], LeaderStatus.RESTING, "holiday")
    alone = read(queries.home_of, someone)
    assert (alone.leader_id, alone.is_served) == (city.leaders["L001"], False)
    run(save_leaders, [leader_input("L003", role=PostRole.BACKUP)])
    helped = read(queries.home_of, someone)
    assert (helped.leader_id, helped.is_served) == (read(queries.leader_ids_by_code)["L003"], True)
    assert (helped.pickup_point_id, helped.reason) == (home.pickup_point_id, HomeReason.IN_POLYGON)
    run(change_status, city.leaders["L001"], LeaderStatus.ACTIVE, "back")
    assert read(queries.home_of, someone) == home
