"""The cut-off of 100,000 and of 1,000,000 paid order lines beside the plain GROUP BY over the same rows."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from sqlalchemy import event

from app.domains.groupbuys.service import steps
from app.domains.groupbuys.values import Station
from app.domains.logistics.service import demand
from app.flows import stations
from bench.figures import Row, row
from bench.stage import Stage

LINES_PER_ORDER = 4
#: Each figure is the middle one of so many, taken in turn with the plain statement.
TIMES = 3
#: Back to an open round without orders. Breaks and minimums stay as questions, but nobody reaches one: what refunds
#: cost is not measured here.
EMPTY = """
TRUNCATE orders_order, orders_line, orders_line_cut, logistics_demand, supply_purchase_order, supply_purchase_line CASCADE;
DELETE FROM groupbuys_round_step;
UPDATE groupbuys_group_buy SET status = 'open';
UPDATE groupbuys_offer SET sold_qty = 0, min_group_qty = least(min_group_qty, 1);
UPDATE groupbuys_price_break SET from_qty = 1000000000 + from_qty % 1000000000;
"""
#: As before the cut-off, with the same orders.
AGAIN = """
TRUNCATE logistics_demand, supply_purchase_order, supply_purchase_line CASCADE;
DELETE FROM groupbuys_round_step;
UPDATE groupbuys_group_buy SET status = 'open';
"""
FILL = """
WITH home AS (
  SELECT *, row_number() OVER (ORDER BY id) - 1 AS nth, count(*) OVER () AS homes FROM communities_home
  WHERE hub_id = %s AND until_at IS NULL
), made AS (
  INSERT INTO orders_order (id, no, status, resident_id, hub_id, group_buy_id, neighbourhood_id, pickup_point_id,
    leader_id, pickup_on, currency, total_cents, refunded_cents, note, placed_at, pay_by, paid_at)
  SELECT gen_random_uuid(), 'C' || n, 'paid', h.resident_id, h.hub_id, %s, h.neighbourhood_id, h.pickup_point_id,
    h.leader_id, current_date + 1, 'CNY', 4000, 0, '', now(), now(), now()
  FROM generate_series(1, %s) n JOIN home h ON h.nth = n %% h.homes
  RETURNING id, resident_id, pickup_point_id, no)
INSERT INTO orders_line (id, order_id, group_buy_id, resident_id, pickup_point_id, offer_id, sku_id, qty, cut_qty,
  unit_price_cents, final_price_cents, refunded_cents, commission_bps)
SELECT gen_random_uuid(), made.id, %s, made.resident_id, made.pickup_point_id, f.id, f.sku_id, 1, 0, 1000, 1000, 0, 500
FROM made JOIN groupbuys_offer f ON (f.position + substr(made.no, 2)::int) %% 25 = 0 AND f.group_buy_id = %s
"""
PLAIN = """
SELECT l.pickup_point_id, l.sku_id, sum(l.qty - l.cut_qty) FROM orders_line l JOIN orders_order o ON o.id = l.order_id
WHERE l.group_buy_id = %s AND o.status = 'paid' GROUP BY 1, 2
"""


def cutoffs(stage: Stage) -> Iterator[Row]:
    """Aggregation, the whole station, and its SQL statements, for both sizes."""
    statements = {}
    for lines, name in ((100_000, "cutoff"), (1_000_000, "cutoff_1m")):
        found = _fill(stage, lines)
        plains, aggregates, wholes = [], [], []
        for _ in range(TIMES):
            stage.sql(AGAIN)
            _open(stage)
            plains.append(_plain(stage))
            aggregates.append(_timed(lambda: stage.run(demand.aggregate, stage.group_buy_id)))
            stage.sql("TRUNCATE logistics_demand")
            with _statements(stage) as counted:
                wholes.append(_timed(lambda: _station(stage)))
            statements[name] = len(counted)
        plain, aggregate, whole = median(plains), median(aggregates), median(wholes)
        yield row(f"{name}_lines", found, "lines")
        yield row(name, aggregate, "s", plain, aggregate / plain)
        yield row(f"{name}_station", whole, "s", plain, whole / plain)
    few, many = statements.values()
    yield row("cutoff_statements", many, "statements", few, many / few)


@contextmanager
def _statements(stage: Stage) -> Iterator[list[str]]:
    """The SQL statements sent meanwhile."""
    counted: list[str] = []

    def note(*told: Any) -> None:
        counted.append(told[2])

    engine = stage.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield counted
    event.remove(engine, "before_cursor_execute", note)


def _fill(stage: Stage, lines: int) -> int:
    stage.sql(EMPTY)
    ids = stage.group_buy_id, lines // LINES_PER_ORDER, stage.group_buy_id, stage.group_buy_id
    stage.sql(FILL, stage.hub_id, *ids)
    stage.sql("UPDATE groupbuys_offer o SET sold_qty = (SELECT count(*) FROM orders_line WHERE offer_id = o.id)")
    stage.sql("VACUUM ANALYZE")
    return int(stage.sql("SELECT count(*) FROM orders_line")[0][0])


def _open(stage: Stage) -> None:
    stage.run(steps.start_step, stage.group_buy_id, Station.OPEN)
    stage.run(steps.finish_step, stage.group_buy_id, Station.OPEN, "bench")


def _station(stage: Stage) -> None:
    stations.run_station(stage.run, stage.services.database.read, stage.group_buy_id, Station.CUTOFF, {"early": True})


def _plain(stage: Stage) -> float:
    return _timed(lambda: stage.sql(PLAIN, stage.group_buy_id))


def _timed(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun
