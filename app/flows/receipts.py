"""Receipts as files, one by one and as a list."""

from decimal import Decimal
from uuid import UUID

from app.documents.catalogue import Form, Kind
from app.documents.kinds import papers as drawn
from app.documents.layout import Document
from app.documents.making import Batch, File, make
from app.domains.receipts import queries
from app.domains.receipts.values import PaperCard, PaperFilter
from app.flows.statement_papers import never
from app.infra.tables import write_csv, write_xlsx
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound
from app.kernel.money import format_cents
from app.kernel.paging import PageAsk

PAPER = Kind("receipt", Permission.RECEIPTS_READ, never, (Form.PDF,))
#: Papers of one exported list.
MOST = 50_000
COLUMNS = ("no", "kind", "issued_at", "order_no", "buyer", "tax_no", "credits", "currency", "total")


def print_own(run: Run, paper_id: UUID, locale: str) -> File:
    """A resident's own paper; raises NotFound for anybody else's."""
    return make(*run(own_paper, paper_id, locale))


def own_paper(uow: UnitOfWork, paper_id: UUID, locale: str) -> tuple[Batch, list[Document]]:
    """A resident's own paper in words. Raises NotFound."""
    uow.require(Permission.RECEIPTS_ASK)
    card = queries.get_paper(uow.session, paper_id)
    if card.resident_id != uow.actor.id:
        raise NotFound("receipt")
    return _described(card, locale)


def print_any(run: Run, paper_id: UUID, locale: str) -> File:
    """Anybody's paper, for HQ."""
    return make(*run(any_paper, paper_id, locale))


def any_paper(uow: UnitOfWork, paper_id: UUID, locale: str) -> tuple[Batch, list[Document]]:
    """Anybody's paper in words. Raises NotFound."""
    uow.require(PAPER.right)
    return _described(queries.get_paper(uow.session, paper_id), locale)


def export(uow: UnitOfWork, wanted: PaperFilter, form: str) -> bytes:
    """The list of papers as CSV or XLSX, newest first; taking it out of the house is noted, for it names buyers."""
    uow.require(Permission.RECEIPTS_READ)
    cards = queries.papers(uow.session, wanted, PageAsk(MOST)).rows
    uow.audit("receipts.export", None, None, {"papers": len(cards), "form": form})
    rows = [_row(card) for card in cards]
    return write_xlsx("receipts", COLUMNS, rows) if form == "xlsx" else write_csv(COLUMNS, rows)


def _row(card: PaperCard) -> dict[str, object]:
    return {
        "no": card.no, "kind": card.kind.value, "issued_at": card.issued_at.isoformat(timespec="seconds"),
        "order_no": card.order_no, "buyer": card.buyer_title, "tax_no": card.facts["buyer"]["tax_no"],
        "credits": card.credits_no or "", "currency": card.currency,
        "total": Decimal(format_cents(card.total_cents, card.currency)),
    }  # fmt: skip


def _described(card: PaperCard, locale: str) -> tuple[Batch, list[Document]]:
    words = drawn.words_of(card, locale)
    return Batch(PAPER, Form.PDF, words, card.issued_at, card.no), [drawn.paper(card, words)]
