"""Pages into PDF, mark by mark: fpdf2 without its tables and its flow, which are a dozen times slower."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from app.documents.canvas import Area, Code, Mark, Rule, Text
from app.documents.glyphs import legible, whole_fonts

_FAMILY = "linli"
#: The watermark's size in points, its grey, and millimetres from one to the next.
_MARK_SIZE, _MARK_GREY, _MARK_EVERY = 13, 226, 52


class Pen:
    """One PDF while it is drawn. A4 is 210 × 297 mm, A6 is 105 × 148.5 mm."""

    def __init__(
        self, title: str, at: datetime, locale: str, fonts: Mapping[str, Path] | None = None, mark: str = ""
    ) -> None:
        from fpdf import FPDF  # noqa: PLC0415  0.2 s of a start, for those who draw only

        self._pdf = FPDF(unit="mm", format="A4")
        self._pdf.set_auto_page_break(False)
        self._pdf.set_margin(0)
        self._pdf.set_title(title)
        self._pdf.set_creator("Linli")
        self._pdf.set_lang("zh-CN" if locale == "zh" else "en")
        self._pdf.set_creation_date(at)
        for style, path in (fonts or whole_fonts()).items():
            self._pdf.add_font(_FAMILY, style, path)
        for font in self._pdf.fonts.values():
            font.ttfont.recalcBBoxes = False  # type: ignore[union-attr]  # a cut font's glyphs keep their outlines
        self._type: tuple[float, str] = (0.0, "")
        self._grey = -1
        self._mark = legible(mark)

    def page(self, marks: Iterable[Mark], width: float, height: float) -> None:
        """Draw one page of so many millimetres."""
        self._pdf.add_page(format=(width, height))
        self._watermark(width, height)
        self._type, self._grey = (0.0, ""), -1
        for mark in marks:
            if isinstance(mark, Text):
                self._text(mark)
            elif isinstance(mark, Rule):
                self._pdf.set_draw_color(mark.grey)
                self._pdf.set_line_width(mark.weight)
                self._pdf.line(mark.x, mark.y, mark.to_x, mark.to_y)
            elif isinstance(mark, Area):
                self._area(mark)
            else:
                self._code(mark)

    def finish(self) -> bytes:
        """The file. The pen has written its last."""
        content = bytes(self._pdf.output())
        for font in self._pdf.fonts.values():
            font.ttfont.close()  # type: ignore[union-attr]  # the fonts were added just above
        return content

    def _watermark(self, width: float, height: float) -> None:
        """Who had this made and when, pale and aslant below everything: a photo of any part of the page tells."""
        if not self._mark:
            return
        self._pdf.set_font(_FAMILY, "", _MARK_SIZE)
        self._pdf.set_text_color(_MARK_GREY)
        for row in range(int(height // _MARK_EVERY) + 1):
            for column in range(2):
                x, y = 8 + column * width / 2, 30 + row * _MARK_EVERY + column * _MARK_EVERY / 2
                with self._pdf.rotation(24, x, y):
                    self._pdf.text(x, y, self._mark)

    def _text(self, mark: Text) -> None:
        if not mark.text:
            return
        if self._type != (mark.size, mark.style):
            self._pdf.set_font(_FAMILY, mark.style, mark.size)
            self._type = (mark.size, mark.style)
        if self._grey != mark.grey:
            self._pdf.set_text_color(mark.grey)
            self._grey = mark.grey
        self._pdf.text(mark.x, mark.y, legible(mark.text))

    def _area(self, mark: Area) -> None:
        if mark.grey is None:
            self._pdf.set_draw_color(60)
            self._pdf.set_line_width(0.3)
            self._pdf.rect(mark.x, mark.y, mark.width, mark.height)
        else:
            self._pdf.set_fill_color(mark.grey)
            self._pdf.rect(mark.x, mark.y, mark.width, mark.height, style="F")

    def _code(self, mark: Code) -> None:
        self._pdf.set_fill_color(0)
        for x, y, width, height in mark.dark_runs():
            self._pdf.rect(x, y, width, height, style="F")
