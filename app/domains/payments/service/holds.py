"""Money held in the house: of a resident's balance, or promised in cash. The books of the two ways of our own.

They keep the same promises as an outside provider: every call may be repeated, and nothing happens twice.
"""

from uuid import UUID, uuid5

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.payments import queries
from app.domains.payments.errors import BalanceShort, HoldRefused
from app.domains.payments.models import BalanceEntryRow, Hold, PayerRow
from app.domains.payments.values import (
    EntryKind,
    Held,
    HoldStatus,
    Method,
    Payer,
    PaymentCard,
    RefundCard,
    Route,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id

_CREDIT = text(
    """
    INSERT INTO payments_balance (resident_id, currency, cents) VALUES (:resident_id, :currency, :cents)
    ON CONFLICT (resident_id, currency) DO UPDATE SET cents = payments_balance.cents + excluded.cents
    """
)
#: The guard stands in the statement itself: of two spenders at one moment the second sees what the first has left.
_DEBIT = text(
    """
    UPDATE payments_balance SET cents = cents - :cents
    WHERE resident_id = :resident_id AND currency = :currency AND cents >= :cents RETURNING cents
    """
)


def hold(uow: UnitOfWork, payment: PaymentCard) -> Held:
    """Hold a payment's amount; repeating it holds nothing twice. Raises BalanceShort; then nothing is held."""
    uow.require(Permission.PAYMENTS_RECORD)
    row = {
        "id": payment.id, "keeper": payment.method, "resident_id": payment.resident_id, "order_id": payment.order_id,
        "order_no": payment.order_no, "currency": payment.currency, "amount_cents": payment.amount_cents,
        "taken_cents": 0, "returned_cents": 0, "status": HoldStatus.HELD,
    }  # fmt: skip
    made = uow.session.scalar(insert(Hold).values(row).on_conflict_do_nothing().returning(Hold.id))
    if made is not None and payment.method == Method.BALANCE:
        _debit(uow, payment)
    return queries.get_hold(uow.session, payment.id)


def take(uow: UnitOfWork, hold_id: UUID, cents: int) -> Held:
    """Take a held amount or less; what is not taken is let go. Repeating it changes nothing.

    Raises NotFound, HoldRefused for more than is held or for another sum than was taken.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, hold_id)
    if row.status is HoldStatus.HELD:
        if not 0 < cents <= row.amount_cents:
            raise HoldRefused(hold_id=hold_id, why="more than is held")
        row.status, row.taken_cents = HoldStatus.TAKEN, cents
        _let_go(uow, row, row.amount_cents - cents)
    elif row.status is HoldStatus.GONE or row.taken_cents != cents:
        raise HoldRefused(hold_id=hold_id, why="not held any more")
    uow.session.flush()
    return queries.get_hold(uow.session, hold_id)


def drop(uow: UnitOfWork, hold_id: UUID) -> Held:
    """Let a held amount go; one that was taken stays. Repeating it changes nothing. Raises NotFound."""
    uow.require(Permission.PAYMENTS_RECORD)
    row = _locked(uow, hold_id)
    if row.status is HoldStatus.HELD:
        row.status = HoldStatus.GONE
        _let_go(uow, row, row.amount_cents)
    uow.session.flush()
    return queries.get_hold(uow.session, hold_id)


def give_back(uow: UnitOfWork, refund: RefundCard) -> None:
    """Put a refund on the balance of the order's resident; repeating it with one refund's key adds nothing twice.

    Raises HoldRefused when more would go back than the house had taken for this payment.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    entry = {
        "id": new_id(), "resident_id": refund.resident_id, "currency": refund.currency, "kind": EntryKind.REFUNDED,
        "amount_cents": refund.amount_cents, "cause_id": entry_cause(refund), "order_id": refund.order_id,
        "order_no": refund.order_no, "at": uow.now,
    }  # fmt: skip
    is_new = insert(BalanceEntryRow).values(entry).on_conflict_do_nothing().returning(BalanceEntryRow.id)
    if uow.session.scalar(is_new) is None:
        return
    row = uow.session.get(Hold, refund.payment_id, with_for_update=True, populate_existing=True)
    if row is not None:
        if row.returned_cents + refund.amount_cents > row.taken_cents:
            raise HoldRefused(hold_id=row.id, why="more than was taken")
        row.returned_cents += refund.amount_cents
    uow.session.execute(
        _CREDIT, {"resident_id": refund.resident_id, "currency": refund.currency, "cents": refund.amount_cents}
    )


def entry_cause(refund: RefundCard) -> UUID:
    """What an entry of a refund names as its cause: the refund, told apart by attempt."""
    return refund.id if refund.attempt == 0 else uuid5(refund.id, str(refund.attempt))


def choose_route(uow: UnitOfWork, to: Route) -> Payer:
    """A resident decides where her refunds go from now on: the way they came, or to her balance. Raises Invalid."""
    uow.require(Permission.PAYMENTS_START)
    if to is Route.RELEASE or uow.actor.id is None:
        raise Invalid(field="refunds_to", reason="is neither source nor balance")
    before = queries.payer(uow.session, uow.actor.id)
    _save_payer(uow, uow.actor.id, {"refunds_to": to})
    uow.audit(
        "payments.refunds_to", uow.actor.id, {"refunds_to": before.refunds_to.value}, {"refunds_to": to.value}
    )  # fmt: skip
    return queries.payer(uow.session, uow.actor.id)


def note_customer(uow: UnitOfWork, customer_ref: str) -> Payer:
    """Keep who a resident is at the provider; the first name stays."""
    uow.require(Permission.PAYMENTS_START)
    if uow.actor.id is None:
        raise NotFound("resident")
    _save_payer(uow, uow.actor.id, {})
    uow.session.execute(
        update(PayerRow)
        .where(PayerRow.resident_id == uow.actor.id, PayerRow.customer_ref.is_(None))
        .values(customer_ref=customer_ref)
    )
    return queries.payer(uow.session, uow.actor.id)


def _save_payer(uow: UnitOfWork, resident_id: UUID, values: dict[str, object]) -> None:
    whole = {"resident_id": resident_id, "refunds_to": Route.SOURCE} | values
    adding = insert(PayerRow).values(whole)
    uow.session.execute(
        adding.on_conflict_do_update(index_elements=["resident_id"], set_=values)
        if values
        else adding.on_conflict_do_nothing()
    )


def _debit(uow: UnitOfWork, payment: PaymentCard) -> None:
    wish = {"resident_id": payment.resident_id, "currency": payment.currency, "cents": payment.amount_cents}
    if uow.session.scalar(_DEBIT, wish) is None:
        raise BalanceShort(wanted_cents=payment.amount_cents)
    _note(uow, payment, EntryKind.HELD, -payment.amount_cents)


def _let_go(uow: UnitOfWork, row: Hold, cents: int) -> None:
    if row.keeper != Method.BALANCE or cents == 0:
        return
    uow.session.execute(_CREDIT, {"resident_id": row.resident_id, "currency": row.currency, "cents": cents})
    _note(uow, row, EntryKind.RELEASED, cents)


def _note(uow: UnitOfWork, of: Hold | PaymentCard, kind: EntryKind, cents: int) -> None:
    uow.session.add(
        BalanceEntryRow(
            id=new_id(), resident_id=of.resident_id, currency=of.currency, kind=kind, amount_cents=cents,
            cause_id=of.id, order_id=of.order_id, order_no=of.order_no, at=uow.now,
        )
    )  # fmt: skip


def _locked(uow: UnitOfWork, hold_id: UUID) -> Hold:
    row = uow.session.scalar(select(Hold).where(Hold.id == hold_id).with_for_update())
    if row is None:
        raise HoldRefused(hold_id=hold_id, why="nothing is held under this name")
    return row
