"""The tax in what was handed out: over a line's entries it adds up to the tax in its net value, whatever happened."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.settlement import queries
from app.domains.settlement.models import TaxEntry
from app.domains.settlement.values import LineTax
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id
from app.kernel.money import tax_in


def book_lines(uow: UnitOfWork, cause_id: UUID, line_ids: Collection[UUID]) -> int:
    """Bring the tax of lines up to date after a hand-out or a refund of what was handed out; how many entries.

    Tax is due when goods are handed out, at the rate that the line has kept; what is given back takes its tax with it.
    Always the difference of two totals, so nothing drifts. Each entry has its journal: tax against sales, or against
    refunds. Lines without a rate cost one statement. May be repeated. The caller holds the lines
    (`commission.accrue_lines`, `commission.hold_lines`).
    """
    uow.require(Permission.SETTLEMENT_ACCRUE)
    wanted = {
        new_id(): (line, cents)
        for line in queries.line_taxes(uow.session, line_ids)
        if (cents := tax_in(line.net_cents, line.tax_bps) - line.booked_cents)
    }
    if not wanted:
        return 0
    rows = [
        {
            "id": entry_id, "order_line_id": line.order_line_id, "cause_id": cause_id, "hub_id": line.hub_id,
            "currency": line.currency, "tax_bps": line.tax_bps, "amount_cents": cents, "at": uow.now,
        }
        for entry_id, (line, cents) in wanted.items()
    ]  # fmt: skip
    adding = insert(TaxEntry).on_conflict_do_nothing(index_elements=["order_line_id", "cause_id"])
    fresh = list(uow.session.scalars(adding.returning(TaxEntry.id), rows))
    journals.post_many(uow, [_journal(entry_id, *wanted[entry_id]) for entry_id in fresh])
    return len(fresh)


def _journal(entry_id: UUID, line: LineTax, cents: int) -> PostJournal:
    against = LedgerAccount.SALES if cents > 0 else LedgerAccount.REFUNDS
    return PostJournal(
        kind=JournalKind.TAX_BOOKED, cause_id=entry_id, hub_id=line.hub_id, currency=line.currency,
        postings=(Posting(against, cents), Posting(LedgerAccount.TAX, -cents)),
    )  # fmt: skip
