"""Invariants 1 and 2: what is ordered, demanded, sorted and handed over is the same; nothing is oversold or lost."""

from app.domains.analytics.values import Check

#: Per round, pickup point and SKU. A station that is not done yet is not asked for its numbers. A recall takes pieces
#: off the demand and the sheets while the trucks are here, and only off the lines once they have left.
_DEMAND = """
    WITH cut AS (
      SELECT line_id,
        coalesce(sum(qty) FILTER (WHERE reason IN ('resident', 'below_minimum', 'pack_fill')), 0) AS before_cutoff,
        coalesce(sum(qty) FILTER (WHERE reason IN ('shortage', 'supplier_minimum', 'sort_short')), 0) AS short,
        coalesce(sum(qty) FILTER (WHERE reason IN ('handover_short', 'handover_damaged')), 0) AS lost,
        coalesce(sum(qty) FILTER (WHERE reason = 'recall'), 0) AS recalled
      FROM orders_line_cut GROUP BY line_id
    ),
    ordered AS (
      SELECT l.group_buy_id, l.pickup_point_id, l.sku_id, sum(l.qty - coalesce(c.before_cutoff, 0)) AS qty,
        sum(coalesce(c.short, 0)) AS short, sum(coalesce(c.lost, 0)) AS lost,
        sum(coalesce(c.recalled, 0)) AS recalled
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status = 'paid'
      LEFT JOIN cut c ON c.line_id = l.id GROUP BY 1, 2, 3
    ),
    sheet AS (
      SELECT s.group_buy_id, s.pickup_point_id, l.sku_id, sum(l.qty) AS qty
      FROM logistics_sheet s JOIN logistics_sheet_line l ON l.sheet_id = s.id GROUP BY 1, 2, 3
    ),
    handed AS (
      SELECT h.group_buy_id, h.pickup_point_id, l.sku_id, sum(l.expected_qty) AS qty,
        sum(l.short_qty + l.damaged_qty) AS lost, bool_and(h.state = 'counted') AS is_counted
      FROM logistics_handover h JOIN logistics_handover_line l ON l.handover_id = h.id GROUP BY 1, 2, 3
    ),
    done AS (
      SELECT group_buy_id, bool_or(station = 'cutoff') AS cutoff, bool_or(station = 'receive') AS receive,
        bool_or(station = 'sort') AS sort, bool_or(station = 'dispatch') AS dispatch
      FROM groupbuys_round_step WHERE state = 'done' GROUP BY 1
    ),
    numbers AS (
      SELECT group_buy_id, pickup_point_id, sku_id, coalesce(o.qty, 0) AS ordered, coalesce(o.short, 0) AS short,
        coalesce(o.lost, 0) AS lost, coalesce(o.recalled, 0) AS recalled,
        coalesce(d.wanted_qty, 0) AS wanted, coalesce(d.due_qty, 0) AS due,
        coalesce(s.qty, 0) AS sheets, coalesce(h.qty, 0) AS handed, coalesce(h.lost, 0) AS handed_lost,
        coalesce(h.is_counted, false) AS is_counted
      FROM ordered o FULL JOIN logistics_demand d USING (group_buy_id, pickup_point_id, sku_id)
      FULL JOIN sheet s USING (group_buy_id, pickup_point_id, sku_id)
      FULL JOIN handed h USING (group_buy_id, pickup_point_id, sku_id)
    )
    SELECT concat_ws(' ', coalesce(g.code, n.group_buy_id::text), coalesce(p.code, n.pickup_point_id::text),
                     coalesce(k.code, n.sku_id::text)) AS id,
      format('ordered %s - short %s - lost %s; demand wanted %s due %s; sheets %s; handover %s - lost %s',
             n.ordered, n.short, n.lost, n.wanted, n.due, n.sheets, n.handed, n.handed_lost) AS detail
    FROM numbers n LEFT JOIN done ON done.group_buy_id = n.group_buy_id
    LEFT JOIN groupbuys_group_buy g ON g.id = n.group_buy_id
    LEFT JOIN communities_pickup_point p ON p.id = n.pickup_point_id LEFT JOIN catalogue_sku k ON k.id = n.sku_id
    WHERE g.status IS DISTINCT FROM 'cancelled' AND ((done.cutoff AND n.wanted <> n.ordered)
      OR (done.receive AND n.due NOT IN (n.ordered - n.short, n.ordered - n.short - n.recalled))
      OR (done.sort AND n.sheets <> n.due)
      OR (done.dispatch AND n.handed <> n.sheets)
      OR (done.dispatch AND n.handed_lost NOT BETWEEN n.lost AND n.lost + n.recalled))
"""

_SOLD = """
    SELECT f.id::text AS id, format('%s %s: sold_qty %s of quota %s, in orders %s', g.code, k.code, f.sold_qty, f.quota,
                                    coalesce(held.qty, 0)) AS detail
    FROM groupbuys_offer f JOIN groupbuys_group_buy g ON g.id = f.group_buy_id JOIN catalogue_sku k ON k.id = f.sku_id
    LEFT JOIN (
      SELECT l.offer_id, sum(l.qty - coalesce(back.qty, 0)) AS qty
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status IN ('placed', 'paid')
      LEFT JOIN (SELECT line_id, sum(qty) AS qty FROM orders_line_cut WHERE reason = 'resident' GROUP BY line_id) back
        ON back.line_id = l.id
      GROUP BY l.offer_id
    ) held ON held.offer_id = f.id
    WHERE f.sold_qty <> coalesce(held.qty, 0) OR f.sold_qty > f.quota OR f.sold_qty < 0
"""

#: Of every offer in full boxes: what is held as tolerance, and after the cut-off whole boxes, none above a wish.
_BOXES = """
    WITH wished AS (
      SELECT l.offer_id, sum(l.tolerance_qty) AS tolerance_qty
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status IN ('placed', 'paid') GROUP BY 1
    ),
    given AS (
      SELECT l.offer_id, sum(l.given_qty) AS qty
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status = 'paid' GROUP BY 1
    )
    SELECT f.id::text AS id, format('%s %s: %s pieces tolerated, in orders %s; %s given in boxes of %s', g.code, k.code,
                                    f.tolerance_qty, coalesce(w.tolerance_qty, 0), v.qty, f.pack_size) AS detail
    FROM groupbuys_offer f JOIN groupbuys_group_buy g ON g.id = f.group_buy_id JOIN catalogue_sku k ON k.id = f.sku_id
    LEFT JOIN wished w ON w.offer_id = f.id LEFT JOIN given v ON v.offer_id = f.id
    LEFT JOIN groupbuys_round_step s ON s.group_buy_id = g.id AND s.station = 'cutoff' AND s.state = 'done'
      AND g.status <> 'cancelled'
    WHERE f.tolerance_qty <> coalesce(w.tolerance_qty, 0) OR (s.state = 'done' AND v.qty % f.pack_size <> 0)
    UNION ALL
    SELECT l.id::text, format('order %s: %s given, cuts leave %s; %s wanted, %s tolerated, the journal says %s and %s',
                              o.no, l.given_qty, l.qty - coalesce(c.qty, 0), l.wanted_qty, l.tolerance_qty,
                              coalesce(j.wanted_qty, 0), coalesce(j.tolerance_qty, 0))
    FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status IN ('placed', 'paid')
    LEFT JOIN (SELECT line_id, sum(qty) AS qty FROM orders_line_cut
               WHERE reason IN ('resident', 'pack_fill') GROUP BY 1) c ON c.line_id = l.id
    LEFT JOIN (SELECT order_id, offer_id, sum(wanted_delta) AS wanted_qty, sum(tolerance_delta) AS tolerance_qty
               FROM orders_wish GROUP BY 1, 2) j ON j.order_id = l.order_id AND j.offer_id = l.offer_id
    WHERE l.given_qty <> l.qty - coalesce(c.qty, 0) OR l.wanted_qty <> coalesce(j.wanted_qty, 0)
      OR (l.wanted_qty IS NOT NULL AND l.tolerance_qty <> coalesce(j.tolerance_qty, 0))
"""

_ON_HAND = """
    SELECT lot.id::text AS id, format('lot %s: %s pieces on hand', lot.code, sum(m.qty)) AS detail
    FROM supply_stock_movement m JOIN supply_lot lot ON lot.id = m.lot_id
    GROUP BY lot.id HAVING sum(m.qty) < 0
"""

_RECEIVED = """
    SELECT l.id::text AS id,
      format('%s %s: line says %s, counts say %s, stock took in %s', o.no, k.code, l.received_qty,
             coalesce(c.qty, 0), coalesce(m.qty, 0)) AS detail
    FROM supply_purchase_line l JOIN supply_purchase_order o ON o.id = l.purchase_order_id
    JOIN catalogue_sku k ON k.id = l.sku_id
    LEFT JOIN (SELECT purchase_line_id, sum(received_qty) AS qty FROM supply_receipt_line GROUP BY 1) c
      ON c.purchase_line_id = l.id
    LEFT JOIN (SELECT lot.purchase_line_id, sum(s.qty) AS qty FROM supply_stock_movement s
               JOIN supply_lot lot ON lot.id = s.lot_id WHERE s.kind = 'received' GROUP BY 1) m
      ON m.purchase_line_id = l.id
    WHERE l.received_qty <> coalesce(c.qty, 0) OR l.received_qty <> coalesce(m.qty, 0)
"""

#: What left stock for the sorting tables is what the lines had left after shortages: received = sorted + surplus.
_SORTED = """
    WITH cut AS (
      SELECT line_id, sum(qty) AS qty FROM orders_line_cut
      WHERE reason IN ('resident', 'below_minimum', 'pack_fill', 'shortage', 'supplier_minimum') GROUP BY line_id
    ),
    due AS (
      SELECT l.group_buy_id, l.sku_id, sum(l.qty - coalesce(c.qty, 0)) AS qty
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status = 'paid'
      LEFT JOIN cut c ON c.line_id = l.id GROUP BY 1, 2
    ),
    gone AS (
      SELECT cause_id AS group_buy_id, sku_id, -sum(qty) AS qty FROM supply_stock_movement
      WHERE kind = 'sorted' GROUP BY 1, 2
    )
    SELECT concat_ws(' ', g.code, k.code) AS id,
      format('%s pieces due at sorting, %s left stock', coalesce(due.qty, 0), coalesce(gone.qty, 0)) AS detail
    FROM due FULL JOIN gone USING (group_buy_id, sku_id)
    JOIN groupbuys_round_step s ON s.group_buy_id = coalesce(due.group_buy_id, gone.group_buy_id)
      AND s.station = 'receive' AND s.state = 'done'
    JOIN groupbuys_group_buy g ON g.id = s.group_buy_id
    JOIN catalogue_sku k ON k.id = coalesce(due.sku_id, gone.sku_id)
    WHERE coalesce(due.qty, 0) <> coalesce(gone.qty, 0)
"""

#: Of a group-buy that was called off nothing is left when it is done: no order stands, and all money went back.
_CALLED_OFF = """
    SELECT o.id::text AS id, format('%s order %s: %s, %s of %s given back', g.code, o.no, o.status, o.refunded_cents,
                                    o.total_cents) AS detail
    FROM groupbuys_call_off c JOIN groupbuys_group_buy g ON g.id = c.group_buy_id
    JOIN orders_order o ON o.group_buy_id = g.id
    WHERE c.done_at IS NOT NULL
      AND (o.status IN ('placed', 'paid') OR (o.paid_at IS NOT NULL AND o.refunded_cents <> o.total_cents))
    UNION ALL
    SELECT g.id::text, format('%s: %s, called off: %s', g.code, g.status, c.group_buy_id IS NOT NULL)
    FROM groupbuys_group_buy g LEFT JOIN groupbuys_call_off c ON c.group_buy_id = g.id
    WHERE (g.status = 'cancelled') <> (c.group_buy_id IS NOT NULL)
"""

CHECKS = (
    Check(
        invariant=1, name="demand", sql=_DEMAND,
        what="Per round, pickup point and SKU: paid lines = demand = sheets = handover, less the cuts made in between.",
    ),
    Check(invariant=2, name="quota", sql=_SOLD, what="An offer's sold pieces are those of its orders, within quota."),
    Check(
        invariant=2, name="boxes", sql=_BOXES,
        what="Boxes are ordered whole, tolerance is what orders say, and nobody got other than wished less cut.",
    ),
    Check(invariant=2, name="on_hand", sql=_ON_HAND, what="No lot holds less than nothing."),
    Check(invariant=2, name="received", sql=_RECEIVED, what="What a line received = its counts = what stock took in."),
    Check(
        invariant=2, name="called_off", sql=_CALLED_OFF,
        what="Where a group-buy was called off, no order stands and all money went back.",
    ),
    Check(invariant=2, name="sorted", sql=_SORTED, what="What left stock for sorting = what was due."),
)  # fmt: skip
