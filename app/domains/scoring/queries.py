"""Reads of the scoring room; nothing here writes."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, TextualSelect, Uuid, bindparam, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.communities import queries as communities
from app.domains.communities.models import Leader
from app.domains.orders.models import Order
from app.domains.orders.values import OrderStatus
from app.domains.scoring.models import LeaderDay, PolicyRow, Scorecard
from app.domains.scoring.values import DayCard, LeaderFacts, Measure, Part, Policy, ScorecardCard, Tier, Weight

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
      WHERE p.state NOT IN ('ready', 'partly') OR o.pickup_on < :waiting_on
      GROUP BY o.leader_id, o.pickup_on, o.hub_id
    ),
    handed AS (
      SELECT leader_id, pickup_on, hub_id, 0, 0, 0, 0, 0, 0, count(*),
        count(*) FILTER (WHERE counted_at <= greatest(planned_at, arrived_at) + make_interval(mins => :minutes)), 0, 0
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


def leader_days(hub_id: UUID, first_on: date, last_on: date, waiting_on: date) -> TextualSelect:
    """What happened to each leader of a hub on each pickup day of a period, as a statement to insert from.

    Orders, sales (net of refunds) and buyers are those of paid orders; a buyer is new on the pickup day of her first
    paid order anywhere. Pieces due are those that stood ready for residents; handed-over pieces that fell short were
    never due, and what still waits to be fetched counts only when its pickup day lies before `waiting_on`. A handover
    is on time when it was counted at most 30 minutes after the truck was there, or was planned to be.
    Claims stand on the pickup day of the goods; only approved ones that HQ laid to the leader count as her fault.
    """
    return (
        text(_DAYS)
        .bindparams(
            bindparam("hub_id", hub_id, Uuid()), bindparam("first_on", first_on, Date()),
            bindparam("last_on", last_on, Date()), bindparam("minutes", ON_TIME_MINUTES, Integer()),
            bindparam("waiting_on", waiting_on, Date()),
        )
        .columns()
    )  # fmt: skip


def facts_of_leaders(
    session: Session, first_on: date, last_on: date, households: dict[UUID, int]
) -> dict[UUID, LeaderFacts]:
    """Facts of a period of the leaders who are keys of `households`, those without orders included; two statements.

    Buyers are counted once however often they came; a repeat buyer has paid orders on two pickup days or more.
    """
    summed = _sums(session, first_on, last_on, households)
    buyers = _buyers(session, first_on, last_on, households)
    facts = {}
    for leader_id, homes in households.items():
        once, again = buyers.get(leader_id, (0, 0))
        facts[leader_id] = LeaderFacts(
            leader_id=leader_id, households=homes, buyers=once, repeat_buyers=again,
            **(summed.get(leader_id) or dict.fromkeys(_SUMMED, 0)),
        )  # fmt: skip
    return facts


#: Facts of a period that are sums over its days.
_SUMMED = (
    "orders", "sales_cents", "new_buyers", "due_pieces", "picked_pieces", "handovers", "on_time_handovers", "claims",
    "leader_fault_claims",
)  # fmt: skip


def _sums(session: Session, first_on: date, last_on: date, leader_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    rows = session.execute(
        select(LeaderDay.leader_id, *(func.sum(getattr(LeaderDay, name)).label(name) for name in _SUMMED))
        .where(LeaderDay.leader_id.in_(leader_ids), LeaderDay.on_date.between(first_on, last_on))
        .group_by(LeaderDay.leader_id)
    )
    return {row["leader_id"]: {name: int(row[name]) for name in _SUMMED} for row in rows.mappings()}


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


def days_of_leader(session: Session, leader_id: UUID, first_on: date, last_on: date) -> list[DayCard]:
    """A leader's pickup days in order; days without anything are missing."""
    wanted = select(*(getattr(LeaderDay, name) for name in DayCard.__dataclass_fields__))
    rows = session.execute(
        wanted.where(LeaderDay.leader_id == leader_id, LeaderDay.on_date.between(first_on, last_on))
        .order_by(LeaderDay.on_date)
    )  # fmt: skip
    return [DayCard(**row) for row in rows.mappings()]


def current_policy(session: Session) -> Policy | None:
    """The newest version of the scorecard; None before the first review."""
    row = session.scalar(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(1))
    return policy_from_json(row.version, row.weights) if row else None


def latest_period(session: Session, hub_id: UUID | None = None) -> tuple[date, date] | None:
    """The period that was reviewed last; of one hub or of any."""
    wanted = select(Scorecard.period_from, Scorecard.period_to)
    if hub_id is not None:
        wanted = wanted.where(Scorecard.hub_id == hub_id)
    row = session.execute(wanted.order_by(Scorecard.period_to.desc(), Scorecard.computed_at.desc()).limit(1)).first()
    return (row.period_from, row.period_to) if row else None


def scorecards(session: Session, hub_id: UUID | None = None, period_to: date | None = None) -> list[ScorecardCard]:
    """Scorecards of each hub's newest review - or of its newest that ended on a day - by hub, best first.

    Of two reviews with the same last day the one that was computed later counts.
    """
    newest = (
        select(Scorecard.hub_id, Scorecard.period_from, Scorecard.period_to)
        .ext(distinct_on(Scorecard.hub_id))
        .order_by(Scorecard.hub_id, Scorecard.period_to.desc(), Scorecard.computed_at.desc(), Scorecard.period_from)
    )
    if period_to is not None:
        newest = newest.where(Scorecard.period_to == period_to)
    if hub_id is not None:
        newest = newest.where(Scorecard.hub_id == hub_id)
    review = tuple_(Scorecard.hub_id, Scorecard.period_from, Scorecard.period_to)
    return _cards(session, [review.in_(newest)], (Scorecard.hub_id, Scorecard.rank, Leader.code))


def warned_leaders(session: Session, hub_id: UUID, until: date) -> set[UUID]:
    """Leaders of a hub whom a review that ended up to a day warned, if no later one up to then was better."""
    last = (
        select(Scorecard.leader_id, Scorecard.tier)
        .ext(distinct_on(Scorecard.leader_id))
        .where(Scorecard.hub_id == hub_id, Scorecard.period_to <= until)
        .order_by(Scorecard.leader_id, Scorecard.period_to.desc(), Scorecard.computed_at.desc())
        .subquery()
    )
    return set(session.scalars(select(last.c.leader_id).where(last.c.tier == Tier.WARNING)))


def scorecards_of_period(session: Session, hub_id: UUID, period_from: date, period_to: date) -> list[ScorecardCard]:
    """The scorecards of one review, best first."""
    conditions = [
        Scorecard.hub_id == hub_id,
        Scorecard.period_from == period_from,
        Scorecard.period_to == period_to,
    ]
    return _cards(session, conditions, (Scorecard.rank, Leader.code))


def last_scorecards(session: Session, leader_ids: Collection[UUID]) -> dict[UUID, ScorecardCard]:
    """The newest scorecard of each of these leaders; those who were never reviewed are left out."""
    newest = (
        select(Scorecard.id)
        .ext(distinct_on(Scorecard.leader_id))
        .where(Scorecard.leader_id.in_(leader_ids))
        .order_by(Scorecard.leader_id, Scorecard.period_to.desc(), Scorecard.computed_at.desc())
    )
    cards = _cards(session, [Scorecard.id.in_(newest)], (Scorecard.leader_id,))
    return {card.leader_id: card for card in cards}


def scorecards_of_leader(session: Session, leader_id: UUID, limit: int = 12) -> list[ScorecardCard]:
    """A leader's scorecards, newest first."""
    return _cards(
        session, [Scorecard.leader_id == leader_id], (Scorecard.period_to.desc(), Scorecard.computed_at.desc()), limit
    )


def scorecard_of_leader(session: Session, leader_id: UUID) -> ScorecardCard | None:
    """A leader's newest scorecard; None before her first review."""
    return next(iter(scorecards_of_leader(session, leader_id, 1)), None)


def _cards(
    session: Session, conditions: list[ColumnElement[bool]], order: tuple[Any, ...], limit: int | None = None
) -> list[ScorecardCard]:
    rows = session.execute(
        select(Scorecard, Leader.name)
        .join(Leader, Leader.id == Scorecard.leader_id)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    ).all()
    leaders = communities.leaders_by_id(session, [card.leader_id for card, _ in rows])
    return [
        ScorecardCard(
            id=card.id, leader_id=card.leader_id, leader_name=name,
            neighbourhood_name=leaders[card.leader_id].neighbourhood_name,
            neighbourhood_name_en=leaders[card.leader_id].neighbourhood_name_en, period_from=card.period_from,
            period_to=card.period_to, policy_version=card.policy_version, total_centi=card.total_centi,
            tier=card.tier, rank=card.rank, of=card.of, facts=LeaderFacts(leader_id=card.leader_id, **card.facts),
            parts=tuple(Part(**{**part, "measure": Measure(part["measure"])}) for part in card.parts["parts"]),
        )
        for card, name in rows
    ]  # fmt: skip


def policy_from_json(version: int, weights: dict[str, Any]) -> Policy:
    """A policy as `service.scorecards` stored it."""
    return Policy(
        version=version,
        weights=tuple(Weight(**{**one, "measure": Measure(one["measure"])}) for one in weights["weights"]),
    )
