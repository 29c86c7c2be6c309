"""The money of invariant 5, and invariant 6: refunds equal their causes, commission follows from what was picked up."""

from app.domains.analytics.values import Check

_CUTS = """
    SELECT l.id::text AS id,
      format('order %s: line says %s pieces and %s cut, its cuts say %s and %s', o.no, l.cut_qty, l.refunded_cents,
             coalesce(sum(c.qty), 0), coalesce(sum(c.amount_cents), 0)) AS detail
    FROM orders_line l JOIN orders_order o ON o.id = l.order_id LEFT JOIN orders_line_cut c ON c.line_id = l.id
    GROUP BY l.id, o.no
    HAVING l.cut_qty <> coalesce(sum(c.qty), 0) OR l.refunded_cents <> coalesce(sum(c.amount_cents), 0)
      OR l.cut_qty > l.qty OR l.refunded_cents > l.qty::bigint * l.unit_price_cents
"""

_ORDERS = """
    SELECT o.id::text AS id, format('order %s: refunded %s and total %s, its lines say %s and %s', o.no,
                                    o.refunded_cents, o.total_cents, sum(l.refunded_cents),
                                    sum(l.qty::bigint * l.unit_price_cents)) AS detail
    FROM orders_order o JOIN orders_line l ON l.order_id = o.id
    GROUP BY o.id
    HAVING o.refunded_cents <> sum(l.refunded_cents) OR o.total_cents <> sum(l.qty::bigint * l.unit_price_cents)
"""

_REFUNDED = """
    SELECT c.id::text AS id, format('order %s: %s of %s cut for %s, refund of %s', o.no, c.amount_cents,
                                    coalesce(k.code, l.sku_id::text), c.reason,
                                    coalesce(r.amount_cents::text, 'nothing')) AS detail
    FROM orders_line_cut c JOIN orders_line l ON l.id = c.line_id JOIN orders_order o ON o.id = c.order_id
    LEFT JOIN catalogue_sku k ON k.id = l.sku_id
    LEFT JOIN (SELECT cause_id, sum(amount_cents) AS amount_cents FROM payments_refund GROUP BY 1) r
      ON r.cause_id = c.id
    WHERE o.paid_at IS NOT NULL AND c.amount_cents <> coalesce(r.amount_cents, 0)
      AND NOT (coalesce(r.amount_cents, 0) < c.amount_cents AND EXISTS (
        SELECT FROM payments_payment p WHERE p.order_id = o.id AND p.method = 'card' AND p.capture_by IS NOT NULL
          AND p.status IN ('failed', 'cancelled') AND p.released_cents < p.amount_cents))
"""

_CAUSED = """
    SELECT r.id::text AS id, format('refund of %s for cause %s, which is no cut and no payment of this order',
                                    r.amount_cents, r.cause_id) AS detail
    FROM payments_refund r
    WHERE NOT EXISTS (SELECT FROM orders_line_cut c WHERE c.id = r.cause_id AND c.order_id = r.order_id)
      AND NOT EXISTS (SELECT FROM payments_payment p WHERE p.id = r.cause_id AND p.order_id = r.order_id)
"""

_WITHIN = """
    WITH back AS (
      SELECT payment_id, coalesce(sum(amount_cents) FILTER (WHERE route <> 'release'), 0) AS cents,
        coalesce(sum(amount_cents) FILTER (WHERE route = 'release'), 0) AS released
      FROM payments_refund GROUP BY 1
    )
    SELECT p.id::text AS id, format('order %s: received %s, refunds say %s + %s released, payment says %s + %s',
                                    p.order_no, p.received_cents, coalesce(back.cents, 0), coalesce(back.released, 0),
                                    p.refunded_cents, p.released_cents) AS detail
    FROM payments_payment p LEFT JOIN back ON back.payment_id = p.id
    WHERE p.refunded_cents <> coalesce(back.cents, 0) OR p.released_cents <> coalesce(back.released, 0)
      OR coalesce(back.cents, 0) > greatest(p.received_cents, p.capture_cents)
"""

_BACKED = """
    SELECT o.id::text AS id, format('order %s costs %s in the end, payments of %s stand behind it', o.no,
                                    o.total_cents - o.refunded_cents, coalesce(sum(x.cents), 0)) AS detail
    FROM orders_order o LEFT JOIN (
      SELECT order_id, CASE
        WHEN status = 'succeeded' THEN received_cents - refunded_cents
        WHEN capture_cents > 0 THEN capture_cents - refunded_cents
        ELSE amount_cents - released_cents END AS cents
      FROM payments_payment p WHERE status IN ('authorised', 'succeeded') AND NOT (status = 'authorised' AND EXISTS (
        SELECT FROM payments_payment lead WHERE lead.id = p.part_of AND lead.status IN ('intended', 'waiting')))
    ) x ON x.order_id = o.id
    WHERE o.paid_at IS NOT NULL
    GROUP BY o.id HAVING coalesce(sum(x.cents), 0) <> o.total_cents - o.refunded_cents
"""

_CLAIMS = """
    SELECT c.id::text AS id, format('claim is %s over %s of %s, its cuts say %s', c.status, c.refunded_cents,
                                    c.claimed_cents, coalesce(sum(k.amount_cents), 0)) AS detail
    FROM aftersales_claim c
    LEFT JOIN orders_line_cut k ON k.cause_id = c.id AND k.line_id = c.order_line_id AND k.reason = 'claim'
    GROUP BY c.id
    HAVING c.refunded_cents <> coalesce(sum(k.amount_cents), 0)
      OR (c.status = 'approved') <> (c.refunded_cents > 0)
    UNION ALL
    SELECT k.id::text, format('%s given back after the pickup without a claim', k.amount_cents)
    FROM orders_line_cut k
    WHERE k.reason = 'claim' AND NOT EXISTS (SELECT FROM aftersales_claim c WHERE c.id = k.cause_id)
"""

_CLAIMED = """
    SELECT c.order_line_id::text AS id, format('%s pieces claimed, %s picked up', sum(c.qty),
                                               coalesce(max(p.picked_qty), 0)) AS detail
    FROM aftersales_claim c LEFT JOIN logistics_pickup_line p ON p.order_line_id = c.order_line_id
    WHERE c.status <> 'rejected'
    GROUP BY c.order_line_id HAVING sum(c.qty) > coalesce(max(p.picked_qty), 0)
"""

#: Whatever was cut, for whichever reason and in whichever order, once the cut-off has settled the prices. Money without
#: pieces after the hand-out is apart.
_PRICED = """
    SELECT l.id::text AS id, format('order %s: %s pieces are left at %s each, and %s of what was paid', o.no,
                                    l.qty - l.cut_qty, l.final_price_cents, rest.cents) AS detail
    FROM orders_line l JOIN orders_order o ON o.id = l.order_id CROSS JOIN LATERAL (
      SELECT l.qty::bigint * l.unit_price_cents - coalesce(sum(c.amount_cents), 0)::bigint AS cents
      FROM orders_line_cut c WHERE c.line_id = l.id AND (c.qty > 0 OR c.reason NOT IN ('claim', 'recall'))
    ) AS rest
    WHERE o.status = 'paid' AND rest.cents <> (l.qty - l.cut_qty)::bigint * l.final_price_cents
      AND EXISTS (SELECT FROM logistics_demand d WHERE d.group_buy_id = l.group_buy_id)
"""

#: Per piece, rounded down to the cent: grams × price ÷ (pieces × estimate), never above the price before the scale.
_WEIGHED = """
    SELECT w.line_id::text AS id,
      format('order %s: %s pieces of %s g at most %s each weigh %s g; says %s, line says %s', o.no, w.qty, w.estimate_g,
             w.most_cents, w.weight_g, w.price_cents, l.final_price_cents) AS detail
    FROM orders_weighing w JOIN orders_line l ON l.id = w.line_id JOIN orders_order o ON o.id = l.order_id
    WHERE w.price_cents <> least(w.most_cents, w.weight_g::bigint * w.most_cents / (w.qty::bigint * w.estimate_g))
      OR l.final_price_cents <> w.price_cents OR w.most_cents > l.unit_price_cents
    UNION ALL
    SELECT c.id::text, format('%s given back for weight on a line that was never weighed', c.amount_cents)
    FROM orders_line_cut c
    WHERE c.reason = 'weight' AND NOT EXISTS (SELECT FROM orders_weighing w WHERE w.line_id = c.line_id)
"""

#: f(net) = net × rate, rounded half up once, at least the least of the line, at most net itself.
#: net = handed out at the final price, less claims at the leader's fault, never below 0.
_COMMISSION = """
    WITH net AS (
      SELECT l.id, o.no, l.commission_bps, l.commission_min_cents AS least_cents, greatest(0,
        coalesce(p.picked_qty, 0)::bigint * l.final_price_cents - coalesce((
          SELECT sum(c.amount_cents) FROM orders_line_cut c JOIN aftersales_claim k ON k.id = c.cause_id
          WHERE c.line_id = l.id AND c.reason = 'claim' AND k.fault = 'leader'
        ), 0)) AS cents
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id
      LEFT JOIN logistics_pickup_line p ON p.order_line_id = l.id
    ),
    earned AS (
      SELECT order_line_id, sum(amount_cents) AS cents, sum(net_cents) AS net_cents
      FROM settlement_commission_entry GROUP BY 1
    )
    SELECT net.id::text AS id,
      format('order %s: %s net at %s bps earns %s; entries say %s net, %s earned', net.no, net.cents,
             net.commission_bps, f.cents, coalesce(earned.net_cents, 0), coalesce(earned.cents, 0)) AS detail
    FROM net LEFT JOIN earned ON earned.order_line_id = net.id CROSS JOIN LATERAL (
      SELECT least(net.cents, greatest((net.cents * net.commission_bps + 5000)::bigint / 10000, net.least_cents))
        AS cents
    ) AS f
    WHERE coalesce(earned.cents, 0) <> f.cents OR coalesce(earned.net_cents, 0) <> net.cents
"""

_STATEMENTS = """
    SELECT s.id::text AS id, format('%s: %s - %s over %s net, its entries say %s over %s', s.no, s.accrued_cents,
                                    s.reversed_cents, s.net_sales_cents, coalesce(sum(e.amount_cents), 0),
                                    coalesce(sum(e.net_cents), 0)) AS detail
    FROM settlement_statement s LEFT JOIN settlement_commission_entry e ON e.statement_id = s.id
    GROUP BY s.id
    HAVING s.accrued_cents - s.reversed_cents <> coalesce(sum(e.amount_cents), 0)
      OR s.net_sales_cents <> coalesce(sum(e.net_cents), 0)
      OR bool_or(e.leader_id <> s.leader_id)
"""

CHECKS = (
    Check(invariant=5, name="cuts", sql=_CUTS, what="What was cut off a line is the sum of its cuts."),
    Check(invariant=5, name="orders", sql=_ORDERS, what="An order's total and refunds are the sums of its lines."),
    Check(
        invariant=5, name="refunded", sql=_REFUNDED,
        what="Every cut of a paid order has its refund of that sum, unless the bank let a held card go.",
    ),
    Check(invariant=5, name="caused", sql=_CAUSED, what="Every refund has a cut or a returned payment as its cause."),
    Check(invariant=5, name="within", sql=_WITHIN, what="No refund exceeds what was paid, payment by payment."),
    Check(invariant=5, name="backed", sql=_BACKED, what="Behind every paid order stands money of just its sum."),
    Check(invariant=5, name="claims", sql=_CLAIMS, what="An approved claim is refunded once; no other is."),
    Check(invariant=5, name="claimed", sql=_CLAIMED, what="No more pieces are claimed than were picked up."),
    Check(
        invariant=5, name="priced", sql=_PRICED,
        what="What is left of a paid line's money is what its pieces cost in the end.",
    ),
    Check(
        invariant=5, name="weighed", sql=_WEIGHED, what="What is sold by weight costs its weight, at most as ordered."
    ),
    Check(invariant=6, name="commission", sql=_COMMISSION, what="A line's commission = f(picked up - given back)."),
    Check(invariant=6, name="statements", sql=_STATEMENTS, what="A statement says what its entries add up to."),
)  # fmt: skip
