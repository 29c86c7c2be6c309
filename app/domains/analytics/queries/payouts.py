"""Invariant 4 for money out and for papers: payouts have their journals, statements add up, no number is missing."""

from app.domains.analytics.values import Check

_PAYOUTS = """
    WITH booked AS (
      SELECT j.cause_id,
        coalesce(sum(s.amount_cents) FILTER (
          WHERE s.account IN ('leader_payable', 'supplier_payable', 'hub_payable')), 0) AS owed,
        coalesce(sum(s.amount_cents) FILTER (WHERE s.account = 'payout_transit'), 0) AS transit
      FROM ledger_journal j JOIN ledger_posting s ON s.journal_id = j.id
      WHERE j.kind IN ('payout_requested', 'payout_paid', 'payout_returned', 'supplier_paid', 'hub_paid')
      GROUP BY j.cause_id
    ),
    said AS (
      SELECT id, no, status,
        CASE WHEN status IN ('rejected', 'failed', 'returned') THEN 0
             WHEN payee_kind <> 'leader' AND status <> 'paid' THEN 0 ELSE amount_cents END AS owed,
        CASE WHEN payee_kind = 'leader' AND status IN ('asked', 'approved', 'paying') THEN -amount_cents ELSE 0 END
          AS transit
      FROM payouts_payout
    )
    SELECT said.id::text AS id, format('%s is %s: off the balance %s, in transit %s, should be %s and %s', said.no,
      said.status, coalesce(booked.owed, 0), coalesce(booked.transit, 0), said.owed, said.transit) AS detail
    FROM said LEFT JOIN booked ON booked.cause_id = said.id
    WHERE said.owed <> coalesce(booked.owed, 0) OR said.transit <> coalesce(booked.transit, 0)
"""

_WEEKS = """
    SELECT w.id::text AS id, format('%s: %s + %s is not %s, or the week before closed with %s', w.no, w.opening_cents,
                                    coalesce(line.cents, 0), w.closing_cents, w.before) AS detail
    FROM (SELECT *, lag(closing_cents) OVER (PARTITION BY leader_id, hub_id, currency ORDER BY week_on) AS before
          FROM statements_week) w
    LEFT JOIN (SELECT week_id, sum(amount_cents) AS cents FROM statements_week_line GROUP BY 1) line
      ON line.week_id = w.id
    WHERE w.opening_cents + coalesce(line.cents, 0) <> w.closing_cents OR w.before <> w.opening_cents
"""

_NUMBERS = """
    SELECT s.hub_id::text AS id, format('%s of %s: last number %s, %s papers, the highest %s', s.kind, s.year,
      s.last_serial, count(p.id), coalesce(max(p.serial), 0)) AS detail
    FROM receipts_series s
    LEFT JOIN receipts_paper p ON p.hub_id = s.hub_id AND p.kind = s.kind AND p.year = s.year
    GROUP BY s.hub_id, s.kind, s.year
    HAVING count(p.id) <> s.last_serial OR coalesce(max(p.serial), 0) <> s.last_serial
    UNION ALL
    SELECT hub_id::text, format('weeks of %s: %s of them, the highest number %s', year, count(*), max(serial))
    FROM statements_week GROUP BY hub_id, year HAVING count(*) <> max(serial)
"""

_CREDITED = """
    SELECT p.id::text AS id, format('%s is over %s, its credit notes over %s', p.no, p.total_cents,
                                    sum(c.total_cents)) AS detail
    FROM receipts_paper p JOIN receipts_paper c ON c.credits_id = p.id
    GROUP BY p.id HAVING sum(c.total_cents) > p.total_cents
"""

CHECKS = (
    Check(invariant=4, name="payouts", sql=_PAYOUTS, what="Every payout has the journals of its state, to the cent."),
    Check(invariant=4, name="weeks", sql=_WEEKS, what="A leader's weeks lead from balance to balance without a gap."),
    Check(invariant=4, name="numbers", sql=_NUMBERS, what="Receipts, invoices, credit notes and weeks have no gaps."),
    Check(invariant=4, name="credited", sql=_CREDITED, what="No more is credited than a receipt says."),
)
