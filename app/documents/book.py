"""Documents as workbooks: one as it looks on paper, many as one table; no cell is ever a formula."""

import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import xlsxwriter

from app.documents.layout import Blank, Cell, Document, Note, Table
from app.documents.pages import version_of
from app.documents.words import Words
from app.infra.tables import BOOK_OPTIONS, Widths, page, watermark, write_cell, write_xlsx


def one_book(document: Document, words: Words, mark: str = "") -> bytes:
    """A workbook of one document: title and facts above, then its tables with their totals; `mark` on every page."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(document.title.split(" · ")[0][:31])
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        page(sheet, _widest(document))
        watermark(book, sheet, mark)
        widths = Widths()
        last = [((mark,), False)] if mark else []
        for number, (row, is_bold) in enumerate([*_rows(document, words), *last]):
            for column, value in enumerate(row):
                write_cell(sheet, (number, column), value, bold if is_bold else None, money)
                if len(row) > 1:  # a title or a note may run on over its neighbours
                    widths.note(column, value)
        widths.set(sheet)
    return sink.getvalue()


def common_book(documents: Sequence[Document], mark: str = "") -> bytes:
    """A workbook of many documents: their main tables' rows below one another, each with what names its document."""
    first = next((document for document in documents if document.table()), None)
    table = first.table() if first else None
    if first is None or table is None:
        return write_xlsx("Linli", (), ())
    filled = [at for at, column in enumerate(table.columns) if column.label and not _is_blank(documents, at)]
    columns = [fact.label for fact in first.keys] + [table.columns[at].label for at in filled]
    return write_xlsx(first.title.split(" · ")[0], columns, _common_rows(documents, columns, filled), mark)


def _common_rows(
    documents: Sequence[Document], columns: list[str], filled: list[int]
) -> Iterator[Mapping[str, object]]:
    for document in documents:
        table = document.table()
        for row in table.rows if table else ():
            values: list[object] = [fact.value for fact in document.keys]
            values += [None if isinstance(row[at], Blank) else row[at] for at in filled]
            yield dict(zip(columns, values, strict=True))


def _is_blank(documents: Sequence[Document], at: int) -> bool:
    """Whether a column is filled in by hand in every row."""
    tables = [table for document in documents if (table := document.table())]
    return all(isinstance(row[at], Blank) for table in tables for row in table.rows)


def _widest(document: Document) -> int:
    return max((len(block.columns) for block in document.blocks if isinstance(block, Table)), default=1)


def _rows(document: Document, words: Words) -> Iterator[tuple[tuple[object, ...], bool]]:
    """Every row from top to bottom, and whether it is bold."""
    yield (document.title,), True
    yield (document.name,), True
    yield (document.number,), False
    for fact in document.facts:
        yield (fact.label, fact.value), False
    stamp = document.stamp
    yield (words.gettext("Hub"), stamp.hub), False
    yield (words.gettext("Round"), stamp.round), False
    yield (words.gettext("Printed"), stamp.printed), False
    yield (words.gettext("Version"), version_of(document, words)), False
    for block in document.blocks:
        yield (), False
        if isinstance(block, Note):
            yield (block.text,), False
            continue
        if block.heading:
            yield (block.heading,), True
        yield tuple(column.label for column in block.columns), True
        for row in block.rows:
            yield tuple(map(_value, row)), False
        if block.totals:
            yield tuple(map(_value, block.totals)), True


def _value(cell: Cell) -> str | int | Decimal | None:
    return None if isinstance(cell, Blank) else cell
