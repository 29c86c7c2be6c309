"""A claim from the resident's complaint to the refund, and who pays for it in the end."""

from collections.abc import Sequence
from uuid import UUID

from app.domains.aftersales import queries, rules
from app.domains.aftersales.events import ClaimDecided
from app.domains.aftersales.service import claims, talk
from app.domains.aftersales.values import (
    AddToClaim,
    ClaimableLine,
    ClaimCard,
    ClaimFault,
    DecideClaim,
    DecidedClaim,
    FileClaim,
    Screening,
)
from app.domains.logistics.values.handover import Fault
from app.domains.orders.values import CutLine, CutReason
from app.domains.payments.values import RefundKind
from app.domains.settlement.service import commission, tax
from app.flows.charges import Loss, charge_losses
from app.flows.refund import cut_and_refund
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.storage import Pictures
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def upload_photo(run: Run, pictures: Pictures, content: bytes) -> str:
    """Keep a photo for a claim and return its key: drawn anew, so place and camera are gone; at most 6 MB.

    The same photo again has the same key. Raises Forbidden, TooManyPhotos, BadPicture; then nothing is kept.
    """
    run(talk.check_upload)
    key = pictures.keep(content)
    run(talk.note_photo, key)
    return key


def file_claim(uow: UnitOfWork, wish: FileClaim) -> ClaimCard:
    """Complain about pieces of an own line that were picked up, within the window of the SKU's category.

    Safe to repeat with the same key: the first claim comes back. A claim that passes the policy is approved at once,
    at the fault that its kind presumes; else the leader may tell her side and HQ decides, each by a clock.
    Raises NotFound, NotPickedUp, ClaimTooLate, AboveClaimable, KeyReused, Invalid.
    """
    uow.require(Permission.CLAIMS_FILE)
    told = [str(wish.order_line_id), wish.kind.value, wish.qty, wish.text, *wish.photos]
    claim_id, filed_before = _once(uow, "aftersales.file_claim", wish.idempotency_key, told, "order_line")
    if filed_before:
        return queries.get_claim(uow.session, claim_id)
    if claims.file(uow, claim_id, wish) is Screening.PASSED:
        fault = rules.PRESUMED[wish.kind]
        by_policy = DecideClaim(claim_id=claim_id, approve=True, fault=fault, reason="", by_policy=True)
        return decide_claim(uow.as_system("claim policy"), by_policy)
    uow.session.flush()
    return queries.get_claim(uow.session, claim_id)


def add_to_claim(uow: UnitOfWork, wish: AddToClaim) -> ClaimCard:
    """Say more to an own open claim; safe to repeat with the same key. Raises NotFound, ClaimClosed, Invalid."""
    uow.require(Permission.CLAIMS_FILE)
    if queries.get_claim(uow.session, wish.claim_id).resident_id != uow.actor.id:
        raise NotFound("claim")
    if not _said_before(uow, "aftersales.add", wish):
        talk.add(uow, wish)
    return queries.get_claim(uow.session, wish.claim_id)


def give_evidence(uow: UnitOfWork, wish: AddToClaim) -> ClaimCard:
    """Tell the leader's side of an open claim about her; safe to repeat with the same key.

    Raises NotFound, ClaimClosed, EvidenceTooLate, Invalid.
    """
    uow.require(Permission.CLAIMS_GIVE_EVIDENCE)
    if queries.get_claim(uow.session, wish.claim_id).leader_id != uow.actor.id:
        raise NotFound("claim")
    if not _said_before(uow, "aftersales.evidence", wish):
        talk.give_evidence(uow, wish)
    return queries.get_claim(uow.session, wish.claim_id)


def _said_before(uow: UnitOfWork, action: str, wish: AddToClaim) -> bool:
    told = [str(wish.claim_id), wish.text, *wish.photos]
    return _once(uow, action, wish.idempotency_key, told, "claim")[1]


def _once(uow: UnitOfWork, action: str, key: str, told: Sequence[object], what: str) -> tuple[UUID, bool]:
    """The id of what a key makes, and whether it was made before. Raises NotFound for programs, KeyReused."""
    if uow.actor.id is None:
        raise NotFound(what)
    wanted = new_id()
    row = IdempotencyKey(account_id=uow.actor.id, action=action, key=key, result_id=wanted, at=uow.now,
                         fingerprint=idempotency.fingerprint(list(told)))  # fmt: skip
    made_before = idempotency.claim(uow.session, row)
    return made_before or wanted, made_before is not None


def decide_claim(uow: UnitOfWork, wish: DecideClaim) -> ClaimCard:
    """Approve or reject a claim, once; all that follows happens in this one transaction.

    Approved: the money goes back, and the fault says who pays. Supplier: the goods' cost is taken off what he is owed.
    Hub or carrier: the hub's loss. Leader: her commission on it is taken back, never more. Nobody: the platform. Only
    her own fault ever costs a leader anything.
    Raises NotFound, WrongState when it was decided before, ClaimTaken, LeaderNotHeard, Invalid, CutTooLarge.
    """
    uow.require(Permission.CLAIMS_DECIDE)
    decided = claims.decide(uow, wish)
    line = queries.claimable_line(uow.session, decided.order_line_id)
    if decided.refund_cents:
        _give_back(uow.as_system("claims"), decided)
        _charge(uow.as_system("claims"), decided, line)
    uow.session.flush()
    card = queries.get_claim(uow.session, decided.id)
    uow.emit(
        ClaimDecided(card.id, card.order_id, card.order_no, card.resident_id, card.leader_id, card.status.value,
                     card.refunded_cents, line.currency, card.reason)
    )  # fmt: skip
    return card


def _give_back(system: UnitOfWork, decided: DecidedClaim) -> None:
    """Money without pieces: what was handed out stays handed out."""
    cut = CutLine(
        line_id=decided.order_line_id,
        qty=0,
        amount_cents=decided.refund_cents,
        reason=CutReason.CLAIM,
        cause_id=decided.id,
    )
    cut_and_refund(system, [cut], RefundKind.AFTER_PICKUP)
    commission.accrue_lines(system, decided.id, [decided.order_line_id])
    tax.book_lines(system, decided.id, [decided.order_line_id])


def _charge(system: UnitOfWork, decided: DecidedClaim, line: ClaimableLine) -> None:
    if decided.fault is ClaimFault.NOBODY:
        return
    fault = Fault(decided.fault.value)
    loss = Loss(cause_id=decided.id, sku_id=decided.sku_id, qty=decided.qty, fault=fault)
    charge_losses(system, line.group_buy_id, decided.hub_id, line.currency, [loss])
