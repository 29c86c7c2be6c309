"""Reads of leaders' days and of the facts of a period."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Date, DateTime, Integer, String, TextualSelect, Uuid, bindparam, func, select, text
from sqlalchemy.orm import Session, aliased

from app.domains.communities.models import HomeRow, LeaderPost
from app.domains.orders.models import Order
from app.domains.orders.values import OrderStatus
from app.domains.scoring.models import HistoryDay, LeaderDay
from app.domains.scoring.values import DayCard, LeaderFacts

#: A handover counts as on time until this many minutes after the truck was planned to be there.
ON_TIME_MINUTES = 30

#: Facts of a day that are counted, in the order in which they are inserted.
COUNTED = (
    "orders", "sales_cents", "buyers", "new_buyers", "repurchased_7", "repurchased_30", "due_pieces", "picked_pieces",
    "in_window_pieces", "handovers", "on_time_handovers", "count_reports", "claims", "leader_fault_claims",
    "supplier_fault_claims", "hub_fault_claims", "asked_claims", "answered_claims", "answer_minutes",
    "ratings", "stars", "tasks_due", "tasks_done",
)  # fmt: skip

#: What happened to each leader on each pickup day of a hub. Her orders are those placed while she served.
_DAYS = """
    WITH own AS MATERIALIZED (
      SELECT o.id, o.leader_id, o.pickup_on, o.resident_id, o.total_cents - o.refunded_cents AS net_cents,
        (SELECT max(e.pickup_on) FROM orders_order e WHERE e.resident_id = o.resident_id AND e.status = 'paid'
         AND e.pickup_on < o.pickup_on) AS before_on
      FROM orders_order o
      WHERE o.hub_id = :hub_id AND o.pickup_on BETWEEN :first_on AND :last_on AND o.status = 'paid'
    ),
    ordered AS (
      SELECT leader_id, pickup_on, count(*) AS orders, sum(net_cents) AS sales_cents,
        count(DISTINCT resident_id) AS buyers,
        count(DISTINCT resident_id) FILTER (WHERE before_on IS NULL) AS new_buyers,
        count(DISTINCT resident_id) FILTER (WHERE before_on >= pickup_on - 7) AS repurchased_7,
        count(DISTINCT resident_id) FILTER (WHERE before_on >= pickup_on - 30) AS repurchased_30
      FROM own GROUP BY leader_id, pickup_on
    ),
    pieces AS (
      SELECT o.leader_id, o.pickup_on, l.picked_qty,
        l.due_qty + (SELECT coalesce(sum(u.qty), 0) FROM orders_line_cut u
                     WHERE u.line_id = l.order_line_id AND u.reason = 'unclaimed') AS due_qty,
        (SELECT coalesce(sum(g.qty), 0)
         FROM logistics_pickup_event_line g JOIN logistics_pickup_event a ON a.id = g.event_id
         WHERE a.pickup_id = p.id AND g.order_line_id = l.order_line_id
           AND a.at < (o.pickup_on + 1)::timestamp AT TIME ZONE :zone) AS in_window_qty
      FROM own o JOIN logistics_pickup p ON p.order_id = o.id JOIN logistics_pickup_line l ON l.pickup_id = p.id
      WHERE p.state NOT IN ('ready', 'partly') OR o.pickup_on < :waiting_on
    ),
    picked AS (
      SELECT leader_id, pickup_on, sum(due_qty) AS due_pieces, sum(picked_qty) AS picked_pieces,
        sum(least(in_window_qty, picked_qty)) AS in_window_pieces
      FROM pieces GROUP BY leader_id, pickup_on
    ),
    handed AS (
      SELECT h.leader_id, h.pickup_on, count(*) AS handovers,
        count(*) FILTER (
          WHERE h.counted_at <= greatest(h.planned_at, h.arrived_at) + make_interval(mins => :minutes)
        ) AS on_time_handovers,
        count(*) FILTER (WHERE EXISTS (SELECT FROM logistics_handover_line d
                                       WHERE d.handover_id = h.id AND d.short_qty + d.damaged_qty > 0)) AS count_reports
      FROM logistics_handover h
      WHERE h.hub_id = :hub_id AND h.pickup_on BETWEEN :first_on AND :last_on AND h.counted_at IS NOT NULL
      GROUP BY h.leader_id, h.pickup_on
    ),
    heard AS (
      SELECT o.leader_id, o.pickup_on, c.status, c.fault, c.filed_at, a.at AS answered_at,
        c.evidence_due_at AS until,
        c.screening IS DISTINCT FROM 'passed' AND (
          a.at IS NOT NULL OR c.evidence_due_at <= least(:now, coalesce(c.decided_at, :now))
        ) AS is_asked
      FROM own o JOIN aftersales_claim c ON c.order_id = o.id
      LEFT JOIN LATERAL (SELECT min(n.at) AS at FROM aftersales_note n
                         WHERE n.claim_id = c.id AND n.kind = 'evidence') a ON true
    ),
    claimed AS (
      SELECT leader_id, pickup_on, count(*) AS claims,
        count(*) FILTER (WHERE status = 'approved' AND fault = 'leader') AS leader_fault_claims,
        count(*) FILTER (WHERE status = 'approved' AND fault = 'supplier') AS supplier_fault_claims,
        count(*) FILTER (WHERE status = 'approved' AND fault IN ('hub', 'carrier')) AS hub_fault_claims,
        count(*) FILTER (WHERE is_asked) AS asked_claims,
        count(*) FILTER (WHERE is_asked AND answered_at <= until) AS answered_claims,
        coalesce(sum(floor(extract(epoch FROM answered_at - filed_at) / 60)) FILTER (WHERE is_asked), 0)
          AS answer_minutes
      FROM heard GROUP BY leader_id, pickup_on
    ),
    rated AS (
      SELECT leader_id, pickup_on, count(*) AS ratings, sum(leader_stars) AS stars FROM ratings_rating
      WHERE hub_id = :hub_id AND pickup_on BETWEEN :first_on AND :last_on GROUP BY leader_id, pickup_on
    ),
    tasked AS (
      SELECT leader_id, due_on AS pickup_on, count(*) AS tasks_due,
        count(*) FILTER (WHERE done_at <= due_at) AS tasks_done
      FROM tasks_todo WHERE hub_id = :hub_id AND due_on BETWEEN :first_on AND :last_on AND due_at < :now
      GROUP BY leader_id, due_on
    )
    SELECT leader_id, pickup_on, :hub_id, {counted}
    FROM ordered FULL JOIN picked USING (leader_id, pickup_on) FULL JOIN handed USING (leader_id, pickup_on)
      FULL JOIN claimed USING (leader_id, pickup_on)
      FULL JOIN rated USING (leader_id, pickup_on) FULL JOIN tasked USING (leader_id, pickup_on)
""".replace("{counted}", ", ".join(f"coalesce({name}, 0)" for name in COUNTED))


def leader_days(
    hub_id: UUID, first_on: date, last_on: date, waiting_on: date, now: datetime, zone: str
) -> TextualSelect:
    """What happened to each leader of a hub on each pickup day of a period, as a statement to insert from.

    Orders, sales (net of refunds, as the ledger holds them) and buyers are those of paid orders; a buyer is new on the
    pickup day of her first paid order anywhere, and has bought again within 7 or 30 days when an earlier pickup day of
    hers lies so near: looking back only, so that later days change nothing. Pieces due are those that stood ready for
    residents; handed-over pieces that fell short were never due, and what still waits to be fetched counts only when
    its pickup day lies before `waiting_on`. Pieces are handed out in time when it was done on the pickup day itself.
    A handover is on time when it was counted at most 30 minutes after the truck was there, or was planned to be.
    Claims stand on the pickup day of the goods; only approved ones count as anybody's fault, a carrier's as the hub's.
    A leader is asked about a claim that was not approved at once; one that HQ decided before her time was over counts
    only if she answered.
    """
    return (
        text(_DAYS)
        .bindparams(
            bindparam("hub_id", hub_id, Uuid()), bindparam("first_on", first_on, Date()),
            bindparam("last_on", last_on, Date()), bindparam("minutes", ON_TIME_MINUTES, Integer()),
            bindparam("waiting_on", waiting_on, Date()), bindparam("now", now, DateTime(timezone=True)),
            bindparam("zone", zone, String()),
        )
        .columns()
    )  # fmt: skip


def facts_of_leaders(
    session: Session, first_on: date, last_on: date, households: dict[UUID, int]
) -> dict[UUID, LeaderFacts]:
    """Facts of a period of the leaders who are keys of `households`, those without orders included; five statements.

    Buyers are counted once however often they came; a repeat buyer has paid orders on two pickup days or more.
    Distance and age of the service are those of the period's last day.
    """
    summed = _sums(session, first_on, last_on, households)
    buyers = _buyers(session, first_on, last_on, households)
    before = _buyers_before(session, first_on, last_on, households)
    days, metres = _service_days(session, last_on, households), _distances(session, last_on, households)
    facts = {}
    for leader_id, homes in households.items():
        once, again = (
            now + old for now, old in zip(buyers.get(leader_id, (0, 0)), before.get(leader_id, (0, 0)), strict=True)
        )
        facts[leader_id] = LeaderFacts(
            leader_id=leader_id, households=homes, buyers=once, repeat_buyers=again,
            service_days=days.get(leader_id, 0), distance_m=metres.get(leader_id),
            **(summed.get(leader_id) or dict.fromkeys((*_SUMMED, "buyer_days"), 0)),
        )  # fmt: skip
    return facts


#: Facts of a period that are sums over its days.
_SUMMED = tuple(name for name in COUNTED if name != "buyers")


def _sums(session: Session, first_on: date, last_on: date, leader_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    rows = session.execute(
        select(
            LeaderDay.leader_id, func.sum(LeaderDay.buyers).label("buyer_days"),
            *(func.sum(getattr(LeaderDay, name)).label(name) for name in _SUMMED),
        )
        .where(LeaderDay.leader_id.in_(leader_ids), LeaderDay.on_date.between(first_on, last_on))
        .group_by(LeaderDay.leader_id)
    )  # fmt: skip
    return {row["leader_id"]: {name: int(row[name]) for name in (*_SUMMED, "buyer_days")} for row in rows.mappings()}


def _service_days(session: Session, on: date, leader_ids: Collection[UUID]) -> dict[UUID, int]:
    """Days since each leader's neighbourhood first had a leader, whoever that was."""
    first = aliased(LeaderPost)
    rows = session.execute(
        select(LeaderPost.leader_id, func.min(first.from_at))
        .join(first, first.neighbourhood_id == LeaderPost.neighbourhood_id)
        .where(LeaderPost.leader_id.in_(leader_ids), LeaderPost.until_at.is_(None))
        .group_by(LeaderPost.leader_id)
    )
    return {leader_id: max(0, (on - since.date()).days) for leader_id, since in rows}


def _distances(session: Session, on: date, leader_ids: Collection[UUID]) -> dict[UUID, int]:
    """Metres that each leader's residents of that day walk on average, where their homes are known."""
    end = datetime.combine(on + timedelta(days=1), time(), UTC)
    rows = session.execute(
        select(HomeRow.leader_id, func.round(func.avg(HomeRow.distance_m)))
        .where(
            HomeRow.leader_id.in_(leader_ids), HomeRow.distance_m.is_not(None), HomeRow.from_at < end,
            HomeRow.until_at.is_(None) | (HomeRow.until_at >= end),
        )
        .group_by(HomeRow.leader_id)
    )  # fmt: skip
    return {leader_id: int(metres) for leader_id, metres in rows}


def _buyers(
    session: Session, first_on: date, last_on: date, leader_ids: Collection[UUID]
) -> dict[UUID, tuple[int, int]]:
    """(buyers, buyers on two days or more) by leader."""
    days = (
        select(Order.leader_id, Order.resident_id, func.count(Order.pickup_on.distinct()).label("days"))
        .where(
            Order.leader_id.in_(leader_ids),
            Order.pickup_on.between(first_on, last_on),
            Order.status == OrderStatus.PAID,
        )
        .group_by(Order.leader_id, Order.resident_id)
        .subquery()
    )
    rows = session.execute(
        select(days.c.leader_id, func.count(), func.count().filter(days.c.days >= 2)).group_by(days.c.leader_id)
    )
    return {leader_id: (once, again) for leader_id, once, again in rows}


def _buyers_before(
    session: Session, first_on: date, last_on: date, leader_ids: Collection[UUID]
) -> dict[UUID, tuple[int, int]]:
    """The same of days from before Linli; nobody is the same person there and here."""
    who = func.unnest(HistoryDay.residents).label("who")
    each = (
        select(HistoryDay.leader_id, who)
        .where(HistoryDay.leader_id.in_(leader_ids), HistoryDay.on_date.between(first_on, last_on))
        .subquery()
    )
    days = select(each.c.leader_id, func.count().label("days")).group_by(each.c.leader_id, each.c.who).subquery()
    rows = session.execute(
        select(days.c.leader_id, func.count(), func.count().filter(days.c.days >= 2)).group_by(days.c.leader_id)
    )
    return {leader_id: (once, again) for leader_id, once, again in rows}


def days_of_leader(session: Session, leader_id: UUID, first_on: date, last_on: date) -> list[DayCard]:
    """A leader's pickup days in order; days without anything are missing."""
    wanted = select(*(getattr(LeaderDay, name) for name in DayCard.__dataclass_fields__))
    rows = session.execute(
        wanted.where(LeaderDay.leader_id == leader_id, LeaderDay.on_date.between(first_on, last_on))
        .order_by(LeaderDay.on_date)
    )  # fmt: skip
    return [DayCard(**row) for row in rows.mappings()]
