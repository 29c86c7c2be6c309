"""Journals for tests."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.reconciliation.service import comparing
from app.kernel.ids import new_id

#: A hub of the tests that need no hub's row.
HUB = UUID("01930000-0000-7000-8000-00000000f00d")


def make_journal(
    amount_cents: int = 1_000,
    kind: JournalKind = JournalKind.PAYMENT_CAPTURED,
    cause_id: UUID | None = None,
    hub_id: UUID = HUB,
) -> PostJournal:
    """A captured payment, or whatever `kind` says, between clearing and deferred sales."""
    return PostJournal(
        kind=kind,
        cause_id=cause_id or new_id(),
        hub_id=hub_id,
        currency="CNY",
        postings=(
            Posting(LedgerAccount.PROVIDER_CLEARING, amount_cents, hub_id),
            Posting(LedgerAccount.DEFERRED_SALES, -amount_cents, hub_id),
        ),
    )


def make_compared(run: Callable[..., Any], first: date, last: date) -> None:
    """Days that were compared with what is known of the provider's books, both ends too."""
    for ahead in range((last - first).days + 1):
        run(comparing.compare, first + timedelta(days=ahead))
