"""Photos as leaders take them: a shelf with crates, drawn; nobody's real door."""

import random
from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 640, 480
_BOXES = ("#b98a5a", "#c79a63", "#8fae8b", "#d8b26e", "#7f9cb0")


def snapshot(dice: random.Random) -> bytes:
    """A shelf of three boards with crates on them, each time filled otherwise; as a JPEG."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#e9e3d8")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 400, WIDTH, HEIGHT), fill="#c9c0b1")
    for board in (150, 275, 400):
        at = 40
        while at < WIDTH - 110:
            width, height = dice.randint(60, 105), dice.randint(55, 95)
            pen.rectangle((at, board - height, at + width, board), fill=dice.choice(_BOXES), outline="#6b573f", width=2)
            pen.rectangle((at + 12, board - height + 14, at + width - 12, board - height + 28), fill="#f6f1e6")
            at += width + dice.randint(4, 26)
        pen.rectangle((20, board, WIDTH - 20, board + 12), fill="#7a6a55")
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
