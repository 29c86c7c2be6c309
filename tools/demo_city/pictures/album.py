"""All product pictures by name."""

from collections.abc import Callable
from pathlib import Path

from tools.demo_city.pictures import (
    care,
    drinks,
    eggs_dairy,
    frozen,
    fruit,
    household,
    meat,
    pantry,
    seafood,
    seasoning,
    snacks,
    vegetables,
)
from tools.demo_city.pictures.canvas import Canvas

_FOOD = (fruit, vegetables, eggs_dairy, meat, seafood, frozen, pantry, seasoning, snacks, drinks)
_SHELVES = (*_FOOD, household, care)
#: By the picture's name: the tint of its ground, and who draws it.
DRAWINGS: dict[str, tuple[str, Callable[[Canvas], None]]] = {
    name: drawing for shelf in _SHELVES for name, drawing in shelf.DRAWINGS.items()
}


def draw(name: str) -> str:
    """The SVG text of one picture."""
    tint, drawing = DRAWINGS[name]
    canvas = Canvas(tint)
    drawing(canvas)
    return canvas.svg()


def write_pictures(folder: Path) -> None:
    """Write every picture as `<name>.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DRAWINGS:
        (folder / f"{name}.svg").write_text(draw(name), encoding="utf-8", newline="\n")
