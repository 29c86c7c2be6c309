"""Documents on A4 and labels on A6: where everything stands, page by page, before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.documents.canvas import (
    HAIR,
    INK,
    MM_PER_PT,
    MUTED,
    SHADE,
    Area,
    Code,
    Mark,
    Rule,
    Text,
    lines_of,
    shortened,
    width_of,
)
from app.documents.layout import Blank, Cell, Column, Document, Fact, Note, Rate, Signed, Stamp, Table
from app.documents.words import Words

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT, TOP, FOOT = 14.0, 196.0, 13.0, 281.0
BODY, SMALL, LABEL = 9.5, 8.0, 7.5
LINE = 4.7
PAD = 1.3
ROOMY = 9.6
#: How much larger is what people read standing.
LARGE = 1.2
FACTS_IN_A_ROW = 4


@dataclass(slots=True)
class Pages:
    """The pages of one document while they are filled; `y` is where the next thing begins, in millimetres."""

    document: Document
    words: Words
    pages: list[list[Mark]] = field(default_factory=list)
    y: float = 0.0

    def add(self, *marks: Mark) -> None:
        """Put marks on the present page."""
        self.pages[-1].extend(marks)

    def needs(self, height: float) -> bool:
        """Begin a new page unless so many millimetres are left; says whether it did."""
        if self.y + height <= FOOT:
            return False
        self.turn()
        return True

    def turn(self) -> None:
        """Begin a page; all but the first say in one line whose they are."""
        self.pages.append([])
        self.y = TOP
        if len(self.pages) > 1:
            says = self.document
            side = width_of(says.number, SMALL)
            head = shortened(f"{says.title} · {says.name}", RIGHT - LEFT - side - 4, SMALL, "B")
            self.add(
                Text(LEFT, self.y + 3, head, SMALL, "B"), Text(RIGHT - side, self.y + 3, says.number, SMALL),
                Rule(LEFT, self.y + 5, RIGHT, self.y + 5, 0.3, INK),
            )  # fmt: skip
            self.y += 8


def lay_out(document: Document, words: Words) -> list[list[Mark]]:
    """The pages of a document: head, facts, tables with their headings on every page, signatures, foot."""
    pages = Pages(document, words)
    pages.turn()
    _head(pages)
    for block in document.blocks:
        if isinstance(block, Note):
            _note(pages, block)
        else:
            _table(pages, block)
    if document.signs:
        _signs(pages)
    for number, page in enumerate(pages.pages, start=1):
        page.extend(_foot(document, words, number, len(pages.pages)))
    return pages.pages


def _head(pages: Pages) -> None:
    says = pages.document
    wide = RIGHT - LEFT - (28 if says.qr else 0)
    top = pages.y
    pages.add(Text(LEFT, pages.y + 3.4, says.title, 11, "B", MUTED))
    pages.y += 6
    for line in lines_of(says.name, wide, 17, "B"):
        pages.y += 7
        pages.add(Text(LEFT, pages.y - 0.8, line, 17, "B"))
    pages.y += 5
    pages.add(Text(LEFT, pages.y, says.number, BODY, "", MUTED))
    pages.y += 3
    if says.qr:
        pages.add(Code(RIGHT - 24, top - 2, 24, says.qr))
        pages.y = max(pages.y, top + 23)
    _facts(pages)


def _facts(pages: Pages) -> None:
    """Facts side by side, a value in as many lines as it needs."""
    facts, gap = pages.document.facts, 4.0
    wide = (RIGHT - LEFT + gap) / FACTS_IN_A_ROW
    if facts:
        pages.add(Rule(LEFT, pages.y, RIGHT, pages.y, 0.3, INK))
        pages.y += 1.5
    for at in range(0, len(facts), FACTS_IN_A_ROW):
        row = facts[at : at + FACTS_IN_A_ROW]
        pages.y += fact_row(pages, row, LEFT, wide, gap)
    pages.y += 2


def fact_row(pages: Pages, facts: tuple[Fact, ...], left: float, wide: float, gap: float) -> float:
    """One row of facts at the present height; says how high it is."""
    most = 1
    for place, fact in enumerate(facts):
        x = left + place * wide
        pages.add(Text(x, pages.y + 2.8, shortened(fact.label, wide - gap, LABEL), LABEL, "", MUTED))
        lines = lines_of(show(fact.value) or "–", wide - gap, BODY)
        most = max(most, len(lines))
        pages.add(*(Text(x, pages.y + 7.2 + n * LINE, line, BODY) for n, line in enumerate(lines)))
    return 5.2 + most * LINE


def _note(pages: Pages, note: Note) -> None:
    lines = lines_of(note.text, RIGHT - LEFT, BODY)
    pages.needs(len(lines) * LINE + 3)
    for line in lines:
        pages.y += LINE
        pages.add(Text(LEFT, pages.y - 1.2, line, BODY))
    pages.y += 3


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where a column stands, in millimetres."""

    x: float
    width: float


def _slots(table: Table) -> list[_Slot]:
    unit = (RIGHT - LEFT) / sum(column.width for column in table.columns)
    slots, x = [], LEFT
    for column in table.columns:
        slots.append(_Slot(x, column.width * unit))
        x += column.width * unit
    return slots


def _table(pages: Pages, table: Table) -> None:
    slots = _slots(table)
    if table.heading:
        pages.needs(24)
        pages.y += 6
        pages.add(Text(LEFT, pages.y - 1.8, table.heading, 11, "B"))
    pages.needs(16)
    _headings(pages, table, slots)
    rows = [(row, False) for row in table.rows] + ([(table.totals, True)] if table.totals else [])
    before: tuple[Cell, ...] = ()
    for row, is_total in rows:
        cells = [
            _lines(cell, slot, table, at, is_total) for at, (cell, slot) in enumerate(zip(row, slots, strict=True))
        ]
        is_same = row[: table.merged] == before
        shown = [*[()] * table.merged, *cells[table.merged :]] if is_same else cells
        if pages.needs(_height(table, shown, is_total=is_total)):
            _headings(pages, table, slots)
            shown = cells
        elif before and not is_same:
            pages.add(Rule(LEFT, pages.y, RIGHT, pages.y, 0.3, MUTED))
        before = row[: table.merged]
        _row(pages, table, (row, shown, slots), _height(table, shown, is_total=is_total), is_total=is_total)
    pages.y += 4


def _height(table: Table, cells: Sequence[tuple[str, ...]], *, is_total: bool) -> float:
    """Of a row with these lines; room to write by hand where it is wanted."""
    height = max(len(lines) for lines in cells) * _line(table) + 2 * PAD
    return max(height, ROOMY) if table.is_roomy and not is_total else height


def _headings(pages: Pages, table: Table, slots: list[_Slot]) -> None:
    labels = [lines_of(c.label, s.width - 2 * PAD, SMALL, "B") for c, s in zip(table.columns, slots, strict=True)]
    height = max(len(lines) for lines in labels) * 4 + 2 * PAD
    pages.add(Area(LEFT, pages.y, RIGHT - LEFT, height, SHADE))
    for column, slot, lines in zip(table.columns, slots, labels, strict=True):
        for n, line in enumerate(lines):
            x = _at(line, slot, SMALL, "B", is_number=column.is_number)
            pages.add(Text(x, pages.y + PAD + 3.1 + n * 4, line, SMALL, "B"))
    pages.y += height


def _row(
    pages: Pages, table: Table, parts: tuple[tuple[Cell, ...], Sequence[tuple[str, ...]], list[_Slot]], height: float,
    *, is_total: bool,
) -> None:  # fmt: skip
    """One row: its texts, boxes to tick, the frames of cells that are written in by hand, and the line below."""
    row, cells, slots = parts
    if is_total:
        pages.add(Rule(LEFT, pages.y, RIGHT, pages.y, 0.4, INK))
    for column, cell, lines, slot in zip(table.columns, row, cells, slots, strict=True):
        if cell is Blank.BOX:
            pages.add(Area(slot.x + PAD, pages.y + PAD + _line(table) / 2 - 2, 4, 4))  # beside the first line
        elif cell is Blank.LINE:
            pages.add(*(Rule(x, pages.y, x, pages.y + height) for x in (slot.x, slot.x + slot.width)))
        size, style = _type(table, column, is_total)
        for n, line in enumerate(lines):
            x = _at(line, slot, size, style, is_number=column.is_number)
            pages.add(Text(x, pages.y + PAD + (0.745 + n) * _line(table), line, size, style))
    pages.y += height
    pages.add(Rule(LEFT, pages.y, RIGHT, pages.y))


def _type(table: Table, column: Column, is_total: bool) -> tuple[float, str]:
    size = 12.0 if column.is_strong and not is_total else BODY
    return size * (LARGE if table.is_large else 1), ("B" if column.is_strong or is_total else "")


def _line(table: Table) -> float:
    """How high a line of text is in a table."""
    return LINE * (LARGE if table.is_large else 1)


def _lines(cell: Cell, slot: _Slot, table: Table, at: int, is_total: bool) -> tuple[str, ...]:
    column = table.columns[at]
    size, style = _type(table, column, is_total)
    text = show(cell)
    if column.is_number and width_of(text, size, style) <= slot.width:
        return (text,)
    return lines_of(text, slot.width - 2 * PAD, size, style)


def _at(text: str, slot: _Slot, size: float, style: str, *, is_number: bool) -> float:
    return slot.x + slot.width - PAD - width_of(text, size, style) if is_number else slot.x + PAD


def show(cell: Cell) -> str:
    """A cell as people read it: 1,234 and 1,234.50, –2 and 5.5 %."""
    if cell is None or isinstance(cell, Blank):
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:,}"
    if isinstance(cell, Signed):
        return f"{cell.qty:+,}".replace("-", "–")
    if isinstance(cell, Rate):
        return f"{cell.bps / 100:g} %"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _signs(pages: Pages) -> None:
    """Lines to sign on, three side by side, never alone at the foot of a page that they do not fit on."""
    signs, gap = pages.document.signs, 6.0
    wide = (RIGHT - LEFT + gap) / 3
    pages.needs(19)
    pages.y += 14
    for place, label in enumerate(signs[:3]):
        x = LEFT + place * wide
        pages.add(Rule(x, pages.y, x + wide - gap, pages.y, 0.3, INK), Text(x, pages.y + 4, label, SMALL, "", MUTED))
    pages.y += 5


def version_of(document: Document, words: Words) -> str:
    """Which state of things a print shows: its own version or that of the night, and the mark of what it says."""
    version = words.gettext("version %(no)s", no=document.version) if document.version else ""
    return " · ".join(part for part in (version, document.plan, f"#{document.mark}") if part)


def _foot(document: Document, words: Words, number: int, many: int) -> list[Mark]:
    page = words.gettext("page %(no)s of %(many)s", no=number, many=many)
    version = version_of(document, words)
    return foot_marks(document.stamp, words, version, page)


def when_of(stamp: Stamp, words: Words) -> str:
    """When a paper was made out, or when it was printed."""
    _ = words.gettext
    return _("issued %(at)s", at=stamp.printed) if stamp.is_issued else _("printed %(at)s", at=stamp.printed)


def foot_marks(stamp: Stamp, words: Words, version: str, page: str) -> list[Mark]:
    """Hub, round, version, when it was printed, and the page."""
    y, size = HEIGHT - 9.0, LABEL
    right = width_of(page, size, "B")
    state = " · ".join(part for part in (version, when_of(stamp, words)) if part)
    middle = RIGHT - right - 5 - width_of(state, size)
    return [
        Rule(LEFT, y - 4, RIGHT, y - 4, 0.15, HAIR),
        Text(
            LEFT,
            y,
            shortened(" · ".join(part for part in (stamp.hub, stamp.round) if part), middle - LEFT - 5, size),
            size,
            "",
            MUTED,
        ),
        Text(middle, y, state, size, "", MUTED),
        Text(RIGHT - right, y, page, size, "B"),
    ]


__all__ = ["HEIGHT", "MM_PER_PT", "WIDTH", "foot_marks", "lay_out", "show", "version_of", "when_of"]
