"""Filing and deciding claims. What a decision does to money and commission is the flow's business."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.domains.aftersales import queries, rules
from app.domains.aftersales.errors import ClaimTaken
from app.domains.aftersales.events import ClaimFiled, ClaimsPiledUp
from app.domains.aftersales.models import Alert, Claim, Note
from app.domains.aftersales.service import talk
from app.domains.aftersales.values import (
    CLAIM_MOVES,
    ClaimableLine,
    ClaimPolicy,
    ClaimStatus,
    DecideClaim,
    DecidedClaim,
    FileClaim,
    NoteKind,
    Screening,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def file(uow: UnitOfWork, claim_id: UUID, wish: FileClaim) -> Screening:
    """Write a resident's claim on her own line, with the clocks of leader and HQ; returns what the policy says to it.

    Claims of one line, and claims of one resident, are filed one after another. The caller holds the idempotency key.
    Raises NotFound for a foreign line or photo, NotPickedUp, ClaimTooLate, AboveClaimable, Invalid.
    """
    uow.require(Permission.CLAIMS_FILE)
    uow.lock(f"claims of line {wish.order_line_id}")
    line = queries.claimable_line(uow.session, wish.order_line_id)
    if line.resident_id != uow.actor.id:
        raise NotFound("order_line")
    rules.check_claim(wish, line, uow.now)
    talk.check_own_photos(uow.session, line.resident_id, wish.photos)
    uow.lock(f"claims of resident {line.resident_id}")
    policy = queries.current_policy(uow.session).policy
    cents = rules.claimed_cents(wish.qty, line)
    before = queries.history(uow.session, line.resident_id, uow.now - timedelta(days=policy.history_days))
    screening = rules.screen(policy, wish.kind, cents, len(wish.photos), before)
    uow.session.add(_claim(uow, claim_id, wish, line, policy, screening))
    uow.session.flush()
    if wish.photos:
        uow.session.add(talk.note(uow.actor, uow.now, claim_id, NoteKind.FILED, "", wish.photos))
    after = {"order_line_id": str(line.order_line_id), "qty": wish.qty, "claimed_cents": cents}
    uow.audit("aftersales.file_claim", claim_id, None, after | {"screening": screening.value, "policy": policy.version})
    due_at = uow.now + timedelta(hours=policy.decide_hours)
    uow.emit(ClaimFiled(claim_id, line.order_id, line.resident_id, line.leader_id, line.hub_id, due_at))
    _raise_alert(uow, line, policy)
    return screening


def _claim(
    uow: UnitOfWork, claim_id: UUID, wish: FileClaim, line: ClaimableLine, policy: ClaimPolicy, screening: Screening
) -> Claim:
    return Claim(
        id=claim_id, order_id=line.order_id, order_line_id=line.order_line_id, sku_id=line.sku_id,
        resident_id=line.resident_id, leader_id=line.leader_id, hub_id=line.hub_id, kind=wish.kind, qty=wish.qty,
        text=wish.text.strip(), status=ClaimStatus.OPEN, claimed_cents=rules.claimed_cents(wish.qty, line),
        refunded_cents=0, reason="", filed_at=uow.now, due_at=uow.now + timedelta(hours=policy.decide_hours),
        group_buy_id=line.group_buy_id, evidence_due_at=uow.now + timedelta(hours=policy.evidence_hours),
        screening=screening, policy_version=policy.version,
    )  # fmt: skip


def _raise_alert(uow: UnitOfWork, line: ClaimableLine, policy: ClaimPolicy) -> None:
    """Alert HQ once per SKU and round, when enough residents complain; their goods are likely of one lot."""
    uow.lock(f"claims about {line.group_buy_id} {line.sku_id}")
    residents = queries.complaining(uow.session, line.group_buy_id, line.sku_id)
    if residents < policy.alert_residents:
        return
    raised = uow.session.scalar(
        insert(Alert)
        .values(id=new_id(), hub_id=line.hub_id, group_buy_id=line.group_buy_id, sku_id=line.sku_id, raised_at=uow.now)
        .on_conflict_do_nothing(index_elements=["group_buy_id", "sku_id"])
        .returning(Alert.id)
    )
    if raised is not None:
        uow.emit(ClaimsPiledUp(line.group_buy_id, line.sku_id, line.hub_id, residents))


def decide(uow: UnitOfWork, wish: DecideClaim) -> DecidedClaim:
    """Write HQ's decision; a claim is decided once, by its owner. Who decides a claim that nobody took owns it.

    A leader who may still tell her side is not found at fault before she did.
    Raises NotFound, WrongState, ClaimTaken, LeaderNotHeard, Invalid.
    """
    uow.require(Permission.CLAIMS_DECIDE)
    claim = uow.session.scalar(select(Claim).where(Claim.id == wish.claim_id).with_for_update())
    if claim is None:
        raise NotFound("claim")
    status = ClaimStatus.APPROVED if wish.approve else ClaimStatus.REJECTED
    check_move("claim", CLAIM_MOVES, claim.status, status)
    if claim.owner_id not in {None, uow.actor.id}:
        raise ClaimTaken(owner=claim.owner_name or "")
    rules.check_heard(wish, _is_heard(uow, claim.id), claim.evidence_due_at, uow.now)
    refund = rules.refund_cents(wish, claim.claimed_cents)
    claim.status, claim.refunded_cents, claim.fault = status, refund, wish.fault
    claim.reason, claim.decided_at, claim.decided_by = wish.reason.strip(), uow.now, uow.actor.name
    if claim.owner_id is None and uow.actor.id is not None:
        claim.owner_id, claim.owner_name = uow.actor.id, uow.actor.name
    after = {"status": status.value, "refunded_cents": refund, "fault": wish.fault.value, "reason": claim.reason}
    uow.audit("aftersales.decide_claim", claim.id, {"status": ClaimStatus.OPEN.value}, after)
    return DecidedClaim(
        id=claim.id, order_line_id=claim.order_line_id, order_id=claim.order_id, sku_id=claim.sku_id,
        hub_id=claim.hub_id, qty=claim.qty, refund_cents=refund, fault=wish.fault,
    )  # fmt: skip


def _is_heard(uow: UnitOfWork, claim_id: UUID) -> bool:
    said = select(Note.id).where(Note.claim_id == claim_id, Note.kind == NoteKind.EVIDENCE).limit(1)
    return uow.session.scalar(said) is not None
