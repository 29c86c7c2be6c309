"""HQ's pages of purchase orders: each choice by one click, amendments, mail, buying ahead; and the command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domains.groupbuys.values import Station
from app.domains.notifications import queries as notifications
from app.domains.supply import queries
from app.domains.supply.queries import dock, purchasing as reads
from app.domains.supply.service import terms
from app.domains.supply.values import PurchaseOrderCard, PurchaseStatus
from app.domains.supply.values.purchasing import BelowMinimum, PurchasePurpose
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.paging import PageAsk
from tests.factories.world import CUTOFF_AT, PICKUP_ON, World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services, run: Call, clock: SetClock) -> World:
    """S91's order of 35.00 waits; its minimum is 100.00."""
    world = make_world(services)
    run(terms.set_minimum_rule, "S91", BelowMinimum.FEE, 30)
    world.buy(0, greens=5, rice=1)
    clock.move_to(CUTOFF_AT)
    world.station(Station.CUTOFF)
    return world


@pytest.fixture
def desk(client: FlaskClient, database: Database, world: World) -> Desk:
    return Desk(client, database, Role.HQ_BUYER)


def order_of(read: Call, code: str = "S91") -> PurchaseOrderCard:
    return next(o for o in read(queries.purchase_orders, PageAsk(limit=20)).rows if o.supplier_code == code)


def line_of(read: Call, order_id: UUID) -> UUID:
    found: UUID = read(queries.purchase_lines, purchase_order_id=order_id)[0].id
    return found


def test_the_list_is_filtered_by_state_supplier_and_day(desk: Desk, read: Call) -> None:
    waiting, sent = order_of(read).no, order_of(read, "S92").no
    for query, there in (
        ("", {waiting, sent}), ("?state=decision", {waiting}), ("?state=sent", {sent}), ("?supplier=S92", {sent}),
        ("?since=2026-11-21&until=2026-11-21", {waiting, sent}), ("?since=2026-11-22", set()),
        ("?hub=LJ-T", {waiting, sent}),
        ("?state=nonsense&since=never", {waiting, sent}),
    ):  # fmt: skip
        text = desk.get("/hq/purchase-orders" + query)
        assert {no for no in (waiting, sent) if f">{no}</a>" in text} == there, query
    assert "1 张采购单等待决定" in desk.get("/hq/purchase-orders")


def test_the_choices_stand_side_by_side_with_their_costs(desk: Desk, read: Call) -> None:
    text = desk.get(f"/hq/purchase-orders/{order_of(read).id}")
    assert all(word in text for word in ("多订 20 件", "取消 1 个订单的 5 件；立即退给居民 ¥25.00", "补足差额"))
    assert "到 11月20日 23:30 仍无人选择，则自动：补足差额" in text


@pytest.mark.parametrize(
    ("choice", "status", "total"),
    [
        ("fee", PurchaseStatus.SENT, 10_000),
        ("top_up", PurchaseStatus.SENT, 10_500),
        ("drop", PurchaseStatus.CANCELLED, 0),
    ],
)
def test_one_click_decides_and_a_second_one_is_told(
    desk: Desk, read: Call, choice: str, status: PurchaseStatus, total: int
) -> None:
    path = f"/hq/purchase-orders/{order_of(read).id}"
    assert desk.post(path + "/decision", choice="all").status_code == 422
    assert order_of(read).status is PurchaseStatus.DECISION
    assert desk.post(path + "/decision", choice=choice).status_code == 303
    assert (order_of(read).status, order_of(read).total_cents) == (status, total)
    desk.get(path)
    assert desk.post(path + "/decision", choice="fee").status_code == 303
    assert "已经决定过了" in desk.get(path)
    assert order_of(read).total_cents == total


def test_amending_keeps_what_was_typed_when_refused(desk: Desk, read: Call) -> None:
    order = order_of(read, "S92")
    path, field = f"/hq/purchase-orders/{order.id}", f"packs-{line_of(read, order.id)}"
    for fields in (
        {field: "2", "reason": "kept words"},
        {field: "x", "reason": "kept words"},
        {field: "1", "reason": "kept words"},
    ):
        answer = desk.post(path + "/amendment", **fields)
        assert answer.status_code == 422
        assert 'value="kept words"' in answer.text
    assert desk.post(path + "/amendment", **{field: "0"}).status_code == 422
    assert order_of(read, "S92").version == 1
    assert desk.post(path + "/cancellation", reason="").status_code == 303
    assert order_of(read, "S92").status is PurchaseStatus.SENT
    assert desk.post(path + "/cancellation", reason="停产").status_code == 303
    assert order_of(read, "S92").status is PurchaseStatus.CANCELLED
    assert "停产" in desk.get(path)


def test_mail_is_shown_and_sent_again(desk: Desk, read: Call, work: Call) -> None:
    order = order_of(read, "S92")
    path = f"/hq/purchase-orders/{order.id}"
    assert "待发送" in desk.get(path)
    work()
    assert "orders@s92.example.com" in desk.get(path)
    old = read(reads.open_link, order.id)
    assert desk.post(path + "/mail").status_code == 303
    assert read(reads.open_link, order.id) == old
    assert desk.post(path + "/mail", new_link="1").status_code == 303
    assert read(reads.open_link, order.id) != old
    assert len(read(notifications.mails_about, order.id)) == 3


def test_the_link_is_shown_only_to_who_buys(
    client: FlaskClient, desk: Desk, database: Database, read: Call, app: Flask
) -> None:
    path = f"/hq/purchase-orders/{order_of(read, 'S92').id}"
    assert "/supplier/" in desk.get(path)
    assert "/supplier/" not in Desk(app.test_client(), database, Role.HQ_WAREHOUSE).get(path)


def test_buying_ahead(desk: Desk, read: Call, world: World) -> None:
    text = desk.get(f"/hq/pre-buy?hub=LJ-T&on={PICKUP_ON + timedelta(days=7)}&times=2")
    assert "预计件数来自提货日的需求预测" in text
    rice, greens = world.skus["rice"], world.skus["greens"]
    fields = {"hub": "LJ-T", "on": "2026-11-28", "times": "2", f"packs-{rice}": "3", f"packs-{greens}": "3"}
    refused = desk.post("/hq/pre-buy", **fields, deliver_on="2026-11-20")
    assert refused.status_code == 422
    assert "早于供应商的备货期" in refused.text
    assert f'name="packs-{rice}" value="3"' in refused.text
    assert desk.post("/hq/pre-buy", **fields, deliver_on="").status_code == 422
    assert desk.post("/hq/pre-buy", **fields, deliver_on="2026-11-22").status_code == 303
    made = [o for o in read(queries.purchase_orders, PageAsk(limit=9)).rows if o.purpose is PurchasePurpose.PRE_BUY]
    assert {(o.supplier_code, o.total_cents, o.group_buy_id) for o in made} == {
        ("S91", 10_500, None), ("S92", 12 * 5_800, None)
    }  # fmt: skip
    for order in made:
        assert "提前采购" in desk.get(f"/hq/purchase-orders/{order.id}")


def test_a_suppliers_rule(desk: Desk, read: Call) -> None:
    desk.get("/hq/suppliers")
    assert "30" in desk.get("/hq/suppliers/S91")
    refused = desk.post("/hq/suppliers/S91", below_minimum="top_up", decide_minutes="999")
    assert refused.status_code == 422
    assert 'value="999"' in refused.text
    assert desk.post("/hq/suppliers/S91", below_minimum="top_up", decide_minutes="60").status_code == 303
    found = next(s for s in read(queries.suppliers) if s.code == "S91")
    assert (found.below_minimum, found.decide_minutes) == (BelowMinimum.TOP_UP, 60)
    desk.get("/hq/suppliers/S99", 404)


def test_the_command_lists_and_decides(app: Flask, world: World, read: Call) -> None:
    runner, no = app.test_cli_runner(), order_of(read).no
    listed = runner.invoke(args=["purchasing", "waiting"]).output
    assert listed == f"{no}\tS91\t2026-11-20T15:30:00+00:00\tfee\ttop_up 70.00\tdrop -35.00\tfee 65.00\n"
    assert runner.invoke(args=["purchasing", "decide", "PO-0", "fee"]).exit_code == 1
    assert runner.invoke(args=["purchasing", "decide", no, "drop"]).output == f"{no}: cancelled, 0.00, 5 refunded\n"
    again = runner.invoke(args=["purchasing", "decide", no, "fee"])
    assert (again.exit_code, "decided already" in again.output) == (1, True)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_in_both_languages(desk: Desk, read: Call, locale: str) -> None:
    desk.client.set_cookie("locale", locale)
    for path in (
        "/hq/purchase-orders",
        "/hq/pre-buy",
        "/hq/suppliers",
        "/hq/suppliers/S91",
        f"/hq/purchase-orders/{order_of(read).id}",
    ):
        desk.get(path)


def test_a_bill_keeps_what_was_typed_when_refused(desk: Desk, read: Call) -> None:
    order = order_of(read, "S92")
    line = line_of(read, order.id)
    path, field = f"/hq/purchase-orders/{order.id}", f"billed-{line}"
    for typed in ("12x", "999999999"):
        answer = desk.post(path + "/bill", **{field: typed})
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.text
    assert desk.post(path + "/bill").status_code == 422
    assert read(dock.get_line, line).billed_qty is None
    assert desk.post(path + "/bill", **{field: "12"}).status_code == 303
    assert "单据数量已记下。" in desk.get(path)
    assert read(dock.get_line, line).billed_qty == 12
