"""Commission by line: whatever happened to a line, its entries add up to f(net picked-up value)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Uuid

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.settlement import queries, rules
from app.domains.settlement.models import CommissionEntry
from app.domains.settlement.values import Change, EntryKind, LineEarning, Releasable
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

#: Held to the end of the transaction and taken in one order, so that a pickup and a claim of one line see each other.
_LOCK = text(
    """
    SELECT count(pg_advisory_xact_lock(hashtextextended('commission ' || id, 0)))
    FROM (SELECT CAST(id AS text) AS id FROM unnest(:ids) AS line(id) ORDER BY 1) AS sorted
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
_RELEASE = text(
    """
    UPDATE settlement_commission_entry e SET released_at = :now, release_id = r.release_id
    FROM unnest(CAST(:entries AS uuid[]), CAST(:releases AS uuid[])) AS r (entry_id, release_id)
    WHERE e.id = r.entry_id
    """
)


def accrue_lines(uow: UnitOfWork, cause_id: UUID, line_ids: Collection[UUID]) -> int:
    """Bring the commission of lines up to date after a pickup or a claim; returns how many entries were posted.

    Reads what was handed out and given back after it holds the lines, so it may run beside other pickups and claims.
    May be repeated. A constant number of statements whatever the number of lines.
    """
    uow.require(Permission.SETTLEMENT_ACCRUE)
    hold_lines(uow, line_ids)
    return _accrue(uow, cause_id, queries.line_earnings(uow.session, line_ids))


def _accrue(uow: UnitOfWork, cause_id: UUID, lines: Sequence[LineEarning]) -> int:
    """Post for each line the difference between what it earns now and what its entries add up to.

    It is frozen until the time to complain ends; what is taken back of a line that is available goes from there.
    One cause changes a line at most once; repeating changes nothing. Each entry has its journal in this transaction:
    commission against what the leader is owed. Returns how many entries were posted.
    """
    if not lines:
        return 0
    ids = [line.order_line_id for line in lines]
    before = queries.posted(uow.session, ids)
    wanted = {
        new_id(): (line, change)
        for line in lines
        for posted in (before[line.order_line_id],)
        if (change := rules.change(line, posted.amount_cents, posted.net_cents))
    }
    if not wanted:
        return 0
    available = {
        entry_id for entry_id, (line, change) in wanted.items()
        if change.kind is EntryKind.REVERSAL and not before[line.order_line_id].is_frozen
    }  # fmt: skip
    adding = insert(CommissionEntry).on_conflict_do_nothing(index_elements=["order_line_id", "cause_id"])
    rows = [
        {
            "id": entry_id, "leader_id": line.leader_id, "hub_id": line.hub_id, "currency": line.currency,
            "order_id": line.order_id, "order_line_id": line.order_line_id,
            "group_buy_id": before[line.order_line_id].group_buy_id, "cause_id": cause_id, "kind": change.kind,
            "amount_cents": change.amount_cents, "net_cents": change.net_cents,
            "commission_bps": line.commission_bps, "at": uow.now, "frozen_until": rules.frozen_until(line, uow.now),
            "released_at": uow.now if entry_id in available else None,
        }
        for entry_id, (line, change) in wanted.items()
    ]  # fmt: skip
    fresh = list(uow.session.scalars(adding.returning(CommissionEntry.id), rows))
    posted = [
        _journal(entry_id, *wanted[entry_id], LedgerAccount.LEADER_PAYABLE if entry_id in available
                 else LedgerAccount.LEADER_FROZEN)
        for entry_id in fresh if wanted[entry_id][1].amount_cents
    ]  # fmt: skip
    journals.post_many(uow, posted)
    return len(fresh)


def hold_lines(uow: UnitOfWork, line_ids: Collection[UUID]) -> None:
    """Let nobody else change what some lines earn, or are taxed, until the transaction ends."""
    uow.require(Permission.SETTLEMENT_ACCRUE)
    uow.session.execute(_LOCK, {"ids": list(line_ids)})


def release_due(uow: UnitOfWork, limit: int = 500) -> int:
    """Make commission of up to `limit` lines available whose time to complain is over; returns how many lines.

    A line about which a claim is still open waits for its decision, and so does one of which more was fetched just now.
    One journal a leader, a constant number of statements; repeating finds nothing.
    """
    uow.require(Permission.SETTLEMENT_ACCRUE)
    found = queries.lines_to_release(uow.session, uow.now, limit)
    if not found:
        return 0
    hold_lines(uow, found)
    due = queries.lines_to_release(uow.session, uow.now, limit, found)
    releases = {new_id(): one for one in queries.frozen_by_leader(uow.session, due)}
    uow.session.execute(
        _RELEASE,
        {
            "now": uow.now,
            "entries": [entry_id for one in releases.values() for entry_id in one.entry_ids],
            "releases": [release_id for release_id, one in releases.items() for _ in one.entry_ids],
        },
    )
    journals.post_many(uow, [_release(release_id, one) for release_id, one in releases.items() if one.amount_cents])
    return len(found)


def _release(release_id: UUID, one: Releasable) -> PostJournal:
    return PostJournal(
        kind=JournalKind.COMMISSION_RELEASED, cause_id=release_id, hub_id=one.hub_id, currency=one.currency,
        postings=(
            Posting(LedgerAccount.LEADER_FROZEN, one.amount_cents, one.leader_id),
            Posting(LedgerAccount.LEADER_PAYABLE, -one.amount_cents, one.leader_id),
        ),
    )  # fmt: skip


def _journal(entry_id: UUID, line: LineEarning, change: Change, account: LedgerAccount) -> PostJournal:
    return PostJournal(
        kind=JournalKind.COMMISSION_CHANGED, cause_id=entry_id, hub_id=line.hub_id, currency=line.currency,
        postings=(
            Posting(LedgerAccount.COMMISSION, change.amount_cents, line.leader_id),
            Posting(account, -change.amount_cents, line.leader_id),
        ),
    )  # fmt: skip
