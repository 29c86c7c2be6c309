"""Reads of the scoring room; nothing here writes."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, Integer, TextualSelect, Uuid, bindparam, text

#: A handover counts as on time until this many minutes after the truck was planned to be there.
ON_TIME_MINUTES = 30

#: What happened to each leader on each pickup day of a hub. Her orders are those placed while she served.
_DAYS = """
    WITH own AS MATERIALIZED (
      SELECT o.id, o.leader_id, o.pickup_on, o.hub_id, o.resident_id, o.total_cents - o.refunded_cents AS net_cents,
        NOT EXISTS (SELECT FROM orders_order e WHERE e.resident_id = o.resident_id AND e.status = 'paid'
                    AND e.pickup_on < o.pickup_on) AS is_first
      FROM orders_order o
      WHERE o.hub_id = :hub_id AND o.pickup_on BETWEEN :first_on AND :last_on AND o.status = 'paid'
    ),
    ordered AS (
      SELECT leader_id, pickup_on, hub_id, count(*) AS orders, sum(net_cents) AS sales_cents,
        count(DISTINCT resident_id) AS buyers, count(DISTINCT resident_id) FILTER (WHERE is_first) AS new_buyers,
        0 AS due_pieces, 0 AS picked_pieces, 0 AS handovers, 0 AS on_time, 0 AS claims, 0 AS leader_fault_claims
      FROM own GROUP BY leader_id, pickup_on, hub_id
    ),
    picked AS (
      SELECT o.leader_id, o.pickup_on, o.hub_id, 0, 0, 0, 0,
        sum(l.due_qty + (SELECT coalesce(sum(u.qty), 0) FROM orders_line_cut u
                         WHERE u.line_id = l.order_line_id AND u.reason = 'unclaimed')),
        sum(l.picked_qty), 0, 0, 0, 0
      FROM own o JOIN logistics_pickup p ON p.order_id = o.id JOIN logistics_pickup_line l ON l.pickup_id = p.id
      GROUP BY o.leader_id, o.pickup_on, o.hub_id
    ),
    handed AS (
      SELECT leader_id, pickup_on, hub_id, 0, 0, 0, 0, 0, 0, count(*),
        count(*) FILTER (WHERE counted_at <= planned_at + make_interval(mins => :minutes)), 0, 0
      FROM logistics_handover
      WHERE hub_id = :hub_id AND pickup_on BETWEEN :first_on AND :last_on AND counted_at IS NOT NULL
      GROUP BY leader_id, pickup_on, hub_id
    ),
    claimed AS (
      SELECT o.leader_id, o.pickup_on, o.hub_id, 0, 0, 0, 0, 0, 0, 0, 0, count(*),
        count(*) FILTER (WHERE c.status = 'approved' AND c.fault = 'leader')
      FROM own o JOIN aftersales_claim c ON c.order_id = o.id GROUP BY o.leader_id, o.pickup_on, o.hub_id
    )
    SELECT leader_id, pickup_on, hub_id, sum(orders), sum(sales_cents), sum(buyers), sum(new_buyers), sum(due_pieces),
      sum(picked_pieces), sum(handovers), sum(on_time), sum(claims), sum(leader_fault_claims)
    FROM (SELECT * FROM ordered UNION ALL SELECT * FROM picked UNION ALL SELECT * FROM handed
          UNION ALL SELECT * FROM claimed) AS part
    GROUP BY leader_id, pickup_on, hub_id
"""


def leader_days(hub_id: UUID, first_on: date, last_on: date) -> TextualSelect:
    """What happened to each leader of a hub on each pickup day of a period, as a statement to insert from.

    Orders, sales (net of refunds) and buyers are those of paid orders; a buyer is new on the pickup day of her first
    paid order anywhere. Pieces due are those that stood ready for residents; handed-over pieces that fell short were
    never due. A handover is on time when it was counted at most 30 minutes after the truck's planned arrival.
    Claims stand on the pickup day of the goods; only approved ones that HQ laid to the leader count as her fault.
    """
    return (
        text(_DAYS)
        .bindparams(
            bindparam("hub_id", hub_id, Uuid()), bindparam("first_on", first_on, Date()),
            bindparam("last_on", last_on, Date()), bindparam("minutes", ON_TIME_MINUTES, Integer()),
        )
        .columns()
    )  # fmt: skip
