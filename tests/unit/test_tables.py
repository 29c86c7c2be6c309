"""Tables in and out: texts survive, formulas never do, broken files are refused with a reason."""

import io
import re
import zipfile
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st
from python_calamine import CalamineWorkbook

from app.infra.tables import (
    MAX_BYTES,
    MAX_ROWS,
    Columns,
    Line,
    RowError,
    RowErrors,
    as_text,
    read_table,
    write_csv,
    write_xlsx,
)
from app.kernel.reasons import Reason

AB = Columns(("a", "b"), ("c",))


def errors(name: str, content: bytes) -> list[RowError]:
    with pytest.raises(RowErrors) as refusal:
        read_table(name, content, AB)
    return refusal.value.errors


def test_rows_are_numbered_as_a_spreadsheet_does_and_blank_ones_passed_over() -> None:
    text = '\ufeffb,a\r\n 1 ,x\r\n,\r\n\r\n2,"two\r\nlines"\r\n'
    assert read_table("x.csv", text.encode(), AB) == [
        Line(2, {"b": "1", "a": "x"}),
        Line(5, {"b": "2", "a": "two\nlines"}),
    ]


RISKY = ["=1+1", "+86", "-2", "@x", "＝1", "'=1", "''", "'", "'quoted", "plain", "1,5", 'say "hi"']


def test_risky_texts_are_guarded_in_csv_and_come_back() -> None:
    content = write_csv(("a", "b"), [{"a": text, "b": -1.5} for text in RISKY])
    raw = content.decode("utf-8-sig").splitlines()
    assert raw[1:7] == ["'=1+1,-1.5", "'+86,-1.5", "'-2,-1.5", "'@x,-1.5", "'＝1,-1.5", "''=1,-1.5"]
    assert [line.cells["a"] for line in read_table("x.csv", content, AB)] == RISKY


def test_xlsx_holds_strings_not_formulas_and_numbers_as_numbers() -> None:
    rows = [{"a": text, "b": Decimal("16.20")} for text in [*RISKY, "https://example.com"]] + [{"a": "n", "b": 7}]
    content = write_xlsx("t", ("a", "b"), rows)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    lines = read_table("x.XLSX", content, AB)
    assert [line.cells["a"] for line in lines] == [*RISKY, "https://example.com", "n"]
    assert [line.cells["b"] for line in lines] == ["16.2"] * 13 + ["7"]
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[-1] == ["n", 7.0]


def test_a_workbook_shows_and_prints_whole_cells_with_the_heading_on_every_page() -> None:
    content = write_xlsx("t", ("编码", "商品"), [{"编码": "G001", "商品": "山东烟台红富士苹果 12个装"}])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
    widths = [round(float(width)) for width in re.findall(r'<col [^>]*width="([0-9.]+)"', sheet)]
    assert widths == [6 + 1, 27 + 1]  # a Chinese character takes two letters' room; one more for the margins of a cell
    assert "_xlnm.Print_Titles" in book
    assert 'fitToHeight="0"' in sheet


letters = st.characters(exclude_categories=("Cs", "Cc"))
texts_of_cells = st.text(letters, min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=200)
@given(st.lists(texts_of_cells, min_size=1, max_size=5))
def test_any_text_survives_both_formats(texts: list[str]) -> None:
    rows = [{"a": text, "b": "x"} for text in texts]
    assert [line.cells["a"] for line in read_table("x.csv", write_csv(("a", "b"), rows), AB)] == texts
    assert [line.cells["a"] for line in read_table("x.xlsx", write_xlsx("t", ("a", "b"), rows), AB)] == texts


def test_headings() -> None:
    assert errors("x.csv", b"a,z,a\n1,2,3\n") == [
        RowError(1, "b", Reason.MISSING_COLUMN),
        RowError(1, "z", Reason.UNKNOWN_COLUMN, "z"),
        RowError(1, "a", Reason.DOUBLE_COLUMN, "a"),
    ]


def test_rows_that_do_not_fit_and_control_characters() -> None:
    assert read_table("x.csv", b"a,b\n1\n1,2,3\n\x07x,2\n3,4\n", AB) == [
        Line(2, {}, (RowError(2, "", Reason.FEW_CELLS, "1"),)),
        Line(3, {}, (RowError(3, "", Reason.MANY_CELLS, "3"),)),
        Line(4, {"a": "x", "b": "2"}, (RowError(4, "a", Reason.CONTROL),)),
        Line(5, {"a": "3", "b": "4"}),
    ]


def vast(cell: bytes) -> bytes:
    good = zipfile.ZipFile(io.BytesIO(write_xlsx("t", ("a", "b"), [])))
    sheet = b'<worksheet><sheetData><row><c r="%s"><v>1</v></c></row></sheetData></worksheet>' % cell
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in good.namelist():
            archive.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else good.read(name))
    return sink.getvalue()


def bomb() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 70_000_000)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.txt", b"a,b\n1,2\n", Reason.BAD_TYPE),
        ("x.csv", "a,b\n小区,2\n".encode("gbk"), Reason.BAD_ENCODING),
        ("x.csv", b'a,b\n"1,2\n', Reason.BAD_FILE),
        ("x.csv", b"", Reason.EMPTY_FILE),
        ("x.csv", b"a,b\n,\n", Reason.EMPTY_FILE),
        ("x.csv", b"a,b\n" + b"1,2\n" * (MAX_ROWS + 1), Reason.BIG_FILE),
        ("x.csv", b" " * (MAX_BYTES + 1), Reason.BIG_FILE),
        ("x.xlsx", b"a,b\n1,2\n", Reason.BAD_FILE),
        ("x.xlsx", write_xlsx("t", ("a", "b"), [])[:-30], Reason.BAD_FILE),
        ("x.xlsx", vast(b"XFD1048576"), Reason.BIG_FILE),
        ("x.xlsx", bomb(), Reason.BIG_FILE),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(name: str, content: bytes, reason: Reason) -> None:
    assert errors(name, content) == [RowError(0, "", reason, name)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (600.0, "600"), (0.1 + 0.2, "0.3"), (16.2, "16.2"), (2180000000014.0, "2180000000014"), (True, "true"),
        (date(2026, 11, 20), "2026-11-20"), (time(23, 0), "23:00:00"), (" x\r\ny ", "x\ny"), (float("nan"), "nan"),
    ],
)  # fmt: skip
def test_cells_are_what_a_person_sees(value: object, text: str) -> None:
    assert as_text(value) == text
