"""Documents as workbooks: one as it looks on paper, many as one table; no cell is ever a formula."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from app.documents.layout import Blank, Cell, Document, Fact, Note, Rate, Signed, Stamp, Table
from app.documents.pages import version_of, when_of
from app.documents.words import Words
from app.infra.tables import BOOK_OPTIONS, Looked, Looks, Widths, foot, page, write_cell, write_xlsx


def one_book(document: Document, words: Words, mark: str = "") -> bytes:
    """A workbook of one document: title and facts above, then its tables with their totals; `mark` on every page.

    Printed pages repeat the headings of the last table, which is the long one, and say which of how many they are.
    """
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(document.title.split(" · ")[0][:31])
        plain, bold = Looks.of(book, "#,##0.00"), Looks.of(book, "#,##0.00", bold=True)
        page(sheet, _widest(document))
        foot(book, sheet, _foot(document.stamp, version_of(document, words), words), mark)
        widths, headings = Widths(), 0
        last = [_Row((mark,))] if mark else []
        for number, row in enumerate([*_rows(document, words), *last]):
            headings = number if row.is_heading else headings
            for column, value in enumerate(row.cells):
                write_cell(sheet, (number, column), value, bold if row.is_bold else plain)
                if row.is_wide or column == 0 < len(row.cells) - 1:  # else it may run on over its neighbours
                    widths.note(column, value)
        sheet.repeat_rows(headings)
        widths.set(sheet)
    return sink.getvalue()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row from top to bottom; those of tables are wide: columns are as broad as what stands in them."""

    cells: tuple[object, ...]
    is_bold: bool = False
    is_wide: bool = False
    is_heading: bool = False


def _foot(stamp: Stamp, version: str, words: Words) -> tuple[str, str]:
    """What a printed page of a workbook says on its left and in its middle, as the paper does."""
    parts = (version, when_of(stamp, words))
    return " · ".join(filter(None, (stamp.hub, stamp.round))), " · ".join(filter(None, parts))


def common_book(documents: Sequence[Document], words: Words, mark: str = "") -> bytes:
    """A workbook of many documents: their main tables' rows below one another, each with what names its document."""
    first = next((document for document in documents if document.table()), None)
    table = first.table() if first else None
    if first is None or table is None:
        return write_xlsx("Linli", (), ())
    filled = [at for at, column in enumerate(table.columns) if column.label and not _is_blank(documents, at)]
    columns = [fact.label for fact in first.keys] + [table.columns[at].label for at in filled]
    rows = _common_rows(documents, columns, filled)
    return write_xlsx(first.title.split(" · ")[0], columns, rows, mark, _foot(first.stamp, first.plan, words))


def _common_rows(
    documents: Sequence[Document], columns: list[str], filled: list[int]
) -> Iterator[Mapping[str, object]]:
    for document in documents:
        table = document.table()
        for row in table.rows if table else ():
            values: list[object] = [fact.value for fact in document.keys]
            values += [_value(row[at]) for at in filled]
            yield dict(zip(columns, values, strict=True))


def _is_blank(documents: Sequence[Document], at: int) -> bool:
    """Whether a column is filled in by hand in every row."""
    tables = [table for document in documents if (table := document.table())]
    return all(isinstance(row[at], Blank) for table in tables for row in table.rows)


def _widest(document: Document) -> int:
    return max((len(block.columns) for block in document.blocks if isinstance(block, Table)), default=1)


def _rows(document: Document, words: Words) -> Iterator[_Row]:
    """Every row from top to bottom; what the facts say already is not said again."""
    yield _Row((document.title,), is_bold=True)
    yield _Row((document.name,), is_bold=True)
    yield _Row((document.number,))
    for fact in (*document.facts, *_of_stamp(document, words)):
        yield _Row((fact.label, fact.value))
    for block in document.blocks:
        yield _Row(())
        if isinstance(block, Note):
            yield _Row((block.text,))
            continue
        if block.heading:
            yield _Row((block.heading,), is_bold=True)
        yield _Row(tuple(column.label for column in block.columns), is_bold=True, is_wide=True, is_heading=True)
        for row in block.rows:
            yield _Row(tuple(map(_value, row)), is_wide=True)
        if block.totals:
            yield _Row(tuple(map(_value, block.totals)), is_bold=True, is_wide=True)


def _of_stamp(document: Document, words: Words) -> Iterator[Fact]:
    _, stamp = words.gettext, document.stamp
    known = {fact.value for fact in document.facts} | {""}
    more = [Fact(_("Hub"), stamp.hub), Fact(_("Round"), stamp.round)]
    more += [] if stamp.is_issued else [Fact(_("Printed"), stamp.printed)]
    yield from (fact for fact in more if fact.value not in known)
    yield Fact(_("Version"), version_of(document, words))


def _value(cell: Cell) -> object:
    if isinstance(cell, Signed):
        return Looked(cell.qty, "+#,##0;-#,##0;0")
    if isinstance(cell, Rate):
        return Looked(cell.bps / 10_000, "0.0#%")
    return None if isinstance(cell, Blank) else cell
