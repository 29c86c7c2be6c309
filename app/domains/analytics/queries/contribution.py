"""Contribution from the ledger: every posting of income and expense of some rounds, shared out over order lines.

Nothing is calculated a second time: each journal finds, through its cause, the order lines that bear it and by which
weight, and its amount is divided among them by largest remainder, so the shares of a journal add up to its postings.

| journal | borne by | weight |
|---|---|---|
| goods handed out | the lines of that hand-out | pieces × final price |
| refund after pickup, commission, tax, claim | its line | all of it |
| goods received, bill differences | the round's lines of that SKU | pieces left (ordered, where none is left) |
| the fee below a supplier's minimum | the round's lines of what that order brought | pieces left × cost, as above |
| damage at a handover, pieces given up at sorting | the point's lines of that SKU | pieces left, as above |
| a tour's cost | the lines of its pickup points | litres left (ordered, where none is left) |
| payment fee, coupon | the order's lines | ordered value |
| a reversal, what was booked anew | as the journal that it corrects | |

What no line bears (goods of a SKU that nobody ordered) stays with its round and SKU. What belongs to no round - stock
bought ahead, stocktakes - is not here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import String, Uuid

from app.domains.analytics.values import By, Contribution, ContributionAsk, Economics
from app.domains.orders.models import Order
from app.domains.payments.models import Refund

_SHARES = """
    WITH RECURSIVE line AS (
      SELECT l.id, l.order_id, l.group_buy_id, l.sku_id, l.pickup_point_id, o.leader_id,
        l.qty::bigint * l.unit_price_cents AS worth, l.final_price_cents,
        (l.qty - l.cut_qty)::bigint AS left_qty, l.qty::bigint AS qty, k.volume_ml
      FROM orders_line l JOIN orders_order o ON o.id = l.order_id AND o.paid_at IS NOT NULL
      JOIN catalogue_sku k ON k.id = l.sku_id
      WHERE l.group_buy_id = ANY(:rounds)
    ),
    refund AS (
      SELECT r.id, r.id AS cause_id, r.order_id, r.cause_id AS cut_id FROM payments_refund r
      WHERE r.order_id IN (SELECT order_id FROM line)
      UNION ALL
      SELECT r.id, again.cause_id, r.order_id, r.cause_id FROM payments_refund r
      JOIN unnest(:again_ids, :again_causes) AS again (id, cause_id) ON again.id = r.id
    ),
    -- Goods of a SKU: by what is left of it, else by what was ordered.
    of_sku AS (
      SELECT id, group_buy_id, sku_id, pickup_point_id, left_qty, qty, left_qty * volume_ml AS left_ml,
        qty * volume_ml AS ml FROM line
    ),
    received AS (
      SELECT x.id AS cause_id, o.group_buy_id, pl.sku_id, NULL::uuid AS point_id
      FROM supply_purchase_order o JOIN supply_purchase_line pl ON pl.purchase_order_id = o.id
      JOIN (SELECT id, purchase_line_id FROM supply_receipt_line
            UNION ALL SELECT id, purchase_line_id FROM supply_difference) x ON x.purchase_line_id = pl.id
      WHERE o.group_buy_id = ANY(:rounds)
      UNION ALL
      SELECT hl.id, h.group_buy_id, hl.sku_id, h.pickup_point_id
      FROM logistics_handover h JOIN logistics_handover_line hl ON hl.handover_id = h.id
      WHERE h.group_buy_id = ANY(:rounds) AND hl.short_qty + hl.damaged_qty > 0
      UNION ALL
      SELECT t.id, h.group_buy_id, t.sku_id, h.pickup_point_id
      FROM logistics_sheet h JOIN logistics_sort_put t ON t.sheet_id = h.id
      WHERE h.group_buy_id = ANY(:rounds) AND t.moved_qty > 0
    ),
    goods AS (
      SELECT j.id AS journal_id, r.group_buy_id, r.sku_id, s.id AS line_id,
        s.left_qty, s.qty, sum(s.left_qty) OVER (PARTITION BY j.id) AS any_left
      FROM received r JOIN ledger_journal j ON j.cause_id = r.cause_id AND j.kind IN
        ('goods_received', 'supplier_billed', 'supplier_credited', 'supplier_charged', 'hub_charged', 'leader_charged',
         'loss_borne')
      LEFT JOIN of_sku s ON s.group_buy_id = r.group_buy_id AND s.sku_id = r.sku_id
        AND (r.point_id IS NULL OR s.pickup_point_id = r.point_id)
    ),
    -- Of before it had a kind of its own: goods received whose cause is the order itself.
    minimum AS (
      SELECT j.id AS journal_id, o.group_buy_id, s.id AS line_id, s.left_qty * pl.cost_cents AS left_cents,
        s.qty * pl.cost_cents AS cents, sum(s.left_qty * pl.cost_cents) OVER (PARTITION BY j.id) AS any_left
      FROM supply_purchase_order o JOIN supply_purchase_line pl ON pl.purchase_order_id = o.id
      JOIN ledger_journal j ON j.cause_id = o.id AND j.kind IN ('minimum_billed', 'goods_received')
      LEFT JOIN of_sku s ON s.group_buy_id = o.group_buy_id AND s.sku_id = pl.sku_id
      WHERE o.group_buy_id = ANY(:rounds)
    ),
    tour AS (
      SELECT DISTINCT t.id AS route_id, t.no, p.group_buy_id, s.pickup_point_id
      FROM logistics_route_plan p JOIN logistics_route t ON t.plan_id = p.id JOIN logistics_stop s ON s.route_id = t.id
      WHERE p.group_buy_id = ANY(:rounds) AND p.state <> 'replaced'
    ),
    driven AS (
      SELECT j.id AS journal_id, t.group_buy_id, s.id AS line_id, s.left_ml, s.ml,
        sum(s.left_ml) OVER (PARTITION BY j.id) AS any_left
      FROM tour t JOIN ledger_journal j ON j.cause_id = t.route_id AND j.kind = 'delivery_booked'
      LEFT JOIN of_sku s ON s.group_buy_id = t.group_buy_id AND s.pickup_point_id = t.pickup_point_id
    ),
    of_order AS (
      SELECT p.id AS cause_id, 'payment_captured' AS kind, p.order_id FROM payments_payment p
      WHERE p.order_id IN (SELECT order_id FROM line)
      UNION ALL
      SELECT b.id, 'provider_fee', p.order_id FROM reconciliation_booking b
      JOIN payments_payment p ON p.id = b.payment_id WHERE p.order_id IN (SELECT order_id FROM line)
      UNION ALL
      SELECT b.id, 'provider_fee', r.order_id FROM reconciliation_booking b
      JOIN payments_refund r ON r.id = b.refund_id WHERE r.order_id IN (SELECT order_id FROM line)
    ),
    first_bearer (journal_id, group_buy_id, sku_id, line_id, weight) AS (
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, x.qty::bigint * l.final_price_cents
      FROM logistics_pickup p JOIN logistics_pickup_event e ON e.pickup_id = p.id
      JOIN logistics_pickup_event_line x ON x.event_id = e.id JOIN line l ON l.id = x.order_line_id
      JOIN ledger_journal j ON j.kind = 'goods_picked_up' AND j.cause_id = e.id
      WHERE p.group_buy_id = ANY(:rounds)
      UNION ALL
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, 1
      FROM refund r JOIN orders_line_cut c ON c.id = r.cut_id JOIN line l ON l.id = c.line_id
      JOIN ledger_journal j ON j.cause_id = r.cause_id AND j.kind IN ('refund_paid', 'refund_returned')
      UNION ALL
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, 1
      FROM line l JOIN settlement_commission_entry e ON e.order_line_id = l.id
      JOIN ledger_journal j ON j.cause_id = e.id AND j.kind = 'commission_changed'
      UNION ALL
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, 1
      FROM line l JOIN settlement_tax_entry e ON e.order_line_id = l.id
      JOIN ledger_journal j ON j.cause_id = e.id AND j.kind = 'tax_booked'
      UNION ALL
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, 1
      FROM line l JOIN aftersales_claim c ON c.order_line_id = l.id
      JOIN ledger_journal j ON j.cause_id = c.id
        AND j.kind IN ('supplier_charged', 'hub_charged', 'leader_charged', 'loss_borne')
      UNION ALL
      SELECT journal_id, group_buy_id, sku_id, line_id, CASE WHEN any_left > 0 THEN left_qty ELSE qty END FROM goods
      UNION ALL
      SELECT journal_id, group_buy_id, NULL, line_id, CASE WHEN any_left > 0 THEN left_cents ELSE cents END FROM minimum
      UNION ALL
      SELECT journal_id, group_buy_id, NULL, line_id, CASE WHEN any_left > 0 THEN left_ml ELSE ml END FROM driven
      UNION ALL
      SELECT j.id, l.group_buy_id, l.sku_id, l.id, l.worth
      FROM of_order o JOIN line l ON l.order_id = o.order_id
      JOIN ledger_journal j ON j.cause_id = o.cause_id AND j.kind = o.kind
    ),
    bearer AS (
      SELECT * FROM first_bearer
      UNION ALL
      SELECT j.id, b.group_buy_id, b.sku_id, b.line_id, b.weight
      FROM bearer b JOIN ledger_journal j ON j.cause_id = b.journal_id AND j.kind IN ('reversed', 'corrected')
    ),
    amount AS (
      SELECT p.journal_id, p.account, j.currency, sum(p.amount_cents) AS cents
      FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
      WHERE p.journal_id IN (SELECT journal_id FROM bearer) AND p.account = ANY(:accounts) GROUP BY 1, 2, 3
    ),
    weighted AS (
      SELECT journal_id, group_buy_id, sku_id, line_id,
        CASE WHEN sum(weight) OVER (PARTITION BY journal_id) > 0 THEN coalesce(weight, 0) ELSE 1 END::numeric AS weight
      FROM bearer
    ),
    divided AS (
      SELECT account, currency, journal_id, group_buy_id, sku_id, line_id, sign(cents) AS sign, abs(cents) AS whole,
        div(abs(cents) * weight, total) AS base, mod(abs(cents) * weight, total) AS rest
      FROM (
        SELECT a.*, w.group_buy_id, w.sku_id, w.line_id, w.weight,
          sum(w.weight) OVER (PARTITION BY a.journal_id, a.account) AS total
        FROM amount a JOIN weighted w ON w.journal_id = a.journal_id
      ) AS wished
    ),
    share AS (
      SELECT account, currency, group_buy_id, sku_id, line_id,
        sign * (base + (row_number() OVER (PARTITION BY journal_id, account ORDER BY rest DESC, line_id)
                        <= whole - sum(base) OVER (PARTITION BY journal_id, account))::int) AS cents
      FROM divided
    ),
    placed AS (
      SELECT s.account, s.currency, s.cents, s.group_buy_id, coalesce(l.sku_id, s.sku_id) AS sku_id, l.order_id,
        l.leader_id, l.id AS line_id,
        (SELECT t.route_id FROM tour t WHERE t.group_buy_id = l.group_buy_id AND t.pickup_point_id = l.pickup_point_id
         ORDER BY t.no LIMIT 1) AS route_id
      FROM share s LEFT JOIN line l ON l.id = s.line_id
    )
"""

#: What a part is made of; costs are positive.
_PARTS = {
    "price_cents": ("sales",),
    "refunds_cents": ("refunds",),
    "goods_cents": ("goods",),
    "commission_cents": ("commission",),
    "promotions_cents": ("promotions",),
    "delivery_cents": ("delivery_cost", "hub_cost"),
    "loss_cents": ("hub_loss", "loss"),
    "fees_cents": ("fees",),
}
_ACCOUNTS = [account for accounts in _PARTS.values() for account in accounts]
#: Of each dimension: its key, and its names with what they need to be joined.
_BY = {
    By.ORDER: ("order_id", "d.no AS name, d.no AS name_en", "orders_order d ON d.id = s.key"),
    By.SKU: (
        "sku_id", "d.code || ' ' || d.name AS name, d.code || ' ' || d.name_en AS name_en",
        "catalogue_sku d ON d.id = s.key",
    ),
    By.LEADER: ("leader_id", "d.name, d.name AS name_en", "communities_leader d ON d.id = s.key"),
    By.ROUTE: (
        "route_id", "g.code || ' · ' || d.no AS name, g.code || ' · ' || d.no AS name_en",
        """logistics_route d ON d.id = s.key LEFT JOIN logistics_route_plan p ON p.id = d.plan_id
        LEFT JOIN groupbuys_group_buy g ON g.id = p.group_buy_id""",
    ),
    By.ROUND: ("group_buy_id", "d.code AS name, d.code AS name_en", "groupbuys_group_buy d ON d.id = s.key"),
}  # fmt: skip


def contribution(session: Session, ask: ContributionAsk) -> Economics:
    """What every order, SKU, leader, tour or round brought, best or worst first, with the sum of all of them.

    One statement whatever the number of orders. Debits and credits become price and costs: costs are positive.
    """
    key, names, joined = _BY[ask.by]
    sums = ", ".join(
        f"{'-' if name == 'price_cents' else ''}coalesce(sum(cents) FILTER (WHERE account IN"
        f" ({', '.join(repr(account) for account in accounts)})), 0)::bigint AS {name}"
        for name, accounts in _PARTS.items()
    )
    columns = [*_PARTS, "contribution_cents"]
    order = f"{ask.sort} {'ASC' if ask.ascending else 'DESC'}" if ask.sort in columns else "name ASC"
    statement = f"""
        {_SHARES}, s AS (
          SELECT {key} AS key, count(DISTINCT order_id) AS orders, {sums}, (-sum(cents))::bigint AS contribution_cents
          FROM placed GROUP BY 1
        )
        SELECT s.*, {names}, {", ".join(f"sum(s.{name}) OVER ()::bigint AS all_{name}" for name in columns)},
          count(*) OVER () AS many
        FROM s LEFT JOIN {joined} ORDER BY {order}, s.key NULLS LAST LIMIT :limit OFFSET :offset
    """  # noqa: S608  made of this module's own words only
    rows = session.execute(text(statement).bindparams(*_TYPES), _values(session, ask)).mappings().all()
    return Economics(
        rows=tuple(Contribution(**{name: row[name] for name in Contribution.__dataclass_fields__}) for row in rows),
        total={name: rows[0][f"all_{name}"] if rows else 0 for name in columns},
        many=rows[0]["many"] if rows else 0,
    )


_TYPES = (
    bindparam("rounds", type_=ARRAY(Uuid())), bindparam("accounts", type_=ARRAY(String())),
    bindparam("again_ids", type_=ARRAY(Uuid())), bindparam("again_causes", type_=ARRAY(Uuid())),
)  # fmt: skip


def _values(session: Session, ask: ContributionAsk) -> dict[str, Any]:
    again = _tried_again(session, ask.rounds)
    return {
        "rounds": list(ask.rounds), "accounts": _ACCOUNTS, "again_ids": [refund_id for refund_id, _ in again],
        "again_causes": [cause_id for _, cause_id in again], "limit": ask.limit, "offset": ask.offset,
    }  # fmt: skip


def _tried_again(session: Session, rounds: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Refunds that were ordered again, with the cause of each later try's journal (as `payments.refunds` makes it)."""
    rows = session.execute(
        select(Refund.id, Refund.attempt)
        .join(Order, Order.id == Refund.order_id)
        .where(Refund.attempt > 0, Order.group_buy_id.in_(rounds))
    )
    return [(row.id, uuid5(row.id, str(attempt))) for row in rows for attempt in range(1, row.attempt + 1)]
