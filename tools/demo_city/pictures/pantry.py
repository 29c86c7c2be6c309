"""Rice, flour, oil and noodles."""

import math

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, bowl, bowl_front, leaf, pouch, rounded, shine, turned, wheat


def grains(c: Canvas, name: str, middle: tuple[float, float], radius: float, count: int) -> None:
    """Scatter a part over a flat round heap in an even spiral."""
    for step in range(count):
        angle, far = step * 2.4, radius * math.sqrt((step + 0.5) / count)
        x, y = middle[0] + math.cos(angle) * far, middle[1] + math.sin(angle) * far * 0.3
        c.put(name, x, y - (radius - far) * 0.35, step * 61 % 180)


def rice_sack(c: Canvas) -> None:
    """A tall woven sack of rice with a field on it."""
    c.shadow(200, 340, 130)
    c.path(
        "M112 84C100 150 98 260 108 330Q200 348 292 330C302 260 300 150 288 84Q200 98 112 84Z", c.turned("#f6efdd", 0.2)
    )
    c.path("M112 84L104 62Q152 72 200 70T296 62L288 84Q200 98 112 84Z", "#dccfae")
    c.line("M116 78Q200 92 284 78", "#c43b33", 5, stroke_dasharray="10 8")
    c.path("M102 190Q200 206 298 190L297 268Q200 286 103 268Z", "#c43b33")
    c.circle(200, 192, 58, "#fdf8ea")
    c.circle(200, 192, 50, c.fall("#bfe3f2", "#f6edc0"))
    c.path("M152 206Q176 190 200 202T248 204Q240 242 200 242T152 206Z", "#7dbb52")
    c.circle(222, 170, 13, "#f7b733")
    wheat(c, 184, 238, 0.5, "#e9b93f")
    wheat(c, 208, 240, 0.5, "#e0a932")
    c.line("M120 110Q114 180 118 300", "#fff", 8, opacity=0.6)


def fragrant_rice(c: Canvas) -> None:
    """A green bag of long-grain rice and a bowl of cooked rice."""
    pouch(c, (70, 60, 176, 256), "#3d9a64")
    c.ellipse(158, 176, 60, 66, "#f7f3df")
    for step in range(9):
        with c.at(158, 182, step * 40):
            c.ellipse(0, -34, 6, 20, lighter("#e8ddb4", 0.3), stroke="#d5c48c", stroke_width=1.5)
    leaf(c, 124, 262, 64, -20, "#bfe08a")
    c.shadow(284, 322, 80, 12)
    c.path("M218 250C214 206 250 180 284 182S354 206 350 250Z", c.glow("#fdfbf3", 0.12))
    for x, y in ((240, 224), (262, 206), (286, 198), (310, 210), (330, 230), (276, 228), (300, 232), (254, 240)):
        with c.at(x, y, x % 60 - 30):
            c.ellipse(0, 0, 8, 3.6, "#fff", stroke="#ddd5bd", stroke_width=1.2)
    c.path("M206 248H362C360 296 324 320 284 320S208 296 206 248Z", c.turned("#4a86b8", 0.24))
    c.line("M208 262H360", "#fff", 4, opacity=0.7)


def millet(c: Canvas) -> None:
    """Golden millet in a wooden bowl with a scoop."""
    bowl(c, "#a56f3c", "#e2ab35")
    c.path("M80 208C110 150 160 128 200 128S290 150 320 208Q200 244 80 208Z", c.glow("#f2c14a", 0.22))
    with c.part("m"):
        for x, y in ((0, 0), (12, 5), (-11, 6), (3, 13), (-8, -9), (10, -10)):
            c.circle(x, y, 3.2, "#fbdf8c")
            c.circle(x + 5, y + 2, 2.4, "#cf922a")
    grains(c, "m", (200, 200), 104, 34)
    with c.at(248, 146, 36):
        c.rect(-11, -120, 22, 108, c.turned("#c58a4e"), rx=9)
        c.path("M-30 -20Q0 -34 30 -20Q36 30 0 40Q-36 30 -30 -20Z", c.glow("#b87b40"))
        c.ellipse(0, -4, 24, 15, "#f4c95a")
    bowl_front(c, "#a56f3c")


def wheat_flour(c: Canvas) -> None:
    """A paper bag of flour with wheat."""
    c.shadow(200, 334, 140)
    c.path("M104 96L120 64H280L296 96V326Q294 334 286 334H114Q106 334 104 326Z", c.turned("#f4e9d3", 0.18))
    c.path("M104 96L120 64H280L296 96Z", c.fall("#e6d5b3", "#d6c096"))
    c.line("M112 82H288", "#bfa575", 3)
    c.path(rounded([(126, 138), (274, 138), (274, 290), (126, 290)], 22), "#2f6fa8")
    c.circle(200, 214, 56, "#fdf8ea")
    with c.part("w"):
        wheat(c, 0, 0)
    for x, turn in ((176, -14), (224, 14), (200, 0)):
        c.put("w", x, 256, turn, 0.66)
    c.path("M60 334C70 300 96 290 118 300C138 286 160 306 164 334Z", c.fall("#ffffff", "#eadfca"))
    c.line("M120 116V300", "#fff", 7, opacity=0.5)
    c.put("w", 318, 326, 18, 1.2)


def rapeseed_oil(c: Canvas) -> None:
    """A large bottle of oil with a handle and rape flowers."""
    c.shadow(200, 338, 120)
    c.path(
        (
            "M170 98H230Q236 120 262 132Q306 146 306 190V322Q304 336 290 336H110Q96 336 94 322V190"
            "Q94 146 138 132Q164 120 170 98ZM250 168Q238 166 238 180V214Q240 226 252 226H268"
            "Q280 226 280 212V190Q280 172 262 170Z"
        ),
        c.turned("#edb52a", 0.3),
        fill_rule="evenodd",
    )
    c.rect(160, 62, 80, 40, c.turned("#c23b2e"), rx=8)
    c.line("M176 66V98M192 66V98M208 66V98M224 66V98", "#8f241b", 3, opacity=0.5)
    c.rect(104, 234, 192, 84, c.fall("#fffbe9", "#f7ecc4"), rx=10)
    for x, y in ((156, 262), (200, 256), (244, 264), (178, 290), (222, 292)):
        for dx, dy in ((0, -9), (9, 0), (0, 9), (-9, 0)):
            c.circle(x + dx, y + dy, 8, "#f6c91f")
        c.circle(x, y, 5, "#c78a10")
    leaf(c, 128, 308, 46, -30)
    leaf(c, 272, 308, 46, 210)
    shine(c, 114, 176, 222)


def peanut(c: Canvas, x: float, y: float, turn: float) -> None:
    """A peanut in its shell."""
    with c.at(x, y, turn):
        c.path("M-48 0C-48 -26 -20 -28 -4 -18C14 -30 48 -28 48 0S14 30 -4 18C-20 28 -48 26 -48 0Z", c.glow("#dcb272"))
        c.line("M-36 -8q10 6 20 0M-36 8q12 4 20 -2M10 -10q12 6 26 0M8 8q14 4 28 -2", "#b0803f", 3, opacity=0.7)


def peanut_oil(c: Canvas) -> None:
    """A slim bottle of peanut oil with peanuts."""
    c.shadow(200, 336, 140)
    turned(c, [(24, 84), (24, 112), (70, 160), (74, 236), (70, 330)], "#e79a26", 184)
    c.rect(152, 54, 64, 36, c.turned("#3f8a4c"), rx=7)
    c.rect(113, 190, 142, 104, c.turned("#fdf3dc", 0.1), rx=4)
    c.rect(113, 190, 142, 16, "#c9432f")
    with c.at(184, 250, size=0.9):
        peanut(c, 0, 0, -24)
    shine(c, 130, 158, 184)
    peanut(c, 296, 306, -16)
    peanut(c, 90, 318, 14)
    ball(c, 262, 324, 15, "#b5553c", 0.8)


def dried_noodle(c: Canvas) -> None:
    """Three bundles of noodles with paper bands."""
    c.shadow(200, 330, 150)
    for x, turn in ((128, -12), (272, 12), (200, 0)):
        with c.at(x, 196, turn):
            c.rect(-48, -132, 96, 262, c.turned("#f3dda3", 0.3), rx=6)
            c.line(
                "M-34 -128V126M-20 -128V126M-6 -128V126M8 -128V126M22 -128V126M36 -128V126", "#cfae63", 3, opacity=0.8
            )
            c.rect(-52, -36, 104, 76, c.turned("#cf3f38" if turn == 0 else "#e6a03a"), rx=4)
            c.circle(0, 2, 26, "#fff7e4")
            c.line("M-16 -4q8 -8 16 0t16 0M-16 8q8 -8 16 0t16 0", "#d79a3a", 4)


def noodle_bowl(c: Canvas) -> None:
    """An instant noodle cup with chopsticks and an egg."""
    c.shadow(200, 334, 120)
    c.line("M246 150L330 40M226 150L300 34", "#8f5a2e", 9)
    c.ellipse(200, 152, 126, 38, "#f4f0e6")
    c.ellipse(200, 154, 114, 31, c.fall("#c8702c", "#a9531c"))
    for y in (140, 152, 164):
        c.line(f"M112 {y}q18 -16 36 0t36 0t36 0t36 0", "#f5cf6e", 8)
    c.ellipse(252, 152, 36, 17, "#fdfaf2")
    c.ellipse(254, 152, 18, 10, "#f4a425")
    for x, y in ((138, 146), (186, 168), (210, 138), (160, 160)):
        c.circle(x, y, 6, "#5aa545")
    c.path("M142 162l26 -12l18 10l-24 14z", "#7a3b22")
    c.path("M74 154Q76 196 200 198T326 154L290 318Q286 334 272 334H128Q114 334 110 318Z", c.turned("#d13a30", 0.26))
    c.path("M83 196Q200 240 317 196L304 252Q200 290 96 252Z", "#f7c948")
    c.line("M130 236q10 -12 20 0t20 0t20 0t20 0t20 0t20 0", "#c23227", 6)
    c.line("M96 200L120 310", "#fff", 7, opacity=0.4)


def open_sack(c: Canvas, colour: str) -> None:
    """A small open cloth sack; the heap is drawn before it."""
    c.path(
        "M92 186C60 240 66 310 100 330Q200 346 300 330C334 310 340 240 308 186Q200 222 92 186Z", c.turned(colour, 0.3)
    )
    c.path(
        "M84 178Q90 160 106 170Q200 214 294 170Q310 160 316 178Q318 196 300 200Q200 234 100 200Q82 196 84 178Z",
        c.fall(lighter(colour, 0.3), colour),
    )
    c.line(
        "M110 226Q104 280 118 318M290 226Q296 280 282 318M150 244Q148 290 156 324M250 244Q252 290 244 324",
        darker(colour, 0.25),
        3,
        opacity=0.4,
    )


def mung_bean(c: Canvas) -> None:
    """Mung beans in a cloth sack."""
    c.shadow(200, 334, 150)
    c.path("M96 186C120 120 166 104 200 104S280 120 304 186Q200 226 96 186Z", "#55742c")
    with c.part("b"):
        c.ellipse(0, 0, 13, 10, c.glow("#86a63e"))
        c.line("M-4 -4h7", "#f5f8e2", 3)
    for row, count in enumerate((3, 5, 6, 7, 8, 9)):
        for place in range(count):
            x = 200 + (place - (count - 1) / 2) * 24
            c.put("b", x, 116 + row * 16 - abs(x - 200) * 0.04, (row * 40 + place * 50) % 120 - 60)
    open_sack(c, "#d8b98a")
    for x, y in ((76, 326), (322, 330), (344, 322), (54, 332)):
        c.put("b", x, y, x % 70)


def oatmeal(c: Canvas) -> None:
    """A drum of oats with a heap of flakes."""
    c.shadow(200, 334, 140)
    turned(c, [(92, 84), (92, 330)], "#e9cfa3", 186)
    c.ellipse(186, 84, 92, 26, "#5b7f3a")
    c.path("M94 84Q94 110 186 110T278 84V104Q278 132 186 132T94 104Z", c.turned("#6c9446"))
    c.rect(94, 176, 184, 110, c.turned("#fdf6e6", 0.1))
    with c.part("w"):
        wheat(c, 0, 0, 1, "#d9a441")
    for x, turn in ((166, -22), (206, 22), (186, 0)):
        c.put("w", x, 272, turn, 0.66)
    shine(c, 116, 140, 300)
    c.path("M236 334C248 302 276 290 300 300C330 300 348 316 352 334Z", c.fall("#f6e6c4", "#dfc391"))
    for x, y in ((262, 318), (288, 308), (312, 318), (334, 326), (276, 330), (304, 330)):
        c.ellipse(x, y, 10, 6, "#f9eed6", stroke="#cfae74", stroke_width=2)


DRAWINGS = {
    "rice-sack": ("#f6e4d4", rice_sack),
    "fragrant-rice": ("#dcefdf", fragrant_rice),
    "millet": ("#fbecc2", millet),
    "wheat-flour": ("#dfeaf4", wheat_flour),
    "rapeseed-oil": ("#fdf0bd", rapeseed_oil),
    "peanut-oil": ("#fbe6c3", peanut_oil),
    "dried-noodle": ("#f9ead0", dried_noodle),
    "noodle-bowl": ("#fbdccb", noodle_bowl),
    "mung-bean": ("#e6edcb", mung_bean),
    "oatmeal": ("#f0ead2", oatmeal),
}
