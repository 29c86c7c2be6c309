"""Personal data: masked, shown for a reason that is written down, taken out by few, never found by guessing."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.accounts import queries
from app.domains.accounts.errors import NoPhone
from app.domains.accounts.rules import MANY_LOOKS, MOST_LOOKS
from app.domains.accounts.service.looks import show_phone
from app.domains.accounts.values import LookKind, LookReason, ShowPhone
from app.domains.communities import queries as communities
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.notifications import queries as notifications
from app.domains.notifications.values import MessageKind
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderFilter
from app.flows.exports import ExportFile, export_file
from app.flows.residents import write_to_resident
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound, TooMany
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.accounts import make_account
from tests.factories.leader import Leader
from tests.factories.pdf import pages_of, watermarks_of
from tests.factories.settlement import move_clock, run_to
from tests.factories.world import PICKUP_ON, World, make_world
from tests.integration.test_console import Desk

SERVICE = Actor("客服小王", Role.HQ_SERVICE, new_id())
ADMIN = Actor("管理员", Role.HQ_ADMIN, new_id())
PHONE = "13800009000"


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def look(world: World, actor: Actor = SERVICE, whose: UUID | None = None, **why: Any) -> str:
    wish = ShowPhone(account_id=whose or world.residents[0], **({"reason": LookReason.CALL_BACK} | why))
    return world.services.database.transact(actor, show_phone, wish)


def looks(world: World) -> list[Any]:
    return world.services.database.read(queries.looks, PageAsk(100)).rows


def test_a_full_phone_is_shown_for_a_reason_and_logged(world: World) -> None:
    assert look(world, reason=LookReason.OTHER, note="  司机  找不到门 ") == PHONE
    (one,) = looks(world)
    assert (one.by_id, one.by_name, one.whose_id, one.whose_name, one.kind, one.people) == (
        SERVICE.id, "客服小王", world.residents[0], "居民0", LookKind.PHONE, 1,
    )  # fmt: skip
    assert (one.at, one.reason, one.note) == (
        world.services.database.clock.now(), LookReason.OTHER, "司机 找不到门",
    )  # fmt: skip


@pytest.mark.parametrize("role", [Role.LEADER, Role.RESIDENT, Role.HQ_FINANCE, Role.HQ_WAREHOUSE, Role.HQ_BUYER])
def test_who_may_not_look_sees_nothing(world: World, role: Role) -> None:
    with pytest.raises(Forbidden):
        look(world, Actor("x", role, new_id()))
    assert looks(world) == []


def test_a_look_needs_a_reason_a_person_and_a_phone(world: World) -> None:
    with pytest.raises(Invalid):
        look(world, reason=LookReason.OTHER)
    with pytest.raises(NotFound):
        look(world, whose=new_id())
    nobody = world.services.database.transact(Actor.system("test"), make_account, Role.HQ_BUYER)
    with pytest.raises(NoPhone):
        look(world, whose=nobody.id)
    assert looks(world) == []


def test_many_looks_alarm_and_then_stop(world: World) -> None:
    read, clock = world.services.database.read, world.services.database.clock
    people = [
        world.services.database.transact(Actor.system("test"), make_account, phone=f"13700000{n:03}").id
        for n in range(MOST_LOOKS)
    ]
    for person in people[: MANY_LOOKS - 1]:
        look(world, whose=person)
    look(world, whose=people[0])
    assert read(queries.curious, clock.now()) == []
    look(world, whose=people[MANY_LOOKS])
    (alarm,) = read(queries.curious, clock.now())
    assert (alarm.by_id, alarm.people, alarm.last_at) == (SERVICE.id, MANY_LOOKS, clock.now())
    for person in people[MANY_LOOKS + 1 :]:
        look(world, whose=person)
    with pytest.raises(TooMany):
        look(world, whose=people[1])
    number = len(looks(world))
    move_clock(world, hours=1, seconds=1)
    look(world)
    assert len(looks(world)) == number + 1
    move_clock(world, days=1)
    assert read(queries.curious, clock.now()) == []


def test_people_leave_the_house_for_a_reason_only(world: World) -> None:
    transact = world.services.database.transact
    wanted = ExportFile(kind="residents", name="r.xlsx", reason=LookReason.MOVING_DATA)
    for role in (Role.HQ_COMMUNITY, Role.HQ_SERVICE, Role.HQ_FINANCE, Role.LEADER):
        with pytest.raises(Forbidden):
            transact(Actor("x", role, new_id()), export_file, wanted)
    with pytest.raises(Invalid):
        transact(ADMIN, export_file, ExportFile(kind="residents", name="r.csv"))
    assert looks(world) == []
    book = transact(ADMIN, export_file, wanted)
    (one,) = looks(world)
    assert (one.kind, one.by_name, one.reason) == (LookKind.EXPORT, "管理员", LookReason.MOVING_DATA)
    assert (one.people, one.what) == (3, "residents: r.xlsx")
    sheet = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").decode()
    assert "<oddHeader>&amp;C管理员 · 2026-11-20 02:00 UTC</oddHeader>" in sheet
    assert "<oddFooter>&amp;L管理员 · 2026-11-20 02:00 UTC&amp;C&amp;R&amp;P / &amp;N</oddFooter>" in sheet
    transact(ADMIN, export_file, ExportFile(kind="hubs", name="h.csv"))
    assert len(looks(world)) == 1


@pytest.mark.parametrize(("typed", "found"), [("9000", 1), ("00", 1), (PHONE, 1), ("09000", 0), ("13800009", 0)])
def test_nobody_guesses_a_number_digit_by_digit(world: World, typed: str, found: int) -> None:
    world.buy(0, orange=1)
    run_to(world, Station.HANDOVER)
    read, leader_id = world.services.database.read, world.leaders["L901"]
    assert len(read(orders.orders_of_leader, leader_id, PageAsk(), None, typed).rows) == found
    assert len(read(orders.search_orders, PageAsk(), OrderFilter(text=typed)).rows) == found
    assert len(read(orders.orders_of_round, world.group_buy_id, PageAsk(), None, typed).rows) == found
    assert len(read(logistics.pickups_of_leader, leader_id, PICKUP_ON, typed)) == found
    residents = read(communities.residents_of_leader, leader_id, PageAsk(), typed).rows
    assert len([one for one in residents if one.resident_id == world.residents[0]]) == found


def test_a_leader_writes_instead_of_calling(world: World) -> None:
    order_id, transact = world.buy(0, orange=1), world.services.database.transact
    with pytest.raises(NotFound):
        transact(world.leader("L902"), write_to_resident, order_id, "你好")
    with pytest.raises(Invalid):
        transact(world.leader(), write_to_resident, order_id, "  ")
    with pytest.raises(Forbidden):
        transact(SERVICE, write_to_resident, order_id, "你好")
    for number in range(3):
        transact(world.leader(), write_to_resident, order_id, f"第{number}次")
    with pytest.raises(TooMany):
        transact(world.leader(), write_to_resident, order_id, "再一次")
    inbox = world.services.database.read(notifications.inbox, world.residents[0], PageAsk(50)).rows
    told = [one.params["text"] for one in inbox if one.kind is MessageKind.LEADER_WROTE]
    assert sorted(told) == ["第0次", "第1次", "第2次"]


def test_the_pages_show_once_and_log(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world.services.database, Role.HQ_SERVICE)
    path = f"/hq/people/{world.residents[0]}"
    page = desk.get(path)
    assert PHONE not in page
    assert "9000" in page
    assert PHONE not in desk.post(path, reason="", note="").text
    assert looks(world) == []
    shown = desk.post(path, reason="delivery", note="门牌不清")
    assert PHONE in shown.text
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert PHONE not in desk.get(path)
    desk.get("/hq/looks", 403)
    auditor = Desk(client, world.services.database, Role.HQ_FINANCE)
    log = auditor.get("/hq/looks")
    assert "居民0" in log
    assert "门牌不清" in log
    assert PHONE not in log


def test_an_export_of_people_asks_why(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world.services.database, Role.HQ_ADMIN)
    assert desk.client.get("/hq/exports/residents.csv").status_code == 422
    assert desk.post("/hq/exports/residents", ending=".csv", reason="").status_code == 422
    assert looks(world) == []
    answer = desk.post("/hq/exports/residents", ending=".csv", reason="moving_data")
    assert PHONE in answer.text
    assert [one.what for one in looks(world)] == ["residents: residents.csv"]
    community = Desk(client, world.services.database, Role.HQ_COMMUNITY)
    assert "exports/residents" not in community.get("/hq/imports")


def test_the_audit_shows_tails(client: FlaskClient, world: World) -> None:
    with world.services.database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO infra_audit (id, at, actor_name, action, before, after)"
                 " VALUES (:id, now(), 'x', 'accounts.correct', CAST(:old AS jsonb), CAST(:new AS jsonb))"),
            {"id": new_id(), "old": '{"phone": "13800009000"}', "new": '{"why": "was 13800009001"}'},
        )  # fmt: skip
    page = Desk(client, world.services.database, Role.HQ_FINANCE).get("/hq/audit")
    assert "9001" in page
    assert PHONE not in page
    assert "13800009001" not in page


def test_a_printed_pickup_list_says_who_and_holds_no_full_phone(client: FlaskClient, world: World) -> None:
    world.buy(0, orange=1)
    run_to(world, Station.HANDOVER)
    move_clock(world, days=1)
    Leader(client, world.services).as_leader(world.leaders["L901"])
    name = world.services.database.read(communities.get_leader, world.leaders["L901"]).name
    paper = client.get("/leader/pickup/list.pdf")
    words = [word for page in pages_of(paper.data) for word in page]
    (mark,) = watermarks_of(paper.data)
    assert mark.startswith(f"{name} · ")
    assert [word for word in words if PHONE in word] == []
    book = client.get("/leader/pickup/list.xlsx")
    files = zipfile.ZipFile(io.BytesIO(book.data))
    inside = "".join(files.read(entry).decode() for entry in files.namelist() if entry.endswith(".xml"))
    assert f"&amp;C{name}" in inside
    assert PHONE not in inside


def test_the_watermark_names_who_looks(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world.services.database, Role.HQ_SERVICE)
    assert 'class="ll-body console ll-marked"' in desk.get("/hq/orders")
    assert "ll-marked" not in desk.get("/hq/catalogue")
    drawn = desk.client.get("/hq/watermark.svg")
    assert (drawn.mimetype, drawn.headers["Cache-Control"]) == ("image/svg+xml", "private, no-store")
    assert " · 2026-11-20 10:00</text>" in drawn.text
    leader = Leader(client, world.services).as_leader(world.leaders["L901"])
    assert "ll-marked" in leader.client.get("/leader/orders").text
    assert leader.client.get("/leader/watermark.svg").status_code == 200
