"""Eggs, dairy and tofu."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, gleam, leaf, profile, rounded, shine

EGG = "M0 -66C34 -66 56 -22 56 14C56 48 32 68 0 68S-56 48 -56 14C-56 -22 -34 -66 0 -66Z"


def egg(c: Canvas, x: float, y: float, turn: float, colour: str) -> None:
    """One egg."""
    with c.at(x, y, turn):
        c.path(EGG, c.glow(colour, 0.22))
        c.line("M-34 0Q-30 -28 -14 -42", "#fff", 8, opacity=0.65)


def farm_egg(c: Canvas) -> None:
    """A pile of brown eggs on straw."""
    c.shadow(200, 322, 150)
    for x, y, turn, colour in ((158, 170, -14, "#e5bd90"), (240, 168, 12, "#ecc9a0")):
        egg(c, x, y, turn, colour)
    for x, y, turn, colour in ((112, 246, -16, "#e2b483"), (288, 246, 18, "#dcae7c"), (200, 248, 2, "#edcda6")):
        egg(c, x, y, turn, colour)
    for data in (
        "M70 314q60 -22 120 -8",
        "M120 322q80 -24 150 -6",
        "M220 312q60 -18 118 2",
        "M92 302q50 12 96 14",
        "M236 322q50 -16 92 -8",
    ):
        c.line(data, "#d9b45a", 5)


def tray_egg(c: Canvas) -> None:
    """Eggs in a moulded tray."""
    c.shadow(200, 322, 170)
    c.path(rounded([(66, 176), (334, 176), (352, 226), (48, 226)], 14), "#b3a793")
    for x in (96, 148, 200, 252, 304):
        with c.at(x, 176, size=0.62):
            egg(c, 0, 0, 0, "#efd2ad")
    c.path(rounded([(46, 222), (354, 222), (366, 262), (34, 262)], 12), "#c3b7a2")
    for x in (82, 141, 200, 259, 318):
        with c.at(x, 222, size=0.74):
            egg(c, 0, 0, 0, "#f2dab9")
    c.path(
        (
            "M34 244Q58 270 82 246Q112 276 141 246Q170 276 200 246Q230 276 259 246Q288 276 318 246"
            "Q342 270 366 244L352 308Q350 318 338 318H62Q50 318 48 308Z"
        ),
        c.fall("#d8cdb9", "#ab9f8a"),
    )
    c.line("M112 266V306M170 266V306M230 266V306M288 266V306", "#958a76", 4, opacity=0.6)


def salted_duck_egg(c: Canvas) -> None:
    """Pale green duck eggs, one cut open with its red yolk."""
    c.shadow(200, 318, 150)
    egg(c, 150, 164, -24, "#c9dcd2")
    with c.at(252, 176, 30, 1.2):
        egg(c, 0, 0, 0, "#bcd4ca")
    with c.at(150, 252, 70, 1.16):
        c.path(EGG, c.glow("#b4cec3"))
    with c.at(150, 252, 70, 1.08):
        c.path(EGG, c.core("#ffffff", "#fbfaf5", "#efece2"))
    c.circle(146, 252, 42, c.core("#ffb13d", "#f48a1e", "#e0650f"))
    gleam(c, 146, 252, 38, 0.6)
    c.path("M170 284q10 6 14 20q-8 10 -16 0q-6 -10 2 -20z", "#f0891c")


def quail_egg(c: Canvas) -> None:
    """Speckled quail eggs in a nest."""
    c.shadow(200, 320, 150)
    c.ellipse(200, 262, 150, 52, "#8d6b3c")
    c.ellipse(200, 252, 126, 38, "#6d5029")
    with c.part("q"):
        c.path(EGG, c.glow("#eadfc8", 0.3))
        for x, y, r in (
            (-20, -30, 6),
            (14, -44, 5),
            (26, -12, 8),
            (-8, -4, 9),
            (-36, 10, 6),
            (8, 22, 7),
            (36, 22, 6),
            (-18, 38, 8),
            (14, 52, 6),
            (-2, -58, 4),
        ):
            c.ellipse(x, y, r, r * 0.8, "#5b4632")
        c.line("M-34 -6Q-30 -28 -18 -40", "#fff", 6, opacity=0.6)
    for x, y, turn, size in (
        (150, 170, -20, 0.86),
        (240, 166, 14, 0.86),
        (104, 224, -40, 0.8),
        (290, 222, 34, 0.84),
        (196, 222, 4, 0.92),
    ):
        c.put("q", x, y, turn, size)
    c.path("M50 258Q200 322 350 258Q346 318 200 320Q54 318 50 258Z", c.fall("#b08a50", "#80602f"))
    for data in (
        "M60 272Q150 320 250 304",
        "M340 272Q260 318 140 306",
        "M80 290Q190 330 320 288",
        "M54 262Q190 320 344 262",
    ):
        c.line(data, "#d3ae6c", 4, opacity=0.8)


def drop(c: Canvas, x: float, y: float, size: float, colour: str) -> None:
    """A drop of liquid."""
    with c.at(x, y, size=size):
        c.path("M0 -34C12 -12 26 0 26 16A26 26 0 0 1 -26 16C-26 0 -12 -12 0 -34Z", colour)
        c.line("M-13 16A14 14 0 0 0 -2 28", "#fff", 5, opacity=0.7)


def milk_carton(c: Canvas) -> None:
    """Two small milk bricks with straws."""
    c.shadow(206, 322, 150)
    for x, y, colour in ((206, 116, "#5aa9de"), (92, 146, "#3f93d2")):
        c.line(f"M{x + 70} {y - 18}L{x + 84} {y - 66}l22 -10", "#e5785a", 8)
        c.path(f"M{x} {y}l24 -24h104l-24 24z", "#e8f2fa")
        c.path(f"M{x + 104} {y}l24 -24v172l-24 24z", "#b8cfe2")
        c.rect(x, y, 104, 172, c.fall("#ffffff", "#eaf2f8"))
        c.path(
            f"M{x} {y + 92}Q{x + 34} {y + 66} {x + 62} {y + 92}T{x + 104} {y + 84}V{y + 172}H{x}Z",
            c.fall(lighter(colour), colour),
        )
        c.path(f"M{x + 104} {y + 84}l24 -20v84l-24 24z", darker(colour, 0.2))
        drop(c, x + 52, y + 46, 0.9, colour)


def fresh_milk(c: Canvas) -> None:
    """A gable-top milk carton and a full glass."""
    c.shadow(200, 324, 140)
    c.path("M96 130L128 74H226L258 130Z", c.fall("#f8fbfd", "#d8e8f2"))
    c.path("M204 130L226 74L274 116V130Z", "#bcd3e2")
    c.rect(124, 56, 108, 22, "#4fae74", rx=3)
    c.rect(96, 130, 110, 190, c.fall("#ffffff", "#e9f3f0"))
    c.path("M206 130L268 118V304L206 320Z", "#c9dce4")
    c.path("M96 226Q140 196 206 232V320H96Z", c.fall("#6cc48e", "#3d9c66"))
    c.path("M206 232Q236 236 268 214V304L206 320Z", "#348757")
    c.ellipse(150, 178, 30, 20, "#43413f", opacity=0.9)
    c.ellipse(118, 208, 14, 10, "#43413f", opacity=0.9)
    c.path("M252 206H342L332 312Q330 324 318 324H276Q264 324 262 312Z", "#fff", opacity=0.6)
    c.path("M256 234H338L331 308Q330 316 318 316H276Q264 316 263 308Z", c.turned("#f7f5ee", 0.1))
    c.ellipse(297, 234, 41, 8, "#ffffff")
    c.line("M268 250L272 300", "#fff", 6, opacity=0.9)


def yogurt_cup(c: Canvas) -> None:
    """A cup of yogurt with its lid peeled back and a spoon."""
    c.shadow(196, 326, 120)
    c.path("M222 132C270 60 322 70 336 92C316 92 300 110 284 142Z", c.fall("#dfe3e8", "#a9b3bf"))
    c.path("M92 140H308L284 314Q282 326 268 326H132Q118 326 116 314Z", c.turned("#f3f5f7", 0.16))
    c.path("M98 190H302L290 272H110Z", c.turned("#4f9fe0", 0.25))
    c.ellipse(200, 140, 112, 30, "#e6eaee")
    c.ellipse(200, 140, 102, 25, "#cfd6dd")
    c.path(
        "M100 142C130 122 160 146 190 130C206 112 226 112 226 126C240 140 276 128 300 142C290 172 110 172 100 142Z",
        c.fall("#ffffff", "#f3ecdf"),
    )
    c.line("M226 130L166 26", "#c3cad3", 12)
    for x, y in ((160, 232), (200, 218), (240, 232)):
        ball(c, x, y, 17, "#f5f9fd")


def cheese_wedge(c: Canvas) -> None:
    """A wedge of cheese with holes."""
    c.shadow(200, 312, 165)
    c.path("M46 222L290 106Q346 128 356 186L46 222Z", c.fall("#fbdf83", "#f5cd55"))
    c.path("M46 222L356 186V276Q352 288 340 290L60 308Q46 306 46 296Z", c.fall("#f6c542", "#e3a526"))
    for x, y, rx, ry in (
        (120, 262, 24, 20),
        (206, 234, 16, 13),
        (262, 262, 28, 23),
        (328, 222, 14, 13),
        (182, 284, 12, 9),
    ):
        c.ellipse(x, y, rx, ry, "#d4931b")
        c.ellipse(x + 2, y + 3, rx * 0.84, ry * 0.8, "#eab437")
    for x, y, rx, ry in ((220, 166, 26, 11), (286, 140, 16, 7), (150, 196, 15, 6), (300, 172, 14, 6)):
        c.ellipse(x, y, rx, ry, "#e0b136")
    c.line("M70 214L286 116", "#fff5cf", 5, opacity=0.8)


def tofu(c: Canvas) -> None:
    """A block of tofu, partly diced, with spring onion."""
    c.shadow(200, 314, 165)
    c.ellipse(200, 286, 172, 40, "#6fa3a0")
    c.ellipse(200, 279, 172, 38, c.fall("#b9d8d2", "#94bdb8"))
    for x, y, wide, high, depth in ((104, 162, 150, 108, 60), (66, 232, 62, 56, 26), (250, 242, 58, 50, 26)):
        rise = depth * 0.55
        c.path(f"M{x} {y}l{depth} {-rise}h{wide}l{-depth} {rise}z", "#fffdf4")
        c.path(f"M{x + wide} {y}l{depth} {-rise}v{high}l{-depth} {rise}z", "#dccfae")
        c.rect(x, y, wide, high, c.fall("#fbf5e2", "#efe4c6"), rx=3)
    for x, y in ((130, 190), (180, 214), (226, 186), (150, 244), (212, 250), (84, 260), (280, 266)):
        c.circle(x, y, 3.4, "#d9caa3")
    for x, y in ((176, 142), (206, 148), (234, 138), (196, 134), (220, 152)):
        c.circle(x, y, 8, "#5fae4a")
        c.circle(x, y, 3.6, "#d7efc0")


def soy_milk(c: Canvas) -> None:
    """Two glass bottles of soy milk with beans."""
    c.shadow(200, 326, 150)
    for x in (262, 152):
        outline = [(22, 78), (22, 118), (58, 170), (58, 322)]
        c.path(profile(outline, x), "#ffffff", opacity=0.75)
        c.path(profile([(19, 112), (52, 172), (52, 316)], x), c.turned("#f2e4c4", 0.16))
        c.rect(x - 26, 62, 52, 26, c.turned("#3f8f55"), rx=5)
        c.rect(x - 53, 208, 106, 70, c.turned("#fdfaf0", 0.1))
        leaf(c, x - 4, 260, 40, -60, "#5aa84a")
        ball(c, x + 16, 248, 14, "#ddb965")
        shine(c, x - 40, 178, 300, 7)
    for x, y in ((90, 306), (66, 318), (116, 320), (318, 318), (342, 310)):
        ball(c, x, y, 13, "#e0bf70", 0.86)


DRAWINGS = {
    "farm-egg": ("#f6e8d2", farm_egg),
    "tray-egg": ("#f1e9db", tray_egg),
    "salted-duck-egg": ("#dcebe3", salted_duck_egg),
    "quail-egg": ("#efe8d6", quail_egg),
    "milk-carton": ("#d6eaf8", milk_carton),
    "fresh-milk": ("#d9f0e2", fresh_milk),
    "yogurt-cup": ("#dbeafb", yogurt_cup),
    "cheese-wedge": ("#fdf0c6", cheese_wedge),
    "tofu": ("#e0efe9", tofu),
    "soy-milk": ("#f4efd8", soy_milk),
}
