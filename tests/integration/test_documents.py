"""Documents of a real round: what they say, who gets them, and files made by the worker."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy import event, text

from app.documents.catalogue import KINDS, Form
from app.domains.accounts.models import Account
from app.domains.groupbuys.queries import get_group_buy
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.supply.queries.purchasing import purchase_order_sheets
from app.flows import documents as flow
from app.infra.clock import SetClock
from app.infra.services import Services, shelf_of
from app.infra.shelf import Making, Shelf
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.worker.tasks import run_due, tidy_up
from tests.factories.accounts import let_in, make_account
from tests.factories.kept import kept
from tests.factories.pdf import pages_of
from tests.factories.world import CUTOFF_AT, World, make_world

Call = Callable[..., Any]
SYSTEM = Actor.system("test")


@pytest.fixture
@kept
def world(services: Services, clock: SetClock) -> World:
    """P901: 6 oranges, 3 greens, 1 rice. P902: 4 oranges, 2 dumplings, 3 greens. Sorted, routed, on the road."""
    made = make_world(services, residents=3)
    made.buy(0, orange=6, greens=3)
    made.buy(1, orange=4, dumplings=2, greens=3)
    made.buy(2, rice=1)
    clock.move_to(CUTOFF_AT + timedelta(minutes=1))
    made.station(Station.CUTOFF)
    run_due(services)
    made.station(Station.RECEIVE, as_ordered=True)
    made.station(Station.SORT, finish=True)
    made.station(Station.ROUTE, iterations=50)
    made.station(Station.DISPATCH)
    run_due(services)
    return made


def printed(world: World, kind: str, form: Form = Form.PDF, **other: Any) -> flow.File:
    """A whole round's documents of a kind, for the system."""
    wanted = flow.Print(kind=kind, group_buy_id=world.group_buy_id, form=form, **other)
    return flow.print_now(world.run_as(SYSTEM), wanted)


def cells(file: flow.File) -> list[list[Any]]:
    with CalamineWorkbook.from_filelike(io.BytesIO(file.content)) as book:
        return book.get_sheet_by_index(0).to_python()


def test_purchase_orders_add_up_to_the_bill(world: World, read: Call) -> None:
    sheets = read(purchase_order_sheets, world.group_buy_id)
    pages = pages_of(printed(world, "purchase-order", locale="en").content)
    assert [page[1] for page in pages] == ["Supplier S91", "Supplier S92"]
    for page, sheet in zip(pages, sheets, strict=True):
        assert page[2] == sheet.no
        assert page[page.index("Goods in all") + 3] == f"{sheet.goods_cents / 100:,.2f}"
        assert any(f"To be billed: CNY {sheet.total_cents / 100:,.2f}" in text for text in page)
    assert [line[:6] for line in cells(printed(world, "purchase-order", Form.XLSX))[1:]] == [
        [sheet.no, sheet.supplier_name, float(at), line.sku_code, f"{line.name} {line.spec}", float(line.packs)]
        for sheet in sheets for at, line in enumerate(sheet.lines, start=1)
    ]  # fmt: skip


def test_three_prints_of_the_night_agree(world: World, read: Call) -> None:
    night = read(logistics.night_plan, world.group_buy_id)
    pick, load, route, sheets = (
        pages_of(printed(world, kind).content) for kind in ("pick-list", "load-list", "route-sheet", "sorting-sheet")
    )
    assert all(any(night.stamp in text for text in page) for page in (*pick, *load, *route))
    picked = sum(int(row[4]) for row in cells(printed(world, "pick-list", Form.XLSX))[1:] if row[0])
    sorted_out = cells(printed(world, "sorting-sheet", Form.XLSX))
    assert picked > 0
    assert sum(int(row[-1]) for row in sorted_out[1:]) == night.pieces == 19
    crates = [label.code for label in read(logistics.crate_labels, world.group_buy_id)]
    loaded = [text for page in load for text in page if text in crates]
    assert (len(loaded), sorted(loaded)) == (night.crates, sorted(crates))
    stops = [stop.pickup_point_name for stop in night.deliver[0].stops]
    in_load = [text for page in load for text in page if text in stops]
    in_route = [text for page in route for text in page if text in stops]
    assert (in_load, in_route) == (stops[::-1], stops)
    assert len(sheets) == len(read(logistics.sheets, world.group_buy_id))


def test_the_pickup_list_holds_no_phone_and_no_code(world: World, read: Call) -> None:
    pages = pages_of(printed(world, "pickup-list").content)
    assert [page[1] for page in pages] == ["自提点901", "自提点902"]
    said = " ".join(text for page in pages for text in page)
    codes = [notice.code for notice in read(logistics.pickup_notices, world.group_buy_id, states=set(PICKUPS))]
    assert len(codes) == 3
    assert [code for code in codes if code in said] == []
    assert "1380000" not in said
    assert [text for page in pages for text in page if text in {"9000", "9001", "9002"}] == ["9000", "9002", "9001"]


def test_an_order_by_itself_names_no_round_and_never_calls_a_day_one(world: World, read: Call) -> None:
    sheet, *_others = read(purchase_order_sheets, world.group_buy_id)
    for kind in ("purchase-order", "receiving-sheet"):
        file = flow.print_of_order(world.run_as(SYSTEM), kind, sheet.id, Form.PDF, "en")
        assert "Round" not in pages_of(file.content)[0]
        book = cells(flow.print_of_order(world.run_as(SYSTEM), kind, sheet.id, Form.XLSX, "en"))
        assert "Round" not in [row[0] for row in book]
    assert all("Round" in page for page in pages_of(printed(world, "purchase-order", locale="en").content))


def test_a_slip_says_its_stop_before_the_count_and_only_what_was_wrong_after_it(
    world: World, database: Database
) -> None:
    before = pages_of(printed(world, "handover-slip", locale="en").content)
    assert [page[page.index("Tour and stop") + 1] for page in before] == ["tour 1, stop 1", "tour 1, stop 2"]
    assert ["Right" in page and "Driver" in page for page in before] == [True, True]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE logistics_handover SET state = 'counted', counted_at = planned_at"))
        wrong = "UPDATE logistics_handover_line SET short_qty = 1, fault = 'hub' WHERE expected_qty = 6"
        connection.execute(text(wrong))
    after = pages_of(printed(world, "handover-slip", locale="en").content)
    assert [("Right" in page, "Driver" in page) for page in after] == [(False, False)] * 2
    total = [page[page.index("Pieces in all") + 1 :][:3] for page in after]
    assert sorted(total) == [["10", "1", "0"], ["9", "0", "0"]]


PICKUPS = ("expected", "ready", "partly")


def test_every_kind_in_every_form_and_language(world: World) -> None:
    for kind in KINDS.values():
        for form in kind.forms:
            for locale in ("zh", "en"):
                if kind.code == "delta-sheet":
                    with pytest.raises(NotFound):
                        printed(world, kind.code, form, locale=locale)
                    continue
                file = printed(world, kind.code, form, locale=locale)
                assert file.content[:2] == {"pdf": b"%P", "zip": b"PK", "xlsx": b"PK"}[file.name.rpartition(".")[2]]


def statements(database: Database, act: Callable[[], object]) -> list[str]:
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    event.listen(database.engine, "before_cursor_execute", note)
    act()
    event.remove(database.engine, "before_cursor_execute", note)
    return seen


def test_a_list_asks_the_database_as_often_however_long(world: World, database: Database) -> None:
    for kind, most in (("purchase-order", 6), ("sorting-sheet", 14), ("pickup-list", 8), ("handover-slip", 10)):
        assert len(statements(database, lambda kind=kind: printed(world, kind))) <= most, kind


def test_printing_is_for_who_may_and_personal_data_leave_a_trace(world: World, run: Call, database: Database) -> None:
    buyer = Actor("buyer", Role.HQ_BUYER, new_id())
    wanted = flow.Print(kind="pickup-list", group_buy_id=world.group_buy_id)
    with pytest.raises(Forbidden):
        flow.print_now(world.run_as(buyer), wanted)
    with pytest.raises(Forbidden):
        flow.start(world.run_as(buyer), shelf_of(world.services), wanted, "me", CUTOFF_AT)
    assert shelf_of(world.services).of("me") == []
    assert traces(database) == []
    flow.print_now(world.run_as(SYSTEM), wanted)
    assert traces(database) == [{"kind": "pickup-list", "form": "pdf", "locale": "zh"}]
    with pytest.raises(Invalid):
        printed(world, "crate-labels", Form.XLSX)
    with pytest.raises(NotFound):
        printed(world, "horoscope")
    with pytest.raises(NotFound):
        printed(world, "sorting-sheet", object_id=new_id())


def traces(database: Database) -> list[dict[str, Any]]:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT after FROM infra_audit WHERE action = 'documents.print' ORDER BY at")
        return [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in rows]


def test_sheets_count_as_printed_only_when_a_sorting_desk_prints(world: World, read: Call) -> None:
    def versions() -> set[int | None]:
        return {sheet.printed_version for sheet in read(logistics.sheets, world.group_buy_id)}

    wanted = flow.Print(kind="sorting-sheet", group_buy_id=world.group_buy_id)
    flow.print_now(world.run_as(Actor("buyer", Role.HQ_BUYER, new_id())), wanted)
    assert versions() == {None}
    flow.print_now(world.run_as(Actor("sorter", Role.HQ_WAREHOUSE, new_id())), wanted)
    assert versions() == {sheet.version for sheet in read(logistics.sheets, world.group_buy_id)}


def test_the_worker_makes_a_round_and_may_begin_anew(world: World, services: Services, clock: SetClock) -> None:
    shelf, run = shelf_of(services), world.run_as(SYSTEM)
    wanted = flow.Print(kind="sorting-sheet", group_buy_id=world.group_buy_id, form=Form.ZIP, locale="en")
    entry = flow.start(run, shelf, wanted, "me", clock.now())
    assert (entry.state, len(entry.token)) == (Making.WAITING, 32)
    with pytest.raises(NotFound):
        run(flow.fetch, shelf, entry.token, "me")
    shelf.progress(entry, 3, 4)  # a worker that was killed had come so far
    assert run_due(services) == 1
    file = run(flow.fetch, shelf, entry.token, "me")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert len(archive.namelist()) == 5
    done = shelf.find(entry.token)
    assert done is not None
    assert (done.state, done.done, done.total, done.size) == (Making.DONE, 5, 5, len(file.content))
    flow.work_off(run, shelf, entry.token, marks=False)  # done twice: the file is left alone
    assert run(flow.fetch, shelf, entry.token, "me") == file
    for owner, token in (("you", entry.token), ("me", "x" * 32), ("me", "../../secret_key")):
        with pytest.raises(NotFound):
            run(flow.fetch, shelf, token, owner)
    clock.move_to(clock.now() + timedelta(hours=25))
    tidy_up(services)
    assert shelf.find(entry.token) is None


def test_what_cannot_be_printed_is_said_and_not_tried_again(world: World, services: Services, clock: SetClock) -> None:
    shelf = shelf_of(services)
    wanted = flow.Print(kind="delta-sheet", group_buy_id=world.group_buy_id)
    entry = flow.start(world.run_as(SYSTEM), shelf, wanted, "me", clock.now())
    assert run_due(services) == 1
    failed = shelf.find(entry.token)
    assert failed is not None
    assert (failed.state, failed.why) == (Making.FAILED, "not_found")


def test_a_fault_shows_as_failed_and_the_next_try_heals_it(
    world: World, services: Services, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, run = shelf_of(services), world.run_as(SYSTEM)
    wanted = flow.Print(kind="load-list", group_buy_id=world.group_buy_id)
    entry = flow.start(run, shelf, wanted, "me", clock.now())
    with monkeypatch.context() as broken:
        broken.setattr(flow, "make", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_due(services)
    state = shelf.find(entry.token)
    assert state is not None
    assert state.state is Making.FAILED
    flow.work_off(run, shelf, entry.token, marks=False)
    assert pages_of(run(flow.fetch, shelf, entry.token, "me").content)[0][0] == "装车单"


def test_entries_that_were_tidied_away_stay_away(tmp_path: Path, clock: SetClock) -> None:
    shelf = Shelf(tmp_path / "documents")
    entry = shelf.put("me", {"kind": "x"}, clock.now())
    shelf.drop(entry)
    shelf.finish(entry, "x.pdf", "application/pdf", b"x")
    assert list((tmp_path / "documents").iterdir()) == []


def sign_in(client: FlaskClient, database: Database, role: Role) -> str:
    account: Account = database.transact(SYSTEM, make_account, role)
    return let_in(client, database, account)


def test_the_console_orders_shows_and_hands_out(
    world: World, services: Services, client: FlaskClient, database: Database
) -> None:
    csrf = sign_in(client, database, Role.HQ_WAREHOUSE)
    page = f"/hq/rounds/{world.group_buy_id}/documents"
    for locale, word in (("zh", "分拣单"), ("en", "Sorting sheets")):
        client.set_cookie("locale", locale)
        assert word in client.get(page).text
    form = {"kind": "sorting-sheet", "form": "pdf", "lang": "zh", "csrf_token": csrf}
    assert client.post(page, data=form).status_code == 303
    assert 'data-busy="yes"' in client.get(f"{page}/files").text
    run_due(services)
    listed = client.get(f"{page}/files").text
    assert 'data-busy="no"' in listed
    place = listed.partition('href="/hq/documents/')[2].partition('"')[0]
    answer = client.get(f"/hq/documents/{place}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert len(pages_of(answer.data)) == 5
    assert client.get(f"/hq/documents/{'x' * 32}").status_code == 404
    other = client.application.test_client()
    sign_in(other, database, Role.HQ_ADMIN)
    assert other.get(f"/hq/documents/{place}").status_code == 404


def test_one_thing_at_once_in_the_language_that_is_asked_for(
    world: World, read: Call, client: FlaskClient, database: Database
) -> None:
    sign_in(client, database, Role.HQ_WAREHOUSE)
    base = f"/hq/rounds/{world.group_buy_id}/documents"
    tour = read(logistics.current_plan, world.group_buy_id).routes[0]
    assert pages_of(client.get(f"{base}/load-list/{tour.id}.pdf?lang=en").data)[0][0] == "Load list"
    assert pages_of(client.get(f"{base}/load-list/{tour.id}.pdf?lang=xx").data)[0][0] == "装车单"
    assert client.get(f"{base}/load-list/{tour.id}.exe").status_code == 404
    assert client.get(f"{base}/load-list/{new_id()}.pdf").status_code == 404
    order = read(purchase_order_sheets, world.group_buy_id)[0]
    workbook = client.get(f"/hq/purchase-orders/{order.id}/purchase-order.xlsx")
    assert workbook.headers["Content-Disposition"] == f"attachment; filename=purchase-order-{order.no}-v1.xlsx"
    assert pages_of(client.get(f"/hq/purchase-orders/{order.id}/purchase-order.pdf").data)[0][2] == order.no
    assert pages_of(client.get(f"/hq/purchase-orders/{order.id}/receiving-sheet.pdf").data)[0][0] == "收货单"
    assert client.get(f"/hq/purchase-orders/{order.id}/purchase-order.zip").status_code == 404
    assert client.get(f"/hq/purchase-orders/{order.id}/pickup-list.pdf").status_code == 404


def test_leaders_print_their_own_two(
    world: World, read: Call, client: FlaskClient, database: Database, clock: SetClock
) -> None:
    cards = {card.pickup_point_id: card for card in read(logistics.handovers_of_round, world.group_buy_id)}
    own, other = cards[world.points["P901"]], cards[world.points["P902"]]
    leader: Account = database.transact(SYSTEM, lambda uow: uow.session.get(Account, world.leaders["L901"]))
    let_in(client, database, leader)
    slip = pages_of(client.get(f"/leader/handovers/{own.id}/slip.pdf").data)
    assert (slip[0][:2], len(slip)) == (["交接单", "自提点901"], 1)
    assert slip[0][slip[0].index("件数合计") + 1] == "10"
    assert client.get(f"/leader/handovers/{other.id}/slip.pdf").status_code == 404
    assert client.get("/leader/pickup/list.pdf").status_code == 404  # nothing is handed out on the day of the cut-off
    clock.move_to(CUTOFF_AT + timedelta(hours=12))
    page = pages_of(client.get("/leader/pickup/list.pdf?lang=en").data)[0]
    assert page[:2] == ["Pickup list", "自提点901"]
    assert page[page.index("Pieces to hand out") + 1] == "10"
    assert client.get("/leader/pickup/list.zip").status_code == 404


def test_ids_of_other_rounds_print_nothing(world: World, read: Call) -> None:
    sheet: UUID = read(logistics.sheets, world.group_buy_id)[0].id
    with pytest.raises(NotFound):
        flow.print_now(world.run_as(SYSTEM), flow.Print(kind="sorting-sheet", group_buy_id=new_id(), object_id=sheet))


def test_the_command_writes_one_file(world: World, app: Flask, tmp_path: Path) -> None:
    ask = ["documents", "sorting-sheet", "--hub", "LJ-T", "--date", "2026-11-20", "--out", str(tmp_path)]
    told = app.test_cli_runner().invoke(args=[*ask, "--lang", "en"])
    code = world.services.database.read(get_group_buy, world.group_buy_id).code
    assert told.exception is None, told.exception
    assert (told.exit_code, told.output.strip().split(" documents")[0]) == (
        0,
        f"{tmp_path}/sorting-sheet-{code}.pdf: 5",
    )
    assert pages_of((tmp_path / f"sorting-sheet-{code}.pdf").read_bytes())[0][0].startswith("Sorting sheet · ")
    assert app.test_cli_runner().invoke(args=[*ask, "--xlsx"]).exit_code == 0
    assert len(cells(flow.File("", (tmp_path / f"sorting-sheet-{code}.xlsx").read_bytes(), ""))) == 1 + 6
    refused = app.test_cli_runner().invoke(args=[*ask[:1], "delta-sheet", *ask[2:]])
    assert refused.exit_code == 1
    assert "Error: " in refused.output
