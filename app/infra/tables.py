"""Tables in and out: CSV and XLSX read as plain text with row numbers, written so that no cell becomes a formula."""

import csv
import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from unicodedata import east_asian_width

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from app.kernel.errors import DomainError
from app.kernel.reasons import Reason

MAX_BYTES = 8 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024
MAX_ROWS = 50_000
MAX_COLUMNS = 100
#: Cells that begin like this are run as formulas by spreadsheets (OWASP, CSV injection), full-width forms included.
RISKY = tuple("=+-@\t\r\n＝＋－＠")
#: Texts stay texts in workbooks of ours: nothing becomes a formula, a link or a number by its looks.
BOOK_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: The widest column of a workbook, in letters.
WIDEST = 60
_PLACE = re.compile(rb"""\sr=["']([A-Z]{0,4})(\d{1,9})["']""")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong in a file: the row as a spreadsheet counts it (0: the file), column, English reason."""

    row: int
    column: str
    reason: str
    given: str = ""


@dataclass(eq=False)
class RowErrors(DomainError):
    """A file that cannot be imported; every error is listed and nothing was changed."""

    code: ClassVar[str] = "row_errors"
    errors: list[RowError]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its number and its cells by column, stripped text, and what is wrong with it already.

    A row that does not fit the heading has no cells; a cell with control characters stands without them.
    """

    row: int
    cells: dict[str, str]
    faults: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: those it must have, and those it may have."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every known column in order."""
        return (*self.needed, *self.optional)


def refuse_file(reason: Reason, name: str) -> RowErrors:
    """The refusal of a whole file."""
    return RowErrors(errors=[RowError(0, "", reason, name)])


def read_table(name: str, content: bytes, columns: Columns) -> list[Line]:
    """The rows of a CSV (UTF-8) or of the first sheet of an XLSX file, by the end of its name.

    Blank rows are passed over. Raises RowErrors: bad kind, encoding, size, headings. What is wrong with single rows
    (cell counts, control characters) is laid on their lines, so that it hides nothing of the others.
    """
    if len(content) > MAX_BYTES:
        raise refuse_file(Reason.BIG_FILE, name)
    if name.lower().endswith(".csv"):
        rows = _read_csv(name, content)
    elif name.lower().endswith(".xlsx"):
        rows = _read_xlsx(name, content)
    else:
        raise refuse_file(Reason.BAD_TYPE, name)
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(row)]
    if len(filled) > MAX_ROWS + 1:
        raise refuse_file(Reason.BIG_FILE, name)
    if not filled:
        raise refuse_file(Reason.EMPTY_FILE, name)
    (_, heading), body = filled[0], filled[1:]
    check_headings(heading, columns)
    if not body:
        raise refuse_file(Reason.EMPTY_FILE, name)
    return [_line(number, row, heading) for number, row in body]


def check_headings(heading: Sequence[str], columns: Columns) -> None:
    """Raise RowErrors for missing, unknown and doubled columns."""
    wrong = [RowError(1, name, Reason.MISSING_COLUMN) for name in columns.needed if name not in heading]
    wrong += [RowError(1, name, Reason.UNKNOWN_COLUMN, name) for name in heading if name not in columns.all]
    doubled = {name for name in heading if heading.count(name) > 1}
    wrong += [RowError(1, name, Reason.DOUBLE_COLUMN, name) for name in sorted(doubled)]
    if wrong:
        raise RowErrors(errors=wrong)


def control_fault(text: str) -> bool:
    """True for characters that no text of ours holds (NUL, escape, half surrogates …)."""
    return _CONTROL.search(text) is not None


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """UTF-8 CSV with a byte order mark (so that Excel shows Chinese); risky texts get a ' that the reader strips."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_guarded(row[name]) for name in columns] for row in rows)
    return sink.getvalue().encode("utf-8-sig")


def write_xlsx(
    title: str, columns: Sequence[str], rows: Iterable[Mapping[str, object]], mark: str = "",
    says: tuple[str, str] = ("", ""),
) -> bytes:  # fmt: skip
    """A workbook with one sheet; texts are always strings, never formulas or links.

    The bold heading stays in sight and stands on every printed page; all columns fit on the paper's width. `mark` and
    `says` are those of `foot`.
    """
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, BOOK_OPTIONS) as book:
        sheet = book.add_worksheet(title[:31])
        heading, plain = book.add_format({"bold": True}), Looks.of(book, "0.00")
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        page(sheet, len(columns))
        foot(book, sheet, says, mark)
        widths = Widths()
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name, heading)
            widths.note(column, name)
        for number, row in enumerate(rows, start=1):
            for column, name in enumerate(columns):
                write_cell(sheet, (number, column), row[name], plain)
                widths.note(column, row[name])
        widths.set(sheet)
    return sink.getvalue()


def page(sheet: Any, columns: int) -> None:
    """Print on A4, as wide as the paper: upright, or across for many columns."""
    sheet.set_landscape() if columns > 7 else sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def foot(book: Any, sheet: Any, says: tuple[str, str], mark: str) -> None:
    """What every printed page says: on the left and in the middle, and which of how many pages it is.

    A `mark`, who had it made and when, stands above and instead of the left, and in the file's properties.
    """
    left, middle = ((mark or says[0])[:80].replace("&", "&&"), says[1][:100].replace("&", "&&"))
    sheet.set_footer(f"&L{left}&C{middle}&R&P / &N")
    if mark:
        sheet.set_header(f"&C{left}")
        book.set_properties({"comments": mark})


@dataclass(frozen=True, slots=True)
class Looked:
    """A number with a format of its own."""

    value: float
    form: str


@dataclass(frozen=True, slots=True)
class Looks:
    """How cells of one weight look: plain ones, money with two digits, and numbers with formats of their own."""

    book: Any
    plain: Any
    money: Any
    own: dict[str, Any]
    is_bold: bool

    @classmethod
    def of(cls, book: Any, money: str, *, bold: bool = False) -> "Looks":
        """The looks of a workbook, in one weight."""
        weight = {"bold": bold}
        return cls(book, book.add_format(weight), book.add_format(weight | {"num_format": money}), {}, bold)

    def form(self, form: str) -> Any:
        """The look of numbers with this format."""
        if form not in self.own:
            self.own[form] = self.book.add_format({"bold": self.is_bold, "num_format": form})
        return self.own[form]


class Widths:
    """How wide columns must be for what stands in them; a Chinese character takes the room of two letters."""

    def __init__(self) -> None:
        self._most: dict[int, int] = {}

    def note(self, column: int, value: object) -> None:
        """A value that is written into a column."""
        value = value.value if isinstance(value, Looked) else value
        if value is not None:
            text = f"{value:,}" if isinstance(value, int | float | Decimal) else str(value)
            wide = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
            self._most[column] = max(self._most.get(column, 0), wide)

    def set(self, sheet: Any) -> None:
        """Give the columns their widths, none beyond what a screen shows."""
        for column, wide in self._most.items():
            sheet.set_column(column, column, min(wide + 2, WIDEST))


def write_cell(sheet: Any, place: tuple[int, int], value: object, looks: Looks) -> None:
    """Put a value at (row, column): numbers as numbers, decimals as money, all else as a string, whatever it says.

    Money of a currency without a smaller unit is a whole number and looks like one.
    """
    if isinstance(value, Looked):
        sheet.write_number(*place, value.value, looks.form(value.form))
    elif isinstance(value, Decimal):
        sheet.write_number(*place, float(value), looks.money if value.as_tuple().exponent else looks.plain)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(*place, value, looks.plain)
    elif value is not None:
        sheet.write_string(*place, str(value), looks.plain)


def _guarded(value: object) -> object:
    """A CSV cell; texts that a spreadsheet might run, or that only look guarded, get one more '."""
    if not isinstance(value, str):
        return "" if value is None else value
    looks_guarded = value.startswith("'") and value[1:].startswith(("'", *RISKY))
    return f"'{value}" if value.startswith(RISKY) or looks_guarded else value


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(("'", *RISKY)) else text


def _read_csv(name: str, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise refuse_file(Reason.BAD_ENCODING, name) from wrong
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as wrong:
        raise refuse_file(Reason.BAD_FILE, name) from wrong
    return [[_unguarded(cell.strip()).replace("\r\n", "\n") for cell in row] for row in rows]


def _read_xlsx(name: str, content: bytes) -> list[list[str]]:
    """Cells of the first sheet as texts; the size is looked at before anything is unfolded in memory."""
    _check_workbook(name, content)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError, OSError) as wrong:
        raise refuse_file(Reason.BAD_FILE, name) from wrong
    texts = [[as_text(cell) for cell in row] for row in rows]
    width = max((len(row) - _blank_tail(row) for row in texts), default=0)
    return [row[:width] for row in texts]


def _check_workbook(name: str, content: bytes) -> None:
    """Refuse archives that unpack to too much, and sheets whose cells lie so far out that they could not be held."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise refuse_file(Reason.BIG_FILE, name)
            for member in members:
                if member.filename.startswith("xl/worksheets/") and _is_vast(archive.read(member)):
                    raise refuse_file(Reason.BIG_FILE, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as wrong:
        raise refuse_file(Reason.BAD_FILE, name) from wrong


def _is_vast(sheet_xml: bytes) -> bool:
    for letters, digits in _PLACE.findall(sheet_xml):
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        if column > MAX_COLUMNS or int(digits) > MAX_ROWS + 1:
            return True
    return False


def _blank_tail(row: Sequence[str]) -> int:
    """How many empty cells a row ends with."""
    return next((n for n, cell in enumerate(reversed(row)) if cell), len(row))


def as_text(value: Any) -> str:
    """What a person sees in a spreadsheet's cell: 600.0 is "600", numbers have 15 digits, times are HH:MM:SS."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < 1e15
        return str(int(value)) if whole else format(value, ".15g")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip().replace("\r\n", "\n")


def _line(number: int, row: Sequence[str], heading: Sequence[str]) -> Line:
    if len(row) != len(heading):
        reason = Reason.MANY_CELLS if len(row) > len(heading) else Reason.FEW_CELLS
        return Line(number, {}, (RowError(number, "", reason, str(len(row))),))
    cells = dict(zip(heading, row, strict=True))
    faults = tuple(RowError(number, name, Reason.CONTROL) for name, cell in cells.items() if control_fault(cell))
    return Line(number, {name: _CONTROL.sub("", cell) for name, cell in cells.items()} if faults else cells, faults)
