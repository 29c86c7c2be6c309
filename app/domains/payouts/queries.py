"""Reads of the payouts room; nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.payouts import rules
from app.domains.payouts.models import BankAnswer, Batch, DetailsRow, Payout, PayoutEvent, PolicyRow
from app.domains.payouts.values import (
    PAYABLE,
    UNDER_WAY,
    UNDONE,
    BatchCard,
    DetailsCard,
    EventCard,
    Order,
    PayeeKind,
    PayoutCard,
    PayoutFilter,
    PayoutStatus,
    PayoutWay,
    Policy,
)
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def policy_of(session: Session, hub_id: UUID) -> Policy:
    """A hub's rules of withdrawing; the usual ones where it has none of its own."""
    row = session.get(PolicyRow, hub_id)
    if row is None:
        return Policy()
    return Policy(
        min_cents=row.min_cents, fee_cents=row.fee_cents, second_above_cents=row.second_above_cents,
        cooldown_hours=row.cooldown_hours,
    )  # fmt: skip


def available_cents(session: Session, kind: PayeeKind, payee_id: UUID, hub_id: UUID | None, currency: str) -> int:
    """What can be paid out now, in one currency: what the ledger owes the payee, less what is ours in her hands.

    For a leader that is the cash that she took for us; her frozen commission stands on another account, and her open
    withdrawals left this one when she asked. For a supplier it is her open payments; for a hub also the losses it
    answers for. Negative when the payee owes us. A payment that arrives meanwhile is taken off twice rather than never:
    what is under way is read before the balance that it lowers.
    """
    under_way = 0 if kind is PayeeKind.LEADER else under_way_cents(session, payee_id, hub_id, currency)
    found = ledger.balances(session, PAYABLE[kind], payee_id, hub_id)
    owed = -sum(balance.amount_cents for balance in found if balance.currency == currency)
    if kind is PayeeKind.LEADER:
        return owed - cash_cents(session, payee_id, currency)
    if kind is PayeeKind.HUB:
        lost = ledger.balances(session, LedgerAccount.HUB_LOSS, payee_id, hub_id)
        owed -= sum(balance.amount_cents for balance in lost if balance.currency == currency)
    return owed - under_way


def cash_cents(session: Session, leader_id: UUID, currency: str) -> int:
    """Cash of ours in a leader's hands, not settled yet."""
    found = ledger.balances(session, LedgerAccount.LEADER_CASH, leader_id)
    return sum(balance.amount_cents for balance in found if balance.currency == currency)


def under_way_cents(session: Session, payee_id: UUID, hub_id: UUID | None, currency: str) -> int:
    """What is asked for and has not arrived yet."""
    wanted = select(func.coalesce(func.sum(Payout.amount_cents), 0)).where(
        Payout.payee_id == payee_id, Payout.currency == currency, Payout.status.in_(UNDER_WAY)
    )
    if hub_id is not None:
        wanted = wanted.where(Payout.hub_id == hub_id)
    return int(session.scalar(wanted) or 0)


def asked_cents(session: Session, payee_id: UUID, currency: str, since: datetime) -> int:
    """What was asked for a payee since an instant and was not undone."""
    wanted = select(func.coalesce(func.sum(Payout.amount_cents), 0)).where(
        Payout.payee_id == payee_id, Payout.currency == currency, Payout.asked_at > since, Payout.status.not_in(UNDONE)
    )
    return int(session.scalar(wanted) or 0)


def details_of(session: Session, payee_id: UUID) -> DetailsCard | None:
    """Where a payee's money goes now, masked; None when she has not said."""
    row = session.scalar(select(DetailsRow).where(DetailsRow.payee_id == payee_id, DetailsRow.until_at.is_(None)))
    if row is None:
        return None
    return DetailsCard(
        id=row.id, way=row.way, holder=row.holder, bank_name=row.bank_name, masked_no=rules.masked(row.account_no),
        changed_at=row.from_at, usable_at=row.usable_at,
    )  # fmt: skip


def get_details(session: Session, payee_id: UUID) -> DetailsCard:
    """Where a payee's money goes now; raises NotFound when she has not said."""
    card = details_of(session, payee_id)
    if card is None:
        raise NotFound("payout_details")
    return card


def payouts(session: Session, wanted: PayoutFilter, ask: PageAsk) -> Page[PayoutCard]:
    """Payouts, newest first."""
    query = _cards(*_conditions(wanted)).order_by(Payout.id.desc()).limit(ask.limit + 1)
    if ask.after is not None:
        query = query.where(Payout.id < ask.after)
    rows = [_card(row) for row in session.execute(query)]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def counts(session: Session, hub_id: UUID | None) -> dict[PayoutStatus, tuple[int, int]]:
    """How many payouts are under way in each status, and how much money that is."""
    query = (
        select(Payout.status, func.count(Payout.id), func.sum(Payout.amount_cents))
        .where(Payout.status.in_(UNDER_WAY))
        .group_by(Payout.status)
    )
    if hub_id is not None:
        query = query.where(Payout.hub_id == hub_id)
    return {status: (many, int(cents)) for status, many, cents in session.execute(query)}


def count_returned(session: Session, since: datetime, hub_id: UUID | None) -> int:
    """How many payouts came back since an instant."""
    wanted = select(func.count(Payout.id)).where(Payout.status == PayoutStatus.RETURNED, Payout.settled_at >= since)
    if hub_id is not None:
        wanted = wanted.where(Payout.hub_id == hub_id)
    return session.scalar(wanted) or 0


def get_payout(session: Session, payout_id: UUID) -> PayoutCard:
    """One payout; raises NotFound. Callers compare the payee."""
    row = session.execute(_cards(Payout.id == payout_id)).first()
    if row is None:
        raise NotFound("payout")
    return _card(row)


def events_of(session: Session, payout_id: UUID) -> list[EventCard]:
    """The steps of a payout, oldest first."""
    rows = session.scalars(select(PayoutEvent).where(PayoutEvent.payout_id == payout_id).order_by(PayoutEvent.id))
    return [EventCard(status=row.status, at=row.at, by_name=row.by_name, note=row.note) for row in rows]


def order_of(session: Session, payout_id: UUID) -> Order:
    """What the way of paying is told of a payout; raises NotFound."""
    row = session.execute(
        select(
            Payout.id, Payout.no, Payout.amount_cents, Payout.fee_cents, Payout.currency, Payout.provider_ref,
            Payout.tries, func.coalesce(DetailsRow.account_no, "").label("account_no"),
        )
        .outerjoin(DetailsRow, DetailsRow.id == Payout.details_id)
        .where(Payout.id == payout_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound("payout")
    return Order(
        key=str(row.id), no=row.no, payout_id=row.id, amount_cents=row.amount_cents - row.fee_cents,
        currency=row.currency, account_no=row.account_no, ref=row.provider_ref, tries=row.tries,
    )  # fmt: skip


def batches(session: Session, hub_id: UUID | None, ask: PageAsk) -> Page[BatchCard]:
    """Files for the bank, newest first."""
    query = _batches().order_by(Batch.id.desc()).limit(ask.limit + 1)
    if hub_id is not None:
        query = query.where(Batch.hub_id == hub_id)
    if ask.after is not None:
        query = query.where(Batch.id < ask.after)
    rows = [BatchCard(**row) for row in session.execute(query).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def waiting_for_file(session: Session, hub_id: UUID | None) -> tuple[int, int]:
    """How many payouts wait for the next file of the bank, and how much will arrive by it."""
    many, cents = session.execute(
        select(func.count(Payout.id), func.coalesce(func.sum(Payout.amount_cents - Payout.fee_cents), 0)).where(
            Payout.hub_id == hub_id, Payout.way == PayoutWay.BANK_FILE, Payout.status == PayoutStatus.PAYING,
            Payout.batch_id.is_(None),
        )
    ).one()  # fmt: skip
    return int(many), int(cents)


def get_batch(session: Session, batch_id: UUID) -> BatchCard:
    """One file for the bank; raises NotFound."""
    row = session.execute(_batches().where(Batch.id == batch_id)).mappings().first()
    if row is None:
        raise NotFound("batch")
    return BatchCard(**row)


def content_of(session: Session, batch_id: UUID) -> bytes:
    """The very bytes of a file for the bank; raises NotFound."""
    content = session.scalar(select(Batch.content).where(Batch.id == batch_id))
    if content is None:
        raise NotFound("batch")
    return content


def answer_of(session: Session, payout_id: UUID) -> BankAnswer | None:
    """What the bank said of a payout in a file."""
    return session.get(BankAnswer, payout_id)


def _conditions(wanted: PayoutFilter) -> Sequence[ColumnElement[bool]]:
    equal = {
        Payout.hub_id: wanted.hub_id, Payout.payee_id: wanted.payee_id, Payout.payee_kind: wanted.payee_kind,
        Payout.status: wanted.status, Payout.batch_id: wanted.batch_id,
    }  # fmt: skip
    return [column == value for column, value in equal.items() if value is not None]


def _cards(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Payout, DetailsRow.holder, DetailsRow.bank_name, DetailsRow.account_no)
        .outerjoin(DetailsRow, DetailsRow.id == Payout.details_id)
        .where(*conditions)
    )


def _card(found: Any) -> PayoutCard:
    row, holder, bank_name, account_no = found
    return PayoutCard(
        id=row.id, no=row.no, payee_kind=row.payee_kind, payee_id=row.payee_id, payee_name=row.payee_name,
        hub_id=row.hub_id, currency=row.currency, amount_cents=row.amount_cents, fee_cents=row.fee_cents,
        way=row.way, status=row.status, holder=holder or "", bank_name=bank_name or "",
        masked_no=rules.masked(account_no or ""), asked_at=row.asked_at, not_before_at=row.not_before_at,
        first_by=row.first_by, second_by=row.second_by, needs_two=row.needs_two, reason=row.reason,
        provider_ref=row.provider_ref, batch_id=row.batch_id, settled_at=row.settled_at, tries=row.tries,
    )  # fmt: skip


def _batches() -> Select[*tuple[Any, ...]]:
    waiting = (
        select(func.count(Payout.id))
        .where(Payout.batch_id == Batch.id, Payout.status == PayoutStatus.PAYING)
        .scalar_subquery()
    )
    return select(
        Batch.id, Batch.no, Batch.hub_id, Batch.currency, Batch.count, Batch.total_cents, Batch.sha256, Batch.made_at,
        Batch.made_by, waiting.label("open"),
    )  # fmt: skip
