"""The audit: silent in a sound house at every station, and exact when a row is broken on purpose."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from app.domains.analytics.queries import CHECKS, broken_invariants
from app.domains.analytics.values import Breach
from app.domains.groupbuys.values import STATIONS, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.supply import queries as supply
from app.domains.supply.values import ReceiveLine
from app.flows.handover import count_handover
from app.flows.receiving import count
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.worker import tasks
from tests.factories.accounts import let_in, make_account
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.breaks import AFTER_SETTLEMENT, BEFORE_PICKUP, Broken
from tests.factories.kept import kept
from tests.factories.leaders_rooms import LEADERS, live
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")


def audit(services: Services, later: timedelta = timedelta()) -> list[Breach]:
    return services.database.read_snapshot(broken_invariants, services.database.clock.now() + later)


def named(breaches: list[Breach]) -> Broken:
    return {(breach.invariant, breach.name) for breach in breaches}


def break_and_audit(services: Services, damage: str) -> tuple[str | None, list[Breach]]:
    """Do damage, audit, and take the damage back; also the id of what was damaged, if the last statement returns it."""
    with services.database._sessions() as session:
        *before, last = damage.split(";")
        for statement in before:
            session.execute(text(statement))
        hit = session.execute(text(last))
        broken = hit.scalars().first() if hit.returns_rows else None
        assert broken if hit.returns_rows else hit.rowcount, "nothing was damaged"
        found = broken_invariants(session, services.database.clock.now())
        session.rollback()
    return broken and str(broken), found


def check_damage(services: Services, damage: str, expected: Broken) -> None:
    broken, found = break_and_audit(services, damage)
    assert named(found) == expected
    assert broken is None or broken in {row.id for breach in found for row in breach.rows}


@kept
def live_to_handover(world: World, work: Callable[[], int]) -> list[UUID]:
    """Three paid orders, one that lapses; a piece of rice never comes, one orange is lost, one dumpling damaged."""
    bought = [world.buy(0, orange=6, greens=2), world.buy(1, orange=5, rice=2), world.buy(2, dumplings=2, orange=1)]
    world.place(0, greens=1)
    run_to(world, Station.CUTOFF)
    database = world.services.database
    rice = next(
        line
        for line in database.read(supply.purchase_lines, group_buy_id=world.group_buy_id)
        if line.sku_id == world.skus["rice"]
    )
    world.run_as(SYSTEM)(count, ReceiveLine(purchase_line_id=rice.id, received_qty=1))
    run_to(world, Station.DISPATCH)
    for handover in database.read(logistics.handovers_of_round, world.group_buy_id):
        lost = [
            CountLine(sku_id=world.skus["orange"], short_qty=1, fault=Fault.SUPPLIER),
            CountLine(sku_id=world.skus["dumplings"], damaged_qty=1, fault=Fault.CARRIER),
        ]
        mine = lost if handover.pickup_point_id == world.points["P901"] else []
        world.run_as(SYSTEM)(count_handover, handover.id, mine)
    run_to(world, Station.HANDOVER)
    work()
    return bought


def test_a_sound_round_has_no_breach_at_any_station(services: Services, work: Callable[[], int]) -> None:
    world = make_world(services)
    bought = [world.buy(0, orange=6, greens=5), world.buy(1, orange=5, rice=2)]
    for station in STATIONS[1:]:
        if station is Station.SETTLE:
            pick_up(world, bought[0], orange=2)
        run_to(world, station)
        assert audit(services) == [], station
        work()
        assert audit(services) == [], station


def test_every_broken_row_is_named(services: Services, work: Callable[[], int], subtests: pytest.Subtests) -> None:
    world = make_world(services)
    bought = live_to_handover(world, work)
    assert audit(services) == []
    for damage, expected in BEFORE_PICKUP:
        with subtests.test(damage):
            check_damage(services, damage, expected)
    pick_up(world, bought[0])
    pick_up(world, bought[1], "L902", orange=3)
    approved, rejected, _ = (make_claim(world, bought[0], orange=1) for _ in range(3))
    make_decision(world, approved.id)
    make_decision(world, rejected.id, approve=False)
    with subtests.test("a settled round with open lines"):
        _, (breach,) = break_and_audit(services, "UPDATE groupbuys_group_buy SET status = 'settled'")
        assert (breach.invariant, breach.name, breach.count) == (3, "ended", 3)
    run_to(world, Station.SETTLE)
    work()
    assert audit(services) == []
    for damage, expected in AFTER_SETTLEMENT:
        with subtests.test(damage):
            check_damage(services, damage, expected)


def test_every_broken_row_of_the_leaders_rooms_is_named(
    services: Services, work: Callable[[], int], subtests: pytest.Subtests
) -> None:
    live(make_world(services))
    work()
    assert audit(services) == []
    for damage, expected in LEADERS:
        with subtests.test(damage):
            check_damage(services, damage, expected)


def test_every_check_is_tried_by_a_damage() -> None:
    tried = {one for _, expected in BEFORE_PICKUP + AFTER_SETTLEMENT + LEADERS for one in expected}
    elsewhere = {(3, "ended"), (3, "overdue"), (3, "unpaid")}
    assert tried | elsewhere == {(check.invariant, check.name) for check in CHECKS}


def test_what_waits_too_long_is_named(services: Services, work: Callable[[], int]) -> None:
    world = make_world(services)
    placed = world.place(0, orange=1)
    assert audit(services, timedelta(minutes=75)) == []
    (late,) = audit(services, timedelta(minutes=76))
    assert (late.invariant, late.name, late.count, late.rows[0].id) == (3, "unpaid", 1, str(placed.id))
    run_to(world, Station.CUTOFF)
    work()
    # Picked up on the 21st: on the 24th it may still be open, on the 25th (UTC) it may not.
    assert audit(services, timedelta(days=4)) == []
    (open_round,) = audit(services, timedelta(days=5))
    assert (open_round.name, open_round.rows[0].id) == ("overdue", str(world.group_buy_id))
    assert "LJ-T-261120" in open_round.rows[0].detail


def test_the_command_says_what_is_broken_and_ends_with_1(app: Flask, services: Services) -> None:
    world = make_world(services)
    runner = app.test_cli_runner()
    sound = runner.invoke(args=["audit"])
    assert (sound.exit_code, sound.output) == (0, f"{len(CHECKS)} checks of 9 invariants hold\n")
    with services.database.engine.begin() as connection:
        connection.execute(text("UPDATE groupbuys_offer SET sold_qty = 3 WHERE price_cents = 1990"))
    broken = runner.invoke(args=["audit", "--json"])
    found = json.loads(broken.output)
    assert broken.exit_code == 1
    assert (found["checks"], [b["name"] for b in found["breaches"]]) == (len(CHECKS), ["quota"])
    assert found["breaches"][0]["rows"] == [
        {"id": str(world.offers["orange"]), "detail": "LJ-T-261120 T001: sold_qty 3 of quota 40, in orders 0"}
    ]
    table = runner.invoke(args=["audit"])
    assert table.exit_code == 1
    assert "quota" in table.output


def test_money_that_moves_between_two_checks_is_no_fault(services: Services) -> None:
    """A check, a payment in another transaction, and the same check again: a snapshot sees nothing of it."""
    world, count = make_world(services), "SELECT count(*) FROM orders_order"
    for read, seen in ((services.database.read_snapshot, [1, 1]), (services.database.read, [1, 2])):
        with services.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM orders_line; DELETE FROM orders_order")
        world.place(0, rice=1)

        def twice(session: Session) -> list[int | None]:
            first = session.scalar(text(count))
            world.place(1, greens=1)
            return [first, session.scalar(text(count))]

        assert read(twice) == seen


def test_a_snapshot_only_reads(services: Services) -> None:
    with pytest.raises(InternalError, match="read-only"):
        services.database.read_snapshot(lambda session: session.execute(text("DELETE FROM infra_audit")))


def test_every_door_to_the_audit_takes_a_snapshot(
    services: Services, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[str] = []

    def level(session: Session, *_: object) -> list[Breach]:
        levels.append(str(session.scalar(text("SHOW transaction_isolation"))))
        return []

    monkeypatch.setattr("app.domains.analytics.queries.broken_invariants", level)
    assert app.test_cli_runner().invoke(args=["audit"]).exit_code == 0
    tasks.audit(services)
    let_in(client, services.database, services.database.transact(SYSTEM, make_account, Role.HQ_FINANCE))
    assert client.get("/hq/audit?run=1").status_code == 200
    assert levels == ["repeatable read"] * 3
