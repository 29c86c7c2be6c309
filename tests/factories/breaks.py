"""Damage done to a sound round by SQL, and exactly which checks of the audit must name it.

Statements are divided by ";"; the last one breaks something and may return the id that the audit has to name.
"""

Broken = set[tuple[int, str]]
JOURNAL = "00000000-0000-0000-0000-00000000000a"


def move_journal(kind: str) -> str:
    """One journal of a kind loses its cause."""
    return f"""
        ALTER TABLE ledger_journal DISABLE TRIGGER USER;
        UPDATE ledger_journal j SET cause_id = gen_random_uuid() FROM ledger_journal old
        WHERE old.id = j.id AND j.id = (SELECT id FROM ledger_journal WHERE kind = '{kind}' ORDER BY id LIMIT 1)
        RETURNING old.cause_id
    """


def extra_journal(kind: str, account: str, against: str) -> str:
    """A balanced journal of 5 cents that nothing caused."""
    return f"""
        INSERT INTO ledger_journal (id, kind, cause_id, hub_id, currency, at)
        SELECT '{JOURNAL}', '{kind}', gen_random_uuid(), id, 'CNY', now() FROM communities_hub;
        INSERT INTO ledger_posting (journal_id, account, owner_id, amount_cents)
        SELECT '{JOURNAL}', account, (SELECT min(id::text)::uuid FROM communities_leader), cents
        FROM (VALUES ('{account}', 5), ('{against}', -5)) AS side (account, cents)
    """


#: While the goods wait at the pickup points.
BEFORE_PICKUP: list[tuple[str, Broken]] = [
    (
        """
        INSERT INTO groupbuys_call_off (group_buy_id, reason, by, at, note)
        SELECT id, 'flood', 'x', now(), '' FROM groupbuys_group_buy RETURNING group_buy_id
        """,
        {(2, "called_off")},
    ),
    ("UPDATE logistics_demand SET wanted_qty = wanted_qty + 1 WHERE due_qty = 7", {(1, "demand")}),
    ("UPDATE logistics_demand SET due_qty = due_qty - 1 WHERE due_qty = 7", {(1, "demand")}),
    (
        """
        UPDATE groupbuys_offer SET tolerance_qty = 1 WHERE id = (SELECT min(offer_id::text)::uuid FROM orders_line)
        RETURNING id
        """,
        {(2, "boxes")},
    ),
    (
        """
        INSERT INTO orders_weighing (line_id, weight_g, qty, estimate_g, most_cents, price_cents, by, at)
        SELECT min(id::text)::uuid, 400, 1, 500, 500, 401, 'x', now() FROM orders_line RETURNING line_id
        """,
        {(5, "weighed")},
    ),
    (
        """
        UPDATE orders_line SET final_price_cents = final_price_cents - 1 WHERE id = (
          SELECT l.id FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.status = 'paid'
          LEFT JOIN logistics_pickup_line p ON p.order_line_id = l.id
          WHERE coalesce(p.picked_qty, 0) = 0 AND l.qty > l.cut_qty ORDER BY l.id LIMIT 1) RETURNING id
        """,
        {(5, "priced")},
    ),
    ("UPDATE logistics_sheet_line SET qty = qty + 1 WHERE qty = 5", {(1, "demand"), (1, "sort_tasks")}),
    ("UPDATE logistics_sort_put SET qty = qty + 1, put_qty = put_qty + 1 WHERE qty = 5", {(1, "sort_tasks")}),
    (
        """
        UPDATE logistics_sort_task SET state = 'open' WHERE id = (SELECT min(id::text)::uuid FROM logistics_sort_task)
        RETURNING id
        """,
        {(1, "sort_queue")},
    ),
    ("UPDATE logistics_stop SET crates = crates + 1 WHERE seq = 1", {(1, "night_plan")}),
    (
        """
        INSERT INTO logistics_crate_return (group_buy_id, pickup_point_id, hub_id, qty, at, by)
        SELECT gen_random_uuid(), pickup_point_id, hub_id, crates + 1, now(), 'nobody' FROM logistics_handover
        """,
        {(1, "empties")},
    ),
    ("UPDATE logistics_handover_line SET expected_qty = expected_qty + 1 WHERE expected_qty = 5", {(1, "demand")}),
    ("UPDATE logistics_handover_line SET short_qty = 0 WHERE short_qty = 1", {(1, "demand")}),
    ("UPDATE groupbuys_offer SET sold_qty = sold_qty + 1 WHERE price_cents = 1990 RETURNING id", {(2, "quota")}),
    (
        """
        INSERT INTO supply_stock_movement (id, hub_id, sku_id, lot_id, kind, cause_id, qty, at)
        SELECT gen_random_uuid(), hub_id, sku_id, id, 'lost', gen_random_uuid(), -1000, now() FROM supply_lot LIMIT 1
        RETURNING lot_id
        """,
        {(2, "on_hand")},
    ),
    (
        """
        UPDATE supply_stock_movement m SET qty = m.qty + 1 FROM supply_lot l
        WHERE l.id = m.lot_id AND m.id = (SELECT id FROM supply_stock_movement WHERE kind = 'received' LIMIT 1)
        RETURNING l.purchase_line_id
        """,
        {(2, "received")},
    ),
    (
        """
        UPDATE supply_stock_movement SET qty = qty + 1
        WHERE id = (SELECT id FROM supply_stock_movement WHERE kind = 'sorted' AND qty < -1 LIMIT 1)
        """,
        {(2, "sorted")},
    ),
    (
        """
        DELETE FROM logistics_pickup_line;
        UPDATE logistics_pickup SET state = 'expected' WHERE state = 'ready';
        DELETE FROM logistics_pickup WHERE id = (SELECT id FROM logistics_pickup WHERE state = 'expected' LIMIT 1)
        RETURNING order_id
        """,
        {(3, "pickup")},
    ),
    (
        """
        UPDATE logistics_pickup_line SET due_qty = due_qty + 1
        WHERE order_line_id = (SELECT order_line_id FROM logistics_pickup_line LIMIT 1) RETURNING order_line_id
        """,
        {(5, "due")},
    ),
]

#: After the round was settled.
AFTER_SETTLEMENT: list[tuple[str, Broken]] = [
    (
        """
        INSERT INTO ledger_posting (journal_id, account, amount_cents)
        SELECT id, 'goods', 1 FROM ledger_journal WHERE kind = 'payment_captured' LIMIT 1 RETURNING journal_id
        """,
        {(4, "balanced")},
    ),
    (move_journal("payment_captured"), {(4, "captured")}),
    (extra_journal("payment_captured", "provider_clearing", "deferred_sales"), {(4, "clearing")}),
    (move_journal("goods_picked_up"), {(4, "sales")}),
    (move_journal("commission_changed"), {(4, "entries")}),
    (extra_journal("commission_changed", "commission", "leader_payable"), {(4, "leaders")}),
    (
        """
        UPDATE settlement_commission_entry SET released_at = at WHERE released_at IS NULL RETURNING leader_id
        """,
        {(4, "frozen")},
    ),
    (
        """
        UPDATE orders_line SET tax_bps = 900
        WHERE id = (SELECT order_line_id FROM logistics_pickup_line WHERE picked_qty > 0 LIMIT 1) RETURNING id
        """,
        {(4, "taxes")},
    ),
    (move_journal("goods_received"), {(4, "goods")}),
    (
        """
        INSERT INTO supply_difference (id, purchase_line_id, kind, qty, amount_cents, by, at)
        SELECT gen_random_uuid(), id, 'charge', 1, 100, 'nobody', now() FROM supply_purchase_line LIMIT 1 RETURNING id
        """,
        {(4, "differences")},
    ),
    (
        """
        INSERT INTO ledger_balance (account, hub_id, currency, amount_cents)
        SELECT 'goods', id, 'CNY', 5 FROM communities_hub
        """,
        {(4, "checkpoint")},
    ),
    (
        """
        INSERT INTO ledger_period (id, hub_id, month, starts_at, ends_at, closed_at, closed_by)
        SELECT gen_random_uuid(), id, '2026-11-01', '2026-10-31', '2026-12-01', '2026-12-02', 'x' FROM communities_hub
        """,
        {(4, "closed")},
    ),
    (
        """
        INSERT INTO reconciliation_booking
          (id, ref, kind, type_name, source_ref, amount_cents, fee_cents, currency, at, "on", payment_id)
        SELECT gen_random_uuid(), 'txn_x', 'charge', 'charge', 'ch_x', 1, 1, 'CNY', now(), '2026-11-20', id
        FROM payments_payment LIMIT 1 RETURNING id
        """,
        {(4, "provider")},
    ),
    (extra_journal("reversed", "fees", "loss"), {(4, "reversed")}),
    (
        """
        UPDATE orders_line_cut SET qty = qty + 1
        WHERE id = (SELECT id FROM orders_line_cut WHERE reason = 'price_break' LIMIT 1) RETURNING line_id
        """,
        {(5, "cuts")},
    ),
    (
        """
        UPDATE orders_order SET refunded_cents = refunded_cents - 1
        WHERE id = (SELECT id FROM orders_order WHERE refunded_cents > 0 LIMIT 1) RETURNING id
        """,
        {(5, "orders"), (5, "backed")},
    ),
    ("UPDATE payments_refund SET cause_id = payment_id WHERE reason = 'claim'", {(5, "refunded")}),
    (
        "UPDATE payments_refund SET cause_id = gen_random_uuid() WHERE reason = 'claim' RETURNING id",
        {(5, "refunded"), (5, "caused")},
    ),
    (
        """
        UPDATE payments_payment SET refunded_cents = refunded_cents - 1
        WHERE id = (SELECT id FROM payments_payment WHERE refunded_cents > 0 LIMIT 1) RETURNING id
        """,
        {(5, "within"), (5, "backed")},
    ),
    (
        """
        UPDATE payments_payment SET status = 'cancelled'
        WHERE id = (SELECT id FROM payments_payment WHERE received_cents > refunded_cents LIMIT 1) RETURNING order_id
        """,
        {(5, "backed")},
    ),
    (
        """
        INSERT INTO payments_balance (resident_id, currency, cents) SELECT resident_id, currency, 100
        FROM payments_payment LIMIT 1 RETURNING resident_id
        """,
        {(4, "balances")},
    ),
    (
        "UPDATE aftersales_claim SET refunded_cents = refunded_cents - 1 WHERE status = 'approved' RETURNING id",
        {(5, "claims")},
    ),
    ("UPDATE aftersales_claim SET qty = 99 WHERE status = 'open' RETURNING order_line_id", {(5, "claimed")}),
    (
        """
        DELETE FROM logistics_pickup_event_line
        WHERE order_line_id = (SELECT order_line_id FROM logistics_pickup_event_line LIMIT 1) RETURNING order_line_id
        """,
        {(5, "picked"), (4, "sales")},
    ),
    (
        """
        UPDATE settlement_commission_entry SET statement_id = NULL;
        DELETE FROM settlement_statement;
        UPDATE settlement_commission_entry SET net_cents = net_cents + 1
        WHERE id = (SELECT id FROM settlement_commission_entry LIMIT 1) RETURNING order_line_id
        """,
        {(6, "commission")},
    ),
    (
        """
        UPDATE settlement_statement SET net_sales_cents = 0
        WHERE id = (SELECT id FROM settlement_statement LIMIT 1) RETURNING id
        """,
        {(6, "statements")},
    ),
    (
        """
        DROP INDEX uq_communities_leader_post_primary;
        DROP INDEX uq_communities_leader_post_open;
        INSERT INTO communities_leader_post (id, leader_id, neighbourhood_id, role, from_at)
        SELECT gen_random_uuid(), b.leader_id, a.neighbourhood_id, 'primary', now() + interval '1 day'
        FROM communities_leader_post a JOIN communities_leader_post b ON b.leader_id <> a.leader_id LIMIT 1
        RETURNING neighbourhood_id
        """,
        {(7, "primaries")},
    ),
    (
        "UPDATE communities_leader SET status = 'removed' WHERE code = 'L901' RETURNING id",
        {(7, "removed"), (7, "gone"), (8, "last")},
    ),
    (
        """
        DROP INDEX uq_communities_home_open;
        INSERT INTO communities_home (id, resident_id, hub_id, neighbourhood_id, pickup_point_id, leader_id, reason,
                                      from_at)
        SELECT gen_random_uuid(), resident_id, hub_id, neighbourhood_id, pickup_point_id, leader_id, reason, from_at
        FROM communities_home LIMIT 1 RETURNING resident_id
        """,
        {(7, "homes")},
    ),
    (
        """
        DELETE FROM infra_audit WHERE action = 'aftersales.decide_claim' AND after ->> 'status' = 'approved'
        RETURNING entity_id
        """,
        {(8, "traces")},
    ),
    (
        """
        INSERT INTO payouts_payout (id, no, payee_kind, payee_id, payee_name, hub_id, currency, amount_cents, fee_cents,
                                    way, status, asked_at, not_before_at, needs_two, reason, tries, next_look_at)
        SELECT gen_random_uuid(), 'W1', 'leader', id, name, hub_id, 'CNY', 500, 0, 'by_hand', 'asked', now(), now(),
               false, '', 0, now()
        FROM communities_leader LIMIT 1 RETURNING id
        """,
        {(4, "payouts")},
    ),
    (
        """
        UPDATE supply_purchase_order SET top_up_cents = top_up_cents + 7 WHERE id = (
          SELECT l.purchase_order_id FROM supply_purchase_line l WHERE l.received_qty > 0 ORDER BY 1 LIMIT 1)
        RETURNING id
        """,
        {(4, "minimum")},
    ),
    (
        """
        INSERT INTO statements_week (id, no, year, serial, leader_id, hub_id, currency, week_on, opening_cents,
                                     closing_cents, closed_at)
        SELECT gen_random_uuid(), 'WS-1', 2026, 1, id, hub_id, 'CNY', '2026-11-09', 0, 5, now()
        FROM communities_leader LIMIT 1 RETURNING id
        """,
        {(4, "weeks")},
    ),
    (
        """
        INSERT INTO receipts_series (hub_id, kind, year, last_serial) SELECT id, 'receipt', 2026, 1 FROM communities_hub
        RETURNING hub_id
        """,
        {(4, "numbers")},
    ),
    (
        """
        INSERT INTO receipts_series (hub_id, kind, year, last_serial)
        SELECT id, kind, 2026, 1 FROM communities_hub, (VALUES ('receipt'), ('credit_note')) AS one (kind);
        INSERT INTO receipts_paper (id, kind, hub_id, year, serial, no, order_id, order_no, resident_id, refund_id,
                                    credits_id, currency, total_cents, buyer_title, issued_at, issued_by, facts)
        SELECT paper.id::uuid, kind, h.id, 2026, 1, kind, gen_random_uuid(), 'x', gen_random_uuid(), refund::uuid,
               credits::uuid, 'CNY', cents, '', now(), 'x', '{}'
        FROM communities_hub h, (VALUES
          ('00000000-0000-0000-0000-00000000000b', 'receipt', NULL, NULL, 5),
          ('00000000-0000-0000-0000-00000000000c', 'credit_note', '00000000-0000-0000-0000-00000000000d',
           '00000000-0000-0000-0000-00000000000b', 6)) AS paper (id, kind, refund, credits, cents)
        RETURNING '00000000-0000-0000-0000-00000000000b'
        """,
        {(4, "credited")},
    ),
    ("UPDATE supply_terms SET cost_cents = 1 WHERE cost_cents = 350 RETURNING sku_id", {(8, "last")}),
]
