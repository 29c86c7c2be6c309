"""Filing and deciding claims. What a decision does to money and commission is the flow's business."""

from uuid import UUID

from sqlalchemy import select

from app.domains.aftersales import queries, rules
from app.domains.aftersales.events import ClaimFiled
from app.domains.aftersales.models import Claim
from app.domains.aftersales.values import (
    CLAIM_MOVES,
    ClaimStatus,
    DecideClaim,
    DecidedClaim,
    FileClaim,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.states import check_move


def file(uow: UnitOfWork, claim_id: UUID, wish: FileClaim) -> None:
    """Write a resident's claim on her own line, with HQ's deadline; claims of one line are filed one after another.

    The caller holds the idempotency key. Raises NotFound for a foreign line, NotPickedUp, ClaimTooLate, AboveClaimable.
    """
    uow.require(Permission.CLAIMS_FILE)
    uow.lock(f"claims of line {wish.order_line_id}")
    line = queries.claimable_line(uow.session, wish.order_line_id)
    if line.resident_id != uow.actor.id:
        raise NotFound("order_line")
    rules.check_claim(wish, line, uow.now)
    claim = Claim(
        id=claim_id, order_id=line.order_id, order_line_id=line.order_line_id, sku_id=line.sku_id,
        resident_id=line.resident_id, leader_id=line.leader_id, hub_id=line.hub_id, kind=wish.kind, qty=wish.qty,
        text=wish.text.strip(), status=ClaimStatus.OPEN, claimed_cents=rules.claimed_cents(wish.qty, line),
        refunded_cents=0, reason="", filed_at=uow.now, due_at=uow.now + rules.DECIDE_WITHIN,
    )  # fmt: skip
    uow.session.add(claim)
    after = {"order_line_id": str(line.order_line_id), "qty": wish.qty, "claimed_cents": claim.claimed_cents}
    uow.audit("aftersales.file_claim", claim_id, None, after)
    uow.emit(ClaimFiled(claim_id, line.order_id, line.resident_id, line.leader_id, line.hub_id, claim.due_at))


def decide(uow: UnitOfWork, wish: DecideClaim) -> DecidedClaim:
    """Write HQ's decision; a claim is decided once. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.CLAIMS_DECIDE)
    claim = uow.session.scalar(select(Claim).where(Claim.id == wish.claim_id).with_for_update())
    if claim is None:
        raise NotFound("claim")
    status = ClaimStatus.APPROVED if wish.approve else ClaimStatus.REJECTED
    check_move("claim", CLAIM_MOVES, claim.status, status)
    refund = rules.refund_cents(wish, claim.claimed_cents)
    claim.status, claim.refunded_cents, claim.fault = status, refund, wish.fault
    claim.reason, claim.decided_at, claim.decided_by = wish.reason.strip(), uow.now, uow.actor.name
    after = {"status": status.value, "refunded_cents": refund, "fault": wish.fault.value, "reason": claim.reason}
    uow.audit("aftersales.decide_claim", claim.id, {"status": ClaimStatus.OPEN.value}, after)
    return DecidedClaim(
        id=claim.id, order_line_id=claim.order_line_id, order_id=claim.order_id, sku_id=claim.sku_id,
        hub_id=claim.hub_id, qty=claim.qty, refund_cents=refund, fault=wish.fault,
    )  # fmt: skip
