"""Reads of the ledger room."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import Balance, JournalCard, JournalFilter, LedgerAccount, Posting
from app.kernel.paging import Page, PageAsk, page_of


def balances(
    session: Session, account: LedgerAccount | None = None, owner_id: UUID | None = None, hub_id: UUID | None = None
) -> list[Balance]:
    """Sums per account, owner and currency, debit positive; accounts that were never used are absent."""
    query = (
        select(PostingRow.account, PostingRow.owner_id, Journal.currency, func.sum(PostingRow.amount_cents))
        .join(Journal, Journal.id == PostingRow.journal_id)
        .group_by(PostingRow.account, PostingRow.owner_id, Journal.currency)
        .order_by(PostingRow.account, Journal.currency, PostingRow.owner_id)
    )
    if account is not None:
        query = query.where(PostingRow.account == account)
    if owner_id is not None:
        query = query.where(PostingRow.owner_id == owner_id)
    if hub_id is not None:
        query = query.where(Journal.hub_id == hub_id)
    return [
        Balance(account=row[0], owner_id=row[1], currency=row[2], amount_cents=int(row[3]))
        for row in session.execute(query)
    ]


def journals(session: Session, wanted: JournalFilter, ask: PageAsk) -> Page[JournalCard]:
    """Journals with their postings, newest first; two statements a page."""
    query = select(Journal).where(*_conditions(wanted)).order_by(Journal.id.desc()).limit(ask.limit + 1)
    if ask.after is not None:
        query = query.where(Journal.id < ask.after)
    found = session.scalars(query).all()
    sides = _sides(session, [journal.id for journal in found])
    cards = [
        JournalCard(
            id=row.id,
            kind=row.kind,
            cause_id=row.cause_id,
            hub_id=row.hub_id,
            currency=row.currency,
            at=row.at,
            postings=tuple(sides[row.id]),
        )
        for row in found
    ]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def _conditions(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    equal = {Journal.hub_id: wanted.hub_id, Journal.kind: wanted.kind, Journal.cause_id: wanted.cause_id}
    conditions = [column == value for column, value in equal.items() if value is not None]
    sides = [PostingRow.journal_id == Journal.id]
    if wanted.account is not None:
        sides.append(PostingRow.account == wanted.account)
    if wanted.owner_id is not None:
        sides.append(PostingRow.owner_id == wanted.owner_id)
    if len(sides) > 1:
        conditions.append(exists().where(*sides))
    if wanted.since is not None:
        conditions.append(Journal.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Journal.at < wanted.until)
    return conditions


def _sides(session: Session, journal_ids: Sequence[UUID]) -> dict[UUID, list[Posting]]:
    by_journal: dict[UUID, list[Posting]] = defaultdict(list)
    rows = select(PostingRow).where(PostingRow.journal_id.in_(journal_ids)).order_by(PostingRow.id)
    for side in session.scalars(rows):
        by_journal[side.journal_id].append(Posting(side.account, side.amount_cents, side.owner_id))
    return by_journal
