"""A claim from the resident's complaint to the refund, and who pays for it in the end."""

from app.domains.aftersales import queries
from app.domains.aftersales.events import ClaimDecided
from app.domains.aftersales.service import claims
from app.domains.aftersales.values import ClaimableLine, ClaimCard, DecideClaim, DecidedClaim, FileClaim
from app.domains.orders.values import CutLine, CutReason
from app.domains.payments.values import RefundKind
from app.domains.settlement.service import commission
from app.flows.charges import Loss, charge_losses
from app.flows.refund import cut_and_refund
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.ids import new_id


def file_claim(uow: UnitOfWork, wish: FileClaim) -> ClaimCard:
    """Complain about pieces of an own line that were picked up, within the window of the SKU's category.

    Safe to repeat with the same key: the first claim comes back. HQ has 24 hours to decide.
    Raises NotFound, NotPickedUp, ClaimTooLate, AboveClaimable, KeyReused.
    """
    uow.require(Permission.CLAIMS_FILE)
    if uow.actor.id is None:
        raise NotFound("order_line")
    claim_id = new_id()
    key = IdempotencyKey(
        account_id=uow.actor.id, action="aftersales.file_claim", key=wish.idempotency_key, result_id=claim_id,
        at=uow.now,
        fingerprint=idempotency.fingerprint([str(wish.order_line_id), wish.kind.value, wish.qty, wish.text]),
    )  # fmt: skip
    if filed_before := idempotency.claim(uow.session, key):
        return queries.get_claim(uow.session, filed_before)
    claims.file(uow, claim_id, wish)
    uow.session.flush()
    return queries.get_claim(uow.session, claim_id)


def decide_claim(uow: UnitOfWork, wish: DecideClaim) -> ClaimCard:
    """Approve or reject a claim, once; all that follows happens in this one transaction.

    Approved: the money goes back, the leader's commission on it is taken back, and the goods' cost is charged to who
    was at fault (a leader's fault is not charged; it counts in her scorecard).
    Raises NotFound, WrongState when it was decided before, Invalid, CutTooLarge.
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


def _charge(system: UnitOfWork, decided: DecidedClaim, line: ClaimableLine) -> None:
    loss = Loss(cause_id=decided.id, sku_id=decided.sku_id, qty=decided.qty, fault=decided.fault)
    charge_losses(system, line.group_buy_id, decided.hub_id, line.currency, [loss])
