"""Payouts from the wish to the arrival. Money leaves the balance when it is asked for, so it cannot be asked twice."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.payouts import queries, rules
from app.domains.payouts.errors import DetailsMissing
from app.domains.payouts.events import BankRefused, WithdrawalEnded
from app.domains.payouts.models import DetailsRow, Payout, PayoutEvent
from app.domains.payouts.service import books
from app.domains.payouts.values import (
    MOVES,
    UNDONE,
    AskPayout,
    DetailsCard,
    Order,
    PayeeKind,
    PayoutCard,
    PayoutStatus,
    PayoutWay,
    PaySupplier,
    WayState,
)
from app.domains.supply import queries as supply
from app.infra import idempotency
from app.infra.events import Job
from app.infra.idempotency import IdempotencyKey
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move


def ask(uow: UnitOfWork, wish: AskPayout) -> PayoutCard:
    """A leader withdraws; the sum leaves her available balance at once and comes back if it is rejected or fails.

    The same key again returns the first payout. Two at the same moment wait for each other, so together they never
    take more than there is. Raises DetailsMissing, Invalid, BalanceChanged, BelowMinimum, AboveAvailable, KeyReused.
    """
    uow.require(Permission.PAYOUTS_ASK)
    if uow.actor.id is None:
        raise NotFound("leader")
    leader = communities.get_leader(uow.session, uow.actor.id)
    hub = communities.get_hub(uow.session, leader.hub_id)
    payout_id = new_id()
    if before := _claim(uow, payout_id, wish.idempotency_key, ["leader", wish.amount_cents]):
        return queries.get_payout(uow.session, before)
    books.hold(uow, leader.id)
    cash = queries.cash_cents(uow.session, leader.id, hub.currency)  # before the check: what comes later stays cash
    policy = queries.policy_of(uow.session, hub.id)
    available = queries.available_cents(uow.session, PayeeKind.LEADER, leader.id, None, hub.currency)
    rules.check_amount(policy, wish.amount_cents, wish.shown_cents, available)
    details = queries.details_of(uow.session, leader.id)
    if details is None:
        raise DetailsMissing
    row = _row(uow, payout_id, hub, (leader.id, wish.amount_cents), details)
    row.payee_kind, row.payee_id, row.payee_name = PayeeKind.LEADER, leader.id, leader.name
    row.hub_id, row.currency, row.fee_cents, row.way = hub.id, hub.currency, policy.fee_cents, details.way
    return _begin(uow, row, cash)


def pay_supplier(uow: UnitOfWork, wish: PaySupplier) -> PayoutCard:
    """HQ pays a supplier out of what a hub owes her, or the hub itself; who asks is the first of those who approve.

    A sum for which one person is enough is approved at once; what was asked for within a day counts together.
    Raises NotFound, DetailsMissing (bank file), Invalid, BalanceChanged, AboveAvailable, KeyReused.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    by = _person(uow)
    if wish.way is PayoutWay.STRIPE:
        raise Invalid(field="way", reason="suppliers are paid to a bank account")
    hub = communities.get_hub(uow.session, wish.hub_id)
    kind = PayeeKind.HUB if wish.supplier_id is None else PayeeKind.SUPPLIER
    payee = hub if wish.supplier_id is None else supply.get_supplier(uow.session, wish.supplier_id)
    payout_id = new_id()
    told = [kind.value, str(payee.id), str(wish.hub_id), wish.way.value, wish.amount_cents]
    if before := _claim(uow, payout_id, wish.idempotency_key, told):
        return queries.get_payout(uow.session, before)
    books.hold(uow, payee.id)
    available = queries.available_cents(uow.session, kind, payee.id, hub.id, hub.currency)
    rules.check_payment(wish.amount_cents, wish.shown_cents, available)
    details = queries.details_of(uow.session, payee.id)
    if details is None and wish.way is PayoutWay.BANK_FILE:
        raise DetailsMissing
    row = _row(uow, payout_id, hub, (payee.id, wish.amount_cents), details)
    row.payee_kind, row.payee_id, row.payee_name = kind, payee.id, payee.name
    row.hub_id, row.currency, row.fee_cents, row.way, row.first_by = hub.id, hub.currency, 0, wish.way, by
    _begin(uow, row)
    if not row.needs_two:
        _move(uow, row, PayoutStatus.APPROVED, "")
        _defer(uow, row)
    uow.session.flush()
    return queries.get_payout(uow.session, row.id)


def approve(uow: UnitOfWork, payout_id: UUID) -> PayoutCard:
    """Approve a payout; above the limit it takes a second, different person, and the first approval only waits.

    Raises NotFound, WrongState, SecondPersonNeeded (the first approver again).
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    row, by = _locked(uow, payout_id), _person(uow)
    check_move("payout", MOVES, row.status, PayoutStatus.APPROVED)
    if rules.is_approved(row.first_by, by, two=row.needs_two):
        if row.needs_two:
            row.second_by = by
        else:
            row.first_by = by
        _move(uow, row, PayoutStatus.APPROVED, "")
        _defer(uow, row)
    else:
        row.first_by = by
        uow.audit("payouts.first_approval", row.id, None, {"no": row.no, "amount_cents": row.amount_cents})
        _step(uow, row, "first approval")
    uow.session.flush()
    return queries.get_payout(uow.session, row.id)


def reject(uow: UnitOfWork, payout_id: UUID, reason: str) -> PayoutCard:
    """Refuse a payout that was not sent yet; the money goes back to the balance. Raises NotFound, WrongState, Invalid.

    The payee reads the reason.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    if not rules.is_line(reason.strip(), 200):
        raise Invalid(field="reason", reason="must have 1 to 200 characters")
    row = _locked(uow, payout_id)
    _move(uow, row, PayoutStatus.REJECTED, reason.strip())
    uow.session.flush()
    return queries.get_payout(uow.session, row.id)


def mark_paid_by_hand(uow: UnitOfWork, payout_id: UUID, bank_ref: str) -> PayoutCard:
    """Note that an approved payment was transferred by hand, with the bank's number of it.

    Raises NotFound, WrongState (not approved, or not by hand), Invalid.
    """
    uow.require(Permission.PAYOUTS_APPROVE)
    if not rules.is_line(bank_ref.strip(), 60):
        raise Invalid(field="bank_ref", reason="must have 1 to 60 characters")
    row = _locked(uow, payout_id)
    if row.way is not PayoutWay.BY_HAND:
        raise Invalid(field="way", reason="is not paid by hand")
    if row.not_before_at > uow.now:
        raise Invalid(field="way", reason="waits, because the account was changed lately")
    row.provider_ref = bank_ref.strip()
    _move(uow, row, PayoutStatus.PAID, "")
    uow.session.flush()
    return queries.get_payout(uow.session, row.id)


def begin(uow: UnitOfWork, payout_id: UUID) -> Order | None:
    """Count a call before it is made; None when the payout is not to be sent (any more, or not yet). Raises NotFound.

    From here on nobody can reject it.
    """
    uow.require(Permission.PAYOUTS_EXECUTE)
    row = _locked(uow, payout_id)
    if row.way is PayoutWay.BY_HAND or row.not_before_at > uow.now:
        return None
    if row.status is PayoutStatus.APPROVED:
        _move(uow, row, PayoutStatus.PAYING, "")
    if row.status is not PayoutStatus.PAYING:
        return None
    row.tries += 1
    uow.session.flush()
    return queries.order_of(uow.session, payout_id)


def record(uow: UnitOfWork, payout_id: UUID, state: WayState) -> PayoutCard:
    """Write down what a way of paying says, with its journal. Safe to repeat and in any order. Raises NotFound."""
    uow.require(Permission.PAYOUTS_EXECUTE)
    row = _locked(uow, payout_id)
    row.provider_ref = state.ref or row.provider_ref
    if state.status is PayoutStatus.RETURNED and row.status is PayoutStatus.PAYING:
        _move(uow, row, PayoutStatus.PAID, "")  # it must have arrived to come back
    if state.status in MOVES[row.status]:
        _move(uow, row, state.status, state.reason)
    uow.session.flush()
    return queries.get_payout(uow.session, payout_id)


def note_refusal(uow: UnitOfWork, account_no: str) -> bool:
    """The bank of a leader's account at the provider refused her money, which lies there: she is told.

    Nothing is owed anew, for the money has left us. False for an account that no leader uses now.
    """
    uow.require(Permission.PAYOUTS_EXECUTE)
    now_used = (DetailsRow.way == PayoutWay.STRIPE) & DetailsRow.until_at.is_(None)
    payee_id = uow.session.scalar(select(DetailsRow.payee_id).where(now_used, DetailsRow.account_no == account_no))
    if payee_id is None:
        return False
    told = BankRefused(new_id(), payee_id, rules.masked(account_no))
    uow.audit("payouts.bank_refused", payee_id, None, {"account_no": told.account})
    uow.emit(told)
    return True


def take_due(uow: UnitOfWork, limit: int) -> list[tuple[UUID, PayoutWay]]:
    """Up to `limit` payouts to send or to ask about; their next look is put off, so two workers never take one."""
    uow.require(Permission.PAYOUTS_EXECUTE)
    rows = uow.session.scalars(
        select(Payout)
        .where(
            Payout.status.in_([PayoutStatus.APPROVED, PayoutStatus.PAYING]), Payout.way != PayoutWay.BY_HAND,
            Payout.next_look_at <= uow.now, Payout.not_before_at <= uow.now,
        )
        .order_by(Payout.next_look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    for row in rows:
        row.next_look_at = rules.next_look(max(row.asked_at, row.not_before_at), uow.now)
    return [(row.id, row.way) for row in rows]


def _locked(uow: UnitOfWork, payout_id: UUID) -> Payout:
    """A payout's row, held to the end of the transaction; raises NotFound."""
    row = uow.session.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("payout")
    return row


def _person(uow: UnitOfWork) -> UUID:
    """The person who acts: two approvals are told apart by people, so programs cannot approve."""
    if uow.actor.id is None:
        raise NotFound("account")
    return uow.actor.id


def _claim(uow: UnitOfWork, payout_id: UUID, key: str, told: list[Any]) -> UUID | None:
    wanted = IdempotencyKey(
        account_id=uow.actor.id, action="payouts.ask", key=key, fingerprint=idempotency.fingerprint(told),
        result_id=payout_id, at=uow.now,
    )  # fmt: skip
    return idempotency.claim(uow.session, wanted)


def _row(uow: UnitOfWork, payout_id: UUID, hub: Hub, wish: tuple[UUID, int], details: DetailsCard | None) -> Payout:
    """A payout that nobody has approved; the caller says whose it is, and holds the payee's balance.

    What the payee asked for within a day counts as one sum for the second person, so splitting does not avoid her.
    """
    usable: datetime = details.usable_at if details else uow.now
    payee_id, amount_cents = wish
    lately = queries.asked_cents(uow.session, payee_id, hub.currency, uow.now - rules.ONE_SUM)
    day = uow.now.astimezone(ZoneInfo(hub.timezone))
    return Payout(
        id=payout_id, no=rules.payout_no(payout_id, f"{day:%y%m%d}"), amount_cents=amount_cents,
        details_id=details.id if details else None, status=PayoutStatus.ASKED, asked_at=uow.now,
        not_before_at=max(uow.now, usable), first_by=None,
        needs_two=rules.needs_two(queries.policy_of(uow.session, hub.id), lately + amount_cents),
        second_by=None, reason="", tries=0, next_look_at=max(uow.now, usable),
    )  # fmt: skip


def _begin(uow: UnitOfWork, row: Payout, cash_cents: int = 0) -> PayoutCard:
    uow.session.add(row)
    uow.session.flush()
    books.asked(uow, row, cash_cents)
    uow.audit("payouts.ask", row.id, None, {"no": row.no, "payee": row.payee_name, "amount_cents": row.amount_cents,
                                            "fee_cents": row.fee_cents, "way": row.way.value})  # fmt: skip
    _step(uow, row, "")
    return queries.get_payout(uow.session, row.id)


def _move(uow: UnitOfWork, row: Payout, status: PayoutStatus, reason: str) -> None:
    """Change the status, with everything that belongs to it: timeline, audit and journal."""
    check_move("payout", MOVES, row.status, status)
    before, row.status = row.status, status
    row.reason = reason or row.reason
    uow.audit("payouts.move", row.id, {"status": before.value}, {"status": status.value, "reason": reason})
    _step(uow, row, reason)
    if status is PayoutStatus.PAID:
        books.paid(uow, row)
    elif status in UNDONE:
        books.undone(uow, row)
    else:
        return
    row.settled_at = uow.now
    if row.payee_kind is PayeeKind.LEADER:
        cents = row.amount_cents - (row.fee_cents if status is PayoutStatus.PAID else 0)
        uow.emit(WithdrawalEnded(row.id, row.payee_id, row.no, status.value, cents, row.currency, reason))


def _step(uow: UnitOfWork, row: Payout, note: str) -> None:
    uow.session.flush()
    uow.session.add(
        PayoutEvent(payout_id=row.id, status=row.status, at=uow.now, by_name=uow.actor.name, note=note)
    )  # fmt: skip


def _defer(uow: UnitOfWork, row: Payout) -> None:
    """Send it soon; the poller does too, and whatever waits for its time is the poller's."""
    if row.way is not PayoutWay.BY_HAND and row.not_before_at <= uow.now:
        uow.defer(Job("execute_payout", {"payout_id": str(row.id)}, lock=f"payout:{row.id}"))
