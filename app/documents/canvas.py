"""Marks on pages in millimetres, and the breaking of text into lines; nothing here knows a file format."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import segno

from app.documents.glyphs import face, legible

MM_PER_PT = 25.4 / 72
#: Characters that never begin a line, and those that never end one (GB/T 15834).
_NO_START = frozenset("，。、；：！？）】》〉」』〕%…,.;:!?)]}")
_NO_END = frozenset("（【《〈「『〔([{")
Grey = int
INK, MUTED, HAIR, SHADE, WHITE = 20, 105, 190, 240, 255


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its baseline's beginning; `size` in points, `style` "" or "B"."""

    x: float
    y: float
    text: str
    size: float
    style: str = ""
    grey: Grey = INK


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    weight: float = 0.15
    grey: Grey = HAIR


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle: filled with a grey, or with an outline where `grey` is None."""

    x: float
    y: float
    width: float
    height: float
    grey: Grey | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code with its quiet zone inside the given side."""

    x: float
    y: float
    side: float
    payload: str

    def dark_runs(self) -> Iterator[tuple[float, float, float, float]]:
        """Its dark places as x, y, width and height: neighbours in a row are one."""
        matrix = segno.make_qr(self.payload, error="m", encoding="utf-8").matrix
        step = self.side / (len(matrix) + 8)
        for row, modules in enumerate(matrix):
            begin = None
            for column, dark in enumerate((*modules, 0)):
                if dark and begin is None:
                    begin = column
                elif not dark and begin is not None:
                    yield (self.x + (4 + begin) * step, self.y + (4 + row) * step, (column - begin) * step, step)
                    begin = None


Mark = Text | Rule | Area | Code


def moved(mark: Mark, right: float, down: float) -> Mark:
    """The mark at another place."""
    if isinstance(mark, Rule):
        return replace(mark, x=mark.x + right, y=mark.y + down, to_x=mark.to_x + right, to_y=mark.to_y + down)
    return replace(mark, x=mark.x + right, y=mark.y + down)


def width_of(text: str, size: float, style: str = "") -> float:
    """Millimetres that a legible text takes."""
    return face(style).width(text, size) * MM_PER_PT


@lru_cache(maxsize=65_536)
def lines_of(text: str, width: float, size: float, style: str = "") -> tuple[str, ...]:
    """The text in lines no wider than `width` millimetres; nothing is left out.

    Chinese breaks anywhere but not before a comma, Latin between words, and a word too long for a line where it must.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(legible(text)):
        if width_of((line + piece).rstrip(), size, style) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = piece.lstrip()
        while len(line) > 1 and width_of(line.rstrip(), size, style) > width:
            cut = _fitting(line, width, size, style)
            lines.append(line[:cut])
            line = line[cut:]
    return (*lines, line.rstrip()) if line.strip() or not lines else tuple(lines)


def shortened(text: str, width: float, size: float, style: str = "") -> str:
    """The text, or its beginning with an ellipsis where it is too long; only for what stands elsewhere in full."""
    shown = legible(text)
    if width_of(shown, size, style) <= width:
        return shown
    return shown[: _fitting(shown, width - width_of("…", size, style), size, style)].rstrip() + "…"


def _fitting(text: str, width: float, size: float, style: str) -> int:
    """How many letters fit, at least one."""
    used, widths = 0.0, face(style).widths
    for count, letter in enumerate(text):
        used += widths.get(letter, 1.0) * size * MM_PER_PT
        if used > width:
            return max(count, 1)
    return len(text)


def _pieces(text: str) -> Iterator[str]:
    """What must not be torn apart: Latin words with their blanks, Chinese characters with marks that stay at them."""
    piece = ""
    for at, letter in enumerate(text):
        piece += letter
        after = text[at + 1 : at + 2]
        if after in _NO_START or letter in _NO_END or (after == " ") or _before_unit(piece, after):
            continue
        if letter in " @/" or _is_wide(letter) or (after and _is_wide(after)):
            yield piece
            piece = ""
    if piece:
        yield piece


def _before_unit(piece: str, after: str) -> bool:
    """Whether a number ends here, with its blank, and its unit begins: "500 g" and "12个" stay together."""
    if piece.endswith(" "):
        return piece[-2:-1].isdigit() and after.isalpha() and not _is_wide(after)
    return piece[-1:].isdigit() and bool(after) and _is_wide(after)


def _is_wide(letter: str) -> bool:
    return letter >= "\u2e80"
