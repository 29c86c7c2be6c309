"""The font of printed documents: what it can write, how wide it is, and what stands for characters that it lacks."""

import io
import re
import unicodedata
from collections.abc import Collection
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.ttLib.tables._g_l_y_f import Glyph

FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor" / "noto-sans-sc"
FILES = {"": "NotoSansSC-Regular.ttf", "B": "NotoSansSC-Bold.ttf"}
#: Stands for a character that the font lacks and that has no reading.
UNKNOWN = "□"
#: Characters that the font lacks, and those that look the same.
_ALIKE = {"−": "–"}
_APOSTROPHE = re.compile(r"(?<=[A-Za-zÀ-ÿ])’(?=[A-Za-zÀ-ÿ])")
#: Tables that a part of the font takes over.
_COPIED = ("head", "hhea", "maxp", "OS/2", "name", "post")
#: Categories of characters that no paper shows: controls, joiners, halves, variation selectors.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn"}


@dataclass(frozen=True, slots=True)
class Face:
    """One weight: the width of each character that it can draw, in ems."""

    widths: dict[str, float]

    def width(self, text: str, size: float) -> float:
        """How wide a text is, in the unit of `size`."""
        widths = self.widths
        return sum([widths.get(letter, 1.0) for letter in text]) * size


@lru_cache(maxsize=2)
def _whole(style: str) -> TTFont:
    """The font of a style, opened once in a process; nothing in it is ever changed, its outlines stay packed.

    Everything that is asked of it later is read at once, so that threads may share it.
    """
    font = TTFont(io.BytesIO((FOLDER / FILES[style]).read_bytes()), lazy=True)
    for tag in (*_COPIED, "cmap", "loca", "glyf", "hmtx"):
        font[tag]
    font.getBestCmap()
    return font


@lru_cache(maxsize=2)
def face(style: str) -> Face:
    """The weight of a style, read once in a process."""
    font = _whole(style)
    advances, unit = font["hmtx"].metrics, font["head"].unitsPerEm
    return Face({chr(code): advances[name][0] / unit for code, name in font.getBestCmap().items()})


@lru_cache(maxsize=65_536)
def legible(text: str) -> str:
    """The text in characters that the font has: a rare Chinese one becomes its reading 〔jí〕, any other □.

    Nothing that could be seen vanishes: who hands out goods can still tell people apart, and sees that a character
    is not the real one. Line breaks and tabs become spaces. The font's ’ is as wide as a Chinese character: between
    Latin letters a straight one stands for it.
    """
    text = _APOSTROPHE.sub("'", text)
    known = face("").widths
    if all(letter in known for letter in text):
        return text
    return "".join(letter if letter in known else _instead(letter, known) for letter in text)


def _instead(letter: str, known: Collection[str]) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in _UNSEEN:
        return ""
    for plain in (_ALIKE.get(letter, letter), unicodedata.normalize("NFKC", letter), *_reading(letter)):
        if plain != letter and all(one in known for one in plain):
            return plain
    return UNKNOWN


def _reading(letter: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  a dictionary of 0.3 s: for rare characters only

    return [f"〔{sound}〕" for sound in lazy_pinyin(letter, style=Style.TONE, errors="ignore") if sound]


def small_fonts(letters: Collection[str], folder: Path) -> dict[str, Path]:
    """Fonts of only these letters, one file a style: a document opens them sixty times faster than the whole ones."""
    for style, name in FILES.items():
        _part(_whole(style), letters).save(folder / name)
    return {style: folder / name for style, name in FILES.items()}


def _part(whole: TTFont, letters: Collection[str]) -> TTFont:
    """A font of the outlines that some letters need and nothing else; letters that it lacks are left out."""
    cmap, outlines, advances = whole.getBestCmap(), whole["glyf"], whole["hmtx"].metrics
    codes = {code: cmap[code] for code in sorted(map(ord, letters)) if code in cmap}
    names = dict.fromkeys([".notdef", *codes.values()])
    # Outlines are handed on packed, as they lie in the file; none of this font is put together from others.
    glyphs = {name: Glyph(getattr(outlines.glyphs[name], "data", b"")) for name in names}
    part = TTFont(recalcBBoxes=False, recalcTimestamp=False)
    part.setGlyphOrder(list(glyphs))
    for tag in _COPIED:
        part[tag] = copy(whole[tag])
    for tag in ("cmap", "loca", "glyf", "hmtx"):
        part[tag] = newTable(tag)
    part["hmtx"].metrics = {name: advances[name] for name in glyphs}
    part["glyf"].glyphs, part["glyf"].glyphOrder = glyphs, list(glyphs)
    map_ = CmapSubtable.newSubtable(12)
    map_.platformID, map_.platEncID, map_.language, map_.cmap = 3, 10, 0, codes
    part["cmap"].tableVersion, part["cmap"].tables = 0, [map_]
    return part


def whole_fonts() -> dict[str, Path]:
    """The fonts with all that they can write."""
    return {style: FOLDER / name for style, name in FILES.items()}
