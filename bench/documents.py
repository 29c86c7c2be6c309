"""Five hundred sorting sheets as one PDF and as a ZIP, beside bare fpdf2 writing as many pages of plain cells."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from fpdf import FPDF

from app.documents.catalogue import KINDS, Form
from app.documents.glyphs import whole_fonts
from app.documents.layout import Blank, Column, Document, Fact, Note, Stamp, Table
from app.documents.making import Batch, make
from app.documents.words import Words

SHEETS, LINES = 500, 24
GOODS = ("赣南脐橙 5斤装", "上海青 500克", "五常稻花香大米 10kg", "猪肉白菜水饺 1kg", "可生食鸡蛋 30枚/盒")
AT = datetime(2026, 11, 21, tzinfo=UTC)


def figures() -> Iterator[tuple[str, float, str, float | None, float | None]]:
    """(name, value, unit, yardstick, ratio); every sheet has its own point, code and crates."""
    words = Words("zh", "Asia/Shanghai")
    sheets = [_sheet(number) for number in range(SHEETS)]
    make(_batch(Form.PDF, words), sheets[:2])  # fonts and imports are warm, as in a running worker
    bare = _timed(_bare)
    pdf = _timed(lambda: make(_batch(Form.PDF, words), sheets))
    yield "documents", pdf, f"s/{SHEETS} sheets", bare, pdf / bare
    zipped = _timed(lambda: make(_batch(Form.ZIP, words), sheets))
    yield "documents_zip", zipped, f"s/{SHEETS} files", 60.0, zipped / 60


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _batch(form: Form, words: Words) -> Batch:
    return Batch(KINDS["sorting-sheet"], form, words, AT, "bench")


def _sheet(number: int) -> Document:
    columns = (
        Column("序号", 10, is_number=True), Column("编码", 26), Column("商品", 98),
        Column("件数", 22, is_number=True, is_strong=True), Column("已分", 14), Column("备注", 22),
    )  # fmt: skip
    rows = [
        (at, f"FR{at:03}", f"{GOODS[(number + at) % 5]}", 1 + (number * at) % 40, Blank.BOX, Blank.LINE)
        for at in range(LINES)
    ]
    return Document(
        title="分拣单 · 冷藏", name=f"翠湖花园{number}期", number=f"LJ-E-261121-P{number:03}-C", version=1,
        stamp=Stamp(hub="LJ-E 临江东网格仓", round="LJ-E-261121", printed="2026-11-21 03:05"),
        qr=f"LJ-E-261121-P{number:03}-C", facts=(Fact("自提点", f"P{number:03}"), Fact("周转箱", "6")),
        blocks=(
            Table(columns=columns, rows=rows, totals=(None, None, "合计", sum(r[3] for r in rows), None, None)),
            Note("周转箱：" + "  ".join(f"261121-P{number:03}-C{n:02}" for n in range(6))),
        ),
        signs=("分拣人", "复核人", "时间"),
    )  # fmt: skip


def _bare() -> None:
    """The same number of pages and rows by fpdf2's own cells, in the same font, without anything else."""
    pdf = FPDF()
    for style, path in whole_fonts().items():
        pdf.add_font("linli", style, path)
    for number in range(SHEETS):
        pdf.add_page()
        pdf.set_font("linli", size=9)
        for at in range(LINES):
            for width, text in ((10, str(at)), (26, f"FR{at:03}"), (98, GOODS[(number + at) % 5]), (22, "12")):
                pdf.cell(width, 7, text, border=1)
            pdf.ln()
    pdf.output()
