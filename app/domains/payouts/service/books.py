"""The journals of a payout.

A leader's money leaves her balance when she asks and waits in transit; the fee becomes ours when the rest has arrived.
A supplier's payment is booked when it is made; what is under way is not available again meanwhile.
"""

from uuid import UUID

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payouts.models import Payout
from app.domains.payouts.values import PAYABLE, SOURCE, PayeeKind, PayoutStatus
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def hold(uow: UnitOfWork, payee_id: UUID) -> None:
    """Let nobody else take money off this balance until the transaction ends."""
    uow.require(_right(uow))
    uow.lock(f"balance of {payee_id}")


def cash_received(
    uow: UnitOfWork, receipt_id: UUID, leader_id: UUID, hub_id: UUID, currency: str, amount_cents: int
) -> None:
    """Cash that a leader held for us lies in our bank."""
    uow.require(Permission.PAYOUTS_APPROVE)
    sides = Posting(LedgerAccount.BANK, amount_cents), Posting(LedgerAccount.LEADER_CASH, -amount_cents, leader_id)
    wanted = PostJournal(
        kind=JournalKind.CASH_HANDED_IN, cause_id=receipt_id, hub_id=hub_id, currency=currency, postings=sides
    )
    journals.post(uow.as_system("payouts"), wanted)


def asked(uow: UnitOfWork, row: Payout, cash_cents: int) -> None:
    """A leader's sum goes from what is available into transit; the cash that she holds for us is settled before.

    She keeps the cash as a part of her commission; that stays so when the withdrawal itself is undone.
    """
    uow.require(_right(uow))
    if row.payee_kind is PayeeKind.LEADER:
        if cash_cents > 0:
            kept = Posting(LedgerAccount.LEADER_CASH, -cash_cents, row.payee_id)
            _post(uow, row, JournalKind.CASH_HANDED_IN, _balance(row, cash_cents), kept)
        _post(uow, row, JournalKind.PAYOUT_REQUESTED, _balance(row, row.amount_cents), _transit(row, -row.amount_cents))


def paid(uow: UnitOfWork, row: Payout) -> None:
    """The money has left our account at the bank or the provider; a leader's fee stays with us."""
    uow.require(_right(uow))
    if row.payee_kind is PayeeKind.LEADER:
        _post(uow, row, JournalKind.PAYOUT_PAID, _transit(row, row.amount_cents), *_ours(row, -1))
    else:
        kind = JournalKind.HUB_PAID if row.payee_kind is PayeeKind.HUB else JournalKind.SUPPLIER_PAID
        _post(uow, row, kind, _balance(row, row.amount_cents), *_ours(row, -1))


def undone(uow: UnitOfWork, row: Payout) -> None:
    """Everything is owed again, the fee too: what was returned comes from our account, what never went from transit."""
    uow.require(_right(uow))
    if row.status is PayoutStatus.RETURNED:
        _post(uow, row, JournalKind.PAYOUT_RETURNED, *_ours(row, 1), _balance(row, -row.amount_cents))
    elif row.payee_kind is PayeeKind.LEADER:
        _post(uow, row, JournalKind.PAYOUT_RETURNED, _transit(row, row.amount_cents), _balance(row, -row.amount_cents))


def _right(uow: UnitOfWork) -> Permission:
    """Books follow whoever may ask, decide or record; none of them needs the right to post for that."""
    mine = uow.actor.permissions
    able = [right for right in (Permission.PAYOUTS_EXECUTE, Permission.PAYOUTS_APPROVE) if right in mine]
    return able[0] if able else Permission.PAYOUTS_ASK


def _balance(row: Payout, cents: int) -> Posting:
    return Posting(PAYABLE[row.payee_kind], cents, row.payee_id)


def _transit(row: Payout, cents: int) -> Posting:
    return Posting(LedgerAccount.PAYOUT_TRANSIT, cents, row.payee_id)


def _ours(row: Payout, sign: int) -> tuple[Posting, Posting]:
    """What the payment itself moves, and the fee."""
    net = Posting(SOURCE[row.way], sign * (row.amount_cents - row.fee_cents))
    return net, Posting(LedgerAccount.OTHER_INCOME, sign * row.fee_cents)


def _post(uow: UnitOfWork, row: Payout, kind: JournalKind, *sides: Posting) -> None:
    wanted = PostJournal(kind=kind, cause_id=row.id, hub_id=row.hub_id, currency=row.currency, postings=sides)
    journals.post(uow.as_system("payouts"), wanted)
