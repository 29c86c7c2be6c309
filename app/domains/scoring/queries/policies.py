"""Reads of the scorecard's policies, announced and drafted."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.scoring.models import PolicyDraft, PolicyRow, Scorecard
from app.domains.scoring.rules import held_on
from app.domains.scoring.values import DraftCard, Measure, Policy, PolicyCard, PolicyTerms, Weight
from app.kernel.errors import NotFound


def policy_cards(session: Session) -> list[PolicyCard]:
    """Every version that was announced, newest first."""
    rows = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()))
    return [PolicyCard(policy=_policy(row), created_at=row.created_at, announced_by=row.announced_by) for row in rows]


def current_policy(session: Session, on: date | None = None) -> Policy | None:
    """The version by which a period that begins on a day is judged; without a day the newest that was announced.

    None before the first review, for the first policy is written down at its first use.
    """
    known = [card.policy for card in policy_cards(session)]
    return held_on(known, on) if on else next(iter(known), None)


def has_judged(session: Session) -> bool:
    """Whether any leader was ever judged: from then on another policy needs notice."""
    return session.scalar(select(select(Scorecard.id).exists())) or False


def drafts(session: Session) -> list[DraftCard]:
    """Policies in the making, by name."""
    return [_draft(row) for row in session.scalars(select(PolicyDraft).order_by(PolicyDraft.name))]


def get_draft(session: Session, draft_id: UUID) -> DraftCard:
    """One policy in the making. Raises NotFound."""
    row = session.get(PolicyDraft, draft_id)
    if row is None:
        raise NotFound("draft")
    return _draft(row)


def terms_from_json(kept: dict[str, Any]) -> PolicyTerms:
    """Terms as `service.policies` stores them; older rows hold nothing but weights."""
    weights = tuple(Weight(**{**one, "measure": Measure(one["measure"])}) for one in kept["weights"])
    return PolicyTerms(**{**kept, "weights": weights})


def _policy(row: PolicyRow) -> Policy:
    terms = terms_from_json(row.weights)
    return Policy(
        version=row.version, weights=terms.weights, new_days=terms.new_days, mature_days=terms.mature_days,
        valid_from=row.valid_from, note=terms.note,
    )  # fmt: skip


def _draft(row: PolicyDraft) -> DraftCard:
    return DraftCard(
        id=row.id, name=row.name, terms=terms_from_json(row.weights), changed_at=row.changed_at,
        changed_by=row.changed_by,
    )  # fmt: skip
