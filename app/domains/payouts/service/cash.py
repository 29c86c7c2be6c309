"""Cash that a leader took for us and brings to HQ or pays into our bank."""

from app.domains.communities import queries as communities
from app.domains.payouts import queries
from app.domains.payouts.service import books
from app.domains.payouts.values import ReceiveCash
from app.infra import idempotency
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id


def receive(uow: UnitOfWork, wish: ReceiveCash) -> int:
    """Book cash that has reached us, at most what the leader holds; returns what she still holds, in minor units.

    The same key again books nothing more. Raises NotFound, Invalid, KeyReused.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    leader = communities.get_leader(uow.session, wish.leader_id)
    hub = communities.get_hub(uow.session, leader.hub_id)
    receipt_id = new_id()
    key = IdempotencyKey(
        account_id=uow.actor.id, action="payouts.receive_cash", key=wish.idempotency_key,
        fingerprint=idempotency.fingerprint([str(leader.id), wish.amount_cents]), result_id=receipt_id, at=uow.now,
    )  # fmt: skip
    known = idempotency.claim(uow.session, key)
    books.hold(uow, leader.id)
    held = queries.cash_cents(uow.session, leader.id, hub.currency)
    if known is not None:
        return held
    if wish.amount_cents <= 0:
        raise Invalid(field="amount", reason="must be above 0")
    if wish.amount_cents > held:
        raise Invalid(field="amount", reason="is more than she holds for us")
    books.cash_received(uow, receipt_id, leader.id, hub.id, hub.currency, wish.amount_cents)
    after = {"amount_cents": wish.amount_cents, "held_cents": held - wish.amount_cents, "note": wish.note.strip()}
    uow.audit("payouts.receive_cash", leader.id, {"held_cents": held}, after)
    return held - wish.amount_cents
