"""Frozen dim sum, vegetables and ice cream."""

import math

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, bowl, bowl_front, plate


def steam(c: Canvas, y: float = 110) -> None:
    """Three curls of steam."""
    for x in (150, 200, 250):
        c.line(f"M{x} {y}q-14 -20 0 -38t0 -38", "#fff", 8, opacity=0.8)


def basket(c: Canvas, y: float = 228) -> None:
    """A bamboo steamer seen from the front; draw the content after it, then `basket_front`."""
    c.shadow(200, y + 104, 170, 18)
    c.ellipse(200, y, 160, 52, "#c08d4c")
    c.ellipse(200, y + 2, 146, 44, "#e7cf9f")
    for x in (120, 160, 200, 240, 280):
        c.line(f"M{x} {y - 36}V{y + 40}", "#d4b47c", 4)


def basket_front(c: Canvas, y: float = 228) -> None:
    """The front wall of the steamer."""
    c.path(
        f"M40 {y}C44 {y + 70} 356 {y + 70} 360 {y}V{y + 56}C352 {y + 116} 48 {y + 116} 40 {y + 56}Z",
        c.turned("#d9aa66"),
    )
    for down in (20, 46):
        c.line(f"M42 {y + down}C60 {y + down + 60} 340 {y + down + 60} 358 {y + down}", "#a9763a", 4, opacity=0.7)
    for x in (96, 200, 304):
        lift = abs(x - 200) * 0.1
        c.line(f"M{x} {y + 52 - lift}v34", "#8f6230", 7, opacity=0.8)


def dumpling(c: Canvas) -> None:
    """Dumplings on a plate."""
    plate(c, 262, "#bcd5e6", 168)
    with c.part("d"):
        c.path("M-72 26C-70 -22 -34 -46 0 -46S70 -22 72 26C50 42 -50 42 -72 26Z", c.glow("#f3dfb8", 0.3))
        c.path(
            (
                "M-76 24C-72 -30 -36 -56 0 -56S72 -30 76 24Q66 14 64 2Q54 2 50 -14Q38 -14 32 -28"
                "Q18 -26 10 -38Q-4 -30 -14 -36Q-24 -24 -36 -26Q-40 -10 -54 -10Q-58 6 -66 6Q-66 18 -76 24Z"
            ),
            c.fall("#fffaf0", "#efdfbf"),
        )
        c.line(
            "M-64 4L-50 -16M-48 -8L-34 -32M-28 -24L-18 -44M-4 -30L0 -50M18 -26L20 -46M38 -14L38 -34M54 2L54 -18",
            "#c9ae7c",
            3,
            opacity=0.8,
        )
        c.line("M-44 24Q-10 32 30 26", "#c9ae7c", 4, opacity=0.6)
    for x, y, turn in ((202, 138, 0), (126, 182, -8), (276, 184, 10), (200, 212, 2), (112, 252, -4), (288, 254, 6)):
        c.put("d", x, y, turn)
    steam(c, 84)


def wonton(c: Canvas) -> None:
    """Wontons in clear soup."""
    bowl(c, "#3f7fb5", "#f3dfae")
    with c.part("w"):
        c.path(
            "M-46 -6Q-58 -30 -30 -34Q-10 -40 0 -22Q10 -40 30 -34Q58 -30 46 -6Q40 26 0 28Q-40 26 -46 -6Z",
            c.glow("#fbf1dc", 0.14),
        )
        c.circle(0, 4, 16, "#eab9a0", opacity=0.75)
        c.line("M-30 -24Q-14 -14 -8 -4M30 -24Q14 -14 8 -4", "#dcc8a2", 3)
    for x, y, turn in ((140, 194, -10), (256, 192, 12), (196, 186, 0), (166, 216, 6), (232, 216, -8)):
        c.put("w", x, y, turn)
    for x, y in ((112, 206), (206, 226), (288, 208), (184, 174), (226, 178)):
        c.circle(x, y, 7, "#5aa545")
        c.circle(x, y, 3, "#dcefc4")
    bowl_front(c, "#3f7fb5")
    c.line("M96 262Q200 316 304 262", "#fff", 5, opacity=0.6)
    steam(c, 136)


def tangyuan(c: Canvas) -> None:
    """Rice balls in a bowl, one bitten open."""
    bowl(c, "#c9443f", "#f6e9cf")
    for x, y in ((150, 176), (246, 174), (198, 162), (112, 204), (290, 204)):
        ball(c, x, y, 38, "#fdfaf3", 0.92)
    ball(c, 164, 212, 40, "#fffdf8", 0.92)
    c.circle(240, 208, 42, c.glow("#fdfaf3", 0.12))
    c.path("M214 206Q224 190 240 194Q258 188 268 206Q262 230 240 228Q220 230 214 206Z", "#2b2424")
    c.path("M222 222Q230 236 228 250Q238 256 244 242Q252 232 256 224Z", "#2b2424")
    bowl_front(c, "#c9443f")
    for x in (130, 200, 270):
        c.circle(x, 274 + (14 if x == 200 else 0), 9, "#f3c867")
    steam(c, 112)


def scallion_pancake(c: Canvas) -> None:
    """A stack of flaky pancakes."""
    plate(c, 278)
    for y in (260, 238, 216, 194):
        c.ellipse(200, y + 8, 130, 46, "#c98f45")
        c.ellipse(200, y, 130, 46, c.fall("#f5d797", "#e2b163"))
    c.line(
        (
            "M200 194m0 0c14 -6 34 0 34 8c0 14 -60 14 -72 -2c-8 -22 50 -30 82 -18c38 14 26 40 -30 44"
            "c-70 4 -112 -18 -96 -40c20 -26 110 -30 152 -8"
        ),
        "#bd8138",
        4,
        opacity=0.75,
    )
    for x, y in (
        (120, 186),
        (160, 176),
        (230, 170),
        (282, 190),
        (256, 212),
        (146, 214),
        (196, 180),
        (216, 220),
        (110, 204),
        (300, 204),
    ):
        c.rect(x, y, 11, 6, "#4f9d3f", rx=3)
    for x, y in ((140, 200), (250, 184), (190, 208), (276, 204), (176, 190)):
        c.ellipse(x, y, 12, 5, "#b4742c", opacity=0.5)
    steam(c, 140)


def bun(c: Canvas, x: float, y: float, size: float) -> None:
    """A steamed bun."""
    with c.at(x, y, size=size):
        c.path("M-76 34C-84 -24 -44 -62 0 -62S84 -24 76 34C60 54 -60 54 -76 34Z", c.glow("#fdf6e6", 0.14))
        c.line("M-46 -8Q-38 -34 -14 -42", "#fff", 9, opacity=0.9)


def custard_bun(c: Canvas) -> None:
    """Buns with a flowing golden heart."""
    c.shadow(200, 320, 160)
    bun(c, 140, 168, 1.0)
    bun(c, 264, 174, 0.96)
    with c.at(200, 250, size=1.12):
        c.path("M-90 34C-98 -24 -52 -62 0 -62S98 -24 90 34C70 58 -70 58 -90 34Z", c.glow("#fdf4e0", 0.16))
        c.path("M-56 10C-50 -26 -20 -36 6 -32C42 -30 60 -12 58 10C50 30 -46 32 -56 10Z", "#fbe9c4")
        c.path(
            (
                "M-44 8C-40 -16 -16 -24 6 -22C34 -20 48 -8 46 8C44 20 30 18 28 34Q30 58 18 60Q6 58 8 36"
                "Q0 26 -10 34Q-12 46 -22 44Q-28 36 -26 24C-38 22 -44 18 -44 8Z"
            ),
            c.fall("#ffcc3f", "#f39c1a"),
        )
        c.line("M-28 -2Q-14 -14 6 -12", "#fff4c4", 6, opacity=0.9)


def soup_dumpling(c: Canvas) -> None:
    """Soup dumplings in a bamboo steamer."""
    basket(c)
    with c.part("b"):
        c.path("M-60 34C-70 -6 -44 -42 0 -46S70 -6 60 34C44 50 -44 50 -60 34Z", c.glow("#fbf1dc", 0.2))
        for bend in (-44, -28, -10, 10, 28, 44):
            c.line(f"M{bend * 0.12} -42Q{bend * 0.8} -24 {bend} 10", "#d8c39b", 3.5, opacity=0.8)
        c.ellipse(0, -42, 13, 7, "#e6d4ae")
    for x, y, size in ((126, 192, 0.8), (200, 178, 0.84), (274, 192, 0.8), (158, 228, 0.92), (244, 230, 0.92)):
        c.put("b", x, y, size=size)
    basket_front(c)
    steam(c, 128)


def youtiao(c: Canvas) -> None:
    """Golden dough sticks in a paper sleeve."""
    c.shadow(204, 326, 120)
    for x, turn in ((160, -14), (204, 2), (248, 18)):
        with c.at(x, 180, turn):
            c.path(
                "M-30 120C-36 60 -28 -60 -26 -104Q-22 -124 -4 -114Q10 -126 24 -106C34 -60 32 60 28 120Z",
                c.turned("#dd9b3d", 0.36),
            )
            c.line("M0 -104Q-6 0 0 112", "#9f5f1c", 5, opacity=0.6)
            for px, py in ((-16, -80), (12, -60), (-14, -20), (14, 4), (-16, 50), (10, -96), (16, 60)):
                c.ellipse(px, py, 6, 9, "#f2c878", opacity=0.8)
    c.path("M104 218L296 218L270 326H130Z", c.fall("#fdfaf2", "#e9e0cc"))
    c.path("M112 250H288L280 284H120Z", "#d9503f")
    c.path("M104 218L126 204L150 218L174 204L200 218L226 204L250 218L274 204L296 218Z", "#fdfaf2")


def shaomai(c: Canvas) -> None:
    """Open dumplings with rice and a pea on top."""
    basket(c, 236)
    with c.part("s"):
        c.path(
            (
                "M-40 40C-50 10 -22 0 -30 -22Q-50 -30 -48 -42Q-30 -34 -22 -46Q-10 -34 0 -46Q12 -34 24 -46"
                "Q32 -34 48 -42Q50 -30 30 -22C22 0 50 10 40 40Q0 56 -40 40Z"
            ),
            c.glow("#f5dd9c", 0.24),
        )
        c.ellipse(0, -30, 30, 12, "#c79a63")
        for dx, dy in ((-16, -32), (-6, -26), (8, -34), (18, -28), (2, -30)):
            c.ellipse(dx, dy, 6, 3.4, "#f6e8cb")
        ball(c, 0, -36, 8, "#69b048")
        c.line("M-22 4Q-14 26 -20 40M0 -4V42M22 4Q14 26 20 40", "#cfa75c", 3, opacity=0.7)
    for x, y, size in ((122, 204, 0.9), (200, 186, 0.94), (278, 204, 0.9), (160, 238, 1.06), (242, 240, 1.06)):
        c.put("s", x, y, size=size)
    basket_front(c, 236)


def mixed_veg(c: Canvas) -> None:
    """Corn, peas and diced carrot in a bowl."""
    bowl(c, "#5aa36a", "#4a8a58")
    with c.part("c"):
        c.path("M-11 -10Q0 -18 11 -10L8 12Q0 18 -8 12Z", c.fall("#ffe06a", "#f0b323"))
    with c.part("k"):
        c.path("M-12 -6l8 -8h18l-8 8z", "#ffb066")
        c.path("M6 -6l8 -8v16l-8 8z", "#d96a1c")
        c.rect(-12, -6, 18, 17, "#f5872d")
    with c.part("p"):
        ball(c, 0, 0, 13, "#6fb846")
    for step in range(46):
        angle, far = step * 2.4, 18 * math.sqrt(step + 0.3)
        x, y = 200 + math.cos(angle) * far, 186 + math.sin(angle) * far * 0.3 - max(0, 70 - far) * 0.75
        c.put("ckp"[(step * 7 // 3) % 3], x, y, step * 47 % 60 - 30)
    bowl_front(c, "#5aa36a")


def ice_cream(c: Canvas) -> None:
    """Scoops of vanilla ice cream in a cup with a wafer."""
    c.shadow(200, 334, 110)
    with c.at(276, 128, 24):
        c.rect(-18, -84, 36, 150, "#d99a4a", rx=6)
        c.line("M-18 -60L18 -30M-18 -24L18 6M18 -60L-18 -30M18 -24L-18 6", "#b87732", 3)
    for x, y, r in ((152, 172, 58), (246, 174, 56), (200, 124, 60)):
        ball(c, x, y, r, "#fbefc9")
        for dx, dy in ((-14, 18), (12, -6), (22, 20), (-26, -4), (0, 34)):
            c.circle(x + dx, y + dy, 1.8, "#5b432a")
    c.path("M90 196Q116 226 140 204Q170 236 200 206Q232 236 262 204Q286 226 310 196L306 216H94Z", "#f7e6b4")
    c.path("M88 208H312L280 322Q276 334 262 334H138Q124 334 120 322Z", c.turned("#e9799b", 0.26))
    c.path("M94 230H306L301 250H99Z", "#fff", opacity=0.85)
    for x, y in ((140, 290), (180, 282), (220, 290), (260, 282)):
        c.circle(x, y, 9, "#fff", opacity=0.8)
    leaf_green, cherry = "#4f9d3f", lighter("#c2183c", 0.05)
    ball(c, 200, 62, 17, cherry)
    c.line("M202 48q6 -18 22 -22", darker(leaf_green), 4)


DRAWINGS = {
    "dumpling": ("#cfe0ee", dumpling),
    "wonton": ("#dbe9f5", wonton),
    "tangyuan": ("#f9dcd6", tangyuan),
    "scallion-pancake": ("#f8eacb", scallion_pancake),
    "custard-bun": ("#f8dc98", custard_bun),
    "soup-dumpling": ("#f4e6cd", soup_dumpling),
    "youtiao": ("#fbe9cd", youtiao),
    "shaomai": ("#f6eccb", shaomai),
    "mixed-veg": ("#e0f1d6", mixed_veg),
    "ice-cream": ("#fcdfe8", ice_cream),
}
