"""Reads of scorecards."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.communities import queries as communities
from app.domains.communities.models import Leader
from app.domains.scoring.models import Scorecard
from app.domains.scoring.values import LeaderFacts, Measure, Part, ScorecardCard, Stage


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


def totals_before(session: Session, leader_ids: Collection[UUID], on: date) -> dict[UUID, int]:
    """What each of these leaders scored in her newest review that ended before a day, in hundredths of a point."""
    newest = (
        select(Scorecard.leader_id, Scorecard.total_centi)
        .ext(distinct_on(Scorecard.leader_id))
        .where(Scorecard.leader_id.in_(leader_ids), Scorecard.period_to < on)
        .order_by(Scorecard.leader_id, Scorecard.period_to.desc(), Scorecard.computed_at.desc())
    )
    return {row.leader_id: row.total_centi for row in session.execute(newest)}


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
            stage=Stage(card.parts.get("stage", Stage.MATURE)), is_held_back=card.parts.get("is_held_back", False),
        )
        for card, name in rows
    ]  # fmt: skip
