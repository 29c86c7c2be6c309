"""HQ's desk: who has a claim in hand, alerts that somebody saw, and the policy by which claims are screened."""

from dataclasses import asdict, replace
from uuid import UUID

from sqlalchemy import select

from app.domains.accounts import queries as accounts
from app.domains.aftersales import queries, rules
from app.domains.aftersales.errors import ClaimClosed
from app.domains.aftersales.models import Alert, Claim, PolicyRow
from app.domains.aftersales.service import talk
from app.domains.aftersales.values import ClaimPolicy, ClaimStatus, NoteKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import RIGHTS, Permission
from app.kernel.errors import Forbidden, Invalid, NotFound


def take(uow: UnitOfWork, claim_id: UUID) -> None:
    """Take an open claim in hand, also from a colleague; repeating changes nothing. Raises NotFound, ClaimClosed."""
    uow.require(Permission.CLAIMS_DECIDE)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.CLAIMS_DECIDE.value)
    _own(uow, claim_id, uow.actor.id, uow.actor.name, NoteKind.TAKEN)


def hand_over(uow: UnitOfWork, claim_id: UUID, to_id: UUID) -> None:
    """Give an open claim to a colleague who may decide claims. Raises NotFound, ClaimClosed, Invalid."""
    uow.require(Permission.CLAIMS_DECIDE)
    colleague = accounts.get_account(uow.session, to_id)
    if Permission.CLAIMS_DECIDE not in RIGHTS[colleague.role]:
        raise Invalid(field="owner", reason="may not decide claims")
    _own(uow, claim_id, colleague.account_id, colleague.name, NoteKind.HANDED_OVER)


def _own(uow: UnitOfWork, claim_id: UUID, owner_id: UUID, owner_name: str, how: NoteKind) -> None:
    claim = uow.session.scalar(select(Claim).where(Claim.id == claim_id).with_for_update())
    if claim is None:
        raise NotFound("claim")
    if claim.status is not ClaimStatus.OPEN:
        raise ClaimClosed
    if claim.owner_id == owner_id:
        return
    before = {"owner": claim.owner_name}
    claim.owner_id, claim.owner_name = owner_id, owner_name
    uow.session.add(talk.note(uow.actor, uow.now, claim.id, how, owner_name))
    uow.audit("aftersales.own_claim", claim.id, before, {"owner": owner_name})


def see_alert(uow: UnitOfWork, alert_id: UUID) -> None:
    """Lay an alert aside because somebody looked at the lot; the first one is remembered. Raises NotFound."""
    uow.require(Permission.CLAIMS_DECIDE)
    alert = uow.session.scalar(select(Alert).where(Alert.id == alert_id).with_for_update())
    if alert is None:
        raise NotFound("alert")
    if alert.seen_at is None:
        alert.seen_at, alert.seen_by = uow.now, uow.actor.name
        uow.audit("aftersales.see_alert", alert.id, None, {"seen_by": uow.actor.name})


def adopt_policy(uow: UnitOfWork, wish: ClaimPolicy) -> int:
    """Screen claims by these rules from now on; returns the new version, whatever version `wish` names.

    Claims filed before keep theirs. Raises Invalid.
    """
    uow.require(Permission.CLAIMS_SET_RULES)
    rules.check_policy(wish)
    uow.lock("claim policy")
    before = queries.current_policy(uow.session).policy
    after = replace(wish, version=before.version + 1)
    if replace(before, version=after.version) == after:
        raise Invalid(field="", reason="Nothing was changed.")
    uow.session.add(PolicyRow(**asdict(after), at=uow.now, by=uow.actor.name))
    uow.audit("aftersales.adopt_policy", None, asdict(before), asdict(after))
    return after.version
