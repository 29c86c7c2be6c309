"""Recalling a lot: nothing of it is sorted, sold or handed out from this moment on."""

from uuid import UUID

from sqlalchemy import select

from app.domains.supply.errors import RecallFinal, RecallStands
from app.domains.supply.models import Lot, Recall
from app.domains.supply.service import stock
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id


def freeze(uow: UnitOfWork, lot_id: UUID, reason: str) -> UUID:
    """Freeze a lot and open its recall; returns the recall's id. Raises NotFound, Invalid, RecallStands."""
    uow.require(Permission.SUPPLY_RECALL)
    if not reason.strip():
        raise Invalid(field="reason", reason="say why the lot is recalled")
    hub_id = uow.session.scalar(select(Lot.hub_id).filter_by(id=lot_id))
    if hub_id is not None:
        stock.lock_stock(uow, hub_id)  # a round that takes its goods right now is waited for, and its lines are reached
    lot = _locked(uow, lot_id)
    if lot.frozen_at is not None:
        raise RecallStands(lot_code=lot.code)
    lot.frozen_at = uow.now
    recall = Recall(id=new_id(), lot_id=lot_id, reason=reason.strip(), opened_by=uow.actor.name, opened_at=uow.now)
    uow.session.add(recall)
    uow.session.flush()
    uow.audit(
        "supply.freeze_lot", lot_id, {"frozen": False}, {"frozen": True, "lot": lot.code, "reason": reason.strip()}
    )
    return recall.id


def mark_refunded(uow: UnitOfWork, lot_id: UUID) -> UUID:
    """Note that residents get their money back for a recalled lot, which makes the recall final; returns its id.

    May be repeated. Raises NotFound for a lot that is not recalled.
    """
    uow.require(Permission.SUPPLY_RECALL)
    recall = _standing(uow, lot_id)
    if recall.refunded_at is None:
        recall.refunded_at = uow.now
        uow.audit("supply.refund_recall", lot_id, None, {"recall": str(recall.id)})
    return recall.id


def unfreeze(uow: UnitOfWork, lot_id: UUID) -> None:
    """Take a recall back: the lot may be sorted and handed out again. Raises NotFound, RecallFinal after refunds."""
    uow.require(Permission.SUPPLY_RECALL)
    lot = _locked(uow, lot_id)
    recall = _standing(uow, lot_id)
    if recall.refunded_at is not None:
        raise RecallFinal(lot_code=lot.code)
    recall.undone_by, recall.undone_at, lot.frozen_at = uow.actor.name, uow.now, None
    uow.audit("supply.unfreeze_lot", lot_id, {"frozen": True}, {"frozen": False, "lot": lot.code})


def _locked(uow: UnitOfWork, lot_id: UUID) -> Lot:
    lot = uow.session.scalar(select(Lot).filter_by(id=lot_id).with_for_update())
    if lot is None:
        raise NotFound("lot")
    return lot


def _standing(uow: UnitOfWork, lot_id: UUID) -> Recall:
    recall = uow.session.scalar(select(Recall).filter_by(lot_id=lot_id, undone_at=None).with_for_update())
    if recall is None:
        raise NotFound("recall")
    return recall
