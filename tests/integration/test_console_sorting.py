"""The sorting pages of the console over HTTP: with and without a script, refused input, and every paper."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries
from app.domains.logistics.service import sorting
from app.domains.logistics.values.tasks import TaskCard, TaskState
from app.flows.handover import count_handover
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.ids import new_id
from tests.factories.kept import kept
from tests.factories.logistics import PaidRound, make_dispatched, make_paid_round
from tests.integration.test_console import Desk
from tests.integration.test_logistics_tasks import change

Call = Callable[..., Any]
JSON = {"Accept": "application/json"}


@pytest.fixture
@kept
def round_(run: Call, read: Call) -> PaidRound:
    """P001: 2 oranges, 4 milk, 1 dumplings. P002: 2 oranges, 2 dumplings."""
    made = make_paid_round(run, read)
    run(sorting.make_sheets, made.id)
    return made


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    found = Desk(client, database, Role.HQ_WAREHOUSE)
    client.set_cookie("locale", "en")
    return found


def take(desk: Desk, read: Call, round_: PaidRound, zone: Zone = Zone.AMBIENT) -> TaskCard:
    answer = desk.post(f"/hq/rounds/{round_.id}/sort/{zone.value}")
    assert answer.status_code == 303
    task: TaskCard = read(queries.get_task, UUID(answer.headers["Location"].rsplit("/", 1)[1]))
    return task


def test_without_a_script_the_forms_do_the_work(desk: Desk, round_: PaidRound, read: Call) -> None:
    task = take(desk, read, round_)
    page = desk.get(f"/hq/sort/{task.id}")
    assert "Gannan navel oranges" in page
    assert page.count('name="seen_qty" value="2"') == 2
    first, second = task.puts
    fields = {"key": "plain-form-1", "seen_qty": "2", "short_qty": "0", "reason": "not_found", "crate_code": ""}
    done = desk.post(f"/hq/sort/puts/{first.id}", **fields)
    assert (done.status_code, done.headers["Location"]) == (303, f"/hq/sort/{task.id}")
    wrong = desk.post(f"/hq/sort/puts/{second.id}", **{**fields, "key": "plain-form-2", "seen_qty": "3"})
    assert "now%20it%20is%202" in wrong.headers["Location"].replace("+", "%20")
    assert desk.post(f"/hq/sort/puts/{first.id}/undo", key="plain-undo-1").status_code == 303
    assert [p.put_qty for p in read(queries.get_task, task.id).puts] == [None, None]
    assert desk.post(f"/hq/sort/{task.id}/pause").headers["Location"] == f"/hq/rounds/{round_.id}/sort"
    assert read(queries.get_task, task.id).state is TaskState.PAUSED
    desk.post(f"/hq/sort/{task.id}/back")
    assert read(queries.get_task, task.id).state is TaskState.OPEN
    assert "not yours any more" in desk.get(f"/hq/sort/{task.id}")


def test_the_script_is_told_what_happened(desk: Desk, round_: PaidRound, read: Call) -> None:
    task = take(desk, read, round_, Zone.CHILLED)
    path = f"/hq/sort/puts/{task.puts[0].id}"

    def post(**fields: str) -> Any:
        return desk.client.post(path, data=fields, headers={"X-CSRFToken": desk.csrf, **JSON})

    changed = post(key="from-the-script-1", seen_qty="5")
    assert (changed.status_code, changed.json["error"], changed.json["qty"]) == (409, "put_changed", 4)
    short = post(key="from-the-script-2", seen_qty="4", short_qty="1")
    assert (short.status_code, short.json["error"]) == (422, "invalid")
    for nothing in ("", "x", "1.5", "-1"):  # an emptied box is no 0
        odd = post(key="from-the-script-3", seen_qty="4", short_qty=nothing)
        assert (odd.status_code, odd.json["message"]) == (422, "Short by: is not a whole number")
    assert post(key="from-the-script-3", seen_qty="four", short_qty="0").status_code == 409
    assert read(queries.get_task, task.id).puts[0].put_qty is None
    crate = post(key="from-the-script-4", seen_qty="4", crate_code="261120-P002-A01")
    assert crate.json["message"] == "This is the wrong crate. The right one: 261120-P001-C01."
    done = post(key="from-the-script-5", seen_qty="4", short_qty="0")
    assert done.json == {
        "put_id": str(task.puts[0].id), "task_id": str(task.id), "task_done": True, "left_in_task": 0,
    }  # fmt: skip
    assert post(key="from-the-script-5", seen_qty="4", short_qty="0").json == done.json
    assert post(key="from-the-script-6", seen_qty="4").json["error"] == "already_put"
    empty = desk.post(f"/hq/rounds/{round_.id}/sort/chilled")
    assert empty.headers["Location"] == f"/hq/rounds/{round_.id}/sort"
    assert "Nothing is left to sort in this zone: chilled." in desk.get(f"/hq/rounds/{round_.id}/sort")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_paper_opens(desk: Desk, round_: PaidRound, run: Call, locale: str) -> None:
    desk.client.set_cookie("locale", locale)
    base = f"/hq/rounds/{round_.id}"
    run(sorting.mark_printed, round_.id)
    change(run, round_, "DY001", "P001", 1)
    for path in (
        "sorting", "sorting/progress", "sorting/sheets", "sorting/delta", "sorting/shelves", "crates", "night/pick",
        "night/load", "night/deliver", "sort",
    ):  # fmt: skip
        page = desk.get(f"{base}/{path}")
        assert "001" in page or path in {"sorting/shelves", "sorting/progress", "night/pick", "sort"}
    delta = desk.get(f"{base}/sorting/delta")
    assert ("take out 3" if locale == "en" else "取出 3") in delta
    stamps = {desk.get(f"{base}/night/{kind}").split('class="sq-stamp">')[1][:10] for kind in ("pick", "load")}
    assert len(stamps) == 1
    assert stamps.pop().startswith("R0·S2·")
    empty = f"/hq/rounds/{new_id()}"
    assert desk.get(f"{empty}/night/pick", 404)


def test_printed_sheets_shelves_slots_and_shorts(desk: Desk, round_: PaidRound, run: Call, read: Call) -> None:
    base = f"/hq/rounds/{round_.id}"
    assert desk.post(f"{base}/sorting/slots").status_code == 303
    key = f"shelf-{round_.sku['FR001']}"
    too_long = desk.post(f"{base}/sorting/shelves", **{key: "x" * 30})
    assert too_long.status_code == 422
    assert "x" * 30 in too_long.text
    desk.post(f"{base}/sorting/shelves", **{key: "A-03"})
    assert read(queries.shelves_of_round, round_.id)[0].shelf == "A-03"
    task = take(desk, read, round_)
    assert "Shelf A-03" in desk.get(f"/hq/sort/{task.id}")
    desk.post(f"/hq/sort/puts/{task.puts[0].id}", key="short-by-one", seen_qty="2", short_qty="1", reason="not_found")
    short = read(queries.short_cards, round_.id)[0]
    assert "not on its shelf" in desk.get(f"{base}/sorting")
    desk.post(f"{base}/sorting/search", put=str(short.put_id))
    assert read(queries.short_cards, round_.id) == []
    desk.post(f"{base}/sorting/printed", sheets=shown(desk, f"{base}/sorting/sheets"))
    change(run, round_, "FZ001", "P002", 1)
    assert len(read(queries.delta_sheets, round_.id)) == 1
    desk.post(f"{base}/sorting/printed", sheets=shown(desk, f"{base}/sorting/delta"))
    assert read(queries.delta_sheets, round_.id) == []


def shown(desk: Desk, path: str) -> str:
    """The sheets with their versions as a page to be printed names them."""
    return desk.get(path).partition('name="sheets" value="')[2].partition('"')[0]


def test_only_what_the_page_showed_counts_as_printed(desk: Desk, round_: PaidRound, run: Call, read: Call) -> None:
    base = f"/hq/rounds/{round_.id}"

    def printed() -> dict[tuple[str, str], int | None]:
        return {(s.pickup_point_code, s.zone.value): s.printed_version for s in read(queries.sheets, round_.id)}

    desk.post(f"{base}/sorting/printed", sheets=shown(desk, f"{base}/sorting/sheets?zone=frozen"))
    frozen = {key: version for key, version in printed().items() if version}
    assert set(frozen.values()) == {1}
    assert {zone for _, zone in frozen} == {"frozen"}
    stale = shown(desk, f"{base}/sorting/sheets")
    change(run, round_, "DY001", "P001", 1)  # while the paper is in the printer
    desk.post(f"{base}/sorting/printed", sheets=stale)
    assert set(printed().values()) == {1}
    (delta,) = read(queries.delta_sheets, round_.id)
    assert (delta.printed_version, delta.version, delta.lines[0].after_qty) == (1, 2, 1)
    desk.post(f"{base}/sorting/printed", sheets=shown(desk, f"{base}/sorting/delta"))
    desk.post(f"{base}/sorting/printed", sheets=stale)  # an old tab
    assert printed()["P001", "chilled"] == 2
    for nonsense in ("", "x:1", f"{delta.sheet_id}:x", f"{delta.sheet_id}:99999999999"):
        assert desk.post(f"{base}/sorting/printed", sheets=nonsense).status_code == 303
    assert printed()["P001", "chilled"] == 2


def test_crates_are_closed_by_their_labels(desk: Desk, round_: PaidRound, run: Call, read: Call) -> None:
    path = f"/hq/rounds/{round_.id}/crates"
    early = desk.post(path, code="261120-p001-c01")
    assert early.status_code == 422
    assert "Something is still to be put into these crates (1)." in early.text
    assert 'value="261120-p001-c01"' in early.text
    assert desk.post(path, code="261120-P009-C01").status_code == 422
    assert desk.post(path, code="").status_code == 422
    task = take(desk, read, round_, Zone.CHILLED)
    desk.post(f"/hq/sort/puts/{task.puts[0].id}", key="fill-the-crate", seen_qty="4")
    assert desk.post(path, code="261120-p001-c01").status_code == 303
    assert read(queries.find_crate, round_.id, "261120-P001-C01").closed_at is not None
    desk.post(path, code="261120-P001-C01", open="1")
    assert read(queries.find_crate, round_.id, "261120-P001-C01").closed_at is None


def test_a_crate_that_has_left_stays_closed(desk: Desk, round_: PaidRound, run: Call, read: Call) -> None:
    make_dispatched(run, read, round_)
    path = f"/hq/rounds/{round_.id}/crates"
    late = desk.post(path, code="261120-P001-C01", open="1")
    assert late.status_code == 422
    assert read(queries.find_crate, round_.id, "261120-P001-C01").closed_at is not None


def test_empties_and_errors_at_hq(desk: Desk, round_: PaidRound, run: Call, read: Call) -> None:
    make_dispatched(run, read, round_)
    for handover_id in read(queries.open_handovers, round_.id):
        run(count_handover, handover_id, ())
    page = desk.get("/hq/sort-quality")
    assert "5" in page.split("Empty crates at pickup points")[1][:120]
    card = read(queries.handovers_of_round, round_.id)[0]
    path = f"/hq/rounds/{round_.id}/handovers/{card.id}"
    desk.post(f"{path}/empties", empties="1")
    assert "Only 0 empty crates stand at this pickup point." in desk.get(path)
    desk.post(f"{path}/empties", empties="none")
    assert read(queries.empties_at, round_.id, card.pickup_point_id, round_.hub_id) == (0, None)
