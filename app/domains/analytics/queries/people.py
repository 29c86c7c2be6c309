"""Invariants 7 and 8: who serves and lives where, and that every change left a trace."""

from app.domains.analytics.values import Check

_PRIMARIES = """
    SELECT n.id::text AS id, format('%s: %s and %s are primary at the same time', n.code, a.code, b.code) AS detail
    FROM communities_leader_post x
    JOIN communities_leader_post y ON y.neighbourhood_id = x.neighbourhood_id AND y.id > x.id AND y.role = 'primary'
      AND x.from_at < coalesce(y.until_at, 'infinity') AND y.from_at < coalesce(x.until_at, 'infinity')
    JOIN communities_neighbourhood n ON n.id = x.neighbourhood_id
    JOIN communities_leader a ON a.id = x.leader_id JOIN communities_leader b ON b.id = y.leader_id
    WHERE x.role = 'primary'
"""

_REMOVED = """
    SELECT l.id::text AS id, format('%s is removed and still holds a post', l.code) AS detail
    FROM communities_leader l JOIN communities_leader_post p ON p.leader_id = l.id AND p.until_at IS NULL
    WHERE l.status = 'removed'
"""

_HOMES = """
    SELECT x.resident_id::text AS id, format('homes %s and %s at the same time', x.id, y.id) AS detail
    FROM communities_home x
    JOIN communities_home y ON y.resident_id = x.resident_id AND y.id > x.id
      AND x.from_at < coalesce(y.until_at, 'infinity') AND y.from_at < coalesce(x.until_at, 'infinity')
    UNION ALL
    SELECT h.resident_id::text, format('home %s ends before it begins', h.id)
    FROM communities_home h WHERE h.until_at < h.from_at
"""

#: (row, what it says now, the action that must have been noted with it).
_TRACES = """
    WITH must AS (
      SELECT id AS entity_id, 'aftersales.decide_claim' AS action, 'status' AS field, status AS value
      FROM aftersales_claim WHERE status <> 'open'
      UNION ALL SELECT id, 'orders.move', 'status', status FROM orders_order WHERE status IN ('paid', 'cancelled')
      UNION ALL SELECT id, 'payments.record', 'received_cents', received_cents::text FROM payments_payment
        WHERE received_cents > 0
      UNION ALL SELECT id, 'payments.record_refund', 'amount_cents', amount_cents::text FROM payments_refund
        WHERE status = 'succeeded' AND route <> 'release'
      UNION ALL SELECT id, 'payments.release', 'amount_cents', amount_cents::text FROM payments_refund
        WHERE route = 'release'
      UNION ALL SELECT id, 'groupbuys.cancel_offer', 'reason', 'below_minimum' FROM groupbuys_offer
        WHERE cancelled_at IS NOT NULL
      UNION ALL SELECT id, 'groupbuys.plan', 'code', code FROM groupbuys_group_buy
      UNION ALL SELECT id, 'groupbuys.close', 'status', 'closed' FROM groupbuys_group_buy
        WHERE status IN ('closed', 'settled')
      UNION ALL SELECT id, 'settlement.close_statement', 'no', no FROM settlement_statement
      UNION ALL SELECT id, 'recruitment.move', 'status', status FROM recruitment_application
        WHERE status IN ('accepted', 'declined', 'active')
      UNION ALL SELECT id, 'appraisal.decide', 'state', state FROM appraisal_consequence WHERE state <> 'proposed'
      UNION ALL SELECT id, 'replacements.carry_out', 'residents', residents::text FROM replacements_replacement
        WHERE done_at IS NOT NULL
      UNION ALL SELECT id, 'tasks.tick', 'text', proof_text FROM tasks_todo WHERE done_at IS NOT NULL
      UNION ALL SELECT id, 'certificates.decide', 'state', state FROM certificates_certificate
        WHERE decided_at IS NOT NULL
    )
    SELECT m.entity_id::text AS id, format('%s %s = %s left no trace', m.action, m.field, m.value) AS detail
    FROM must m
    WHERE NOT EXISTS (SELECT FROM infra_audit a WHERE a.entity_id = m.entity_id AND a.action = m.action
                      AND a.after ->> m.field = m.value)
"""

#: What the newest note about a field says must be what the row says.
_LAST = """
    WITH said AS (
      SELECT l.id AS entity_id, 'status' AS field, l.status AS value FROM communities_leader l
      UNION ALL SELECT l.id, 'phone', l.phone FROM communities_leader l
      UNION ALL SELECT t.sku_id, 'cost_cents', t.cost_cents::text FROM supply_terms t
      UNION ALL SELECT p.id, 'received_qty', p.received_qty::text FROM supply_purchase_line p WHERE p.received_qty > 0
    )
    SELECT s.entity_id::text AS id,
      format('%s is %s, its last note says %s', s.field, s.value, coalesce(note.value, 'nothing')) AS detail
    FROM said s LEFT JOIN LATERAL (
      SELECT a.after ->> s.field AS value FROM infra_audit a
      WHERE a.entity_id = s.entity_id AND a.after ? s.field ORDER BY a.at DESC, a.id DESC LIMIT 1
    ) note ON true
    WHERE note.value IS DISTINCT FROM s.value
"""

CHECKS = (
    Check(invariant=7, name="primaries", sql=_PRIMARIES, what="A neighbourhood has one primary leader at a time."),
    Check(invariant=7, name="removed", sql=_REMOVED, what="A removed leader holds no post."),
    Check(invariant=7, name="homes", sql=_HOMES, what="A resident has one home at a time."),
    Check(invariant=8, name="traces", sql=_TRACES, what="Money, orders, claims and leaders changed with a note."),
    Check(
        invariant=8, name="last", sql=_LAST,
        what="Leaders' status and phone, costs and receipts are what their last note says.",
    ),
)  # fmt: skip
