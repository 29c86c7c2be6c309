"""The font of printed documents: what it can write, how wide it is, and what stands for characters that it lacks."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from pypinyin import Style, lazy_pinyin

FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor" / "noto-sans-sc"
FILES = {"": "NotoSansSC-Regular.ttf", "B": "NotoSansSC-Bold.ttf"}
#: Stands for a character that the font lacks and that has no reading.
UNKNOWN = "□"
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
def face(style: str) -> Face:
    """The weight of a style, read once in a process."""
    with TTFont(FOLDER / FILES[style], lazy=True) as font:
        advances, unit = font["hmtx"].metrics, font["head"].unitsPerEm
        return Face({chr(code): advances[name][0] / unit for code, name in font.getBestCmap().items()})


@lru_cache(maxsize=65_536)
def legible(text: str) -> str:
    """The text in characters that the font has: a rare Chinese one becomes its reading 〔jí〕, any other □.

    Nothing that could be seen vanishes: who hands out goods can still tell people apart, and sees that a character
    is not the real one. Line breaks and tabs become spaces.
    """
    known = face("").widths
    if all(letter in known for letter in text):
        return text
    return "".join(letter if letter in known else _instead(letter, known) for letter in text)


def _instead(letter: str, known: Collection[str]) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in _UNSEEN:
        return ""
    for plain in (unicodedata.normalize("NFKC", letter), *_reading(letter)):
        if plain != letter and all(one in known for one in plain):
            return plain
    return UNKNOWN


def _reading(letter: str) -> list[str]:
    return [f"〔{sound}〕" for sound in lazy_pinyin(letter, style=Style.TONE, errors="ignore") if sound]


def cut_font(source: Path, wanted: Collection[int], target: Path) -> None:
    """Write the part of a TrueType font that draws these code points, without hinting and layout rules."""
    options = subset.Options(
        layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        recalc_timestamp=False,
    )  # fmt: skip
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "STAT"]
    with subset.load_font(str(source), options) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=wanted)
        cutter.subset(font)
        subset.save_font(font, str(target), options)


def small_fonts(letters: Collection[str], folder: Path) -> dict[str, Path]:
    """Fonts of only these letters, one file a style: a hundred small documents open them faster than the whole ones."""
    codes = {ord(letter) for letter in letters}
    for name in FILES.values():
        cut_font(FOLDER / name, codes, folder / name)
    return {style: folder / name for style, name in FILES.items()}


def whole_fonts() -> dict[str, Path]:
    """The fonts with all that they can write."""
    return {style: FOLDER / name for style, name in FILES.items()}
