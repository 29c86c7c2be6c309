"""A hub's night in the browser: two sorters, a receiver, a dispatcher and a driver work on one round at once.

The round has 200 pickup points and 80 SKUs, 1,600 lines with 3,200 pieces; of eight SKUs half does not come, which
is 5 % of all pieces. Each of the five has a browser context of her own against gunicorn's processes; a worker runs the
jobs. The receiver counts the short goods by hand and a part of tomorrow's delivery with the thumb while others sort;
the sorters share one queue, some bays by pressing Enter; the dispatcher plans, drags a stop and makes the drivers'
links meanwhile; the driver opens his page before the trucks leave and works it off afterwards. What repeats itself is
sent by the page (see `night_people`). In the end every piece is accounted for, and no put was done twice.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright
from sqlalchemy import text

from app.domains.logistics import queries as logistics
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.web.credentials import COOKIES
from app.worker.tasks import run_due
from tests.browser.night_people import Dispatcher, Driver, Milestones, Receiver, Sorter, somebody
from tests.conftest import START
from tests.factories.accounts import door_of_role, make_account, make_sign_in
from tests.factories.night import EACH, Night, make_night
from tests.patience import SECONDS
from tests.serving import Deployment, deployment
from tools.browser import FLAGS, find

SYSTEM = Actor.system("test")
POINTS, SKUS, LINES, PIECES = 200, 80, 1_600, 3_200
#: Two in the morning in Shanghai, on the day of the pickup.
NIGHT = START + timedelta(hours=16)
#: Pieces of eight SKUs that came, of 40; what is missing is 5 % of all.
CAME, MISSING = 20, 160
BAYS_BY_HAND, STOPS_BY_HAND, AHEAD_BY_HAND = 2, 4, 5
#: Nobody waits for another longer than this, even where the machine is slow.
LONGEST_S = 1_500.0


@dataclass
class Told:
    """What the people say that they did."""

    lines: int
    ahead: int
    ann: tuple[list[str], int, list[str]]
    bo: tuple[list[str], int, list[str]]
    stops: int
    complaints: list[str]


def test_a_hub_night(
    services: Services, database: Database, database_url: str, clock: SetClock, tmp_path: Path
) -> None:
    def run(use_case: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return database.transact(SYSTEM, use_case, *args, **options)

    night = make_night(run, database.read)
    with database.engine.connect() as connection:
        for ref, cents in connection.execute(text("SELECT provider_ref, received_cents FROM payments_payment")):
            services.provider.remember(ref, cents)
    clock.move_to(NIGHT)
    with deployment(database_url, tmp_path, NIGHT) as running:
        worker = replace(services, database=Database(database.engine, running.clock))
        with _working(worker):
            running.start_web()
            told = asyncio.run(_the_night(night, running, worker))
        run_due(worker)
        audit = running.flask("audit")
    assert (audit.returncode, "checks of 9 invariants hold" in audit.stdout) == (0, True), audit.stdout
    assert told.complaints == []
    _nothing_twice(database, told)
    _counts_agree(database, night, told)


@contextmanager
def _working(services: Services) -> Iterator[None]:
    """A job worker beside the test."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            run_due(services)
            over.wait(0.4)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SECONDS)


async def _the_night(night: Night, running: Deployment, services: Services) -> Told:
    when, people = Milestones(), []
    path = find()
    assert path, "no Chromium: run `python -m tools.browser`"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)

        async def person(kind: type[Any], role: Role | None, name: str = "") -> Any:
            cookie = _sign_in(services.database, role, name) if role else None
            found = await somebody(kind, browser, running.url, night.id, when, cookie)
            people.append(found)
            return found

        receiver: Receiver = await person(Receiver, Role.HQ_WAREHOUSE, "Rui")
        ann: Sorter = await person(Sorter, Role.HQ_WAREHOUSE, "Ann")
        bo: Sorter = await person(Sorter, Role.HQ_WAREHOUSE, "Bo")
        desk: Dispatcher = await person(Dispatcher, Role.HQ_ADMIN, "Dan")
        driver: Driver = await person(Driver, None)
        short = dict.fromkeys(list(night.sku)[::11], CAME)

        async def receive() -> tuple[int, int]:
            return await receiver.count_the_round(short), await receiver.count_ahead(night.ahead, AHEAD_BY_HAND)

        async with asyncio.timeout(LONGEST_S), asyncio.TaskGroup() as group:
            counted = group.create_task(receive())
            sorters = [group.create_task(one.sort(name, BAYS_BY_HAND)) for one, name in ((ann, "Ann"), (bo, "Bo"))]
            group.create_task(desk.lead())
            driven = group.create_task(driver.drive(desk, STOPS_BY_HAND))
        complaints = [line for one in people for line in one.complaints]
        await browser.close()
    return Told(*counted.result(), sorters[0].result(), sorters[1].result(), driven.result(), complaints)


def _sign_in(database: Database, role: Role, name: str) -> dict[str, Any]:
    """The cookie of a fresh account of the hub."""

    def come_in(uow: UnitOfWork) -> dict[str, Any]:
        account = make_account(uow, role, login=name.lower(), name=name)
        door = door_of_role(role)
        return {"name": COOKIES[door], "value": make_sign_in(uow, account, door)[0]}

    made: dict[str, Any] = database.transact(SYSTEM, come_in)
    return made


def _one(database: Database, query: str, **values: Any) -> tuple[Any, ...]:
    with database.engine.connect() as connection:
        return tuple(connection.execute(text(query), values).one())


def _nothing_twice(database: Database, told: Told) -> None:
    """Every put was done once, by one of the two; what they were told adds up to what stands in the database."""
    (ann_sent, ann_hand, ann_refused), (bo_sent, bo_hand, bo_refused) = told.ann, told.bo
    puts = LINES - MISSING // EACH
    assert (ann_refused, bo_refused) == ([], [])
    assert len(ann_sent) + len(bo_sent) + ann_hand + bo_hand == puts
    assert len({*ann_sent, *bo_sent}) == len(ann_sent) + len(bo_sent)
    assert min(len(ann_sent), len(bo_sent)) > puts // 10  # both worked
    by_hand = 2 * BAYS_BY_HAND
    assert _one(
        database,
        "SELECT count(*), count(DISTINCT (sheet_id, sku_id)), count(*) FILTER (WHERE put_at IS NULL OR put_qty <> qty),"
        " count(*) FILTER (WHERE put_by NOT IN ('Ann', 'Bo')), sum(put_qty) FROM logistics_sort_put",
    ) == (puts, puts, 0, 0, PIECES - MISSING)
    assert _one(
        database,
        "SELECT count(*) FILTER (WHERE action = 'sort.put'), count(*) FILTER (WHERE action = 'sort.undo')"
        " FROM infra_idempotency_key",
    ) == (puts + by_hand, by_hand)
    assert _one(
        database,
        "SELECT count(*) FILTER (WHERE t.state <> 'done'), max(p.people) FROM logistics_sort_task t"
        " JOIN (SELECT task_id, count(DISTINCT put_by_id) AS people FROM logistics_sort_put GROUP BY 1) p"
        " ON p.task_id = t.id",
    ) == (0, 1)


def _counts_agree(database: Database, night: Night, told: Told) -> None:
    """Received = sorted, and what is missing was refunded; crates on sheets = loaded = handed over."""
    assert (told.lines, told.ahead, told.stops) == (SKUS, SKUS // 4, POINTS)
    came = "SELECT sum(l.received_qty) FROM supply_purchase_line l JOIN supply_purchase_order o"
    came += " ON o.id = l.purchase_order_id WHERE o.purpose = :purpose"
    assert _one(database, came, purpose="round") == (PIECES - MISSING,)
    assert _one(database, came, purpose="pre_buy") == (SKUS // 4 * 30,)
    assert _one(
        database, "SELECT sum(qty), sum(cut_qty), count(*) FILTER (WHERE cut_qty > 0) FROM orders_line"
    ) == (PIECES, MISSING, MISSING // EACH)  # fmt: skip
    assert _one(database, "SELECT count(*), count(*) FILTER (WHERE status = 'succeeded') FROM payments_refund") == (
        MISSING // EACH, MISSING // EACH,
    )  # fmt: skip
    assert _one(database, "SELECT sum(qty) FROM logistics_sheet_line") == (PIECES - MISSING,)
    plan = database.read(logistics.night_plan, night.id)
    (crates,) = _one(database, "SELECT count(*) FROM logistics_crate")
    assert (plan.pieces, plan.crates, plan.plan_version) == (PIECES - MISSING, crates, 2)
    current = " FROM logistics_stop s JOIN logistics_route r ON r.id = s.route_id JOIN logistics_route_plan p"
    current += " ON p.id = r.plan_id AND p.state = 'dispatched'"
    loaded = sum(len(stop.crates) for route in plan.load for stop in route.stops)
    handed = _one(database, "SELECT sum(s.crates), count(*), count(s.handed_at), count(s.arrived_at)" + current)
    assert (loaded, handed) == (crates, (crates, POINTS, POINTS, POINTS))
    assert _one(
        database,
        "SELECT count(*), sum(h.crates), count(*) FILTER (WHERE h.state = 'counted') FROM logistics_handover h",
    ) == (POINTS, crates, POINTS)
    assert _one(
        database, "SELECT sum(expected_qty), sum(short_qty + damaged_qty) FROM logistics_handover_line"
    ) == (PIECES - MISSING, 0)  # fmt: skip
