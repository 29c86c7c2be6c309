"""Policies of the scorecard: drafted, tried on history, announced before they hold, and never changed afterwards."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.domains.communities.errors import ChangedMeanwhile
from app.domains.scoring import queries, rules
from app.domains.scoring.events import PolicyAnnounced
from app.domains.scoring.models import PolicyDraft, PolicyRow
from app.domains.scoring.values import SINCE_EVER, DraftCard, Policy, PolicyTerms
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.words import one_line

LONGEST_NAME = 60


def adopt(uow: UnitOfWork, terms: PolicyTerms, valid_from: date | None = None) -> int:
    """Announce the next version; periods that begin on its first day or later are judged by it. Returns its number.

    Every leader who serves is told, at least 14 days before. Only while nobody was ever judged may the day be left
    out: then it has always held. Older scorecards keep their version. Raises Invalid.
    """
    uow.require(Permission.SCORING_JUDGE)
    rules.check_terms(terms)
    if valid_from is not None:
        rules.check_notice(valid_from, uow.now.date())
    elif queries.has_judged(uow.session):
        raise Invalid(field="valid_from", reason="is needed: leaders were judged by another policy before")
    uow.lock("scorecard policy")
    before = in_force(uow, None)
    policy = Policy(
        version=before.version + 1, weights=terms.weights, new_days=terms.new_days, mature_days=terms.mature_days,
        valid_from=valid_from or SINCE_EVER, note=terms.note.strip(),
    )  # fmt: skip
    kept = terms_to_json(rules.terms_of(policy))
    uow.session.add(
        PolicyRow(version=policy.version, weights=kept, created_at=uow.now, valid_from=policy.valid_from,
                  announced_by=uow.actor.name)
    )  # fmt: skip
    after = {"version": policy.version, "valid_from": policy.valid_from.isoformat()} | kept
    uow.audit("scoring.adopt_policy", None, {"version": before.version}, after)
    if valid_from is not None:
        uow.emit(PolicyAnnounced(new_id(), policy.version, valid_from, policy.note))
    return policy.version


def adopt_draft(uow: UnitOfWork, draft_id: UUID, valid_from: date, seen: str | None = None) -> int:
    """Announce a draft as the next version, and throw the draft away.

    Raises NotFound, Invalid, ChangedMeanwhile (it is not as the page that was `seen` showed it).
    """
    uow.require(Permission.SCORING_JUDGE)
    uow.lock("scorecard policy")
    draft = queries.get_draft(uow.session, draft_id)
    _refuse_stale(draft, seen)
    version = adopt(uow, draft.terms, valid_from)
    drop_draft(uow, draft_id)
    return version


def in_force(uow: UnitOfWork, on: date | None) -> Policy:
    """The policy by which a period that begins on a day is judged, without a day the newest one.

    The first one is written down at its first use, so that no version that was used ever changes.
    """
    uow.require(Permission.SCORING_JUDGE)
    policy = queries.current_policy(uow.session, on)
    if policy is None:
        policy = rules.DEFAULT_POLICY
        uow.session.execute(
            insert(PolicyRow)
            .values(version=policy.version, weights=terms_to_json(rules.terms_of(policy)), created_at=uow.now)
            .on_conflict_do_nothing()
        )
    return policy


def save_draft(uow: UnitOfWork, draft_id: UUID | None, name: str, terms: PolicyTerms, seen: str | None = None) -> UUID:
    """Keep a policy in the making under a name; without an id a new one. It judges nobody.

    Raises Invalid (it could not judge, or another draft has this name), NotFound, ChangedMeanwhile (it is not as the
    page that was `seen` showed it).
    """
    uow.require(Permission.SCORING_JUDGE)
    title = one_line("name", name, LONGEST_NAME)
    rules.check_terms(terms)
    uow.lock("scorecard policy")
    if any(draft.name == title and draft.id != draft_id for draft in queries.drafts(uow.session)):
        raise Invalid(field="name", reason="another draft has this name")
    if draft_id:
        _refuse_stale(queries.get_draft(uow.session, draft_id), seen)
    row = uow.session.get(PolicyDraft, draft_id) if draft_id else PolicyDraft(id=new_id())
    if row is None:
        raise NotFound("draft")
    row.name, row.weights, row.changed_at, row.changed_by = title, terms_to_json(terms), uow.now, uow.actor.name
    uow.session.add(row)
    return row.id


def drop_draft(uow: UnitOfWork, draft_id: UUID) -> None:
    """Throw a policy in the making away. Raises NotFound."""
    uow.require(Permission.SCORING_JUDGE)
    row = uow.session.get(PolicyDraft, draft_id)
    if row is None:
        raise NotFound("draft")
    uow.session.delete(row)


def _refuse_stale(draft: DraftCard, seen: str | None) -> None:
    if seen is not None and seen != rules.fingerprint(draft):
        raise ChangedMeanwhile


def terms_to_json(terms: PolicyTerms) -> dict[str, Any]:
    """Terms as rows keep them; `queries` reads them back."""
    return {**asdict(terms), "weights": [asdict(weight) for weight in terms.weights]}
