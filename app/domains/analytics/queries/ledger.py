"""Invariant 4: every journal balances, and the accounts say what the rooms' own rows say."""

from app.domains.analytics.values import Check

_BALANCED = """
    SELECT j.id::text AS id, format('%s of %s: %s sides add up to %s', j.kind, j.cause_id, count(p.id),
                                    coalesce(sum(p.amount_cents), 0)) AS detail
    FROM ledger_journal j LEFT JOIN ledger_posting p ON p.journal_id = j.id
    GROUP BY j.id HAVING count(p.id) < 2 OR sum(p.amount_cents) <> 0
"""

_CAPTURED = """
    SELECT p.id::text AS id, format('order %s: received %s, journal says %s', p.order_no, p.received_cents,
                                    coalesce(booked.cents, 0)) AS detail
    FROM payments_payment p
    LEFT JOIN (
      SELECT j.cause_id, sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id
        AND s.account IN ('provider_clearing', 'resident_balance', 'leader_cash')
      WHERE j.kind = 'payment_captured' GROUP BY j.cause_id
    ) booked ON booked.cause_id = p.id
    WHERE p.received_cents <> coalesce(booked.cents, 0)
"""

_CLEARING = """
    WITH said AS (
      SELECT p.hub_id, sum(p.received_cents) - coalesce(sum(back.cents), 0) AS cents
      FROM payments_payment p
      LEFT JOIN (SELECT payment_id, sum(amount_cents) AS cents FROM payments_refund
                 WHERE status = 'succeeded' AND route = 'source' GROUP BY payment_id) back ON back.payment_id = p.id
      WHERE p.method NOT IN ('balance', 'cash')
      GROUP BY p.hub_id
    ),
    booked AS (
      SELECT j.hub_id, sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'provider_clearing'
      WHERE j.kind IN ('payment_captured', 'refund_paid', 'refund_returned') GROUP BY j.hub_id
    )
    SELECT coalesce(said.hub_id, booked.hub_id)::text AS id,
      format('payments less refunds %s, provider clearing %s', coalesce(said.cents, 0), coalesce(booked.cents, 0))
        AS detail
    FROM said FULL JOIN booked ON booked.hub_id = said.hub_id
    WHERE coalesce(said.cents, 0) <> coalesce(booked.cents, 0)
"""

_SALES = """
    SELECT e.id::text AS id, format('pickup of order %s: worth %s, journal says %s', max(o.no),
                                    coalesce(sum(x.qty * l.final_price_cents), 0), coalesce(max(booked.cents), 0))
      AS detail
    FROM logistics_pickup_event e JOIN logistics_pickup p ON p.id = e.pickup_id JOIN orders_order o ON o.id = p.order_id
    LEFT JOIN logistics_pickup_event_line x ON x.event_id = e.id LEFT JOIN orders_line l ON l.id = x.order_line_id
    LEFT JOIN (
      SELECT j.cause_id, sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'deferred_sales'
      WHERE j.kind = 'goods_picked_up' GROUP BY j.cause_id
    ) booked ON booked.cause_id = e.id
    GROUP BY e.id HAVING coalesce(sum(x.qty * l.final_price_cents), 0) <> coalesce(max(booked.cents), 0)
"""

_ENTRIES = """
    SELECT e.id::text AS id, format('commission of %s, journal says %s', e.amount_cents, coalesce(booked.cents, 0))
      AS detail
    FROM settlement_commission_entry e
    LEFT JOIN (
      SELECT j.cause_id, s.owner_id, -sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account IN ('leader_frozen', 'leader_payable')
      WHERE j.kind = 'commission_changed' GROUP BY 1, 2
    ) booked ON booked.cause_id = e.id AND booked.owner_id = e.leader_id
    WHERE e.amount_cents <> coalesce(booked.cents, 0)
"""

#: Tax in a line = handed out at its final price, less everything given back since, at the rate that it has kept;
#: of 9 % it is 9/109. Every entry has its journal.
_TAXES = """
    WITH line AS (
      SELECT l.id, l.tax_bps, greatest(0, coalesce(p.picked_qty, 0)::bigint * l.final_price_cents - coalesce((
        SELECT sum(c.amount_cents) FROM orders_line_cut c
        WHERE c.line_id = l.id AND c.qty = 0 AND c.reason IN ('claim', 'recall')), 0))::bigint AS net
      FROM orders_line l LEFT JOIN logistics_pickup_line p ON p.order_line_id = l.id WHERE l.tax_bps > 0
    ),
    entry AS (
      SELECT e.order_line_id, sum(e.amount_cents) AS cents, sum(coalesce(booked.cents, 0)) AS booked
      FROM settlement_tax_entry e LEFT JOIN (
        SELECT j.cause_id, -sum(s.amount_cents) AS cents FROM ledger_journal j
        JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'tax' WHERE j.kind = 'tax_booked' GROUP BY 1
      ) booked ON booked.cause_id = e.id GROUP BY 1
    )
    SELECT coalesce(line.id, entry.order_line_id)::text AS id,
      format('%s net at %s bps contain %s, entries say %s, journals %s', line.net, line.tax_bps, due.cents,
             coalesce(entry.cents, 0), coalesce(entry.booked, 0)) AS detail
    FROM line FULL JOIN entry ON entry.order_line_id = line.id CROSS JOIN LATERAL (
      SELECT coalesce((2 * line.net * line.tax_bps + 10000 + line.tax_bps) / (2 * (10000 + line.tax_bps)), 0) AS cents
    ) AS due
    WHERE due.cents <> coalesce(entry.cents, 0) OR coalesce(entry.cents, 0) <> coalesce(entry.booked, 0)
"""

_LEADERS = """
    WITH earned AS (SELECT leader_id, sum(amount_cents) AS cents FROM settlement_commission_entry GROUP BY 1),
    owed AS (
      SELECT s.owner_id, -sum(s.amount_cents) AS cents FROM ledger_posting s
      JOIN ledger_journal j ON j.id = s.journal_id
        AND j.kind NOT IN ('payout_requested', 'payout_returned', 'cash_handed_in')
      WHERE s.account IN ('leader_frozen', 'leader_payable') GROUP BY 1
    )
    SELECT coalesce(earned.leader_id, owed.owner_id)::text AS id,
      format('earned less reversed %s, ledger owes %s', coalesce(earned.cents, 0), coalesce(owed.cents, 0)) AS detail
    FROM earned FULL JOIN owed ON owed.owner_id = earned.leader_id
    WHERE coalesce(earned.cents, 0) <> coalesce(owed.cents, 0)
"""

_FROZEN = """
    WITH kept AS (
      SELECT leader_id, sum(amount_cents) AS cents FROM settlement_commission_entry WHERE released_at IS NULL GROUP BY 1
    ),
    owed AS (
      SELECT owner_id, -sum(amount_cents) AS cents FROM ledger_posting WHERE account = 'leader_frozen' GROUP BY 1
    )
    SELECT coalesce(kept.leader_id, owed.owner_id)::text AS id,
      format('%s is not released, the ledger holds %s frozen', coalesce(kept.cents, 0), coalesce(owed.cents, 0))
        AS detail
    FROM kept FULL JOIN owed ON owed.owner_id = kept.leader_id
    WHERE coalesce(kept.cents, 0) <> coalesce(owed.cents, 0)
"""

_GOODS = """
    SELECT c.id::text AS id, format('%s: %s pieces received at %s, journal says %s', o.no, c.received_qty, l.cost_cents,
                                    coalesce(booked.cents, 0)) AS detail
    FROM supply_receipt_line c JOIN supply_purchase_line l ON l.id = c.purchase_line_id
    JOIN supply_purchase_order o ON o.id = l.purchase_order_id
    LEFT JOIN (
      SELECT j.cause_id, s.owner_id, -sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'supplier_payable'
      WHERE j.kind = 'goods_received' GROUP BY 1, 2
    ) booked ON booked.cause_id = c.id AND booked.owner_id = o.supplier_id
    WHERE c.received_qty::bigint * l.cost_cents <> coalesce(booked.cents, 0)
"""

_DIFFERENCES = """
    SELECT d.id::text AS id, format('%s %s of %s pieces, journals say %s', d.kind, d.amount_cents, d.qty,
                                    coalesce(booked.cents, 0)) AS detail
    FROM supply_difference d
    LEFT JOIN (
      SELECT j.cause_id,
        sum(s.amount_cents) FILTER (WHERE j.kind IN ('supplier_charged', 'supplier_credited')) AS cents,
        sum(s.amount_cents) AS both
      FROM ledger_journal j JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'supplier_payable'
      WHERE j.kind IN ('supplier_billed', 'supplier_charged', 'supplier_credited') GROUP BY 1
    ) booked ON booked.cause_id = d.id
    WHERE coalesce(booked.cents, 0) <> CASE d.kind WHEN 'charge' THEN d.amount_cents ELSE -d.amount_cents END
      OR coalesce(booked.both, 0) <> 0
"""

#: A fee is billed when its order is complete, and of nothing that came nothing. Before it had a kind of its own it was
#: booked as goods received with the order as its cause.
_MINIMUM = """
    SELECT o.id::text AS id, format('%s: fee of %s, journal says %s', o.no, o.top_up_cents, coalesce(booked.cents, 0))
      AS detail
    FROM supply_purchase_order o
    LEFT JOIN (
      SELECT j.cause_id, s.owner_id, -sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'supplier_payable'
      WHERE j.kind IN ('minimum_billed', 'goods_received') GROUP BY 1, 2
    ) booked ON booked.cause_id = o.id AND booked.owner_id = o.supplier_id
    WHERE booked.cents <> o.top_up_cents
      OR (booked.cents IS NULL AND o.status = 'received' AND o.top_up_cents > 0 AND EXISTS (
        SELECT FROM supply_purchase_line l WHERE l.purchase_order_id = o.id AND l.received_qty > 0))
"""

#: Whatever stands at the newest mark must be the sum of all postings up to it.
_CHECKPOINT = """
    WITH posted AS (
      SELECT p.account, p.owner_id, j.hub_id, j.currency, sum(p.amount_cents) AS cents
      FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
      WHERE p.id <= (SELECT coalesce(max(upto_id), 0) FROM ledger_balance_mark) GROUP BY 1, 2, 3, 4
    )
    SELECT concat_ws(' ', account, owner_id, hub_id) AS id,
      format('postings up to the mark add up to %s, the balance says %s', sum(cents), sum(held)) AS detail
    FROM (
      SELECT account, owner_id, hub_id, currency, cents, 0 AS held FROM posted
      UNION ALL SELECT account, owner_id, hub_id, currency, 0, amount_cents FROM ledger_balance
    ) AS sides GROUP BY account, owner_id, hub_id, currency HAVING sum(cents) <> sum(held)
"""

_CLOSED = """
    SELECT concat_ws(' ', p.id, s.account) AS id,
      format('%s: %s moved when it was closed, %s now', to_char(p.month, 'YYYY-MM'), sum(s.closed), sum(s.now))
        AS detail
    FROM (
      SELECT period_id, account, currency, moved_cents AS closed, 0 AS now FROM ledger_period_sum
      UNION ALL
      SELECT p.id, x.account, j.currency, 0, x.amount_cents FROM ledger_period p
      JOIN ledger_journal j ON j.hub_id = p.hub_id AND j.at >= p.starts_at AND j.at < p.ends_at
      JOIN ledger_posting x ON x.journal_id = j.id
    ) AS s JOIN ledger_period p ON p.id = s.period_id
    GROUP BY p.id, s.account, s.currency HAVING sum(s.closed) <> sum(s.now)
"""

#: A correction is its journal the other way round, side by side.
_REVERSED = """
    SELECT r.id::text AS id, format('reversal of %s leaves %s on %s', r.cause_id, sum(s.cents), s.account) AS detail
    FROM ledger_journal r
    JOIN (SELECT journal_id, account, owner_id, amount_cents AS cents FROM ledger_posting) s
      ON s.journal_id IN (r.id, r.cause_id)
    WHERE r.kind = 'reversed' GROUP BY r.id, s.account, s.owner_id HAVING sum(s.cents) <> 0
"""

#: The ledger knows a hold when it is taken and a refund when it is recorded; what is between the two is added here.
_BALANCES = """
    WITH kept AS (
      SELECT resident_id, currency, sum(cents) AS cents, sum(entries) AS entries FROM (
        SELECT resident_id, currency, cents, 0 AS entries FROM payments_balance
        UNION ALL SELECT resident_id, currency, 0, amount_cents FROM payments_balance_entry
      ) both_sides GROUP BY 1, 2
    ),
    moving AS (
      SELECT resident_id, currency, sum(cents) AS cents FROM (
        SELECT h.resident_id, h.currency,
          CASE h.status WHEN 'held' THEN h.amount_cents WHEN 'taken' THEN h.taken_cents ELSE 0 END AS cents
        FROM payments_hold h JOIN payments_payment p ON p.id = h.id
        WHERE h.keeper = 'balance' AND p.status <> 'succeeded'
        UNION ALL
        SELECT p.resident_id, p.currency, -r.amount_cents
        FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
        WHERE r.route = 'balance' AND r.status <> 'succeeded'
          AND EXISTS (SELECT FROM payments_balance_entry e WHERE e.cause_id = r.id AND e.kind = 'refunded')
      ) moves GROUP BY 1, 2
    ),
    booked AS (
      SELECT s.owner_id AS resident_id, j.currency, -sum(s.amount_cents) AS cents
      FROM ledger_posting s JOIN ledger_journal j ON j.id = s.journal_id
      WHERE s.account = 'resident_balance' GROUP BY 1, 2
    )
    SELECT coalesce(kept.resident_id, booked.resident_id)::text AS id,
      format('balance %s, entries %s, ledger %s, on the way %s', coalesce(kept.cents, 0), coalesce(kept.entries, 0),
             coalesce(booked.cents, 0), coalesce(moving.cents, 0)) AS detail
    FROM kept FULL JOIN booked ON booked.resident_id = kept.resident_id
      AND booked.currency = kept.currency
    LEFT JOIN moving ON moving.resident_id = coalesce(kept.resident_id, booked.resident_id)
      AND moving.currency = coalesce(kept.currency, booked.currency)
    WHERE coalesce(kept.cents, 0) <> coalesce(kept.entries, 0)
      OR coalesce(kept.cents, 0) + coalesce(moving.cents, 0) <> coalesce(booked.cents, 0)
"""

#: The fee of a booking that matched, or was booked by hand, is a journal; a difference that was booked has one too.
_PROVIDER = """
    SELECT b.id::text AS id, format('%s: fee of %s, journal says %s', b.ref, b.fee_cents, coalesce(booked.cents, 0))
      AS detail
    FROM reconciliation_booking b
    LEFT JOIN (
      SELECT j.cause_id, sum(s.amount_cents) AS cents FROM ledger_journal j
      JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'fees' WHERE j.kind = 'provider_fee' GROUP BY 1
    ) booked ON booked.cause_id = b.id
    WHERE b.fee_cents <> coalesce(booked.cents, 0) AND (coalesce(b.payment_id, b.refund_id) IS NOT NULL
      OR EXISTS (SELECT FROM reconciliation_difference d WHERE d.booking_ref = b.ref AND d.state = 'booked'))
    UNION ALL
    SELECT d.id::text, format('%s: %s booked by hand, journal says %s', d.ref, d.theirs_cents - d.ours_cents,
                              coalesce(sum(s.amount_cents), 0))
    FROM reconciliation_difference d
    LEFT JOIN ledger_journal j ON j.cause_id = d.id AND j.kind IN ('provider_payout', 'provider_adjusted')
    LEFT JOIN ledger_posting s ON s.journal_id = j.id AND s.account = 'provider_clearing'
    WHERE d.state = 'booked'
    GROUP BY d.id HAVING coalesce(sum(s.amount_cents), 0) <> d.theirs_cents - d.ours_cents
"""

CHECKS = (
    Check(invariant=4, name="balanced", sql=_BALANCED, what="Every journal has two sides or more that add up to 0."),
    Check(invariant=4, name="captured", sql=_CAPTURED, what="Every payment received has its journal of that sum."),
    Check(invariant=4, name="clearing", sql=_CLEARING, what="Per hub: provider clearing = captured - refunded."),
    Check(
        invariant=4, name="balances", sql=_BALANCES,
        what="A resident's balance = its entries = what the ledger owes her, but for what is on the way.",
    ),
    Check(invariant=4, name="sales", sql=_SALES, what="Every pickup turned exactly its value into sales."),
    Check(invariant=4, name="entries", sql=_ENTRIES, what="Every commission entry has its journal of that sum."),
    Check(invariant=4, name="taxes", sql=_TAXES, what="The tax in what was handed out is booked, less what went back."),
    Check(invariant=4, name="frozen", sql=_FROZEN, what="What is frozen in the ledger = entries not released yet."),
    Check(invariant=4, name="leaders", sql=_LEADERS, what="What a leader is owed, payouts apart = her entries."),
    Check(invariant=4, name="goods", sql=_GOODS, what="Every receipt has its journal: pieces × cost."),
    Check(
        invariant=4, name="minimum", sql=_MINIMUM,
        what="A complete purchase order below its supplier's minimum has its fee in the books.",
    ),
    Check(
        invariant=4, name="differences", sql=_DIFFERENCES,
        what="Every difference between bill and goods is charged or credited by its journals.",
    ),
    Check(
        invariant=4, name="provider", sql=_PROVIDER,
        what="The fees of the provider's bookings and the differences booked by hand have their journals.",
    ),
    Check(invariant=4, name="checkpoint", sql=_CHECKPOINT, what="Balances kept = the postings up to their mark."),
    Check(invariant=4, name="closed", sql=_CLOSED, what="Nothing moved in a month after it was closed."),
    Check(invariant=4, name="reversed", sql=_REVERSED, what="A reversal undoes exactly the journal it names."),
)  # fmt: skip
