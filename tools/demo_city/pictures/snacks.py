"""Snacks, bakery and nuts."""

import math

from tools.demo_city.pictures.canvas import Canvas
from tools.demo_city.pictures.parts import ball, bowl, bowl_front, crate, gleam, leaf, plate, pouch, turned


def seed(c: Canvas) -> None:
    """A striped sunflower seed around the origin."""
    c.path("M0 -22C14 -10 13 14 0 20C-13 14 -14 -10 0 -22Z", c.glow("#4b4340", 0.3))
    c.line("M-4 -10Q-7 4 -3 14M4 -10Q7 4 3 14", "#efe6d6", 2.6)


def sunflower_seed(c: Canvas) -> None:
    """A bag of sunflower seeds."""
    pouch(c, (92, 56, 190, 262), "#e2a02b")
    with c.part("p"):
        c.ellipse(0, -44, 12, 24, "#ffd84d")
    for step in range(14):
        c.put("p", 188, 166, step * 360 / 14)
    c.circle(188, 166, 34, c.glow("#6b4224"))
    for step in range(16):
        angle, far = step * 2.4, 7.4 * math.sqrt(step + 0.3)
        c.circle(188 + math.cos(angle) * far, 166 + math.sin(angle) * far, 2.6, "#c08a4c")
    with c.part("s"):
        seed(c)
    for x, y, turn in (
        (92, 314, 60),
        (126, 330, 100),
        (160, 312, 40),
        (198, 326, 120),
        (236, 314, 75),
        (276, 328, 20),
        (312, 312, 100),
        (344, 326, 60),
        (62, 328, 110),
    ):
        c.put("s", x, y, turn, 1.15)


def daily_nuts(c: Canvas) -> None:
    """A box of nuts and dried berries."""
    crate(c, (96, 98, 176, 160), "#3f8f7c", 54)
    c.circle(184, 178, 58, "#fdf6e4")
    for x, y, turn in ((160, 160, -20), (204, 156, 30), (166, 202, 40), (206, 198, -10)):
        with c.at(x, y, turn):
            c.path("M0 -22C18 -10 16 16 0 22C-16 16 -18 -10 0 -22Z", c.glow("#b0713a"))
            c.line("M0 -14V14", "#7d4a20", 2.5, opacity=0.7)
    c.circle(184, 180, 10, c.glow("#4a61a8"))
    for x, y, turn in ((98, 296, 30), (270, 300, -30)):
        with c.at(x, y, turn):
            c.path(
                "M-34 8C-36 -16 -10 -26 12 -18C34 -10 36 10 24 14C16 2 2 0 -6 10C-14 20 -30 20 -34 8Z",
                c.glow("#ecd6a4"),
            )
    for x, y, r, colour in (
        (152, 306, 20, "#b5763d"),
        (316, 288, 18, "#b8232f"),
        (206, 312, 17, "#4a5aa0"),
        (238, 300, 16, "#c22b38"),
        (344, 308, 17, "#b5763d"),
        (60, 310, 15, "#4a5aa0"),
    ):
        ball(c, x, y, r, colour, 0.88)


def soda_biscuit(c: Canvas) -> None:
    """A stack of crackers."""
    c.shadow(200, 318, 150)
    with c.part("b"):
        edge = "".join(f"a8.5 8.5 0 0 1 {dx} {dy}" * 8 for dx, dy in ((17, 0), (0, 17), (-17, 0), (0, -17)))
        c.path(f"M-68 -68{edge}Z", c.fall("#f9e4b4", "#e2b466"), stroke="#b98a43", stroke_width=3)
        for x in (-40, 0, 40):
            for y in (-40, 0, 40):
                c.circle(x, y, 5, "#b9833a")
        for x, y in ((-20, -22), (22, -14), (18, 24), (-24, 20), (-54, 4), (52, -40)):
            c.rect(x, y, 5, 5, "#fffdf2")
    c.put("b", 270, 164, 18)
    for y in (282, 262, 242):
        c.rect(54, y, 190, 24, c.fall("#f3d496", "#c9964a"), rx=10)
        c.line(f"M70 {y + 13}H226", "#b47f36", 3, stroke_dasharray="3 12")
    c.put("b", 146, 160, -12, 1.08)
    with c.at(296, 272):
        c.path(
            "M-52 34V-30q9 -14 17 0q9 -14 17 0q9 -14 17 0q9 -14 17 0q4 12 -6 18q10 10 -2 20q8 14 -14 26Z",
            c.fall("#f6dba0", "#dfae5c"),
            stroke="#b98a43",
            stroke_width=3,
        )
        c.circle(-28, 0, 5, "#b9833a")


def toast_bread(c: Canvas) -> None:
    """A loaf of milk toast with slices."""
    c.shadow(206, 316, 160)
    crust = "M-78 92V-14C-104 -34 -96 -84 -52 -84H52C96 -84 104 -34 78 -14V92Q78 102 68 102H-68Q-78 102 -78 92Z"
    for x, colour in ((286, "#b9722f"), (268, "#c27c37"), (250, "#cb8740")):
        with c.at(x, 200):
            c.path(crust, c.turned(colour, 0.2))
    with c.at(214, 204):
        c.path(crust, c.fall("#d99a50", "#c07f3a"))
    for x, y, turn in ((186, 210, 0), (142, 216, -6)):
        with c.at(x, y, turn):
            c.path(crust, c.fall("#d2914a", "#b8752f"))
        with c.at(x, y, turn, 0.89):
            c.path(crust, c.glow("#fbeccb", 0.1))
    for x, y in (
        (108, 190),
        (140, 170),
        (176, 196),
        (120, 240),
        (160, 250),
        (190, 228),
        (140, 216),
        (104, 270),
        (176, 282),
    ):
        c.ellipse(x, y, 5, 3.4, "#e9cf9c")


def potato_chip(c: Canvas) -> None:
    """A tube of chips and loose chips."""
    c.shadow(200, 334, 140)
    turned(c, [(58, 66), (58, 330)], "#d8392f", 148)
    c.ellipse(148, 68, 58, 17, "#f6d24f")
    c.path("M90 68V92Q148 122 206 92V68Q148 98 90 68Z", c.turned("#eec33c"))
    c.ellipse(148, 196, 44, 52, "#fbe9b8")
    with c.part("c"):
        c.path(
            "M-54 8C-52 -28 -16 -46 18 -36C52 -26 62 6 40 24C18 40 -12 14 -30 24C-44 32 -56 24 -54 8Z",
            c.fall("#fbd873", "#e6a836"),
        )
        c.line("M-38 2Q-10 -26 30 -16", "#fff3c2", 5, opacity=0.8)
        for x, y in ((-14, 6), (14, -2), (30, 10), (0, -20), (-28, 12)):
            c.circle(x, y, 2.4, "#c98a26", opacity=0.8)
    c.put("c", 150, 200, -10, 0.66)
    c.line("M106 120V314", "#fff", 8, opacity=0.4)
    for x, y, turn in ((282, 178, 24), (298, 236, -16), (246, 286, 10), (320, 300, -8)):
        c.put("c", x, y, turn, 1.02)


def seaweed(c: Canvas) -> None:
    """Seaweed crisps with sesame."""
    c.shadow(200, 320, 150)
    for x, y, turn in ((238, 152, 20), (160, 178, -10), (232, 236, 6)):
        with c.at(x, y, turn):
            c.rect(-62, -82, 124, 164, c.fall("#33563f", "#152a20"), rx=6)
            c.line("M-46 -66Q-10 -20 -34 40M-10 -72Q26 -10 2 66M34 -64Q54 0 34 60", "#4d7a5a", 4, opacity=0.6)
            for dx, dy in ((-30, -40), (10, -56), (36, -20), (-12, -8), (22, 26), (-36, 34), (2, 56), (40, 58)):
                c.ellipse(dx, dy, 6, 3.4, "#f6e9c6")
            c.line("M-54 -70V60", "#8fbf9c", 4, opacity=0.5)
    with c.at(112, 288, -18):
        c.rect(-58, -24, 116, 48, c.fall("#3f6a4e", "#152a20"), rx=20)
        c.ellipse(56, 0, 12, 24, "#22402f")
        c.ellipse(56, 0, 7, 15, "#f0dca8")


def jujube(c: Canvas) -> None:
    """Red dates in a bowl."""
    bowl(c, "#e6dcc8", "#cdbf9f")
    with c.part("j"):
        c.ellipse(0, 0, 40, 29, c.glow("#9a2b1f", 0.4))
        c.line(
            "M-26 6Q-8 -4 -2 -20M-6 22Q4 4 22 -14M16 20Q22 12 34 8M-30 -8Q-22 -12 -18 -20", "#6b160f", 3, opacity=0.7
        )
        c.line("M-24 -10Q-14 -20 0 -20", "#fff", 5, opacity=0.45)
        c.circle(38, -2, 4, "#d9b27a")
    for x, y, turn in (
        (200, 118, 20),
        (154, 146, -24),
        (244, 146, 40),
        (110, 184, 10),
        (200, 168, -10),
        (290, 184, -30),
        (152, 200, 30),
        (246, 202, -14),
    ):
        c.put("j", x, y, turn)
    bowl_front(c, "#e6dcc8")
    c.put("j", 328, 314, 12, 0.9)
    leaf(c, 64, 318, 46, -12)


def walnut(c: Canvas) -> None:
    """A walnut, and one opened."""
    c.shadow(200, 316, 155)
    with c.at(244, 170):
        c.path(
            "M0 -92C62 -92 92 -44 90 4C88 54 50 88 0 90C-50 88 -88 54 -90 4C-92 -44 -62 -92 0 -92Z",
            c.glow("#c08f57", 0.36),
        )
        c.line("M0 -90Q-12 0 0 88", "#7d5427", 6)
        c.line(
            (
                "M-60 -46Q-40 -30 -50 -8T-44 40M-30 -66Q-18 -40 -30 -14T-22 50M32 -64Q20 -36 34 -10T24 52"
                "M62 -40Q44 -20 58 4T46 44"
            ),
            "#8f6434",
            4,
            opacity=0.7,
        )
        gleam(c, -6, -6, 84, 0.4)
    for x, turn in ((132, -10),):
        with c.at(x, 242, turn):
            c.ellipse(0, 0, 84, 72, c.glow("#a8763f", 0.4))
            c.ellipse(0, 0, 74, 62, "#e9cd9d")
            c.path(
                (
                    "M-6 -46C-30 -56 -62 -34 -58 -10C-66 10 -46 26 -40 34C-26 50 -10 44 -6 36ZM6 -46"
                    "C30 -56 62 -34 58 -10C66 10 46 26 40 34C26 50 10 44 6 36Z"
                ),
                c.glow("#d3a05a", 0.25),
            )
            c.line(
                "M-44 -20Q-24 -30 -16 -10T-36 10M-22 22Q-34 14 -46 18M44 -20Q24 -30 16 -10T36 10M22 22Q34 14 46 18",
                "#9a6a2c",
                4,
                opacity=0.8,
            )
    with c.at(296, 282, 14):
        c.path(
            "M-44 8C-48 -20 -24 -34 -8 -24C6 -38 40 -26 40 0C48 18 24 34 6 24C-12 36 -40 28 -44 8Z",
            c.glow("#d9aa66", 0.3),
        )
        c.line("M-28 4Q-14 -10 0 2T28 0M-18 16Q-6 8 4 16", "#9a6a2c", 4, opacity=0.8)


def egg_yolk_pastry(c: Canvas) -> None:
    """Round pastries with black sesame, one cut open."""
    plate(c, 264, "#f3e6dc", 166)
    for x, y in ((134, 158), (262, 152)):
        c.path(
            (
                f"M{x - 74} {y + 36}C{x - 82} {y - 30} {x - 40} {y - 62} {x} {y - 62}"
                f"S{x + 82} {y - 30} {x + 74} {y + 36}"
                f"C{x + 50} {y + 60} {x - 50} {y + 60} {x - 74} {y + 36}Z"
            ),
            c.glow("#e4a03f", 0.3),
        )
        c.line(f"M{x - 50} {y - 4}Q{x - 40} {y - 34} {x - 14} {y - 42}", "#fff", 8, opacity=0.6)
        for dx, dy in ((-10, -46), (8, -38), (22, -48), (-24, -34), (2, -54), (30, -34), (14, -26), (-8, -26)):
            c.ellipse(x + dx, y + dy, 4.4, 2.8, "#2b2420")
    with c.at(198, 240):
        c.path("M-86 34C-92 -34 -46 -66 0 -66S92 -34 86 34C56 58 -56 58 -86 34Z", c.fall("#e9a94a", "#d98f30"))
        c.path("M-76 32C-80 -28 -40 -54 0 -54S80 -28 76 32C50 50 -50 50 -76 32Z", "#fbeac8")
        c.path("M-58 28C-60 -18 -30 -38 0 -38S60 -18 58 28C38 42 -38 42 -58 28Z", "#6b2b24")
        c.circle(0, 4, 28, c.core("#ffb944", "#f7952a", "#e57a17"))
        gleam(c, 0, 4, 26)


DRAWINGS = {
    "sunflower-seed": ("#fbecc0", sunflower_seed),
    "daily-nuts": ("#d9ece6", daily_nuts),
    "soda-biscuit": ("#f9ebcf", soda_biscuit),
    "toast-bread": ("#f7e6cc", toast_bread),
    "potato-chip": ("#fbe3c4", potato_chip),
    "seaweed": ("#d8eadd", seaweed),
    "jujube": ("#f6dcd2", jujube),
    "walnut": ("#f1e4d0", walnut),
    "egg-yolk-pastry": ("#fae6cb", egg_yolk_pastry),
}
