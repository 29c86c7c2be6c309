"""Labels on A6, one a page or four on A4 between lines to cut along."""

from collections.abc import Iterable, Iterator

from app.documents.canvas import (
    HAIR,
    INK,
    MUTED,
    WHITE,
    Area,
    Code,
    Mark,
    Rule,
    Text,
    lines_of,
    moved,
    shortened,
    width_of,
)
from app.documents.layout import Label
from app.documents.words import Words

WIDTH, HEIGHT = 105.0, 148.5
EDGE = 7.0
WIDE = WIDTH - 2 * EDGE
#: Sizes that a place's name is tried in, until it fits in two lines.
_SIZES = (30.0, 26.0, 22.0, 18.0, 15.0, 12.0)


def lay_out(label: Label, words: Words) -> list[Mark]:
    """One label: zone, slot and count in a dark band, the place as large as it fits, the code, and a few facts."""
    marks: list[Mark] = [Area(0, 0, WIDTH, 19, INK), *_band(label)]
    size = next((s for s in _SIZES if len(lines_of(label.place, WIDE, s, "B")) <= 2), _SIZES[-1])
    y = 23.0
    for line in lines_of(label.place, WIDE, size, "B")[:3]:
        y += size * 0.42
        marks.append(Text(EDGE, y - size * 0.05, line, size, "B"))
    marks.append(Code(WIDTH / 2 - 30, 52, 60, label.number))
    big = next(s for s in (20.0, 17.0, 14.0, 11.0, 8.0) if width_of(label.number, s, "B") <= WIDE or s == 8.0)
    marks.append(Text((WIDTH - width_of(label.number, big, "B")) / 2, 117, label.number, big, "B"))
    wide = WIDE / max(len(label.facts), 1)
    for at, fact in enumerate(label.facts):
        x = EDGE + at * wide
        marks.append(Text(x, 123.5, shortened(fact.label, wide - 2, 8), 8, "", MUTED))
        marks.append(Text(x, 132.5, shortened(str(fact.value) or "–", wide - 2, 20, "B"), 20, "B"))
    marks.append(Rule(EDGE, 137, WIDTH - EDGE, 137, 0.15, HAIR))
    version = f" · {words.gettext('version %(no)s', no=label.version)}" if label.version else ""
    foot = f"{label.stamp.hub} · {label.stamp.round}{version}"
    marks.append(Text(EDGE, 141, shortened(foot, WIDE, 7), 7, "", MUTED))
    marks.append(Text(EDGE, 144.5, words.gettext("printed %(at)s", at=label.stamp.printed), 7, "", MUTED))
    return marks


def _band(label: Label) -> list[Mark]:
    """Zone on the left, slot in the middle of what is left, count on the right, all as large as they fit."""
    texts = (label.zone, label.slot, label.count)
    sizes = (26.0, 22.0, 18.0, 14.0)
    size = next((s for s in sizes if sum(width_of(one, s, "B") for one in texts) <= WIDE - 8), sizes[-1])
    zone, slot, count = (width_of(one, size, "B") for one in texts)
    free = WIDE - zone - slot - count
    places = (EDGE, EDGE + zone + free / 2, WIDTH - EDGE - count)
    return [Text(x, 13.4, one, size, "B", WHITE) for x, one in zip(places, texts, strict=True) if one]


def four_on_a_page(labels: Iterable[list[Mark]]) -> Iterator[list[Mark]]:
    """Labels put on A4, from the upper left; the last page may hold fewer."""
    page: list[Mark] = []
    held = 0
    for marks in labels:
        right, down = (held % 2) * WIDTH, (held // 2) * HEIGHT
        page.extend(moved(mark, right, down) for mark in marks)
        held += 1
        if held == 4:
            yield [*page, *_cuts()]
            page, held = [], 0
    if held:
        yield [*page, *_cuts()]


def _cuts() -> list[Mark]:
    return [Rule(WIDTH, 0, WIDTH, 2 * HEIGHT), Rule(0, HEIGHT, 2 * WIDTH, HEIGHT)]
