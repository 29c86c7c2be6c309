"""The HQ console: every page renders in both languages, forms change what they should, refusals keep what was typed."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.aftersales import queries as aftersales
from app.domains.aftersales.values import ClaimKind, ClaimStatus, FileClaim
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.errors import CutoffNotReached
from app.domains.groupbuys.values import GroupBuyStatus, Station, StepState
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import RecordPickup
from app.domains.orders import queries as orders
from app.domains.settlement import queries as settlement
from app.domains.supply import queries as supply
from app.flows import pickup
from app.flows.claims import file_claim
from app.flows.stations import run_station
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.factories.accounts import let_in, make_account
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")
ALL = PageAsk(limit=100)


class Desk:
    """Somebody signed in at the console."""

    def __init__(self, client: FlaskClient, database: Database, role: Role) -> None:
        account: Account = database.transact(SYSTEM, make_account, role)
        self.client, self.database = client, database
        self.csrf = let_in(client, database, account)

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer.text

    def post(self, path: str, **fields: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=4)


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    return Desk(client, database, Role.HQ_ADMIN)


def run_to(world: World, last: Station) -> None:
    """Run the world's round up to a station, as the worker would."""
    database = world.services.database
    options: dict[Station, dict[str, Any]] = {
        Station.CUTOFF: {"early": True}, Station.RECEIVE: {"as_ordered": True}, Station.SORT: {"finish": True},
        Station.ROUTE: {"iterations": 20}, Station.HANDOVER: {"as_expected": True},
        Station.SETTLE: {"early": True},
    }  # fmt: skip
    for station in list(Station)[1 : list(Station).index(last) + 1]:
        run_station(world.run_as(SYSTEM), database.read, world.group_buy_id, station, options.get(station, {}))


def fetch(world: World, order_id: UUID, number: int, leader: str) -> None:
    """Let a leader hand out an order."""
    code = world.services.database.read(logistics.pickup_code_of_order, order_id, world.residents[number])
    assert code
    pickup.hand_out(world.run_as(world.leader(leader)), RecordPickup(code=code, event_key=f"test-{order_id}"))


def pages(world: World, read: Callable[..., Any]) -> list[str]:
    """The address of every page that the world has something for."""
    base = f"/hq/rounds/{world.group_buy_id}"
    found = [
        "/hq/", "/hq/rounds", base, f"{base}/board", f"{base}/demand", f"{base}/receiving", f"{base}/sorting",
        f"{base}/sorting/sheets", f"{base}/routes", f"{base}/handovers", "/hq/group-buys", "/hq/group-buys/plan",
        f"/hq/group-buys/{world.group_buy_id}", "/hq/orders", f"/hq/orders?round={world.group_buy_id}",
        "/hq/catalogue", f"/hq/catalogue/{world.skus['orange']}", "/hq/suppliers", "/hq/purchase-orders",
        f"/hq/purchase-orders?round={world.group_buy_id}", "/hq/stock", "/hq/leaders",
        f"/hq/leaders/{world.leaders['L901']}", "/hq/scorecards", "/hq/goals", "/hq/claims", "/hq/claims?status=all",
        "/hq/ledger",
        "/hq/ledger/chart", "/hq/ledger/periods", "/hq/reconciliation", "/hq/economics",
        "/hq/reconciliation/2026-11-19", "/hq/statements", "/hq/imports", "/hq/audit", "/hq/audit?run=1",
    ]  # fmt: skip
    found += [f"/hq/orders/{o.id}" for o in read(orders.orders_of_round, world.group_buy_id, ALL).rows[:1]]
    found += [f"/hq/purchase-orders/{o.id}" for o in read(supply.purchase_orders, ALL).rows[:1]]
    found += [f"{base}/handovers/{h.id}" for h in read(logistics.handovers_of_round, world.group_buy_id)[:1]]
    found += [f"/hq/statements/{s.id}" for s in read(settlement.statements, ALL).rows[:1]]
    found += [f"/hq/claims/{c.id}" for c in read(aftersales.claims, ALL).rows[:1]]
    plan = read(logistics.current_plan, world.group_buy_id)
    found += [f"{base}/routes/{route.id}" for route in (plan.routes if plan else ())]
    return found


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_of_a_fresh_round(desk: Desk, world: World, read: Callable[..., Any], locale: str) -> None:
    desk.client.set_cookie("locale", locale)
    for path in pages(world, read):
        html = desk.get(path)
        assert "Undefined" not in html, path


def test_an_open_round_is_open_in_chinese_too(desk: Desk, world: World) -> None:
    """The word of what waits for a decision is another one."""
    desk.client.set_cookie("locale", "zh")
    board = desk.get(f"/hq/rounds/{world.group_buy_id}")
    assert "开团中" in board
    assert "待处理" not in board


def test_reminding_before_the_pickup_day_asks_first(desk: Desk, world: World) -> None:
    desk.client.set_cookie("locale", "en")
    world.place(0, orange=1)
    run_to(world, Station.HANDOVER)
    assert "The pickup day lies ahead. Remind now?" in desk.get(f"/hq/rounds/{world.group_buy_id}")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_of_a_settled_round(desk: Desk, world: World, read: Callable[..., Any], locale: str) -> None:
    """With orders, cuts, counts, tours, handovers, a claim, statements and scorecards to show."""
    bought = world.buy(0, orange=3, rice=1)
    world.buy(1, greens=6)
    run_to(world, Station.HANDOVER)
    fetch(world, bought, 0, "L901")
    line = read(orders.get_order, bought).lines[0]
    wish = FileClaim(order_line_id=line.id, kind=ClaimKind.DAMAGED, qty=1, text="烂了", idempotency_key="claim-1-test")
    world.services.database.transact(world.resident(0), file_claim, wish)
    run_to(world, Station.SETTLE)
    desk.client.set_cookie("locale", locale)
    reviewed = desk.post("/hq/scorecards/review", hub_id=world.hub_id, period_from="2026-11-01", period_to="2026-11-20")
    assert reviewed.status_code == 303
    for path in [*pages(world, read), f"/hq/scorecards/{world.leaders['L901']}"]:
        html = desk.get(path)
        assert "Undefined" not in html, path


# --- forms: what they change, and what they keep when they are refused ---------------------------------------------


def step(world: World, station: Station) -> StepState:
    return world.services.database.read(groupbuys.get_round, world.group_buy_id).step(station).state


def test_a_station_is_started_by_its_button_and_run_by_the_worker(
    desk: Desk, world: World, work: Callable[[], int]
) -> None:
    world.buy(0, orange=2)
    base = f"/hq/rounds/{world.group_buy_id}"
    assert desk.post(f"{base}/stations/cutoff", early="1").status_code == 303
    assert step(world, Station.CUTOFF) is StepState.RUNNING
    assert 'hx-trigger="every 1s"' in desk.get(f"{base}/board")
    work()
    assert step(world, Station.CUTOFF) is StepState.DONE
    assert "hx-trigger" not in desk.get(f"{base}/board")


def test_receiving_from_the_board_spares_whom_the_desk_chose(desk: Desk, world: World, database: Database) -> None:
    world.station(Station.CUTOFF, early=True)
    board = f"/hq/rounds/{world.group_buy_id}"
    assert 'name="protect"' in desk.get(board)
    desk.post(f"{board}/stations/receive", policy="pro_rata", protect="leaders", as_ordered="1")
    with database.engine.connect() as connection:
        asked = connection.execute(
            text("SELECT args->'options' FROM procrastinate_jobs WHERE args->>'station' = 'receive'")
        ).scalar_one()
    assert asked == {"as_ordered": True, "policy": "pro_rata", "protect": "leaders"}


def test_before_the_cutoff_a_plain_start_fails_and_says_why(desk: Desk, world: World, work: Callable[[], int]) -> None:
    desk.client.set_cookie("locale", "en")
    desk.post(f"/hq/rounds/{world.group_buy_id}/stations/cutoff")
    with pytest.raises(CutoffNotReached):
        work()
    assert step(world, Station.CUTOFF) is StepState.FAILED
    assert "The cut-off at 20 Nov 23:00 has not been reached." in desk.get(f"/hq/rounds/{world.group_buy_id}")


def test_stations_go_one_after_the_other(desk: Desk, world: World) -> None:
    desk.client.set_cookie("locale", "en")
    desk.post(f"/hq/rounds/{world.group_buy_id}/stations/sort")
    assert "First finish: Cut-off." in desk.get(f"/hq/rounds/{world.group_buy_id}")
    assert step(world, Station.SORT) is StepState.WAITING


def test_a_desk_without_the_right_starts_nothing(client: FlaskClient, database: Database, world: World) -> None:
    desk = Desk(client, database, Role.HQ_SERVICE)
    assert desk.post(f"/hq/rounds/{world.group_buy_id}/stations/cutoff", early="1").status_code == 303
    assert step(world, Station.CUTOFF) is StepState.WAITING
    assert desk.client.get("/hq/ledger").status_code == 403


def test_counting_a_line_and_a_refused_count_that_stays_in_the_form(
    desk: Desk, world: World, read: Callable[..., Any]
) -> None:
    world.buy(0, orange=3)
    run_to(world, Station.CUTOFF)
    line = read(supply.purchase_lines, group_buy_id=world.group_buy_id)[0]
    path = f"/hq/rounds/{world.group_buy_id}/receiving/{line.id}"
    refused = desk.post(path, received_qty="14", rejected_qty="2", lot_code="MARK-7")
    assert refused.status_code == 422
    assert 'value="MARK-7"' in refused.text
    assert not read(supply.purchase_lines, group_buy_id=world.group_buy_id)[0].is_counted
    assert desk.post(path, received_qty="14", rejected_qty="2", reject_reason="烂", lot_code="M7").status_code == 303
    after = read(supply.purchase_lines, group_buy_id=world.group_buy_id)[0]
    assert (after.received_qty, after.rejected_qty, after.is_counted) == (14, 2, True)


def test_sheets_are_finished_one_by_one_and_all_at_once(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    world.buy(0, orange=3)
    world.buy(1, greens=6)
    run_to(world, Station.RECEIVE)
    run_station(world.run_as(SYSTEM), read, world.group_buy_id, Station.SORT, {})
    base = f"/hq/rounds/{world.group_buy_id}/sorting"
    first = read(logistics.sheets, world.group_buy_id)[0]
    assert read(logistics.sheet_totals, world.group_buy_id).waiting == 2
    assert desk.post(f"{base}/{first.id}/finish").status_code == 303
    assert read(logistics.sheet_totals, world.group_buy_id).waiting == 1
    assert desk.post(f"{base}/finish").status_code == 303
    assert read(logistics.sheet_totals, world.group_buy_id).waiting == 0


def test_counting_a_handover_for_a_leader(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    order_id = world.buy(0, orange=3)
    run_to(world, Station.DISPATCH)
    card = read(logistics.handovers_of_round, world.group_buy_id)[0]
    line, path = card.lines[0], f"/hq/rounds/{world.group_buy_id}/handovers/{card.id}"
    fields = {f"fault-{line.id}": "hub", f"damaged-{line.id}": "0"}
    too_many = desk.post(path, **fields, **{f"short-{line.id}": "4"})
    assert too_many.status_code == 422
    assert 'value="4"' in too_many.text
    for faulty in ({f"short-{line.id}": ""}, {}, {f"short-{line.id}": "-1"}):
        answer = desk.post(path, **fields, **faulty)
        assert (answer.status_code, answer.text.count('class="ll-field__error"')) == (422, 1)
    assert desk.post(path, **fields, **{f"short-{line.id}": "1"}).status_code == 303
    assert read(logistics.get_handover, card.id).lines[0].good_qty == 2
    assert read(orders.get_order, order_id).refunded_cents == 1_990


def plan_fields(world: World, **other: Any) -> dict[str, Any]:
    return {
        "hub_id": str(world.hub_id), "title": "周六团", "title_en": "Saturday group-buy", "round_on": "2026-11-21",
        "pickup_on": "2026-11-22", "opens_at": "2026-11-21T06:00", "cutoff_at": "2026-11-21T23:00", "source": "like",
        "like": str(world.group_buy_id),
    } | other  # fmt: skip


def test_planning_like_an_earlier_group_buy_and_opening_it(
    desk: Desk, world: World, read: Callable[..., Any], work: Callable[[], int]
) -> None:
    answer = desk.post("/hq/group-buys/plan", **plan_fields(world))
    assert answer.status_code == 303
    made = UUID(answer.location.rpartition("/")[2])
    card = read(groupbuys.get_group_buy, made)
    assert (card.code, card.status, card.offer_count) == ("LJ-T-261121", GroupBuyStatus.DRAFT, 4)
    assert card.opens_at.isoformat() == "2026-11-20T22:00:00+00:00"
    offers = read(groupbuys.offer_cards, made)
    assert [o.base_price_cents for o in offers] == [1_990, 500, 2_500, 6_990]
    assert [b.price_cents for b in offers[0].breaks] == [1_790]
    assert 'value="primary"' not in desk.get(f"/hq/group-buys/{made}")
    desk.post(f"/hq/rounds/{made}/stations/open")
    work()
    assert read(groupbuys.get_group_buy, made).status is GroupBuyStatus.OPEN


def test_a_refused_plan_keeps_what_was_typed(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    desk.client.set_cookie("locale", "en")
    taken = desk.post("/hq/group-buys/plan", **plan_fields(world, round_on="2026-11-20", title_en="Kept words"))
    assert taken.status_code == 422
    assert "The hub has a group-buy on 2026-11-20 already." in taken.text
    assert 'value="Kept words"' in taken.text
    late = desk.post("/hq/group-buys/plan", **plan_fields(world, cutoff_at="2026-11-21T05:00"))
    assert late.status_code == 422
    assert "must lie after the opening" in late.text
    assert (
        "A day and a time, please."
        in desk.post("/hq/group-buys/plan", **plan_fields(world, opens_at="0001-01-01T00:00")).text
    )
    assert len(read(groupbuys.group_buys, ALL).rows) == 1


def test_planning_from_a_file_names_every_fault(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    head = "sku,price,role,commission_percent,quota,per_resident_limit\n"
    bad = io.BytesIO((head + "T001,1.00,volume,5,40,4\nNONE,5.00,volume,5,40,4\n").encode())
    fields = plan_fields(world, source="file", file=(bad, "offers.csv"))
    answer = desk.post("/hq/group-buys/plan", **fields)
    assert answer.status_code == 422
    assert "<code>price</code>" in answer.text
    assert "NONE" in answer.text
    good = io.BytesIO((head + "T001,18.80,volume,5,40,4\n").encode())
    made = desk.post("/hq/group-buys/plan", **plan_fields(world, source="file", file=(good, "offers.csv")))
    offers = read(groupbuys.offer_cards, UUID(made.location.rpartition("/")[2]))
    assert [(o.base_price_cents, o.commission_bps, o.quota) for o in offers] == [(1_880, 500, 40)]


def test_mending_a_sku(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    path = f"/hq/catalogue/{world.skus['orange']}"
    refused = desk.post(path, name="", name_en="Kept name", weight_g="2500")
    assert refused.status_code == 422
    assert 'value="Kept name"' in refused.text
    assert read(catalogue.get_sku, world.skus["orange"]).name == "赣南脐橙"
    assert desk.post(path, name="新橙", name_en="New orange", weight_g="2400").status_code == 303
    sku = read(catalogue.get_sku, world.skus["orange"])
    assert (sku.name, sku.name_en, sku.weight_g, sku.spec, sku.code) == ("新橙", "New orange", 2_400, "一份", "T001")
    assert desk.post(f"{path}/active", active="0").status_code == 303
    assert read(catalogue.get_sku, world.skus["orange"]).active is False


def test_a_leaders_status_needs_a_reason(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    leader = world.leaders["L901"]
    assert desk.post(f"/hq/leaders/{leader}/status", status="resting", reason="").status_code == 422
    refused = desk.post(f"/hq/leaders/{leader}/status", status="probation", reason="三次迟到")
    assert (refused.status_code, "三次迟到" in refused.text) == (422, True)
    assert "观察期只能由考核期开始和结束" in refused.text
    assert read(communities.get_leader, leader).status is LeaderStatus.ACTIVE
    assert desk.post(f"/hq/leaders/{leader}/status", status="resting", reason="休假").status_code == 303
    assert read(communities.get_leader, leader).status is LeaderStatus.RESTING


def test_deciding_a_claim(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    bought = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    fetch(world, bought, 0, "L901")
    line = read(orders.get_order, bought).lines[0]
    wish = FileClaim(order_line_id=line.id, kind=ClaimKind.QUALITY, qty=1, text="酸", idempotency_key="claim-2-test")
    claim = world.services.database.transact(world.resident(0), file_claim, wish)
    path = f"/hq/claims/{claim.id}"
    fields = {"verdict": "approve", "fault": "supplier", "reason": "照片属实"}
    refused = desk.post(path, **fields, amount_cents="99.00")
    assert refused.status_code == 422
    assert "照片属实" in refused.text
    assert read(aftersales.get_claim, claim.id).status is ClaimStatus.OPEN
    assert desk.post(path, **fields, amount_cents="10.00").status_code == 303
    decided = read(aftersales.get_claim, claim.id)
    assert (decided.status, decided.refunded_cents) == (ClaimStatus.APPROVED, 1_000)
    assert read(orders.get_order, bought).refunded_cents == 1_000


def test_exports_need_the_right_of_their_kind(client: FlaskClient, database: Database, world: World) -> None:
    desk = Desk(client, database, Role.HQ_WAREHOUSE)
    answer = desk.client.get("/hq/exports/categories.csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=categories.csv"
    assert answer.text.splitlines()[0].endswith("code,name,name_en,claim_hours")
    assert desk.client.get("/hq/exports/leaders.xlsx").status_code == 403
    assert desk.client.get("/hq/exports/nothing.csv").status_code == 404


def test_orders_are_found_and_paged(desk: Desk, world: World, read: Callable[..., Any]) -> None:
    for _ in range(21):
        world.place(0, greens=1) if _ < 3 else world.place(1 + _ % 3, greens=1)
    no = read(orders.orders_of_round, world.group_buy_id, ALL).rows[0].no
    first = desk.get("/hq/orders")
    assert first.count('<td data-label="订单"') == 20
    assert 'rel="next"' in first
    assert desk.get(f"/hq/orders?q={no}").count('<td data-label="订单"') == 1
    assert "没有找到订单" in desk.get("/hq/orders?q=nothing-like-it")


def test_lists_ask_the_database_as_often_however_long_they_are(desk: Desk, world: World, database: Database) -> None:
    def statements(path: str) -> int:
        found: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            found.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            desk.get(path)
        finally:
            event.remove(database.engine, "before_cursor_execute", note)
        return len(found)

    lists = ["/hq/", "/hq/orders", "/hq/rounds", "/hq/leaders", f"/hq/rounds/{world.group_buy_id}/demand"]
    world.buy(0, orange=1)
    few = [statements(path) for path in lists]
    for _ in range(3):
        world.buy(1, greens=1, dumplings=1)
        world.buy(2, orange=1)
    desk.post("/hq/group-buys/plan", **plan_fields(world))
    assert [statements(path) for path in lists] == few


@pytest.mark.parametrize("name", ["products%0A.xlsx", "products.xlsx%0D%0AX-Evil:%201", "hubs.%E2%80%A8csv", "x.csv"])
def test_a_file_that_cannot_be_is_not_found(desk: Desk, world: World, name: str) -> None:
    answer = desk.client.get(f"/hq/exports/{name}")
    assert (answer.status_code, "X-Evil" in answer.headers) == (404, False)
