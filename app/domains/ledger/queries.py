"""Reads of the ledger room."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, text, union_all
from sqlalchemy.orm import Session

from app.domains.ledger.models import BalanceMark, Held, Journal, Period, PeriodSum, PostingRow
from app.domains.ledger.values import (
    Balance,
    Horizon,
    JournalCard,
    JournalFilter,
    JournalKind,
    LedgerAccount,
    PeriodCard,
    PeriodSumCard,
    Posting,
)
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def balances(
    session: Session, account: LedgerAccount | None = None, owner_id: UUID | None = None, hub_id: UUID | None = None
) -> list[Balance]:
    """Sums per account, owner and currency, debit positive; accounts that were never used are absent.

    What the newest checkpoint holds and the postings above it, read in one statement, so no posting counts twice or
    not at all whatever is posted meanwhile.
    """
    equal = {"account": account, "owner_id": owner_id, "hub_id": hub_id}
    given = {name: value for name, value in equal.items() if value is not None}
    held = select(Held.account, Held.owner_id, Held.currency, Held.amount_cents).where(
        *(getattr(Held, name) == value for name, value in given.items())
    )
    mark = select(func.coalesce(func.max(BalanceMark.upto_id), 0)).scalar_subquery()
    since = select(PostingRow.account, PostingRow.owner_id, _of_journal("currency"), PostingRow.amount_cents).where(
        PostingRow.id > mark,
        *(
            (_of_journal(name) if name == "hub_id" else getattr(PostingRow, name)) == value
            for name, value in given.items()
        ),
    )
    both = union_all(held, since).subquery()
    query = (
        select(both.c.account, both.c.owner_id, both.c.currency, func.sum(both.c.amount_cents))
        .group_by(both.c.account, both.c.owner_id, both.c.currency)
        .order_by(both.c.account, both.c.currency, both.c.owner_id)
    )
    return [
        Balance(account=row[0], owner_id=row[1], currency=row[2], amount_cents=int(row[3]))
        for row in session.execute(query)
    ]


def _of_journal(name: str) -> ColumnElement[Any]:
    """A column of a posting's journal, looked up posting by posting: above the mark there are few.

    A join would read all journals, for the planner cannot know the mark.
    """
    wanted = select(getattr(Journal, name)).where(Journal.id == PostingRow.journal_id)
    return wanted.correlate(PostingRow).scalar_subquery().label(name)


def checkpoint(session: Session) -> int:
    """The posting up to which balances are added up; 0 before the first checkpoint."""
    return session.scalar(select(func.max(BalanceMark.upto_id))) or 0


def is_settled(session: Session, horizon: Horizon) -> bool:
    """Whether every transaction that could still show a posting below the horizon has ended.

    Transactions get their numbers in order, and a posting gets its id after its transaction has a number: so below the
    horizon's posting nothing can appear once all numbers below the horizon's own are done.
    """
    oldest = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
    return int(session.execute(oldest).scalar_one()) > horizon.xid


def get_journal(session: Session, journal_id: UUID) -> JournalCard:
    """One journal with its sides; raises NotFound."""
    found = session.get(Journal, journal_id)
    if found is None:
        raise NotFound("journal")
    return _card(found, _sides(session, [found.id])[found.id])


def answers_to(session: Session, journal_id: UUID) -> list[JournalCard]:
    """The journals that reverse or correct a journal."""
    wanted = select(Journal).where(
        Journal.cause_id == journal_id, Journal.kind.in_([JournalKind.REVERSED, JournalKind.CORRECTED])
    )
    found = session.scalars(wanted.order_by(Journal.id)).all()
    sides = _sides(session, [row.id for row in found])
    return [_card(row, sides[row.id]) for row in found]


def periods(session: Session, hub_id: UUID) -> list[PeriodCard]:
    """The closed months of a hub, newest first."""
    rows = session.scalars(select(Period).where(Period.hub_id == hub_id).order_by(Period.month.desc()))
    return [_period(row) for row in rows]


def get_period(session: Session, period_id: UUID) -> PeriodCard:
    """One closed month; raises NotFound."""
    found = session.get(Period, period_id)
    if found is None:
        raise NotFound("period")
    return _period(found)


def period_sums(session: Session, period_id: UUID) -> list[PeriodSumCard]:
    """The accounts of a closed month."""
    rows = session.scalars(
        select(PeriodSum).where(PeriodSum.period_id == period_id).order_by(PeriodSum.currency, PeriodSum.account)
    )
    return [
        PeriodSumCard(
            account=row.account, currency=row.currency, opening_cents=row.opening_cents, moved_cents=row.moved_cents
        )
        for row in rows
    ]


def first_journal_at(session: Session, hub_id: UUID) -> datetime | None:
    """When a hub's first journal was posted."""
    return session.scalar(select(func.min(Journal.at)).where(Journal.hub_id == hub_id))


def _period(row: Period) -> PeriodCard:
    return PeriodCard(**{name: getattr(row, name) for name in PeriodCard.__dataclass_fields__})


def journals(session: Session, wanted: JournalFilter, ask: PageAsk) -> Page[JournalCard]:
    """Journals with their postings, newest first; two statements a page."""
    query = select(Journal).where(*_conditions(wanted)).order_by(Journal.id.desc()).limit(ask.limit + 1)
    if ask.after is not None:
        query = query.where(Journal.id < ask.after)
    found = session.scalars(query).all()
    sides = _sides(session, [journal.id for journal in found])
    cards = [_card(row, sides[row.id]) for row in found]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def _card(row: Journal, sides: Sequence[Posting]) -> JournalCard:
    return JournalCard(
        id=row.id, kind=row.kind, cause_id=row.cause_id, hub_id=row.hub_id, currency=row.currency, at=row.at,
        note=row.note, postings=tuple(sides),
    )  # fmt: skip


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
