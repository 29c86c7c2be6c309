"""A sheet of 400 by 400 on which goods are drawn, and the few colours that make flat shapes look round."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = 400
Number = float | int


def mix(colour: str, other: str, share: float) -> str:
    """A colour between two `#rrggbb` colours; `share` is how much of the other one."""
    pairs = [(int(colour[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def lighter(colour: str, share: float = 0.3) -> str:
    """The colour in brighter light."""
    return mix(colour, "#ffffff", share)


def darker(colour: str, share: float = 0.25) -> str:
    """The colour in shadow: warmer than plain black would make it."""
    return mix(colour, "#2a1408", share)


def short(value: Number) -> str:
    """A number with one decimal at most, as short as SVG allows."""
    return f"{value:.1f}".rstrip("0").rstrip(".").replace("-0.", "-.") if value else "0"


def tidy(path: str) -> str:
    """Path data with every number cut to one decimal."""
    return re.sub(r"-?\d+\.\d+", lambda match: short(float(match.group())), path)


class Canvas:
    """Collects shapes from back to front. Only presentation attributes are used, so a strict CSP is content."""

    def __init__(self, tint: str) -> None:
        self._defs: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._shapes: list[str] = []
        ground = self._gradient("radialGradient", 'cx=".6" cy=".35" r=".85"', ((0, lighter(tint, 0.82)), (1, tint)))
        self._shapes.append(f'<path fill="{ground}" d="M0 0h400v400H0z"/>')

    def _gradient(self, kind: str, frame: str, stops: tuple[tuple[float, str], ...]) -> str:
        inner = "".join(f'<stop offset="{_fine(at)}" stop-color="{colour}"/>' for at, colour in stops)
        return self._define(kind, frame, inner)

    def _define(self, kind: str, frame: str, inner: str) -> str:
        key = f"{kind} {frame}{inner}"
        name = self._names.setdefault(key, f"g{len(self._names)}")
        self._defs[name] = f'<{kind} id="{name}" {frame}>{inner}</{kind}>'
        return f"url(#{name})"

    def glow(self, colour: str, depth: float = 0.3) -> str:
        """Fill of a round body lit from the upper left."""
        stops = ((0, lighter(colour, 0.38)), (0.5, colour), (1, darker(colour, depth)))
        return self._gradient("radialGradient", 'cx=".36" cy=".3" r=".8"', stops)

    def turned(self, colour: str, depth: float = 0.28) -> str:
        """Fill of an upright round body such as a bottle: bright left of the middle, dark at both sides."""
        stops = (
            (0, darker(colour, depth * 0.6)),
            (0.3, lighter(colour, 0.3)),
            (0.6, colour),
            (1, darker(colour, depth)),
        )
        return self._gradient("linearGradient", 'x2="1"', stops)

    def fall(self, top: str, bottom: str) -> str:
        """Fill that runs from one colour above to another below."""
        return self._gradient("linearGradient", 'x2="0" y2="1"', ((0, top), (1, bottom)))

    def core(self, *colours: str) -> str:
        """Fill that runs from the middle outwards through the colours, evenly spaced."""
        stops = tuple((index / (len(colours) - 1), colour) for index, colour in enumerate(colours))
        return self._gradient("radialGradient", 'r=".5"', stops)

    def shadow(self, x: Number, y: Number, rx: Number, ry: Number = 16) -> None:
        """The soft shadow that an object throws on the table."""
        inner = (
            '<stop offset=".3" stop-color="#3a2412" stop-opacity=".3"/>'
            '<stop offset="1" stop-color="#3a2412" stop-opacity="0"/>'
        )
        self.ellipse(x, y, rx, ry, self._define("radialGradient", 'r=".5"', inner))

    def _add(self, tag: str, geometry: str, fill: str, more: dict[str, Number | str]) -> None:
        extra = "".join(
            f' {name.replace("_", "-")}="{value if isinstance(value, str) else _fine(value)}"'
            for name, value in more.items()
        )
        self._shapes.append(f'<{tag} fill="{fill}"{extra} {geometry}/>')

    def circle(self, x: Number, y: Number, r: Number, fill: str, **more: Number | str) -> None:
        """A disc."""
        self._add("circle", f'cx="{short(x)}" cy="{short(y)}" r="{short(r)}"', fill, more)

    def ellipse(self, x: Number, y: Number, rx: Number, ry: Number, fill: str, **more: Number | str) -> None:
        """An upright or lying oval; turn it with `at`."""
        self._add("ellipse", f'cx="{short(x)}" cy="{short(y)}" rx="{short(rx)}" ry="{short(ry)}"', fill, more)

    def rect(self, x: Number, y: Number, wide: Number, high: Number, fill: str, **more: Number | str) -> None:
        """A box face; `rx` rounds its corners."""
        frame = f'x="{short(x)}" y="{short(y)}" width="{short(wide)}" height="{short(high)}"'
        self._add("rect", frame, fill, more)

    def path(self, data: str, fill: str, **more: Number | str) -> None:
        """Any outline."""
        self._add("path", f'd="{tidy(data)}"', fill, more)

    def line(self, data: str, colour: str, width: Number, **more: Number | str) -> None:
        """A stroke with round ends."""
        self.path(data, "none", stroke=colour, stroke_width=width, stroke_linecap="round", **more)

    @contextmanager
    def at(
        self, x: Number = 0, y: Number = 0, turn: Number = 0, size: Number = 1, flip: bool = False
    ) -> Iterator[None]:
        """Draw what follows moved to a place, turned by degrees, scaled, and mirrored when asked."""
        steps = [f"translate({short(x)} {short(y)})"]
        if turn:
            steps.append(f"rotate({short(turn)})")
        if size != 1 or flip:
            steps.append(f"scale({'-' if flip else ''}{_fine(size)} {_fine(size)})")
        self._shapes.append(f'<g transform="{"".join(steps)}">')
        yield
        self._shapes.append("</g>")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Draw a small thing once, out of sight, to be set down many times by `put`."""
        outer, self._shapes = self._shapes, []
        yield
        inner, self._shapes = "".join(self._shapes), outer
        self._defs[name] = f'<g id="{name}">{inner}</g>'

    def put(self, name: str, x: Number, y: Number, turn: Number = 0, size: Number = 1) -> None:
        """Set down a part."""
        steps = f"translate({short(x)} {short(y)})"
        steps += f"rotate({short(turn)})" if turn else ""
        steps += f"scale({_fine(size)})" if size != 1 else ""
        self._shapes.append(f'<use href="#{name}" transform="{steps}"/>')

    def svg(self) -> str:
        """The finished picture."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        return f"{head}<defs>{''.join(self._defs.values())}</defs>{''.join(self._shapes)}</svg>\n"


def _fine(value: Number) -> str:
    """A number with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
