"""Shapes that many goods share: balls, leaves, bowls, bottles, bags and boxes."""

import math
from collections.abc import Sequence

from tools.demo_city.pictures.canvas import Canvas, darker, lighter

LEAF = "#4f9d3f"
Spot = tuple[float, float]


def gleam(c: Canvas, x: float, y: float, r: float, opacity: float = 0.55) -> None:
    """The bent highlight at the upper left of a round thing."""
    data = f"M{x - 0.64 * r} {y - 0.1 * r}A{0.66 * r} {0.66 * r} 0 0 1 {x - 0.1 * r} {y - 0.64 * r}"
    c.line(data, "#fff", r * 0.12, opacity=opacity)


def ball(c: Canvas, x: float, y: float, r: float, colour: str, squash: float = 1.0) -> None:
    """A round fruit or bead."""
    c.ellipse(x, y, r, r * squash, c.glow(colour))
    gleam(c, x, y, r * min(squash, 1))


def leaf(c: Canvas, x: float, y: float, length: float, turn: float, colour: str = LEAF) -> None:
    """A pointed leaf that grows from (x, y) towards `turn` degrees (0 is right, negative is up)."""
    with c.at(x, y, turn):
        long = length
        data = f"M0 0C{0.22 * long} {-0.4 * long} {0.75 * long} {-0.36 * long} {long} 0"
        c.path(
            f"{data}C{0.72 * long} {0.3 * long} {0.25 * long} {0.28 * long} 0 0Z", c.fall(lighter(colour, 0.2), colour)
        )
        c.line(f"M{0.08 * long} 0H{0.82 * long}", darker(colour, 0.25), max(long * 0.04, 1.2), opacity=0.6)


def stalk(c: Canvas, data: str, width: float = 6, colour: str = "#6b4a2b") -> None:
    """A woody stem."""
    c.line(data, colour, width)


def profile(points: Sequence[Spot], middle: float = 200) -> str:
    """Outline of a turned body from (half width, height) pairs, top to bottom, with softly rounded corners."""
    right = [(middle + half, y) for half, y in points]
    corners = [*right, *[(2 * middle - x, y) for x, y in reversed(right)]]
    return rounded(corners, 10)


def rounded(corners: Sequence[Spot], radius: float) -> str:
    """A closed outline through the corners, each corner cut by a curve of at most `radius`."""
    data = ""
    count = len(corners)
    for index, corner in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % count]
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        data += f"{'L' if data else 'M'}{start[0]} {start[1]}Q{corner[0]} {corner[1]} {end[0]} {end[1]}"
    return data + "Z"


def _towards(corner: Spot, other: Spot, radius: float) -> Spot:
    length = math.dist(corner, other)
    share = min(radius / length, 0.5) if length else 0.0
    return (
        round(corner[0] + (other[0] - corner[0]) * share, 1) + 0.0,
        round(corner[1] + (other[1] - corner[1]) * share, 1) + 0.0,
    )


def turned(c: Canvas, points: Sequence[Spot], colour: str, middle: float = 200) -> None:
    """A bottle, jar or can by its profile."""
    c.path(profile(points, middle), c.turned(colour))


def shine(c: Canvas, x: float, top: float, bottom: float, width: float = 10) -> None:
    """The long highlight on glass or plastic."""
    c.line(f"M{x} {top}V{bottom}", "#fff", width, opacity=0.45)


def bowl(c: Canvas, colour: str, inside: str, y: float = 205) -> None:
    """The back half of a bowl: draw the content after it, and `bowl_front` after the content."""
    c.shadow(200, y + 118, 120, 18)
    c.ellipse(200, y, 138, 42, darker(colour, 0.12))
    c.ellipse(200, y + 3, 126, 35, inside)


def bowl_front(c: Canvas, colour: str, y: float = 205) -> None:
    """The front of a bowl, with its foot."""
    c.path(f"M150 {y + 100}h100l-8 20h-84z", darker(colour, 0.2))
    c.path(
        f"M62 {y}C66 {y + 70} 120 {y + 112} 200 {y + 112}S334 {y + 70} 338 {y}C330 {y + 56} 70 {y + 56} 62 {y}Z",
        c.turned(colour, 0.2),
    )
    c.line(f"M84 {y + 40}C92 {y + 66} 112 {y + 84} 132 {y + 92}", "#fff", 8, opacity=0.5)


def plate(c: Canvas, y: float = 270, colour: str = "#f7f4ee", rx: float = 160) -> None:
    """A flat plate seen from the front."""
    c.shadow(200, y + 34, rx, 20)
    c.ellipse(200, y + 8, rx, rx * 0.34, darker(colour, 0.22))
    c.ellipse(200, y, rx, rx * 0.34, c.fall(colour, darker(colour, 0.06)))
    c.ellipse(200, y + 2, rx * 0.76, rx * 0.24, darker(colour, 0.07))


def board(c: Canvas, y: float = 268) -> None:
    """A wooden cutting board."""
    c.shadow(200, y + 52, 175, 18)
    c.path(rounded([(60, y), (340, y), (368, y + 44), (32, y + 44)], 14), c.fall("#e3b983", "#d2a06a"))
    c.path(
        (
            f"M33 {y + 40}Q32 {y + 58} 46 {y + 58}H354Q368 {y + 58} 367 {y + 40}Q364 {y + 46} 354 {y + 46}"
            f"H46Q36 {y + 46} 33 {y + 40}Z"
        ),
        "#b37f4c",
    )
    c.line(f"M92 {y + 18}h120M240 {y + 30}h70", "#b98752", 3, opacity=0.5)


def pouch(c: Canvas, box: tuple[float, float, float, float], colour: str) -> None:
    """A pillow bag with crimped ends: x, y, width, height."""
    x, y, wide, high = box
    c.shadow(x + wide / 2, y + high, wide * 0.62, 16)
    side = f"C{x + wide - 12} {y + high * 0.3} {x + wide + 8} {y + high * 0.7} {x + wide} {y + high}"
    other = f"C{x - 8} {y + high * 0.7} {x + 12} {y + high * 0.3} {x} {y}"
    c.path(f"M{x} {y}H{x + wide}{side}H{x}{other}Z", c.turned(colour, 0.22))
    for top in (y, y + high - 18):
        c.rect(x - 1, top, wide + 2, 18, darker(colour, 0.12), rx=3)
        c.line(
            f"M{x + 8} {top + 6}h{wide - 16}M{x + 8} {top + 12}h{wide - 16}", lighter(colour, 0.35), 1.5, opacity=0.7
        )
    c.line(f"M{x + 20} {y + 40}Q{x + 30} {y + high * 0.4} {x + 22} {y + high * 0.62}", "#fff", 9, opacity=0.4)


def crate(c: Canvas, box: tuple[float, float, float, float], colour: str, depth: float = 46) -> None:
    """A cardboard box seen from the left front: x, y, width, height of its front."""
    x, y, wide, high = box
    rise = depth * 0.6
    c.shadow(x + wide / 2 + depth / 2, y + high + 2, wide * 0.66, 16)
    c.path(f"M{x} {y}l{depth} {-rise}h{wide}l{-depth} {rise}z", lighter(colour, 0.3))
    c.path(f"M{x + wide} {y}l{depth} {-rise}v{high}l{-depth} {rise}z", darker(colour, 0.22))
    c.rect(x, y, wide, high, c.fall(colour, darker(colour, 0.07)))


def wheat(c: Canvas, x: float, y: float, size: float = 1.0, colour: str = "#e0a93b") -> None:
    """An ear of wheat or rice that stands on (x, y)."""
    with c.at(x, y, size=size):
        c.line("M0 0Q-2 -60 6 -110", darker(colour, 0.2), 4)
        for step in range(5):
            for side in (-1, 1):
                with c.at(side * 8 + step, -44 - step * 16, side * 28):
                    c.ellipse(0, 0, 6, 12, colour)
        c.ellipse(7, -122, 6, 13, colour)
