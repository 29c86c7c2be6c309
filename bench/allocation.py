"""Sharing out 100,000 lines of short goods in one go, beside one plain SQL pass over the same lines."""

import time
from collections.abc import Callable, Iterator
from statistics import median

from app.domains.logistics.queries import shortages
from app.domains.logistics.rules import allocation
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy
from app.flows import receiving
from bench.cutoff import EMPTY, FILL, LINES_PER_ORDER
from bench.figures import Row, row
from bench.stage import Stage

LINES = 100_000
#: A purchase order of everything, of which so many percent of the pieces came, in one lot a SKU.
SUPPLY = """
WITH po AS (
  INSERT INTO supply_purchase_order (id, no, hub_id, group_buy_id, supplier_id, status, deliver_on, total_cents,
    top_up_cents, sent_at)
  SELECT gen_random_uuid(), 'BENCH', %s, %s, (SELECT id FROM supply_supplier ORDER BY code LIMIT 1), 'received',
    current_date, 0, 0, now() RETURNING id, hub_id
), line AS (
  INSERT INTO supply_purchase_line (id, purchase_order_id, sku_id, wanted_qty, packs, pack_size, ordered_qty,
    cost_cents, received_qty, rejected_qty, counted_at)
  SELECT gen_random_uuid(), po.id, w.sku_id, w.qty, w.qty, 1, w.qty, 100, w.qty * %s / 100, 0, now()
  FROM po, (SELECT sku_id, sum(qty)::int AS qty FROM orders_line GROUP BY 1) w RETURNING id, sku_id, received_qty
), lot AS (
  INSERT INTO supply_lot (id, hub_id, sku_id, purchase_line_id, code, received_at)
  SELECT gen_random_uuid(), po.hub_id, line.sku_id, line.id, 'B', now() FROM line, po RETURNING id, sku_id, hub_id
)
INSERT INTO supply_stock_movement (id, hub_id, sku_id, lot_id, kind, cause_id, qty, at)
SELECT gen_random_uuid(), lot.hub_id, lot.sku_id, lot.id, 'received', gen_random_uuid(), line.received_qty, now()
FROM lot JOIN line ON line.sku_id = lot.sku_id
"""
PAYMENTS = """
INSERT INTO payments_payment (id, order_id, order_no, hub_id, resident_id, amount_cents, received_cents, refunded_cents,
  currency, method, return_url, status, created_at, settled_at, next_look_at)
SELECT gen_random_uuid(), id, no, hub_id, resident_id, total_cents, total_cents, 0, 'CNY', 'alipay', '', 'succeeded',
  now(), now(), now() FROM orders_order
"""
#: What a queue in SQL would say: every line in its place, with how much is asked for before it.
PLAIN = """
SELECT l.id, l.qty - l.cut_qty, sum(l.qty - l.cut_qty) OVER (PARTITION BY l.sku_id ORDER BY o.paid_at, l.id)
FROM orders_line l JOIN orders_order o ON o.id = l.order_id
WHERE l.group_buy_id = %s AND o.status = 'paid' AND l.qty > l.cut_qty
"""


def allocations(stage: Stage) -> Iterator[Row]:
    """Deciding under the slowest policy, and applying it with every cut, refund and message: 5 % short, then 40 %."""
    _prepare(stage, arrived_pct=95)
    plain = median(_timed(lambda: stage.sql(PLAIN, stage.group_buy_id)) for _ in range(3))
    slowest = max(median(_decided(stage, policy) for _ in range(3)) for policy in SharePolicy)
    yield row("allocation_lines", LINES, "lines")
    yield row("allocation", slowest, "s", plain, slowest / plain)
    yield from _applied(stage, "allocation")
    _prepare(stage, arrived_pct=60)
    yield from _applied(stage, "allocation_mass")


def _prepare(stage: Stage, arrived_pct: int) -> None:
    stage.sql(EMPTY)
    stage.sql(
        "TRUNCATE payments_payment, payments_refund, supply_lot, supply_stock_movement, procrastinate_jobs CASCADE"
    )
    ids = stage.group_buy_id, LINES // LINES_PER_ORDER, stage.group_buy_id, stage.group_buy_id
    stage.sql(FILL, stage.hub_id, *ids)
    stage.sql("UPDATE orders_line SET qty = 1 + (hashtext(id::text) & 1)")
    stage.sql("UPDATE orders_order SET total_cents = 8000")
    stage.sql(PAYMENTS)
    stage.sql(SUPPLY, stage.hub_id, stage.group_buy_id, arrived_pct)
    stage.sql("UPDATE groupbuys_group_buy SET status = 'closed'")
    stage.sql("VACUUM ANALYZE")


def _applied(stage: Stage, name: str) -> Iterator[Row]:
    """One transaction that cuts, refunds and tells; milliseconds for each line that was cut."""
    applied = _timed(
        lambda: stage.run(receiving.share_out_shortages, stage.group_buy_id, SharePolicy.PRO_RATA, Protect.BOTH)
    )
    cuts = int(stage.sql("SELECT count(*) FROM orders_line_cut")[0][0])
    yield row(f"{name}_cuts", cuts, "cuts with refunds")
    yield row(f"{name}_applied", applied, "s")
    yield row(f"{name}_per_cut", 1000 * applied / cuts, "ms")


def _decided(stage: Stage, policy: SharePolicy) -> float:
    """Seconds to read every line and say what each gets."""

    def decide() -> None:
        found = stage.services.database.read(shortages.short_lines, stage.group_buy_id, Protect.BOTH)
        allocation.allocate(policy, found.claims)

    return _timed(decide)


def _timed(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun
