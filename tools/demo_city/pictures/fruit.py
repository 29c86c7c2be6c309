"""Fruit."""

import math

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import LEAF, ball, gleam, leaf, stalk


def citrus_half(c: Canvas, x: float, y: float, r: float, rind: str, flesh: str) -> None:
    """A citrus fruit cut across: rind, pith and nine segments."""
    c.circle(x, y, r, c.glow(rind))
    c.circle(x, y, r * 0.9, lighter(rind, 0.82))
    for step in range(9):
        with c.at(x, y, step * 40):
            wide, long = r * 0.27, r * 0.82
            c.path(
                f"M0 {-r * 0.1}L{wide} {-long + r * 0.1}Q0 {-long - r * 0.06} {-wide} {-long + r * 0.1}Z",
                c.fall(flesh, lighter(flesh, 0.3)),
            )
    c.circle(x, y, r * 0.08, lighter(rind, 0.85))


def navel_orange(c: Canvas) -> None:
    """A pile of oranges with one cut open."""
    c.shadow(200, 318, 150)
    ball(c, 140, 236, 78, "#f78f1e")
    ball(c, 252, 170, 76, "#f9a02c")
    c.line("M250 100q2 -22 18 -30", "#6b4a2b", 6)
    leaf(c, 258, 92, 62, -12)
    leaf(c, 252, 96, 44, 205)
    c.circle(128, 268, 5, "#c96a10")
    citrus_half(c, 268, 250, 68, "#f58a15", "#fba63a")


def apple(c: Canvas, x: float, y: float, r: float, colour: str) -> None:
    """An apple with its dip, streaks and stem."""
    with c.at(x, y, size=r / 80):
        body = "M0 -58C26 -84 86 -70 84 -4C82 52 44 84 16 78Q0 72 -16 78C-44 84 -82 52 -84 -4C-86 -70 -26 -84 0 -58Z"
        c.path(body, c.glow(colour, 0.35))
        for at, bend in ((-34, -16), (-8, -4), (20, 10), (44, 22)):
            c.line(f"M{at * 0.5} -50Q{at + bend} -10 {at} 44", "#ffd27a", 5, opacity=0.22)
        c.path("M-26 -60Q0 -40 26 -60Q0 -30 -26 -60Z", darker(colour, 0.45), opacity=0.6)
        stalk(c, "M0 -52Q2 -80 16 -92", 7)
        gleam(c, -6, -2, 78)


def fuji_apple(c: Canvas) -> None:
    """Two red apples."""
    c.shadow(200, 318, 150)
    apple(c, 150, 214, 96, "#d8322f")
    leaf(c, 168, 108, 64, -18)
    apple(c, 276, 248, 70, "#e5473c")
    leaf(c, 286, 174, 46, -10)


def pear(c: Canvas, x: float, y: float, turn: float, colour: str) -> None:
    """A pear with freckles."""
    with c.at(x, y, turn):
        c.path(
            (
                "M0 -108C26 -108 34 -76 42 -44C52 -14 84 4 82 50C80 92 40 106 0 106S-80 92 -82 50"
                "C-84 4 -52 -14 -42 -44C-34 -76 -26 -108 0 -108Z"
            ),
            c.glow(colour, 0.3),
        )
        for dx, dy in ((-30, 20), (10, 40), (36, 10), (-8, -20), (24, 70), (-44, 62), (8, -60), (50, 50)):
            c.circle(dx, dy, 2.2, darker(colour, 0.35), opacity=0.5)
        stalk(c, "M0 -104Q2 -130 14 -142", 7)
        c.line("M-50 12Q-40 -18 -22 -36", "#fff", 11, opacity=0.55)


def crown_pear(c: Canvas) -> None:
    """Two pale yellow pears."""
    c.shadow(200, 322, 150)
    pear(c, 262, 216, 12, "#dccb5e")
    pear(c, 142, 208, -6, "#e8d970")
    leaf(c, 140, 72, 62, -8)


def green_grape(c: Canvas) -> None:
    """A bunch of green grapes."""
    c.shadow(204, 336, 90)
    stalk(c, "M200 96Q198 66 222 48", 8, "#7c6a36")
    leaf(c, 206, 84, 92, -20, "#5aa545")
    leaf(c, 198, 88, 84, 196, "#4f9d3f")
    with c.part("b"):
        ball(c, 0, 0, 30, "#a9cf4b", 1.08)
    for row, count in enumerate((4, 5, 4, 3, 2, 1)):
        for place in range(count):
            shift = 4 if (row + place) % 2 else -3
            c.put("b", 200 + (place - (count - 1) / 2) * 47, 118 + row * 38 + shift)


def banana(c: Canvas) -> None:
    """A hand of bananas."""
    c.shadow(206, 322, 150)
    for turn, colour in ((30, "#e9b722"), (14, "#f2c62f"), (-2, "#f8d23e"), (-18, "#fddc52")):
        with c.at(120, 88, turn):
            c.path(
                "M-12 0C-30 90 6 190 118 226Q132 230 132 218Q128 206 116 200C54 160 26 90 20 0Z",
                c.fall(colour, darker(colour, 0.1)),
            )
            c.line("M4 20C2 96 36 172 110 210", darker(colour, 0.16), 4, opacity=0.6)
            c.path("M117 226q14 4 16 -6q-2 -10 -12 -16q-2 12 -4 22z", "#6b4a2b")
    c.path("M96 60Q118 44 142 60L148 112Q120 128 94 108Z", c.fall("#a98f2b", "#e2b728"))


def strawberry(c: Canvas) -> None:
    """Three strawberries."""
    c.shadow(200, 324, 140)
    with c.part("l"):
        leaf(c, 0, 0, 42, 0, "#5cab43")
    with c.part("s"):
        c.path(
            "M0 -52C40 -66 74 -34 62 8C52 46 22 82 0 86C-22 82 -52 46 -62 8C-74 -34 -40 -66 0 -52Z",
            c.glow("#e23440", 0.32),
        )
        for dx, dy in (
            (-34, -16),
            (-12, -26),
            (14, -24),
            (38, -14),
            (-26, 10),
            (0, 4),
            (27, 10),
            (-12, 34),
            (14, 36),
            (0, 60),
        ):
            c.ellipse(dx, dy, 3, 5, "#ffd98a")
        for turn in (20, 55, 90, 125, 160):
            c.put("l", 0, -50, turn)
            c.put("l", 0, -52, turn + 180, 0.62)
        c.line("M-44 -8Q-42 -30 -26 -38", "#fff", 8, opacity=0.5)
    c.put("s", 252, 166, 14)
    c.put("s", 142, 200, -12, 1.24)
    c.put("s", 268, 254, 8, 0.86)


def blueberry(c: Canvas) -> None:
    """A heap of blueberries."""
    c.shadow(200, 310, 150)
    c.path("M200 140L296 284H104Z", "#2b3a74")
    leaf(c, 250, 130, 76, -34)
    leaf(c, 148, 128, 66, 214)
    with c.part("b"):
        ball(c, 0, 0, 36, "#4a61a8")
        c.path("M0 -16l5 8l9 -2l-3 9l7 6l-9 3l-1 9l-8 -5l-8 5l-1 -9l-9 -3l7 -6l-3 -9l9 2z", "#2b3a74")
        c.circle(0, 0, 6, "#6f83c2")
    spots = (
        (200, 128, 0),
        (160, 172, 40),
        (236, 176, 80),
        (116, 218, 20),
        (198, 216, 60),
        (280, 222, 10),
        (84, 268, 50),
    )
    for x, y, turn in (*spots, (152, 270, 0), (226, 272, 30), (300, 274, 70), (190, 282, 15)):
        c.put("b", x, y, turn)


def kiwi(c: Canvas) -> None:
    """A whole kiwi fruit and a half."""
    c.shadow(200, 312, 150)
    with c.at(254, 186, 24):
        c.ellipse(0, 0, 104, 80, c.glow("#96703c", 0.35))
        c.line("M-66 -20Q-50 -50 -14 -60", "#fff", 9, opacity=0.3)
        c.ellipse(100, 4, 7, 11, "#5f4422")
    c.circle(146, 232, 84, c.glow("#86622f"))
    c.circle(146, 232, 77, c.core("#f3f5d2", "#eef3c2", "#a8cf4a", "#86bb33", "#7aae2c"))
    c.ellipse(146, 232, 20, 18, "#f7f7dc")
    with c.part("s"):
        c.ellipse(0, -34, 3, 6.5, "#2c2414")
    for step in range(18):
        c.put("s", 146, 232, step * 20, 1 + 0.22 * (step % 2))


def pomelo(c: Canvas) -> None:
    """A large pomelo and a peeled wedge."""
    c.shadow(200, 306, 150)
    c.path(
        (
            "M176 74C210 66 236 92 262 128C296 168 300 230 270 270C236 312 128 314 92 274"
            "C54 230 66 168 102 128C128 96 146 78 176 74Z"
        ),
        c.glow("#d9cf4a", 0.25),
    )
    for x, y in ((140, 150), (190, 130), (210, 190), (120, 220), (170, 250), (236, 240), (100, 190), (160, 190)):
        c.circle(x, y, 3, "#b5a92c", opacity=0.5)
    c.line("M106 184Q116 150 142 128", "#fff", 13, opacity=0.5)
    stalk(c, "M178 76q0 -16 10 -24", 8)
    leaf(c, 184, 62, 70, -14)
    with c.at(276, 262, -20):
        c.path("M-78 0C-60 62 60 62 78 0Q0 -34 -78 0Z", c.fall("#f6f0c8", "#e7d873"))
        c.path("M-64 2C-46 44 46 44 64 2Q0 -24 -64 2Z", c.fall("#fbd9cf", "#f2a79c"))
        for dx in (-36, -12, 12, 36):
            c.line(f"M{dx} -4Q{dx * 0.9} 12 {dx * 0.7} 24", "#fff", 3, opacity=0.6)


def sugar_mandarin(c: Canvas) -> None:
    """Small mandarins with their leaves on."""
    c.shadow(200, 304, 160)
    for data in ("M200 84Q150 90 144 130", "M200 84Q252 90 250 116"):
        stalk(c, data, 5, "#7a5a30")
    stalk(c, "M120 110Q190 60 290 96", 6, "#7a5a30")
    for x, y, turn in ((150, 92, 250), (214, 78, -70), (270, 92, -24), (126, 108, 190), (240, 92, 60)):
        leaf(c, x, y, 62, turn, "#3f8f3c")
    for x, y, r in ((144, 164, 54), (250, 154, 54), (96, 250, 52), (304, 242, 52), (200, 232, 60)):
        ball(c, x, y, r, "#f4801c", 0.86)
        c.path(f"M{x - 10} {y - r * 0.62}l6 -6l4 -7l5 7l7 5l-10 5z", LEAF)
    for x, y in ((180, 258), (214, 262), (236, 244), (92, 276), (300, 268)):
        c.circle(x, y, 2, "#c65c0a", opacity=0.6)


def cherry(c: Canvas) -> None:
    """Dark cherries with green stems."""
    c.shadow(200, 318, 140)
    for data in ("M210 56Q150 110 128 190", "M210 56Q226 120 222 160", "M210 56Q290 110 294 200"):
        c.line(data, "#7d9a3c", 6)
    leaf(c, 210, 58, 84, 10)
    leaf(c, 208, 58, 70, 168)
    for x, y, r in ((222, 196, 50), (300, 236, 56), (120, 228, 60), (208, 270, 56)):
        ball(c, x, y, r, "#9a1530", 0.94)
        c.path(
            (
                f"M{x - 18} {y - r * 0.86}Q{x} {y - r * 0.62} {x + 18} {y - r * 0.86}"
                f"Q{x} {y - r * 0.48} {x - 18} {y - r * 0.86}Z"
            ),
            "#5b0a1c",
        )


def dragon_fruit(c: Canvas) -> None:
    """A dragon fruit and a magenta half."""
    c.shadow(200, 322, 150)
    with c.at(240, 180, 18):
        c.ellipse(0, 0, 88, 106, c.glow("#e23b7c"))
        for x, y, turn in (
            (0, -96, 0),
            (-56, -66, -36),
            (56, -66, 36),
            (-76, -10, -70),
            (78, -8, 66),
            (0, -34, 0),
            (40, 10, 30),
            (70, 50, 90),
        ):
            with c.at(x, y, turn):
                c.path("M-16 18Q-6 -4 0 -44Q10 -4 18 18Q0 30 -16 18Z", c.fall("#8cc152", "#ea5a92"))
    with c.at(138, 238, -14):
        c.ellipse(0, 0, 80, 92, c.glow("#e8518d"))
        c.ellipse(0, 2, 68, 80, c.core("#c92a78", "#b3206a"))
        for step in range(34):
            angle, far = step * 2.4, 11 * math.sqrt(step + 0.5)
            c.circle(math.cos(angle) * far, math.sin(angle) * far * 1.15, 2.6, "#2a0a1c")


def hami_melon(c: Canvas) -> None:
    """A netted melon and a slice."""
    c.shadow(200, 318, 160)
    with c.at(214, 176, -10):
        c.ellipse(0, 0, 132, 98, c.glow("#cfc06a"))
        for bend in (-70, -36, 0, 36, 70):
            c.line(f"M-124 {bend * 0.1}Q0 {bend * 1.7} 124 {bend * 0.1}", "#efe7b4", 3, opacity=0.8)
            c.line(f"M{bend} -84Q{bend * 1.7} 0 {bend} 84", "#efe7b4", 3, opacity=0.8)
        stalk(c, "M126 -8q24 -8 22 -30", 9, "#8a7a3a")
    with c.at(156, 258, -8, 1.12):
        c.path("M-112 -26C-92 76 92 76 112 -26Q0 14 -112 -26Z", "#b9b45a")
        c.path("M-112 -26C-88 58 88 58 112 -26Q0 14 -112 -26Z", c.fall("#ffb066", "#f98f3c"))
        c.path("M-100 -22Q0 16 100 -22Q0 34 -100 -22Z", "#ffd9a0")
        for x, y in ((-48, -6), (-24, 1), (0, 3), (24, 1), (48, -6)):
            c.ellipse(x, y, 7, 3.4, "#fff3cf")


def cherry_tomato(c: Canvas) -> None:
    """Cherry tomatoes on a bowl-less heap, each with its green star."""
    c.shadow(200, 310, 150)
    with c.part("t"):
        ball(c, 0, 0, 42, "#e8392b", 1.12)
        c.path("M0 -38l10 -12l0 12l16 -2l-12 10l10 12l-18 -6l-6 14l-6 -14l-18 6l10 -12l-12 -10l16 2l0 -12z", "#5ba53c")
        c.line("M0 -40q2 -12 10 -16", "#4a8a30", 4)
    for x, y, turn in (
        (200, 124, 6),
        (146, 186, -20),
        (252, 184, 26),
        (98, 250, -34),
        (302, 248, 30),
        (198, 242, 4),
        (150, 272, -10),
        (254, 270, 16),
    ):
        c.put("t", x, y, turn)


def avocado(c: Canvas) -> None:
    """A whole avocado and a half with its stone."""
    c.shadow(200, 324, 150)
    body = (
        "M0 -112C34 -112 44 -66 56 -36C74 0 90 26 84 58C76 98 38 114 0 114S-76 98 -84 58"
        "C-90 26 -74 0 -56 -36C-44 -66 -34 -112 0 -112Z"
    )
    with c.at(262, 196, 18):
        c.path(body, c.glow("#3f5a2b", 0.4))
        c.line("M-46 20Q-36 -24 -20 -50", "#fff", 10, opacity=0.3)
    with c.at(146, 212, -8):
        c.path(body, c.glow("#45622e", 0.4))
    with c.at(146, 212, -8, 0.9):
        c.path(body, "#c6d46a")
    with c.at(145, 213, -8, 0.82):
        c.path(body, c.core("#f8f0b4", "#f3edaa", "#dfe390"))
    c.circle(140, 246, 42, c.glow("#8a5a2e", 0.4))
    gleam(c, 140, 246, 40, 0.5)


def lemon(c: Canvas) -> None:
    """Lemons, whole and cut."""
    c.shadow(200, 316, 150)
    with c.at(232, 172, -20):
        c.path(
            (
                "M-118 4C-104 -6 -96 -22 -80 -42C-44 -84 44 -84 80 -42C96 -22 108 -6 122 2Q128 10 116 14"
                "C98 20 94 34 78 48C42 80 -44 80 -80 46C-94 34 -100 20 -116 14Q-126 10 -118 4Z"
            ),
            c.glow("#f6d32d", 0.22),
        )
        c.line("M-70 -14Q-48 -50 -10 -56", "#fff", 11, opacity=0.6)
        leaf(c, 112, -2, 66, -50)
    citrus_half(c, 134, 246, 70, "#f3cd23", "#f9e268")
    with c.at(284, 272, 16):
        c.path("M-52 0A52 52 0 0 0 52 0Z", "#f3cd23")
        c.path("M-46 0A46 46 0 0 0 46 0Z", "#fdf6cf")
        for turn in (-54, -18, 18, 54):
            with c.at(0, 0, turn):
                c.path("M0 6L10 36Q0 43 -10 36Z", "#f9e268")


DRAWINGS = {
    "navel-orange": ("#fde3c0", navel_orange),
    "fuji-apple": ("#ffd9d6", fuji_apple),
    "crown-pear": ("#f3eec9", crown_pear),
    "green-grape": ("#e3f0c9", green_grape),
    "banana": ("#fdf0bf", banana),
    "strawberry": ("#ffd6dc", strawberry),
    "blueberry": ("#d7def5", blueberry),
    "kiwi": ("#e4efcd", kiwi),
    "pomelo": ("#f7f3c8", pomelo),
    "sugar-mandarin": ("#fddcbc", sugar_mandarin),
    "cherry": ("#f8d4db", cherry),
    "dragon-fruit": ("#fbd3e4", dragon_fruit),
    "hami-melon": ("#fbe6c6", hami_melon),
    "cherry-tomato": ("#ffdcd2", cherry_tomato),
    "avocado": ("#e6efcf", avocado),
    "lemon": ("#fdf3c0", lemon),
}
