"""A leader is away on some pickup days: the deputy gets what is open and what comes, and gives it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.communities import queries
from app.domains.communities.errors import (
    AbsenceBegun,
    AbsenceOverlaps,
    ChangedMeanwhile,
    DeputyAway,
    NobodyServes,
    PointFull,
    StandsIn,
)
from app.domains.communities.service import absences as room
from app.domains.communities.service.homes import assign_home
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.service.places import save_pickup_points
from app.domains.communities.values import ChooseHome, LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.absences import AbsenceCard, AbsenceState, AskAbsence
from app.domains.groupbuys.values import Station
from app.flows import absence
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.states import WrongState
from tests.factories.accounts import let_in
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.shopper import words
from tests.factories.world import PICKUP_ON, World, make_world
from tests.integration.test_replacement import is_sound, picture, rows

Call = Callable[..., Any]
LATER = PICKUP_ON + timedelta(days=5)


@pytest.fixture
def world(services: Services) -> World:
    """L901 serves residents 0 and 2 at P901, L902 resident 1 at P902; pickup is on the 21st."""
    return make_world(services)


class Page:
    """A leader signed in at the portal."""

    def __init__(self, client: FlaskClient, database: Database, account_id: UUID) -> None:
        self._client = client
        self._csrf = let_in(client, database, Account(id=account_id, role=Role.LEADER))

    def get(self, path: str) -> str:
        return self._client.get(path).text

    def post(self, path: str, **fields: str) -> TestResponse:
        return self._client.post(path, data={"csrf_token": self._csrf, **fields})


def ask(world: World, first_on: date = PICKUP_ON, last_on: date = LATER, code: str = "L902") -> UUID:
    wish = AskAbsence(leader_id=world.leaders[code], first_on=first_on, last_on=last_on, note="a wedding")
    return world.services.database.transact(world.leader(code), room.ask, wish)


def owners(world: World) -> list[tuple[Any, ...]]:
    return rows(world, "SELECT leader_id, pickup_point_id FROM orders_order ORDER BY id")


def test_the_deputy_gets_open_orders_and_new_ones_and_gives_them_back(
    world: World, run: Call, read: Call, work: Call
) -> None:
    world.buy(1, orange=2)
    before = picture(world)
    wanted = ask(world)
    assert owners(world) == [(world.leaders["L902"], world.points["P902"])]
    assert run(absence.agree, wanted, world.leaders["L901"]) == 1
    deputy = (world.leaders["L901"], world.points["P901"])
    assert owners(world) == [deputy]
    world.buy(1, greens=5)
    assert owners(world) == [deputy, deputy]
    assert rows(world, "SELECT DISTINCT pickup_point_id FROM orders_line") == [(deputy[1],)]
    home = read(queries.home_of, world.residents[1])
    assert (home.leader_id, home.pickup_point_id) == (world.leaders["L902"], world.points["P902"])
    on = read(queries.home_on, world.residents[1], LATER)
    assert (on.leader_id, on.pickup_point_id) == deputy
    assert read(queries.home_on, world.residents[1], LATER + timedelta(days=1)) == home
    work()
    kinds = "('leader_away', 'stands_in', 'absence_answered')"
    assert rows(world, f"SELECT account_id, kind FROM notifications_message WHERE kind IN {kinds} ORDER BY kind") == [
        (world.leaders["L902"], "absence_answered"), (world.residents[1], "leader_away"),
        (world.leaders["L901"], "stands_in"),
    ]  # fmt: skip
    cancel = world.services.database.transact
    assert cancel(world.leader("L902"), absence.cancel, wanted) == 2
    assert owners(world) == [(world.leaders["L902"], world.points["P902"])] * 2
    assert [row for row in picture(world)[0] if row in before[0]] == before[0]
    assert picture(world)[5:] == before[5:]


def test_an_absence_that_is_agreed_while_she_cancels_it_keeps_its_deputy(
    world: World, run: Call, read: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.buy(1, orange=2)
    wanted = ask(world)
    look = queries.get_absence

    def look_then_agree(session: Session, absence_id: UUID) -> AbsenceCard:
        seen = look(session, absence_id)
        monkeypatch.setattr(queries, "get_absence", look)
        run(absence.agree, wanted, world.leaders["L901"])
        return seen

    monkeypatch.setattr(queries, "get_absence", look_then_agree)
    cancel = world.services.database.transact
    with pytest.raises(ChangedMeanwhile):
        cancel(world.leader("L902"), absence.cancel, wanted)
    assert read(look, wanted).state is AbsenceState.AGREED
    assert owners(world) == [(world.leaders["L901"], world.points["P901"])]
    assert cancel(world.leader("L902"), absence.cancel, wanted) == 1
    assert owners(world) == [(world.leaders["L902"], world.points["P902"])]


@pytest.mark.parametrize("station", [None, Station.CUTOFF, Station.DISPATCH])
def test_who_hands_out_earns_the_day(world: World, run: Call, work: Call, station: Station | None) -> None:
    """Also when the goods were sorted for her own point before somebody agreed."""
    mine, other = world.buy(1, orange=2), world.buy(0, orange=1)
    if station:
        run_to(world, station)
    run(absence.agree, ask(world), world.leaders["L901"])
    run_to(world, Station.HANDOVER)
    for order_id in (mine, other):
        pick_up(world, order_id)
    work()
    run_to(world, Station.SETTLE)
    assert rows(world, "SELECT DISTINCT leader_id FROM settlement_commission_entry") == [(world.leaders["L901"],)]
    assert is_sound(world)


def test_what_is_refused_changes_nothing(world: World, run: Call, read: Call) -> None:
    one = ask(world)
    with pytest.raises(AbsenceOverlaps):
        ask(world, LATER, LATER + timedelta(days=1))
    for first_on, last_on in (
        (LATER, PICKUP_ON), (PICKUP_ON - timedelta(days=2), PICKUP_ON), (PICKUP_ON, PICKUP_ON + timedelta(days=61)),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            ask(world, first_on, last_on, "L901")
    wish = AskAbsence(leader_id=world.leaders["L901"], first_on=LATER, last_on=LATER)
    with pytest.raises(NotFound):
        world.services.database.transact(world.leader("L902"), room.ask, wish)
    point = next(row for row in read(queries.pickup_point_inputs) if row.code == "P901")
    fields = {name: getattr(point, name) for name in point.__dataclass_fields__}
    run(save_pickup_points, [type(point)(**fields | {"capacity_orders": 2})])
    for deputy, refusal in ((world.leaders["L901"], PointFull), (world.leaders["L902"], Invalid)):
        with pytest.raises(refusal):
            run(absence.agree, one, deputy)
    run(save_pickup_points, [point])
    hers = ask(world, LATER, LATER, "L901")
    with pytest.raises(DeputyAway):
        run(absence.agree, one, world.leaders["L901"])
    run(room.refuse, hers, "too late")
    run(change_status, world.leaders["L901"], LeaderStatus.RESTING, "ill")
    with pytest.raises(NobodyServes):
        run(absence.agree, one, world.leaders["L901"])
    run(change_status, world.leaders["L901"], LeaderStatus.ACTIVE, "well")
    run(absence.agree, one, world.leaders["L901"])
    with pytest.raises(StandsIn):
        ask(world, LATER, LATER, "L901")
    with pytest.raises(WrongState):
        run(absence.agree, one, world.leaders["L901"])
    with pytest.raises(NotFound):
        world.services.database.transact(world.leader("L901"), absence.cancel, one)
    move_clock(world, days=1)
    with pytest.raises(AbsenceBegun):
        run(absence.cancel, one)
    assert read(queries.get_absence, one).state is AbsenceState.AGREED


def test_a_deputy_has_room_for_all_who_come_on_a_day_and_no_day_is_agreed_when_it_is_over(
    world: World, run: Call, read: Call
) -> None:
    """Residents of L902 (one) and L903 (one of L901's two) would come to P901 on the same days; it has room for two."""
    ground = {row.code: row for row in read(queries.pickup_point_inputs)}
    more = replace(ground["P902"], code="P903", name="自提点903")
    run(save_pickup_points, [more, replace(ground["P901"], capacity_orders=2)])
    run(save_leaders, [
        LeaderInput(code="L903", name="团长903", phone="19900009903", kind=LeaderKind.HOME, neighbourhood="N902",
                    pickup_point="P903", role=PostRole.BACKUP, status=LeaderStatus.ACTIVE)
    ])  # fmt: skip
    ((there,),) = rows(world, "SELECT id FROM communities_pickup_point WHERE code = 'P903'")
    run(assign_home, world.residents[2], ChooseHome(pickup_point_id=there))
    third = read(queries.leader_ids_by_code)["L903"]
    wish = AskAbsence(leader_id=third, first_on=LATER, last_on=LATER)
    both, hers = ask(world), run(room.ask, wish)
    run(absence.agree, both, world.leaders["L901"])
    with pytest.raises(PointFull):
        run(absence.agree, hers, world.leaders["L901"])
    run(save_pickup_points, [replace(ground["P901"], capacity_orders=3)])
    move_clock(world, days=30)
    with pytest.raises(Invalid, match="last_on"):
        run(absence.agree, hers, world.leaders["L901"])
    assert read(queries.get_absence, hers).state is AbsenceState.ASKED


def test_days_that_are_over_at_the_hub_keep_the_deputy_who_stood_in(
    world: World, clock: SetClock, run: Call, read: Call
) -> None:
    """At six in the morning in Shanghai it is still the day before in Greenwich."""
    one = ask(world)
    run(absence.agree, one, world.leaders["L901"])
    ground = {row.code: row for row in read(queries.leader_inputs)}
    run(save_leaders, [replace(ground["L902"], code="L903", phone="19900009903", role=PostRole.BACKUP)])
    third = read(queries.leader_ids_by_code)["L903"]
    clock.move_to(datetime.combine(LATER, time(22), UTC))
    assert run(room.change_deputy, world.leaders["L901"], third) == []
    clock.move_to(datetime.combine(LATER, time(15), UTC))
    assert run(room.change_deputy, world.leaders["L901"], third) == [one]


def test_the_leader_asks_on_her_page(world: World, client: FlaskClient, database: Database, run: Call) -> None:
    portal = Page(client, database, world.leaders["L902"])
    client.set_cookie("locale", "en")
    assert "No days away yet" in words(portal.get("/leader/absences"))
    refused = portal.post("/leader/absences", first_on="2026-11-25", last_on="2026-11-24", note="x")
    assert (refused.status_code, "lies before the first day" in words(refused.text)) == (422, True), words(refused.text)
    assert 'value="2026-11-25"' in refused.text
    portal.post("/leader/absences", first_on="2026-11-25", last_on="2026-11-26", note="a wedding")
    (card,) = database.read(queries.absences_of_leader, world.leaders["L902"])
    assert (card.state, card.note, "a wedding" in portal.get("/leader/absences")) == (
        AbsenceState.ASKED, "a wedding", True,
    )  # fmt: skip
    run(absence.agree, card.id, world.leaders["L901"])
    assert "团长901 hands out" in words(portal.get("/leader/absences"))
    portal.post(f"/leader/absences/{card.id}/cancel")
    assert database.read(queries.get_absence, card.id).state is AbsenceState.CANCELLED
