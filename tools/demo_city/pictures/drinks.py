"""Drinks."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.fruit import citrus_half
from tools.demo_city.pictures.parts import ball, crate, gleam, leaf, shine, turned


def mineral_water(c: Canvas) -> None:
    """Bottles of water with a mountain on the label."""
    c.shadow(200, 334, 150)
    with c.part("b"):
        c.path(
            (
                "M-14 -118Q-14 -96 -34 -76Q-46 -64 -44 -40L-40 20L-46 60V128Q-46 140 -34 140H34"
                "Q46 140 46 128V60L40 20L44 -40Q46 -64 34 -76Q14 -96 14 -118Z"
            ),
            c.turned("#a9dcf2", 0.22),
            opacity=0.92,
        )
        c.rect(-19, -142, 38, 28, c.turned("#2b7fc4"), rx=5)
        c.path("M-43 -30H43L40 20L44 46H-44L-40 20Z", c.turned("#f4fbff", 0.08))
        c.path("M-42 38L-18 -2L-4 16L14 -18L42 38Z", "#3f93d2")
        c.path("M14 -18L24 2L14 -2L6 4L4 -2ZM-18 -2L-10 8L-18 6L-26 12Z", "#fff")
        c.line("M-42 68H42M-42 90H42M-42 112H42", "#7cc3e4", 4, opacity=0.7)
        c.line("M-30 -56V128", "#fff", 6, opacity=0.7)
    c.put("b", 108, 192, size=0.96)
    c.put("b", 292, 192, size=0.96)
    c.put("b", 200, 190, size=1.06)


def orange_juice(c: Canvas) -> None:
    """A bottle of orange juice with a cut orange."""
    c.shadow(206, 336, 140)
    turned(c, [(30, 84), (32, 116), (66, 168), (66, 330)], "#f79a1f", 166)
    c.rect(132, 54, 68, 36, c.turned("#4a9d4a"), rx=7)
    c.rect(100, 196, 132, 92, c.turned("#fffaf0", 0.08))
    c.circle(166, 244, 32, c.glow("#f58a15"))
    gleam(c, 166, 244, 30)
    leaf(c, 166, 212, 34, -24)
    shine(c, 116, 172, 190)
    citrus_half(c, 282, 272, 60, "#f58a15", "#fba63a")
    leaf(c, 300, 212, 46, -20)


def green_tea(c: Canvas) -> None:
    """A tea tin and a glass of green tea."""
    c.shadow(204, 334, 150)
    turned(c, [(68, 122), (68, 328)], "#2f7350", 136)
    turned(c, [(71, 76), (71, 128)], "#3b8861", 136)
    c.ellipse(136, 78, 70, 15, "#4c9d74")
    c.path("M88 170H184V292H88Z", "#f5f1dc")
    leaf(c, 136, 276, 84, -90, "#5ba24a")
    leaf(c, 134, 268, 56, -132, "#6fb257")
    leaf(c, 138, 268, 56, -48, "#6fb257")
    shine(c, 80, 140, 310, 8)
    c.path("M226 186H342L330 318Q328 332 314 332H254Q240 332 238 318Z", "#ffffff", opacity=0.55)
    c.path("M230 220H338L330 314Q328 324 314 324H254Q240 324 238 314Z", c.fall("#dfe88a", "#b5cc4f"), opacity=0.95)
    c.ellipse(284, 220, 54, 10, "#eef2b4")
    for x, y, turn in ((262, 296, -80), (284, 304, -96), (306, 296, -70), (274, 248, -30)):
        leaf(c, x, y, 34, turn, "#5b9a3c")
    c.ellipse(284, 186, 58, 11, "none", stroke="#fff", stroke_width=4)
    c.line("M246 200L252 306", "#fff", 6, opacity=0.8)


def soda_can(c: Canvas) -> None:
    """Two cans of peach soda and a peach."""
    c.shadow(200, 334, 150)
    for x, colour in ((246, "#f4a3a8"), (138, "#f28b95")):
        turned(c, [(46, 82), (60, 104), (60, 308), (48, 330)], colour, x)
        c.ellipse(x, 84, 46, 12, "#d8dde2")
        c.ellipse(x, 83, 36, 8, "#aeb6be")
        c.ellipse(x + 4, 81, 13, 4, "#e9edf0")
        c.path(f"M{x - 60} 250Q{x - 20} 220 {x + 10} 246T{x + 60} 238V300Q{x} 324 {x - 60} 300Z", "#fff", opacity=0.5)
        ball(c, x, 188, 34, "#f9c2a6")
        c.path(f"M{x} 156Q{x - 14} 190 {x} 220", "none", stroke="#e88a78", stroke_width=3, opacity=0.8)
        leaf(c, x + 2, 156, 36, -24)
        for dx, dy, r in ((-40, 130, 5), (36, 140, 7), (-34, 232, 6), (40, 220, 4), (26, 276, 6), (-14, 262, 5)):
            c.circle(x + dx, dy, r, "#fff", opacity=0.65)
        shine(c, x - 44, 116, 296, 7)
    ball(c, 320, 292, 42, "#f7b08f")
    c.path("M322 252Q302 290 316 332", "none", stroke="#dd7f6c", stroke_width=4, opacity=0.7)
    leaf(c, 322, 250, 46, -16)


def coconut_water(c: Canvas) -> None:
    """A green coconut with a straw and an opened half."""
    c.shadow(200, 322, 155)
    c.line("M218 120L262 24l34 -6", "#e5584f", 10)
    c.line("M240 74l8 -18", "#fff", 10)
    c.path(
        "M88 150C92 118 130 100 184 100S276 118 280 150C300 200 288 262 250 296Q184 328 118 296C80 262 68 200 88 150Z",
        c.glow("#7fb548", 0.36),
    )
    c.line("M120 300Q96 230 112 168M248 300Q272 230 256 168M184 314V182", "#5d9235", 4, opacity=0.5)
    c.ellipse(184, 142, 78, 32, "#d8c9a0")
    c.ellipse(184, 141, 64, 25, "#fffdf6")
    c.ellipse(184, 144, 50, 17, c.fall("#cfe7ee", "#eef7f7"))
    c.line("M112 190Q102 222 112 254", "#fff", 10, opacity=0.4)
    c.circle(296, 270, 60, c.glow("#7a4f2b"))
    c.circle(296, 270, 51, "#fffdf8")
    c.circle(296, 272, 38, c.core("#d9d6cc", "#f3f1ea"))
    for x, y, turn in ((248, 226, -30), (338, 312, 130), (350, 250, 60), (262, 318, 220)):
        c.line(f"M{x} {y}l{(turn % 90) / 9 - 5} -8", "#5c3a1e", 3)


def coffee(c: Canvas) -> None:
    """A cup of coffee with a drip bag hung over it, and beans."""
    crate(c, (48, 116, 104, 150), "#6b4630", 36)
    c.circle(100, 190, 34, "#f2dfbd")
    c.shadow(246, 330, 120)
    c.path("M316 214C366 204 372 276 308 284", "none", stroke="#efe7da", stroke_width=17)
    c.path("M166 190H326C328 262 314 326 276 328H216C178 326 164 262 166 190Z", c.turned("#fbf6ec", 0.18))
    c.ellipse(246, 190, 80, 24, "#efe7da")
    c.ellipse(246, 193, 68, 17, "#4d2a18")
    c.path("M206 108H286L276 190Q246 206 216 190Z", c.fall("#fffdf8", "#eadfcb"))
    c.path("M212 124H280L275 160H217Z", "#6b3d22")
    c.path("M206 108L180 176h10L214 130ZM286 108L312 176h-10L278 130Z", "#d9b98a")
    with c.part("b"):
        c.ellipse(0, 0, 20, 14, c.glow("#6e4023", 0.4))
        c.line("M-16 4Q-4 -8 2 0T16 -4", "#3a1e0e", 3)
    for x, y, turn, size in (
        (100, 190, -30, 1.1),
        (84, 316, 20, 1),
        (126, 326, -30, 1),
        (160, 316, 60, 0.9),
        (340, 324, 10, 1),
    ):
        c.put("b", x, y, turn, size)
    c.line("M184 226Q184 280 204 308", "#fff", 7, opacity=0.9)
    steam = lighter("#d8c3a5", 0.6)
    for x in (226, 264):
        c.line(f"M{x} 92q-12 -16 0 -32t0 -32", darker(steam, 0.05), 7, opacity=0.8)


DRAWINGS = {
    "mineral-water": ("#d3ecf8", mineral_water),
    "orange-juice": ("#fde6c0", orange_juice),
    "green-tea": ("#dfeed6", green_tea),
    "soda-can": ("#fddfe0", soda_can),
    "coconut-water": ("#e2f0d8", coconut_water),
    "coffee": ("#eee0d0", coffee),
}
