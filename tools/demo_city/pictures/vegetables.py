"""Vegetables."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import gleam, leaf, stalk

GREEN = "#4f9d3f"


def bok_choy(c: Canvas) -> None:
    """A head of bok choy: dark leaves on pale stems."""
    c.shadow(200, 340, 100)
    blade = "M0 -60C-46 -84 -70 -150 -44 -196C-24 -228 24 -228 44 -196C70 -150 46 -84 0 -60Z"
    stem = "M-14 -80Q-34 -30 -36 8Q-34 36 0 38Q34 36 36 8Q34 -30 14 -80Z"
    for turn, size, colour in (
        (-34, 0.9, "#3c8a39"),
        (34, 0.9, "#3c8a39"),
        (-18, 1.0, "#4a9c40"),
        (18, 1.0, "#4a9c40"),
        (0, 1.04, "#5cae4a"),
    ):
        with c.at(200 + turn * 0.9, 296, turn, size):
            c.path(blade, c.fall(lighter(colour, 0.12), darker(colour, 0.15)))
            c.line(
                "M0 -70V-190M0 -110L-26 -140M0 -110L26 -140M0 -140L-24 -168M0 -140L24 -168", "#b9dd95", 3, opacity=0.7
            )
            c.path(stem, c.fall("#dcecc0", "#f5f8e6"))
            c.line("M-10 -40Q-16 0 -14 26M10 -40Q16 0 14 26", "#b5d192", 2.5, opacity=0.8)


def spinach(c: Canvas) -> None:
    """A bunch of spinach with red roots."""
    c.shadow(200, 338, 110)
    colours = ("#2f7d38", "#37893c", "#439742")
    for index, (turn, long) in enumerate(
        ((-46, 1.0), (46, 1.0), (-28, 1.16), (28, 1.16), (-10, 1.2), (12, 1.24), (0, 0.98))
    ):
        colour = colours[index % 3]
        with c.at(200, 318, turn, long):
            c.line("M0 0V-110", "#7dbb5a", 8)
            c.path(
                (
                    "M0 -84C-30 -82 -52 -96 -54 -118C-38 -122 -30 -128 -26 -140C-20 -172 -10 -194 0 -204"
                    "C10 -194 20 -172 26 -140C30 -128 38 -122 54 -118C52 -96 30 -82 0 -84Z"
                ),
                c.fall(lighter(colour, 0.16), colour),
            )
            c.line("M0 -90V-186M0 -112L-24 -112M0 -112L24 -112", "#8fcf74", 2.5, opacity=0.7)
    c.path("M166 286Q200 300 234 286L226 318Q200 330 174 318Z", c.fall("#8fc366", "#d4557a"))
    c.line("M192 318Q190 336 184 350M206 318Q208 334 216 346", "#cf5c7c", 6)
    c.line("M160 282Q200 298 240 282", "#e2574c", 11)


def broccoli(c: Canvas) -> None:
    """A head of broccoli."""
    c.shadow(200, 340, 90)
    c.path("M164 210Q176 280 160 334Q200 350 240 334Q224 280 238 210Z", c.turned("#a9cf74"))
    c.path("M180 250Q150 240 120 220L140 196ZM222 250Q252 240 282 218L262 196Z", "#9cc567")
    with c.part("f"):
        c.circle(0, 0, 40, c.glow("#4c9a41", 0.3))
        for x, y in ((-18, -14), (4, -22), (20, -6), (-6, 2), (-24, 10), (14, 18), (-4, 24)):
            c.circle(x, y, 9, "#5fae4f", opacity=0.75)
    for x, y in (
        (200, 96),
        (146, 116),
        (254, 116),
        (104, 160),
        (296, 160),
        (200, 140),
        (92, 204),
        (308, 204),
        (148, 176),
        (252, 176),
        (128, 222),
        (272, 222),
        (200, 206),
    ):
        c.put("f", x, y)


def tomato(c: Canvas) -> None:
    """Two large tomatoes and a slice."""
    c.shadow(200, 312, 155)
    with c.part("l"):
        leaf(c, 0, 0, 44, 0, "#4d9a3c")
    for x, y, r in ((150, 204, 92), (270, 178, 74)):
        with c.at(x, y, size=r / 90):
            c.path(
                "M0 -70C50 -96 98 -56 94 0C90 54 48 84 0 82C-48 84 -90 54 -94 0C-98 -56 -50 -96 0 -70Z",
                c.glow("#e23a2a", 0.32),
            )
            gleam(c, -8, 0, 84)
            for turn in (-160, -120, -60, -20, 20, 160):
                c.put("l", 0, -66, turn)
            stalk(c, "M0 -66Q2 -86 12 -94", 7, "#4d8a34")
    c.ellipse(284, 278, 66, 44, "#d92f22")
    c.ellipse(284, 275, 60, 38, "#f2705a")
    for x, y in ((258, 262), (308, 262), (258, 288), (310, 288)):
        c.ellipse(x, y, 19, 11, "#e8442f")
        c.ellipse(x - 4, y, 3, 2, "#ffdf9a")
        c.ellipse(x + 6, y + 3, 3, 2, "#ffdf9a")


def cucumber(c: Canvas) -> None:
    """Small cucumbers and slices."""
    c.shadow(200, 312, 160)
    for x, y, turn in ((200, 142, -22), (206, 200, -14)):
        with c.at(x, y, turn):
            c.path(
                (
                    "M-140 0C-140 -34 -110 -40 -70 -38H80C120 -38 142 -26 144 0C142 26 120 38 80 38H-70"
                    "C-110 40 -140 34 -140 0Z"
                ),
                c.fall("#7cbc50", "#3d8437"),
            )
            c.line("M-110 -14H110M-120 6H124M-100 24H100", "#a7d67b", 3, opacity=0.45, stroke_dasharray="22 16")
            c.path("M140 -10l18 -6q8 6 6 14l-22 8z", "#e8c33c")
    for x, y in ((120, 272), (194, 282), (266, 270)):
        c.circle(x, y, 42, "#3f8a38")
        c.circle(x, y, 37, c.core("#eaf4cf", "#dcedb4", "#c7e296"))
        for dx, dy in ((0, -16), (15, -6), (10, 13), (-10, 13), (-15, -6)):
            c.ellipse(x + dx, y + dy, 4, 6, "#f8fbe8")


def potato(c: Canvas) -> None:
    """Three potatoes."""
    c.shadow(200, 312, 160)
    shapes = ((232, 168, -14, 1.0, "#d3a968"), (130, 218, 10, 1.0, "#dcb476"), (274, 250, 4, 0.82, "#c99c58"))
    for x, y, turn, size, colour in shapes:
        with c.at(x, y, turn, size):
            c.path(
                "M-100 6C-104 -48 -56 -74 -2 -70C54 -70 100 -52 102 2C104 52 56 72 2 70C-52 74 -98 58 -100 6Z",
                c.glow(colour, 0.3),
            )
            for dx, dy in ((-50, -14), (10, -34), (50, 10), (-16, 30), (66, -22)):
                c.line(f"M{dx} {dy}q8 6 16 0", darker(colour, 0.4), 4, opacity=0.55)
            c.line("M-72 -20Q-58 -46 -28 -54", "#fff", 9, opacity=0.35)


def carrot(c: Canvas) -> None:
    """Two carrots with their tops."""
    c.shadow(206, 316, 150)
    for x, y, turn, colour in ((118, 128, -38, "#f0801f"), (158, 96, -58, "#f5902f")):
        with c.at(x, y, turn):
            for bend, long in ((-34, 70), (-12, 86), (14, 82), (36, 66)):
                c.line(f"M0 -10Q{bend * 0.4} {-long * 0.5} {bend} {-long}", "#4f9d3f", 9)
                c.line(f"M{bend * 0.6} {-long * 0.7}l12 -14M{bend * 0.6} {-long * 0.7}l-12 -12", "#5fb04a", 6)
            c.path("M-42 4C-40 -20 40 -20 42 4C42 60 20 160 4 226Q0 236 -4 226C-20 160 -42 60 -42 4Z", c.turned(colour))
            c.line(
                "M-30 30q14 8 28 4M8 64q12 4 20 0M-24 90q12 6 22 2M2 130q8 4 14 0",
                darker(colour, 0.3),
                3.5,
                opacity=0.6,
            )


def white_radish(c: Canvas) -> None:
    """A white radish with green shoulder and leaves."""
    c.shadow(200, 316, 150)
    with c.at(118, 124, -52):
        for turn in (-150, -120, -90, -62, -34):
            leaf(c, 0, -6, 92, turn, "#58a546")
        c.path(
            "M-56 0C-54 -22 54 -22 56 0C62 70 46 160 10 224Q2 240 -6 226C-46 160 -62 70 -56 0Z",
            c.turned("#f3f1ea", 0.16),
        )
        c.path(
            "M-56 0C-54 -22 54 -22 56 0C58 18 58 34 56 50Q0 30 -57 50C-58 34 -58 18 -56 0Z",
            c.fall("#9ccb6a", "#eef3dc"),
            opacity=0.85,
        )
        c.line("M-34 80h22M6 104h26M-28 140h18M4 170h14", "#cfc8b4", 3)
    c.ellipse(280, 276, 52, 38, "#e5e2d2")
    c.ellipse(280, 272, 48, 33, c.core("#ffffff", "#fbfaf2", "#ece9da"))


def napa_cabbage(c: Canvas) -> None:
    """A head of napa cabbage."""
    c.shadow(200, 342, 110)
    outer = "M0 10C-70 10 -96 -60 -92 -130C-88 -200 -50 -246 0 -248C50 -246 88 -200 92 -130C96 -60 70 10 0 10Z"
    for x, turn, size, colour in ((156, -14, 0.9, "#8fc25a"), (244, 14, 0.9, "#8fc25a"), (200, 0, 1.02, "#b7d873")):
        with c.at(x, 324, turn, size):
            c.path(outer, c.fall(colour, lighter(colour, 0.5)))
            c.path(
                "M0 6C-34 6 -44 -40 -34 -96Q-16 -150 -8 -196Q0 -202 8 -196Q16 -150 34 -96C44 -40 34 6 0 6Z",
                c.fall("#e9f2c9", "#fdfdf4"),
            )
            c.line(
                (
                    "M-20 -120Q-50 -150 -62 -176M-14 -156Q-36 -186 -40 -210M20 -120Q50 -150 62 -176"
                    "M14 -156Q36 -186 40 -210"
                ),
                "#eef6d0",
                4,
                opacity=0.9,
            )
    c.path(
        "M132 106Q150 84 168 100Q184 72 204 92Q222 72 238 98Q258 86 270 110Q240 96 200 110Q160 96 132 106Z", "#dcea8c"
    )
    c.path("M150 312Q200 342 250 312Q236 338 200 340Q164 338 150 312Z", "#fff", opacity=0.6)


def eggplant(c: Canvas) -> None:
    """Two long purple eggplants."""
    c.shadow(206, 304, 155)
    for x, y, turn, size in ((92, 128, 4, 1.06), (88, 222, 6, 1.0)):
        with c.at(x, y, turn, size):
            c.path("M0 -30C60 -36 150 -46 210 -20C250 0 252 44 214 60C150 80 60 50 0 34Z", c.fall("#7a4a9c", "#35184d"))
            c.line("M60 -18Q140 -28 196 -6", "#e6d4f3", 9, opacity=0.5)
            c.path(
                "M-8 -32C20 -44 44 -36 62 -30Q48 -18 58 -6Q40 0 54 16Q36 16 44 34C26 40 6 40 -8 34Q-18 0 -8 -32Z",
                c.fall("#7fae4c", "#557f32"),
            )
            stalk(c, "M-6 0Q-30 0 -40 -16", 13, "#6b913d")


def green_pepper(c: Canvas) -> None:
    """Twisted green peppers."""
    c.shadow(206, 300, 155)
    for x, y, turn, colour in ((96, 106, 12, "#3f9a3c"), (92, 176, 2, "#57ab42"), (110, 246, -10, "#378c3a")):
        with c.at(x, y, turn):
            c.path(
                (
                    "M0 -26C34 -40 70 -34 100 -26C140 -40 190 -20 226 26Q236 40 222 38"
                    "C196 30 180 34 150 36C116 44 84 30 60 36C34 42 8 36 0 24Q-8 0 0 -26Z"
                ),
                c.fall(lighter(colour, 0.22), darker(colour, 0.2)),
            )
            c.line("M24 -16Q60 -24 96 -12Q140 -20 180 6", "#d6f2b0", 6, opacity=0.6)
            c.line("M50 28Q66 4 92 -16M120 30Q130 6 150 -14", darker(colour, 0.3), 3, opacity=0.5)
            stalk(c, "M0 0Q-20 -2 -34 -18", 11, "#6aa33f")


def red_onion(c: Canvas) -> None:
    """A red onion and a half."""
    c.shadow(200, 316, 150)
    c.path(
        (
            "M236 66C244 96 262 108 290 126C330 152 330 222 290 252C262 272 200 272 172 252"
            "C132 222 132 152 172 126C204 108 222 96 226 68Z"
        ),
        c.glow("#a2386c", 0.4),
    )
    for bend in (-46, -24, 2, 28, 50):
        c.line(f"M231 90Q{232 + bend * 1.7} 180 {232 + bend * 0.4} 258", "#e8a8c6", 3, opacity=0.45)
    c.line("M172 176Q178 148 202 136", "#fff", 10, opacity=0.5)
    c.circle(144, 244, 74, "#8d2b5b")
    for r, colour in (
        (67, "#fbf2f5"),
        (55, "#e7b3cb"),
        (50, "#fdf6f8"),
        (37, "#e7b3cb"),
        (32, "#fdf6f8"),
        (19, "#dd9fbd"),
        (13, "#fbeef3"),
    ):
        c.ellipse(144, 244, r, r * 0.97, colour)


def garlic(c: Canvas) -> None:
    """Two bulbs of garlic and a clove."""
    c.shadow(200, 318, 150)
    for x, y, size in ((246, 190, 0.92), (144, 212, 1.06)):
        with c.at(x, y, size=size):
            c.path(
                (
                    "M-8 -118C-4 -80 -22 -62 -54 -36C-96 -4 -96 66 -48 86Q0 102 48 86C96 66 96 -4 54 -36"
                    "C22 -62 6 -80 10 -120Q0 -128 -8 -118Z"
                ),
                c.glow("#f1e8ec", 0.22),
            )
            for bend in (-60, -26, 10, 46):
                c.line(f"M0 -84Q{bend * 1.3} 0 {bend * 0.5} 88", "#b784a3", 3.5, opacity=0.55)
            c.line("M-58 14Q-54 -8 -36 -22", "#fff", 9, opacity=0.8)
    c.path("M262 286C270 250 300 240 318 252C336 268 326 300 296 306C276 308 258 304 262 286Z", c.glow("#f3e6ec", 0.24))
    c.line("M282 276Q290 262 304 260", "#fff", 5, opacity=0.8)


def shiitake(c: Canvas) -> None:
    """Shiitake mushrooms."""
    c.shadow(200, 322, 155)
    for x, y, size in ((262, 168, 0.86), (138, 196, 1.1), (274, 264, 0.78)):
        with c.at(x, y, size=size):
            c.path("M-26 20C-22 60 -30 84 -18 98Q0 108 18 98C30 84 22 60 26 20Z", c.turned("#ecd9b8", 0.2))
            c.path("M-96 22C-92 40 92 40 96 22Q0 0 -96 22Z", "#e2c79b")
            c.path("M-98 22C-104 -40 -54 -78 0 -78S104 -40 98 22C80 10 -80 10 -98 22Z", c.glow("#7b4c2a", 0.35))
            c.line(
                "M-36 -54L-14 -34L8 -56M-14 -34L-20 -8M30 -48L44 -24L66 -30M44 -24L36 0M-66 -22L-48 -6",
                "#e6c9a0",
                5,
                opacity=0.75,
            )


def lotus_root(c: Canvas) -> None:
    """Lotus root with two cut slices that show the holes."""
    c.shadow(200, 318, 160)
    with c.at(196, 158, -16):
        for x, wide in ((-82, 84), (72, 94)):
            c.ellipse(x, 0, wide, 58, c.fall("#f0dfc0", "#c5a578"))
            c.line(f"M{x - 46} -26Q{x} -42 {x + 40} -30", "#fff", 8, opacity=0.5)
            c.line(f"M{x - 30} 8h14M{x + 16} 22h18M{x + 24} -6h10", "#a98858", 3, opacity=0.6)
        c.rect(-20, -36, 20, 72, "#a58657", rx=9)
    with c.part("h"):
        c.ellipse(0, -33, 10, 14, "#a8845a")
        c.ellipse(1, -31, 8, 11, "#8a6840")
    for x, y in ((128, 254), (266, 262)):
        c.circle(x, y, 66, "#cdb084")
        c.circle(x, y, 61, c.core("#fffaf0", "#fbf1de", "#f3e3c6"))
        for step in range(7):
            c.put("h", x, y, step * 360 / 7)
        c.circle(x, y, 7, "#8a6840")


def sweet_corn(c: Canvas) -> None:
    """Two ears of corn in their husks."""
    c.shadow(200, 326, 130)
    with c.part("r"):
        for x in (-42, -25, -8, 9, 26, 43):
            c.rect(x - 8, -9, 15.5, 17, "#f8cf3a", rx=6)
            c.rect(x - 5, -7, 6, 5, "#fff0a6", rx=2.5)
    for x, turn in ((246, 20), (152, -10)):
        with c.at(x, 196, turn):
            c.path(
                "M0 -146C40 -130 54 -60 54 20C54 80 30 110 0 112S-54 80 -54 20C-54 -60 -40 -130 0 -146Z",
                c.turned("#e8ae1d"),
            )
            for row in range(13):
                narrow = 1 - max(0, 5 - row) ** 2 * 0.026
                c.put("r", 0, -122 + row * 17, size=max(narrow, 0.3))
            c.path("M0 134C-70 120 -84 20 -66 -34C-52 30 -36 60 0 96Z", c.fall("#9ccb58", "#5b9a3c"))
            c.path("M0 134C70 120 84 20 66 -34C52 30 36 60 0 96Z", c.fall("#8cbf4d", "#4d8c34"))
            c.path("M-40 70C-30 120 30 120 40 70Q20 110 0 60Q-20 110 -40 70Z", "#7ab548")
            stalk(c, "M0 124v18", 14, "#6a9a44")


DRAWINGS = {
    "bok-choy": ("#dcefcf", bok_choy),
    "spinach": ("#d5ebd0", spinach),
    "broccoli": ("#dff0d2", broccoli),
    "tomato": ("#ffdbd1", tomato),
    "cucumber": ("#dff1cd", cucumber),
    "potato": ("#f5e6cd", potato),
    "carrot": ("#fde2c6", carrot),
    "white-radish": ("#e3efd6", white_radish),
    "napa-cabbage": ("#ebf4cf", napa_cabbage),
    "eggplant": ("#e5d9f1", eggplant),
    "green-pepper": ("#d9efcf", green_pepper),
    "red-onion": ("#f3d7e4", red_onion),
    "garlic": ("#ddd0e8", garlic),
    "shiitake": ("#f1e3d2", shiitake),
    "lotus-root": ("#f6ead6", lotus_root),
    "sweet-corn": ("#fcf0c4", sweet_corn),
}
