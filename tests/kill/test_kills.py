"""The kill test: web workers and job workers die again and again in payment, cut-off and receiving.

The round completes all the same: each order once, each paid order charged once, money at the provider = money in the
books, `flask audit` clean. Kills come at seeded moments under load, or inside a transaction stopped at a table.

`make kill-test` (KILL_RUNS) is the whole of it, 32 kills; without it half of each stage's kills are done.
"""

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.domains.supply import queries as supply
from app.domains.supply.service import receiving
from app.domains.supply.values import ReceiveLine
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from tests.conftest import START
from tests.factories.world import CUTOFF_AT, make_world
from tests.kill.city import City, wait_for
from tests.patience import SECONDS
from tests.serving import deployment

SEED = 20_261_120
IS_LONG = int(os.environ.get("KILL_RUNS", "0")) > 0
RESIDENTS, ORDERS_EACH, AT_ONCE = 50 if IS_LONG else 25, 2, 12
#: Every order is placed, its payment begun, and approved.
STEPS = 3 * RESIDENTS * ORDERS_EACH
PAYMENT_KILLS = (["web child"] * 4 + ["worker"] * 3 + ["web"]) * (2 if IS_LONG else 1)
CUTOFF_TABLES = [
    "groupbuys_group_buy", "groupbuys_offer", "orders_line_cut", "payments_refund", "logistics_demand",
    "supply_purchase_line",
][:: 1 if IS_LONG else 2]  # fmt: skip
RECEIVING_TABLES = [
    "supply_receipt_line", "ledger_posting", "orders_line_cut", "payments_refund", "logistics_demand",
    "supply_stock_movement",
][:: 1 if IS_LONG else 2]  # fmt: skip


@dataclass
class Rush:
    """What residents did: orders by key, those paid at the provider, those that wait for a payer who dawdles."""

    orders: dict[str, str] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    dawdling: dict[str, str] = field(default_factory=dict)
    steps: int = 0
    moved: threading.Condition = field(default_factory=threading.Condition)

    @property
    def last_moment(self) -> list[str]:
        """Orders whose money comes after the cut-off has begun and before it is done with unpaid orders."""
        return sorted(self.dawdling)[:3]

    @property
    def too_late(self) -> list[str]:
        """Orders whose money comes when they have lapsed."""
        return sorted(self.dawdling)[3:6]

    def step(self) -> None:
        """Somebody came one step further."""
        with self.moved:
            self.steps += 1
            self.moved.notify_all()

    def wait(self, steps: int) -> None:
        """Wait until so many steps are done."""
        with self.moved:
            assert self.moved.wait_for(lambda: self.steps >= steps, SECONDS), f"{self.steps} of {steps} steps"


@pytest.mark.kill
def test_a_round_lives_through_kills(services: Services, database_url: str, tmp_path: Path) -> None:
    world = make_world(services, residents=RESIDENTS)
    with services.database.engine.begin() as c:
        c.exec_driver_sql(
            "UPDATE groupbuys_offer SET quota = 5000,"
            " min_group_qty = CASE WHEN per_resident_limit = 2 THEN 1000 ELSE min_group_qty END"
        )
    staff = world.staff(Role.HQ_ADMIN)
    with deployment(database_url, tmp_path, START, LINLI_STALLED_AFTER_S="2") as running:
        city = City(world, running, random.Random(SEED))
        city.start_worker()
        city.start_worker()
        running.start_web()
        rush = pay_under_kills(city)
        cut_off_under_kills(city, staff, rush)
        receive_under_kills(city, staff)
        finish_the_round(city, staff)
        check_the_books(city, rush)
    killed = {stage: sum(n for (s, _), n in city.kills.items() if s == stage) for stage, _ in city.kills}
    assert killed == {
        "payment": len(PAYMENT_KILLS),
        "cutoff": len(CUTOFF_TABLES) + 2,
        "receive": len(RECEIVING_TABLES) + 2,
    }
    assert sum(killed.values()) == (32 if IS_LONG else 18)
    assert city.retries > 0


# --- payment --------------------------------------------------------------------------------------------------------


def pay_under_kills(city: City) -> Rush:
    """Residents order and pay while a killer goes round; afterwards every approved payment has paid its order."""
    rush = Rush()
    kills = PAYMENT_KILLS.copy()
    city.rng.shuffle(kills)
    tokens = [city.world.headers(resident) for resident in city.world.residents]
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        killer = pool.submit(kill_on_the_way, city, rush, kills)
        people = [pool.submit(shop, city, rush, number, token) for number, token in enumerate(tokens)]
        for person in people:
            person.result()
        killer.result()
    assert len(rush.orders) == RESIDENTS * ORDERS_EACH
    city.running.double.control("flush", wait_s=30)
    paid = "SELECT id::text FROM orders_order WHERE status = 'paid'"
    wait_for(lambda: {row[0] for row in city.sql(paid)} == rush.paid, "all approved payments")
    assert {row[0] for row in city.sql("SELECT id::text FROM orders_order")} == set(rush.orders.values())
    return rush


def kill_on_the_way(city: City, rush: Rush, kills: list[str]) -> None:
    """One kill after another, spread over the residents' steps."""
    for number, victim in enumerate(kills):
        rush.wait((number + 1) * STEPS // (len(kills) + 2))
        {"web child": city.kill_web_child, "web": city.kill_web, "worker": city.kill_worker}[victim]("payment")


def shop(city: City, rush: Rush, number: int, token: dict[str, str]) -> None:
    """One resident's day: two orders, each paid by Alipay or by card, or left lying."""
    for turn in range(ORDERS_EACH):
        key = f"kill-test-{number:03}-{turn}"
        rush.orders[key] = order_id = place(city, key, number, turn, token)
        rush.step()
        method = "card_test" if (number + turn) % 5 == 0 else "alipay"
        paying = begin_to_pay(city, order_id, method, token)
        rush.step()
        if method == "alipay":
            intent = paying["redirect_url"].split("/pay/")[1].split("?")[0]
            if (number + turn) % 7 == 1:
                rush.dawdling[order_id] = intent
            else:
                city.running.double.control(f"approve/{intent}")
                rush.paid.add(order_id)
        else:
            rush.paid.add(order_id)
        if number % 3 == 0:
            city.ok(token, "GET", f"/orders/{order_id}/payment")
        rush.step()


def place(city: City, key: str, number: int, turn: int, token: dict[str, str]) -> str:
    """Order, and once more with the same key as somebody does who was not answered."""
    offers = city.world.offers
    basket = {offers["orange"]: 1 + number % 2, offers["greens"]: 1}
    if turn:
        basket = {offers["rice"]: 1} | ({offers["dumplings"]: 1 + number % 2} if number % 4 else {})
    wish = {
        "group_buy_id": str(city.world.group_buy_id),
        "items": [{"offer_id": str(offer_id), "qty": qty} for offer_id, qty in basket.items()],
    }
    placed = city.ok(token, "POST", "/orders", wish, key)
    if number % 5 == 0:
        assert city.ok(token, "POST", "/orders", wish, key)["id"] == placed["id"]
    return str(placed["id"])


def begin_to_pay(city: City, order_id: str, method: str, token: dict[str, str]) -> Any:
    """Ask to pay until the provider was reached."""

    def asked() -> Any:
        told = city.ok(token, "POST", f"/orders/{order_id}/pay", {"method": method}, f"pay-{order_id}")
        assert told["status"] in {"intended", "waiting", "succeeded"}, told
        return told if told["status"] != "intended" else None

    return wait_for(asked, "the provider")


# --- cut-off and receiving ------------------------------------------------------------------------------------------


def cut_off_under_kills(city: City, staff: dict[str, str], rush: Rush) -> None:
    """The worker dies at tables of the cut-off, the web twice beside it; some money comes at the last moment."""
    city.running.clock.move_to(CUTOFF_AT + timedelta(minutes=1))

    def between(number: int) -> None:
        if number in {1, 3}:
            city.kill_web_child("cutoff")
        for order_id in {2: rush.last_moment, 3: rush.too_late}.get(number, []):
            city.running.double.control(f"approve/{rush.dawdling[order_id]}")

    city.kill_at("cutoff", CUTOFF_TABLES, lambda: city.ask(staff, "cutoff"), between)
    city.finish(staff, "cutoff")


def receive_under_kills(city: City, staff: dict[str, str]) -> None:
    """Oranges and greens come short; the worker dies at tables of receiving, the web twice beside it."""
    dock, database = Actor.system("dock"), city.world.services.database
    lines = database.read(supply.purchase_lines, group_buy_id=city.world.group_buy_id)
    short = [line for line in lines if line.sku_code in {"T001", "T002"}]
    counts = [
        ReceiveLine(purchase_line_id=line.id, received_qty=line.wanted_qty * 3 // 4, is_final=True) for line in short
    ]
    database.transact(dock, receiving.count_lines, counts)

    def between(number: int) -> None:
        if number in {1, 3}:
            city.kill_web_child("receive")

    again = partial(city.ask, staff, "receive", as_ordered=True, policy="pro_rata")
    city.kill_at("receive", RECEIVING_TABLES, again, between)
    city.finish(staff, "receive")


# --- the rest -------------------------------------------------------------------------------------------------------


def finish_the_round(city: City, staff: dict[str, str]) -> None:
    """Sorting to settlement without further deaths; half of the residents fetch their goods."""
    for station, options in (("sort", {"finish": True}), ("route", {"iterations": 30}), ("dispatch", {})):
        city.ask(staff, station, **options)
        city.finish(staff, station)
    city.running.clock.move_to(CUTOFF_AT + timedelta(hours=16))
    city.ask(staff, "handover", as_expected=True)
    city.finish(staff, "handover")
    city.running.clock.move_to(CUTOFF_AT + timedelta(hours=18))
    leaders = {str(leader): city.world.headers(leader) for leader in city.world.leaders.values()}
    ready = city.sql("SELECT code, leader_id::text FROM logistics_pickup WHERE state = 'ready' ORDER BY code")
    assert len(ready) > RESIDENTS // 2
    for code, leader in ready[::2]:
        city.ok(leaders[leader], "POST", "/leader/pickups", {"code": code, "event_key": f"phone-{code}"})
    city.ask(staff, "remind")
    city.finish(staff, "remind")
    city.running.clock.move_to(CUTOFF_AT + timedelta(days=3))
    city.ask(staff, "settle")
    city.finish(staff, "settle")
    wait_for(city.idle, "jobs, refunds and e-mails", 2 * SECONDS)


def check_the_books(city: City, rush: Rush) -> None:
    """One order per key, one charge per paid order, the provider's money is the ledger's, the audit is clean."""
    orders = {row[0]: row[1] for row in city.sql("SELECT id::text, status FROM orders_order")}
    assert set(orders) == set(rush.orders.values())
    honoured = {order_id for order_id in rush.last_moment if orders[order_id] == "paid"}
    assert {order_id for order_id, status in orders.items() if status == "paid"} == rush.paid | honoured
    assert {order_id for order_id, status in orders.items() if status == "lapsed"} == set(rush.dawdling) - honoured
    owner = {row[0]: row[1] for row in city.sql("SELECT id::text, order_id::text FROM payments_payment")}
    charges = [charge for charge in city.charges() if charge["status"] == "succeeded"]
    charged = Counter(owner[charge["metadata"]["payment_id"]] for charge in charges)
    assert set(charged.values()) == {1}
    # Payments of lapsed orders are cancelled when a worker looks; until then late ones are charged and returned.
    assert rush.paid <= set(charged) <= {*rush.paid, *rush.last_moment, *rush.too_late}
    assert honoured <= set(charged)
    never = "SELECT DISTINCT status FROM payments_payment WHERE order_id::text = ANY(:left)"
    left = [*({*rush.last_moment, *rush.too_late} - set(charged))]
    assert {row[0] for row in city.sql(never, left=left)} == ({"cancelled"} if left else set())
    for charge in charges:
        if orders[owner[charge["metadata"]["payment_id"]]] == "lapsed":
            assert charge["amount_refunded"] == charge["amount"]
    kept = sum(charge["amount"] - charge["amount_refunded"] for charge in charges)
    books = city.sql("SELECT sum(amount_cents)::bigint FROM ledger_posting WHERE account = 'provider_clearing'")
    assert books[0][0] == kept > 0
    steps = city.sql("SELECT station, state FROM groupbuys_round_step")
    assert {state for _, state in steps} == {"done"}
    assert len(steps) == 9
    given_up = city.sql("SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1")
    ended = {row[0]: row[1] for row in given_up}
    # Every station's job that died too often was asked for again, and the last one ended; six deaths are too many.
    assert ended.pop("run_station", 0) == city.asked - 2 >= (2 if IS_LONG else 0)
    # An e-mail whose worker died five times gets another job, and leaves after all.
    ended.pop("send_mail", 0)
    assert ended == {}
    assert {row[0] for row in city.sql("SELECT DISTINCT state FROM notifications_mail")} == {"sent"}
    audit = city.running.flask("audit")
    assert (audit.returncode, audit.stdout.strip().endswith("checks of 9 invariants hold")) == (0, True), audit
