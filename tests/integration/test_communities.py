"""Hubs, neighbourhoods, points, leaders: saved by code; status moves are told; queries."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.accounts import queries as accounts
from app.domains.accounts.models import Account
from app.domains.accounts.service.accounts import open_account
from app.domains.accounts.values import OpenAccount
from app.domains.communities import queries
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.service.places import save_hubs, save_neighbourhoods, save_pickup_points
from app.domains.communities.values import LeaderFilter, LeaderStatus, PostRole
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.changes import InvalidRows, RowFault
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.ids import READABLE, new_id
from app.kernel.paging import PageAsk, decode_cursor
from app.kernel.reasons import Reason
from app.kernel.states import WrongState
from tests.factories.accounts import bearer
from tests.factories.communities import (
    HUB,
    LAT,
    LON,
    leader_input,
    make_city,
    make_home,
    make_resident,
    neighbourhood_input,
    point_input,
    square,
)


def counts(changes: Any) -> tuple[int, int, int]:
    return changes.created, changes.updated, changes.unchanged


def facts(database: Database) -> list[dict[str, Any]]:
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver' ORDER BY id"))
        return [row[0]["body"] for row in found]


def faults(run: Any, use_case: Any, *rows: Any) -> list[RowFault]:
    with pytest.raises(InvalidRows) as refusal:
        run(use_case, list(rows))
    return refusal.value.faults


def test_saving_twice_changes_nothing(run: Any, read: Any) -> None:
    make_city(run)
    assert counts(run(save_hubs, [HUB])) == (0, 0, 1)
    assert counts(run(save_neighbourhoods, read(queries.neighbourhood_inputs))) == (0, 0, 2)
    assert counts(run(save_pickup_points, read(queries.pickup_point_inputs))) == (0, 0, 2)
    assert counts(run(save_leaders, read(queries.leader_inputs))) == (0, 0, 2)
    assert read(queries.hub_inputs) == [HUB]
    assert read(queries.leader_inputs) == [leader_input(), leader_input("L002", "N002", "P002")]


def test_updates_are_counted_and_named(run: Any, read: Any) -> None:
    city = make_city(run)
    changes = run(save_pickup_points, [point_input(capacity_orders=7), point_input("P003", lat=LAT + 0.001)])
    assert counts(changes) == (1, 1, 0)
    assert (changes.details[0].before, changes.details[0].after) == ({"capacity_orders": 100}, {"capacity_orders": 7})
    assert read(queries.get_place, city.points["P001"]).capacity_orders == 7


def test_faults_of_places(run: Any) -> None:
    make_city(run)
    assert faults(run, save_hubs, replace(HUB, code="a b", name="", lat=91.0, timezone="Mars", currency="yuan")) == [
        RowFault("a b", "code", Reason.NOT_CODE, "a b"),
        RowFault("a b", "name", Reason.MISSING),
        RowFault("a b", "lat", Reason.OUT_OF_RANGE, "91.0"),
        RowFault("a b", "timezone", Reason.NOT_ZONE, "Mars"),
        RowFault("a b", "currency", Reason.NOT_CURRENCY, "yuan"),
    ]
    crossed = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    wrong = replace(neighbourhood_input("N009", geometry=crossed), hub="X", households=0)
    assert faults(run, save_neighbourhoods, wrong) == [
        RowFault("N009", "hub", Reason.UNKNOWN, "X"),
        RowFault("N009", "households", Reason.TOO_SMALL, "0"),
        RowFault("N009", "geometry", Reason.CROSSES_ITSELF),
    ]
    odd = point_input("P009", "N404", reach_m=0, closes=HUB.cutoff.replace(hour=9))
    assert faults(run, save_pickup_points, odd) == [
        RowFault("P009", "neighbourhood", Reason.UNKNOWN, "N404"),
        RowFault("P009", "reach_m", Reason.TOO_SMALL, "0"),
        RowFault("P009", "closes", Reason.CLOSES_EARLY, "09:00"),
    ]


def test_a_neighbourhood_keeps_its_hub_and_a_point_its_neighbourhood(run: Any, read: Any) -> None:
    make_city(run)
    run(save_hubs, [replace(HUB, code="LJ-W")])
    moved = replace(neighbourhood_input(), hub="LJ-W")
    assert faults(run, save_neighbourhoods, moved) == [RowFault("N001", "hub", Reason.FIXED)]
    assert faults(run, save_pickup_points, point_input(neighbourhood="N002")) == [
        RowFault("P001", "neighbourhood", Reason.FIXED)
    ]
    assert {hood.hub for hood in read(queries.neighbourhood_inputs)} == {"LJ-E"}


def test_leaders_get_accounts_logins_and_share_codes(run: Any, read: Any) -> None:
    city = make_city(run)
    account = read(accounts.find_account_by_login, "l001")
    assert (account.account_id, account.role, account.phone) == (city.leaders["L001"], Role.LEADER, "19900000001")
    card = read(queries.get_leader, city.leaders["L001"])
    assert len(card.share_code) == 6
    assert set(card.share_code) <= set(READABLE)
    assert read(queries.find_leader_by_share_code, f" {card.share_code.lower()} ") == card
    assert (card.phone_tail, card.post, card.households, card.since.isoformat()) == (
        "0001",
        PostRole.PRIMARY,
        500,
        "2026-11-20",
    )
    assert read(queries.find_leader_by_share_code, "??") is None
    with pytest.raises(NotFound):
        read(queries.get_leader, new_id())


def test_leader_update_reaches_the_account_and_the_history(run: Any, read: Any, database: Database, clock: Any) -> None:
    city = make_city(run)
    changed = leader_input(name="王叔", phone="+86 139 0000 0001", role=PostRole.BACKUP, status=LeaderStatus.RESTING)
    assert counts(run(save_leaders, [changed, leader_input("L002", "N002", "P002")])) == (0, 1, 1)
    account = read(accounts.get_account, city.leaders["L001"])
    assert (account.name, account.phone) == ("王叔", "13900000001")
    assert read(queries.get_leader, city.leaders["L001"]).post is PostRole.BACKUP
    assert [(f["old"], f["new"], f["reason"]) for f in facts(database)] == [("active", "resting", "import")]
    with database.engine.connect() as connection:
        posts = connection.execute(
            text("SELECT role, until_at IS NULL FROM communities_leader_post WHERE leader_id = :id ORDER BY id"),
            {"id": city.leaders["L001"]},
        ).all()
    assert [tuple(post) for post in posts] == [("primary", False), ("backup", True)]


def test_primaries_can_be_swapped_in_one_file(run: Any, read: Any) -> None:
    make_city(run)
    run(save_leaders, [leader_input("L003", role=PostRole.BACKUP)])
    run(save_leaders, [leader_input("L003"), leader_input(role=PostRole.BACKUP)])
    assert {row.code: row.role for row in read(queries.leader_inputs)} == {
        "L001": PostRole.BACKUP, "L002": PostRole.PRIMARY, "L003": PostRole.PRIMARY,
    }  # fmt: skip
    assert read(queries.places)[0].leader_name == "李叔"


def test_faults_of_leaders(run: Any, read: Any, database: Database) -> None:
    city = make_city(run)
    run(change_status, city.leaders["L002"], LeaderStatus.REMOVED, "moved away")
    make_home(run, make_resident(run), city.points["P001"])
    run(save_pickup_points, [point_input("P003")])
    assert faults(
        run,
        save_leaders,
        leader_input(pickup_point="P003"),
        leader_input("L002", "N002", "P002"),
        leader_input("L003"),
        leader_input("L004", "N404", "P404", phone="12", role=PostRole.BACKUP),
        leader_input("L005", "N002", "P001", phone="19900000001", name=""),
    ) == [
        RowFault("L004", "phone", Reason.NOT_PHONE, "12"),
        RowFault("L001", "pickup_point", Reason.FIXED, "P003"),
        RowFault("L002", "status", Reason.WRONG_MOVE, "active"),
        RowFault("L004", "neighbourhood", Reason.UNKNOWN, "N404"),
        RowFault("L004", "pickup_point", Reason.UNKNOWN, "P404"),
        RowFault("L005", "name", Reason.MISSING),
        RowFault("L005", "pickup_point", Reason.ELSEWHERE, "P001"),
        RowFault("L003", "role", Reason.HAS_PRIMARY, "N001"),
        RowFault("L005", "role", Reason.HAS_PRIMARY, "N002"),
        RowFault("L005", "phone", Reason.TAKEN, "19900000001"),
    ]
    assert len(read(queries.leader_inputs)) == 2


def test_a_login_of_somebody_else_is_not_taken_over(run: Any, read: Any, database: Database) -> None:
    make_city(run)
    run(open_account, OpenAccount(role=Role.HQ_ADMIN, name="Boss", login="l009"))
    assert faults(run, save_leaders, leader_input("L009", role=PostRole.BACKUP)) == [
        RowFault("L009", "code", Reason.TAKEN, "L009")
    ]
    assert read(accounts.find_account_by_login, "l009").name == "Boss"


def test_status_moves_are_audited_and_told(run: Any, read: Any, database: Database) -> None:
    city = make_city(run)
    run(change_status, city.leaders["L001"], LeaderStatus.PROBATION, " late twice ")
    fact = facts(database)[0]
    assert (fact["leader_id"], fact["old"], fact["new"], fact["reason"]) == (
        str(city.leaders["L001"]), "active", "probation", "late twice",
    )  # fmt: skip
    assert read(queries.places)[0].leader_id == city.leaders["L001"]
    leader = Account(id=city.leaders["L001"], role=Role.LEADER)
    token = bearer(database, leader)["Authorization"].removeprefix("Bearer ")
    assert read(accounts.person_of_token, token, database.clock.now()) is not None
    run(change_status, city.leaders["L001"], LeaderStatus.REMOVED, "gone")
    assert read(accounts.person_of_token, token, database.clock.now()) is None
    assert read(queries.places)[0].leader_id is None
    card = read(queries.get_leader, city.leaders["L001"])
    assert (card.status, card.post, card.neighbourhood_id) == (LeaderStatus.REMOVED, None, None)
    assert counts(run(save_leaders, read(queries.leader_inputs))) == (0, 0, 2)
    with pytest.raises(WrongState):
        run(change_status, city.leaders["L001"], LeaderStatus.ACTIVE, "back")
    with pytest.raises(Invalid):
        run(change_status, city.leaders["L002"], LeaderStatus.RESTING, "  ")
    with pytest.raises(NotFound):
        run(change_status, new_id(), LeaderStatus.RESTING, "x")
    assert len(facts(database)) == 2


def test_a_backup_serves_while_the_primary_rests(run: Any, read: Any) -> None:
    city = make_city(run)
    run(save_leaders, [leader_input("L003", role=PostRole.BACKUP)])
    assert read(queries.get_place, city.points["P001"]).leader_id == city.leaders["L001"]
    run(change_status, city.leaders["L001"], LeaderStatus.RESTING, "holiday")
    assert read(queries.get_place, city.points["P001"]).leader_id == read(queries.leader_ids_by_code)["L003"]


def test_lists_for_hq_and_maps(run: Any, read: Any) -> None:
    city = make_city(run)
    homes = [make_home(run, make_resident(run, n, f"居民{n}"), city.points["P001"]) for n in range(3)]
    assert read(queries.residents_by_point) == {city.points["P001"]: 3}
    assert read(queries.residents_by_leader, city.hub_id) == {city.leaders["L001"]: 3}
    assert read(queries.residents_by_point, new_id()) == {}
    features = read(queries.neighbourhood_shapes, city.hub_id)
    assert [(f["properties"]["code"], f["properties"]["residents"]) for f in features] == [("N001", 3), ("N002", 0)]
    assert features[0]["geometry"] == square(LAT, LON)
    wanted = LeaderFilter(hub_id=city.hub_id, status=LeaderStatus.ACTIVE, text="l002")
    assert [c.code for c in read(queries.leaders, wanted, PageAsk()).rows] == ["L002"]
    assert read(queries.leader_cards, new_id()) == []
    first = read(queries.residents_of_leader, city.leaders["L001"], PageAsk(limit=2))
    assert [r.resident_id for r in first.rows] == [h.resident_id for h in homes[:2]]
    rest = read(queries.residents_of_leader, city.leaders["L001"], PageAsk(after=decode_cursor(first.next_cursor)))
    assert [(r.name, r.phone_tail) for r in rest.rows] == [("居民2", "0002")]
    assert [r.name for r in read(queries.residents_of_leader, city.leaders["L001"], PageAsk(), "0001").rows] == [
        "居民1"
    ]
    assert read(queries.leaders_by_id, [city.leaders["L002"], new_id()])[city.leaders["L002"]].code == "L002"


def test_hubs(run: Any, read: Any) -> None:
    city = make_city(run)
    hub = read(queries.get_hub, city.hub_id)
    assert (hub.code, hub.place, hub.cutoff) == ("LJ-E", Point(LAT, LON), HUB.cutoff)
    assert read(queries.hubs) == [hub]
    assert read(queries.find_hub_by_code, "nope") is None
    with pytest.raises(NotFound):
        read(queries.get_hub, new_id())


@pytest.mark.parametrize("use_case", [save_hubs, save_neighbourhoods, save_pickup_points, save_leaders])
def test_a_leader_may_save_nothing(database: Database, use_case: Any) -> None:
    with pytest.raises(Forbidden):
        database.transact(Actor("l", Role.LEADER, new_id()), use_case, [])
