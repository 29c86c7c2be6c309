"""Printed documents: glyphs, lines, pages, labels, workbooks and files, read back from what was made."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import segno
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.ttLib import TTFont
from python_calamine import CalamineWorkbook

from app.documents import labels, pages
from app.documents.canvas import Area, Code, Text, lines_of, shortened, width_of
from app.documents.catalogue import KINDS, Form
from app.documents.glyphs import legible, small_fonts, whole_fonts
from app.documents.layout import Blank, Column, Document, Fact, Label, Note, Rate, Signed, Stamp, Table
from app.documents.making import Batch, File, make, safe_name
from app.documents.words import Words, amount
from tests.factories.pdf import pages_of, sizes_of

AT = datetime(2026, 11, 20, 19, 5, tzinfo=UTC)
STAMP = Stamp(hub="LJ-T 临江测试网格仓", round="LJ-T-261120", printed="2026-11-21 03:05")
ZH, EN = Words("zh", "Asia/Shanghai"), Words("en", "Asia/Shanghai")
COLUMNS = (Column("编码", 20), Column("商品", 80), Column("件数", 20, is_number=True), Column("已分", 12))


def document(rows: int = 3, **other: object) -> Document:
    fields: dict[str, object] = {
        "title": "分拣单", "name": "翠湖花园", "number": "LJ-T-P901-A", "stamp": STAMP, "version": 2,
        "facts": (Fact("自提点", "P901"),),
        "blocks": (
            Table(
                columns=COLUMNS, rows=[(f"T{n:03}", f"商品{n}", n + 1, Blank.BOX) for n in range(rows)],
                totals=(None, "合计", 1_234, None),
            ),
        ),
        "keys": (Fact("自提点", "P901"),), "signs": ("分拣人",),
    } | other  # fmt: skip
    return Document(**fields)


def label(**other: object) -> Label:
    fields: dict[str, object] = {
        "name": "周转箱标签", "place": "翠湖花园", "number": "261120-P901-C01", "zone": "冷藏", "count": "1/3",
        "facts": (Fact("线路", "2"), Fact("站序", "5")), "stamp": STAMP, "version": 2,
    } | other  # fmt: skip
    return Label(**fields)


def made(form: Form, *printed: Document | Label, kind: str = "sorting-sheet", words: Words = ZH) -> File:
    return make(Batch(KINDS[kind], form, words, AT, "分拣单/2026"), printed)


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("陶喆 珺 赟 䶮", "陶喆 珺 赟 䶮"),  # rare in texts, common in names: the font has them
        ("王㑇", "王〔zhòu〕"),
        ("𠮷田🌸", "□田□"),
        ("ａ１\t中\u200b文", "ａ１ 中文"),
        ("O’Brien ‘邻里’", "O'Brien ‘邻里’"),  # the font's ’ is as wide as a Chinese character
        ("−18 ℃", "–18 ℃"),
    ],
)
def test_no_visible_character_vanishes(given: str, printed: str) -> None:
    assert legible(given) == printed


def test_lines_are_never_wider_than_asked_and_lose_nothing() -> None:
    text = "五常稻花香大米，有机认证礼盒装 Wuchang organic rice Donaudampfschifffahrtsgesellschaftskapitän（30枚）"
    lines = lines_of(text, 30, 9.5)
    assert all(width_of(line, 9.5) <= 30 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert [line for line in lines if line[0] in "，）。"] == []
    assert lines_of("", 30, 9.5) == ("",)


def test_a_number_stays_with_its_unit() -> None:
    assert lines_of("Organic broccoli 400 g", 33, 9.5) == ("Organic broccoli", "400 g")
    assert lines_of("手工荠菜鲜肉水饺500克", 31, 9.5) == ("手工荠菜鲜肉水饺", "500克")


def test_a_label_says_its_slot_as_large_as_its_zone() -> None:
    short = {mark.text: mark.size for mark in labels.lay_out(label(slot="2-27"), ZH) if isinstance(mark, Text)}
    assert (short["冷藏"], short["2-27"], short["1/3"]) == (26, 26, 26)
    long = {
        mark.text: mark.size
        for mark in labels.lay_out(label(slot="12-104", zone="ambient", count="10/12"), ZH)
        if isinstance(mark, Text)
    }
    assert (long["ambient"], long["12-104"], long["10/12"]) == (22, 22, 22)


def test_what_is_shortened_says_so() -> None:
    assert shortened("翠湖花园三期东门便民服务站", 20, 9.5) == "翠湖花园…"
    assert shortened("翠湖", 20, 9.5) == "翠湖"


def test_a_page_says_where_it_belongs_and_which_of_how_many_it_is() -> None:
    read = pages_of(made(Form.PDF, document(80)).content)
    assert len(read) == 3
    foot = ["LJ-T 临江测试网格仓 · LJ-T-261120", f"第 2 版 · #{document(80).mark} · 打印于 2026-11-21 03:05"]
    assert [page[-3:] for page in read] == [[*foot, f"第 {n} 页，共 3 页"] for n in (1, 2, 3)]
    assert read[0][:5] == ["分拣单", "翠湖花园", "LJ-T-P901-A", "自提点", "P901"]
    assert read[1][:6] == ["分拣单 · 翠湖花园", "LJ-T-P901-A", "编码", "商品", "件数", "已分"]
    assert [text for page in read for text in page if text.startswith("T0")] == [f"T{n:03}" for n in range(80)]
    assert read[2][-6:-3] == ["合计", "1,234", "分拣人"]


def test_nothing_stands_outside_the_paper_however_long_the_words() -> None:
    long = "临江国际花园三期东门便民服务站（物业旁）" * 4
    wild = document(
        name=long, number="X" * 60, facts=(Fact(long, long), Fact("b", "a@" + "x" * 90)),
        blocks=(Note(long * 3), Table(columns=COLUMNS, rows=[("T" * 40, long * 2, 123_456_789, None)] * 30)),
    )  # fmt: skip
    marks = [mark for page in pages.lay_out(wild, ZH) for mark in page if isinstance(mark, Text)]
    assert [m for m in marks if m.x < 10 or m.x + width_of(m.text, m.size, m.style) > 200 or not 8 < m.y < 292] == []


def test_what_is_read_standing_is_larger_and_boxes_stand_beside_the_first_line() -> None:
    def laid(*, is_large: bool, is_roomy: bool) -> tuple[float, float, float]:
        rows = [("T1", "苹果", 7, Blank.BOX)]
        table = Table(columns=COLUMNS, rows=rows, is_large=is_large, is_roomy=is_roomy)
        marks = pages.lay_out(document(blocks=(table,)), ZH)[0]
        said = next(mark for mark in marks if isinstance(mark, Text) and mark.text == "苹果")
        box = next(mark for mark in marks if isinstance(mark, Area) and mark.grey is None)
        return said.size, round(said.y - box.y, 2), box.height

    assert laid(is_large=False, is_roomy=False) == laid(is_large=False, is_roomy=True) == (9.5, 3.15, 4)
    assert laid(is_large=True, is_roomy=False) == (11.4, 3.38, 4)


def test_merged_cells_are_said_again_on_a_new_page() -> None:
    rows = [("0007", f"商品{n}", 1, Blank.BOX) for n in range(50)] + [("0008", "大米", 1, Blank.BOX)]
    read = pages_of(made(Form.PDF, document(blocks=(Table(columns=COLUMNS, rows=rows, merged=1),))).content)
    assert [page.count("0007") for page in read] == [1, 1]
    assert [page.count("0008") for page in read] == [0, 1]


def test_the_mark_follows_what_is_said_not_when_it_was_printed() -> None:
    later = Stamp(hub=STAMP.hub, round=STAMP.round, printed="2026-11-21 04:00")
    assert document().mark == document(stamp=later).mark
    assert document().mark != document(4).mark
    assert document().mark != document(facts=(Fact("自提点", "P902"),)).mark


def test_the_code_holds_the_number() -> None:
    code = Code(10, 20, 60, "261120-P901-C01")
    step = 60 / (len(segno.make_qr(code.payload, error="m", encoding="utf-8").matrix) + 8)
    dark = {
        (round((y - 20) / step) - 4, round((x - 10) / step) - 4 + n)
        for x, y, width, _height in code.dark_runs() for n in range(round(width / step))
    }  # fmt: skip
    matrix = segno.make_qr("261120-P901-C01", error="m", encoding="utf-8").matrix
    assert dark == {(r, c) for r, row in enumerate(matrix) for c, module in enumerate(row) if module}
    assert [m.payload for m in labels.lay_out(label(), ZH) if isinstance(m, Code)] == ["261120-P901-C01"]


def test_labels_are_a6_or_four_on_a4() -> None:
    five = [label(number=f"261120-P901-C0{n}", count=f"{n}/5") for n in range(1, 6)]
    single = made(Form.PDF, *five, kind="crate-labels").content
    assert (len(pages_of(single)), sizes_of(single)) == (5, {(105, 148)})
    assert pages_of(single)[0] == [
        "冷藏", "1/5", "翠湖花园", "261120-P901-C01", "线路", "2", "站序", "5",
        "LJ-T 临江测试网格仓 · LJ-T-261120 · 第 2 版", "打印于 2026-11-21 03:05",
    ]  # fmt: skip
    shared = made(Form.PDF_A4, *five, kind="crate-labels").content
    assert sizes_of(shared) == {(210, 297)}
    assert [sum(text.startswith("261120-") for text in page) for page in pages_of(shared)] == [4, 1]


def test_a_zip_holds_a_pdf_for_each_under_names_of_their_own() -> None:
    file = made(Form.ZIP, document(), document(name="王㑇的店"), document(number="LJ-T-P902-A"))
    assert (file.name, file.media_type) == ("分拣单-2026.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert archive.namelist() == [
            "sorting-sheet-LJ-T-P901-A.pdf", "sorting-sheet-LJ-T-P901-A-2.pdf", "sorting-sheet-LJ-T-P902-A.pdf",
        ]  # fmt: skip
        read = [pages_of(archive.read(name)) for name in archive.namelist()]
    assert [page[0][1] for page in read] == ["翠湖花园", "王〔zhòu〕的店", "翠湖花园"]


def test_a_workbook_never_holds_a_formula() -> None:
    evil = ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "＝1", "\t=1"]
    table = Table(
        columns=(Column("商品", 1), Column("金额", 1, is_number=True), Column("空", 1)),
        rows=[(text, Decimal("1234.50"), Blank.LINE) for text in evil], totals=("合计", Decimal("7407.00"), None),
    )  # fmt: skip
    one = document(name=evil[0], blocks=(table,))
    for content in (made(Form.XLSX, one).content, made(Form.XLSX, one, one).content):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            cells = [cell for row in book.get_sheet_by_index(0).to_python() for cell in row]
        assert [cell for cell in cells if cell in evil][-6:] == evil
        assert cells.count(1234.5) in {6, 12}


def test_one_workbook_looks_like_the_paper_many_are_one_table() -> None:
    with CalamineWorkbook.from_filelike(io.BytesIO(made(Form.XLSX, document(2)).content)) as book:
        rows = book.get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[:4]] == ["分拣单", "翠湖花园", "LJ-T-P901-A", "自提点"]
    assert rows[-4:] == [
        ["编码", "商品", "件数", "已分"], ["T000", "商品0", 1.0, ""], ["T001", "商品1", 2.0, ""],
        ["", "合计", 1234.0, ""],
    ]  # fmt: skip
    other = document(1, keys=(Fact("自提点", "P902"),))
    with CalamineWorkbook.from_filelike(io.BytesIO(made(Form.XLSX, document(2), other).content)) as book:
        assert book.get_sheet_by_index(0).to_python() == [
            ["自提点", "编码", "商品", "件数"], ["P901", "T000", "商品0", 1.0], ["P901", "T001", "商品1", 2.0],
            ["P902", "T000", "商品0", 1.0],
        ]  # fmt: skip


def test_paper_names_the_year_and_speaks_the_hub_s_time() -> None:
    assert (ZH.day(AT.date()), EN.day(AT.date())) == ("2026-11-20 周五", "2026-11-20 Fri")
    assert (ZH.moment(AT), EN.clock(AT)) == ("2026-11-21 03:05", "03:05")
    assert (ZH.gettext("Load list"), EN.gettext("Load list")) == ("装车单", "Load list")
    assert (amount(123_450, "CNY"), amount(500, "JPY")) == (Decimal("1234.50"), Decimal(500))


def test_numbers_are_numbers_in_workbooks_and_look_like_themselves_on_paper() -> None:
    table = Table(
        columns=(Column("商品", 60), Column("增减", 30, is_number=True), Column("费率", 30, is_number=True),
                 Column("金额", 30, is_number=True)),
        rows=[("甲", Signed(-1_200), Rate(750), Decimal("9.50")), ("乙", Signed(3), Rate(500), Decimal(1200))],
    )  # fmt: skip
    one = document(blocks=(table,), facts=(Fact("件数", 1_234),), keys=(Fact("版本", 2),))
    page = pages_of(made(Form.PDF, one).content)[0]
    assert [text for text in page if text in {"–1,200", "+3", "7.5 %", "5 %", "9.50", "1,200", "1,234"}] == [
        "1,234", "–1,200", "7.5 %", "9.50", "+3", "5 %", "1,200",
    ]  # fmt: skip
    with CalamineWorkbook.from_filelike(io.BytesIO(made(Form.XLSX, one).content)) as book:
        rows = book.get_sheet_by_index(0).to_python()
    assert rows[3][:2] == ["件数", 1234.0]
    assert rows[-2:] == [["甲", -1200.0, 0.075, 9.5], ["乙", 3.0, 0.05, 1200.0]]
    with CalamineWorkbook.from_filelike(io.BytesIO(made(Form.XLSX, one, one).content)) as book:
        assert book.get_sheet_by_index(0).to_python()[1] == [2.0, "甲", -1200.0, 0.075, 9.5]


def test_a_printed_workbook_says_its_state_and_its_pages_and_repeats_its_headings() -> None:
    one = document(plan="R1·S1·d207", version=None)
    state = f"R1·S1·d207 · #{one.mark} · 打印于 2026-11-21 03:05"
    for content, middle in (
        (made(Form.XLSX, one).content, state),
        (made(Form.XLSX, one, one).content, "R1·S1·d207 · 打印于 2026-11-21 03:05"),
    ):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            sheet, names = parts.read("xl/worksheets/sheet1.xml").decode(), parts.read("xl/workbook.xml").decode()
        foot = f"&amp;LLJ-T 临江测试网格仓 · LJ-T-261120&amp;C{middle}&amp;R&amp;P / &amp;N"
        assert f"<oddFooter>{foot}</oddFooter>" in sheet
        assert "_xlnm.Print_Titles" in names


def test_a_workbook_s_columns_are_as_wide_as_its_table_not_as_its_facts() -> None:
    table = Table(columns=(Column("甲", 20), Column("乙", 20)), rows=[("a", "b")])
    wide = document(facts=(Fact("邮箱", "x" * 50),), blocks=(table,))
    with zipfile.ZipFile(io.BytesIO(made(Form.XLSX, wide).content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert '<col min="2" max="2" width="4.' in sheet


def test_a_paper_that_never_changes_says_when_it_was_made_out() -> None:
    issued = Stamp(hub="LJ-T", round="L261121-1", printed="2026-11-23 05:20", is_issued=True)
    for words, told in ((ZH, "开具于"), (EN, "issued")):
        page = pages_of(made(Form.PDF, document(stamp=issued, version=None), words=words).content)[0]
        assert page[-2].split(" · ")[1] == f"{told} 2026-11-23 05:20"


def test_file_names_suit_every_system() -> None:
    assert safe_name("../采购单 a/b:c") == "采购单-a-b-c"
    assert safe_name("…") == "linli"


def test_a_small_font_draws_its_letters_as_the_whole_one_does(tmp_path: Path) -> None:
    letters = "赣南脐橙 Gannan é、。□\U0001f34a"
    fonts = small_fonts(letters, tmp_path)
    for style, path in fonts.items():
        with TTFont(path) as small, TTFont(whole_fonts()[style]) as whole:
            here, there = small.getGlyphSet(), whole.getGlyphSet()
            cmap, whole_cmap = small.getBestCmap(), whole.getBestCmap()
            assert sorted(map(chr, cmap)) == sorted(set(letters) - {"\U0001f34a"})  # the font has no tangerine
            assert len(small.getGlyphOrder()) == len(cmap) + 1
            for code, name in cmap.items():
                drawn, meant = RecordingPen(), DecomposingRecordingPen(there)
                here[name].draw(drawn)
                there[whole_cmap[code]].draw(meant)
                assert drawn.value == meant.value
                assert here[name].width == there[whole_cmap[code]].width
