"""Invariant 3 and the pieces of invariant 5: every paid line ends once, and nothing is handed out twice."""

from app.domains.analytics.values import Check

_ENDED = """
    SELECT l.id::text AS id,
      format('order %s: %s of %s pieces left after its cuts, %s handed out, round is settled', o.no, l.qty - l.cut_qty,
             l.qty, coalesce(p.picked_qty, 0)) AS detail
    FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status = 'paid'
    JOIN groupbuys_group_buy g ON g.id = l.group_buy_id AND g.status = 'settled'
    LEFT JOIN logistics_pickup_line p ON p.order_line_id = l.id
    WHERE l.qty - l.cut_qty <> coalesce(p.picked_qty, 0)
      AND NOT EXISTS (SELECT FROM infra_audit a JOIN logistics_pickup w ON w.order_id = o.id
                      WHERE a.entity_id = g.id AND a.action = 'settlement.keep_unclaimed'
                        AND w.state IN ('ready', 'partly'))
"""

#: The audit that runs between two stations gives a round three days after its pickup to be settled.
_OVERDUE = """
    SELECT g.id::text AS id, format('%s was picked up on %s and is still %s', g.code, g.pickup_on, g.status) AS detail
    FROM groupbuys_group_buy g
    WHERE g.status = 'closed' AND g.pickup_on < (CAST(:now AS timestamptz) - interval '3 days')::date
"""

_UNPAID = """
    SELECT o.id::text AS id, format('order %s waits for its money since %s, round is %s', o.no, o.pay_by, g.status)
      AS detail
    FROM orders_order o JOIN groupbuys_group_buy g ON g.id = o.group_buy_id
    WHERE o.status = 'placed' AND (
      o.pay_by < CAST(:now AS timestamptz) - interval '1 hour'
      OR EXISTS (SELECT FROM groupbuys_round_step s
                 WHERE s.group_buy_id = g.id AND s.station = 'cutoff' AND s.state = 'done'))
"""

_PICKUP = """
    SELECT o.id::text AS id, format('order %s is %s, its pickup is %s', o.no, o.status, coalesce(p.state, 'missing'))
      AS detail
    FROM orders_order o LEFT JOIN logistics_pickup p ON p.order_id = o.id
    WHERE (o.status = 'paid' AND p.id IS NULL) OR (o.status <> 'paid' AND p.state <> 'void')
"""

_DUE = """
    SELECT l.id::text AS id,
      format('order %s: %s pieces left after its cuts, %s due at the pickup', o.no, l.qty - l.cut_qty,
             coalesce(d.due_qty, 0)) AS detail
    FROM orders_line l JOIN orders_order o ON o.id = l.order_id
    JOIN logistics_pickup p ON p.order_id = o.id AND p.state IN ('ready', 'partly', 'done')
    LEFT JOIN logistics_pickup_line d ON d.order_line_id = l.id
    WHERE coalesce(d.due_qty, 0) <> l.qty - l.cut_qty
"""

_PICKED = """
    SELECT d.order_line_id::text AS id,
      format('%s of %s pieces picked up, its pickups say %s', d.picked_qty, d.due_qty, coalesce(e.qty, 0)) AS detail
    FROM logistics_pickup_line d
    LEFT JOIN (SELECT order_line_id, sum(qty) AS qty FROM logistics_pickup_event_line GROUP BY 1) e
      ON e.order_line_id = d.order_line_id
    WHERE d.picked_qty > d.due_qty OR d.picked_qty <> coalesce(e.qty, 0)
"""

CHECKS = (
    Check(
        invariant=3, name="ended", sql=_ENDED,
        what="In a settled round every paid piece was handed out or cut, unless it was kept waiting on purpose.",
    ),
    Check(invariant=3, name="overdue", sql=_OVERDUE, what="A round is settled within three days of its pickup."),
    Check(invariant=3, name="unpaid", sql=_UNPAID, what="An order is paid or lapses: nothing waits past its time."),
    Check(invariant=3, name="pickup", sql=_PICKUP, what="Every paid order, and no other, has a pickup."),
    Check(invariant=5, name="due", sql=_DUE, what="What is due at a pickup is what the order's lines have left."),
    Check(invariant=5, name="picked", sql=_PICKED, what="No piece is picked up twice or above what is due."),
)  # fmt: skip
