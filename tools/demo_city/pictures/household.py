"""Household paper and cleaning."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, crate, leaf, shine, turned


def sparkle(c: Canvas, x: float, y: float, size: float, colour: str = "#ffffff") -> None:
    """A four-pointed twinkle of cleanliness."""
    with c.at(x, y, size=size):
        c.path("M0 -16Q2 -2 16 0Q2 2 0 16Q-2 2 -16 0Q-2 -2 0 -16Z", colour)


def roll(c: Canvas, x: float, y: float, colour: str = "#fbf9f4") -> None:
    """A paper roll that stands upright; (x, y) is the middle of its top."""
    c.path(
        f"M{x - 62} {y}V{y + 104}C{x - 62} {y + 132} {x + 62} {y + 132} {x + 62} {y + 104}V{y}Z", c.turned(colour, 0.14)
    )
    for down in (30, 64, 98):
        c.line(f"M{x - 60} {y + down}Q{x} {y + down + 26} {x + 60} {y + down}", "#dfd8c8", 2.5, stroke_dasharray="2 7")
    c.ellipse(x, y, 62, 24, "#fffefb")
    for r in (50, 38, 27):
        c.ellipse(x, y, r, r * 0.38, "none", stroke="#e2dbcb", stroke_width=2.5)
    c.ellipse(x, y, 16, 6.4, "#cbbf9f")


def toilet_roll(c: Canvas) -> None:
    """Three rolls in a pyramid."""
    c.shadow(200, 324, 160)
    roll(c, 132, 196)
    roll(c, 268, 196)
    roll(c, 200, 100)
    c.path("M262 100L262 160Q300 176 306 214Q316 170 300 140Q286 112 262 100Z", c.fall("#ffffff", "#ece5d6"))


def facial_tissue(c: Canvas) -> None:
    """A box of tissues with one pulled out."""
    c.path("M150 148C142 96 172 92 168 48C196 58 204 78 222 62C232 88 262 92 252 148Z", c.fall("#ffffff", "#e6edf4"))
    c.line("M182 72Q186 110 178 146M218 82Q212 118 222 146", "#d5dfe9", 4)
    crate(c, (62, 172, 226, 134), "#86b9e6", 60)
    c.path("M140 148H262Q276 152 262 158H128Q120 154 140 148Z", "#4d85b8")
    c.path("M150 153C148 120 170 110 168 90C190 100 226 100 240 120C252 130 250 146 252 153Z", "#fdfefe")
    c.path("M62 250Q110 220 160 250T288 240V306H62Z", "#fff", opacity=0.45)
    for x, y in ((112, 222), (236, 214), (176, 272)):
        for dx, dy in ((0, -10), (10, 0), (0, 10), (-10, 0)):
            c.circle(x + dx, y + dy, 8, "#fff", opacity=0.9)
        c.circle(x, y, 5, "#f6c94f")


def kitchen_roll(c: Canvas) -> None:
    """A tall kitchen roll with a printed edge."""
    c.shadow(206, 336, 120)
    c.path("M112 92V314C112 346 268 346 268 314V92Z", c.turned("#fbfaf5", 0.14))
    with c.part("f"):
        leaf(c, -12, 0, 26, -30, "#8cc46a")
        ball(c, 10, -12, 8, "#f08a4b")
    for y in (150, 210, 270):
        c.line(f"M112 {y}Q190 {y + 32} 268 {y}", "#d8d2c2", 2.5, stroke_dasharray="3 7")
        for x, dip in ((146, 18), (190, 24), (234, 18)):
            c.put("f", x, y - 22 + dip)
    c.ellipse(190, 92, 78, 29, "#fffefb")
    for r in (62, 48):
        c.ellipse(190, 92, r, r * 0.37, "none", stroke="#e2dbcb", stroke_width=2.5)
    c.ellipse(190, 92, 30, 11, "#c8a878")
    c.ellipse(190, 94, 24, 8, "#8f6f45")
    c.path("M268 110L320 136Q332 220 318 314L268 322Z", c.fall("#ffffff", "#ebe5d8"))


def wet_wipe(c: Canvas) -> None:
    """A soft pack of wipes with a lid."""
    c.shadow(200, 310, 160)
    c.path(
        "M160 166C150 112 184 104 184 62C214 82 236 74 250 96C262 122 240 142 246 166Z", c.fall("#ffffff", "#dfeef0")
    )
    c.path(
        "M44 200Q60 158 110 158H290Q340 158 356 200L362 282Q362 308 330 308H70Q38 308 38 282Z",
        c.fall("#8fdad0", "#4fb0a8"),
    )
    c.path("M40 196L30 204V286L40 294ZM360 196L370 204V286L360 294Z", "#3f9a93")
    c.rect(122, 152, 156, 46, c.fall("#ffffff", "#dcebea"), rx=20)
    c.ellipse(202, 170, 52, 13, "#9fc9c6")
    c.path("M162 172C160 140 190 130 200 120C226 130 246 146 244 172Q204 186 162 172Z", "#fdfefe")
    c.circle(200, 256, 34, "#fff", opacity=0.9)
    c.path("M200 232C210 246 220 256 220 266A20 20 0 0 1 180 266C180 256 190 246 200 232Z", "#54b7d8")
    c.line("M70 190Q56 214 58 250", "#fff", 9, opacity=0.5)


def pocket_tissue(c: Canvas) -> None:
    """Small packs of tissues."""
    c.shadow(216, 300, 150)
    packs = ((220, 126, 12, "#f2a0b8"), (138, 176, -14, "#9fc8ee"), (244, 234, 4, "#b8dc9a"))
    for x, y, turn, colour in packs:
        with c.at(x, y, turn):
            c.rect(-96, -52, 192, 104, c.fall(lighter(colour, 0.2), darker(colour, 0.08)), rx=16)
            c.path("M-96 -36L-84 -52M-96 36L-84 52M96 -36L84 -52M96 36L84 52", "none", stroke="#fff", stroke_width=4)
            c.path("M-40 -46H40Q30 0 40 46H-40Q-30 0 -40 -46Z", "#fdfdfb")
            c.path("M-40 -46Q-20 -12 6 -20Q34 -22 40 -46Z", lighter(colour, 0.35))
            c.line("M-78 -34V34", "#fff", 7, opacity=0.5)
            for dx in (-62, 66):
                c.circle(dx, 6, 11, "#fff", opacity=0.75)


def laundry_liquid(c: Canvas) -> None:
    """A big bottle of laundry liquid with a handle."""
    c.shadow(200, 338, 120)
    c.path(
        (
            "M150 96H226Q226 118 252 124Q302 134 306 188L300 318Q298 336 280 336H118Q100 336 98 318"
            "L94 184Q96 128 150 118ZM244 160Q230 158 232 176L238 226Q240 238 250 236H264Q276 234 276 220"
            "L274 184Q272 164 244 160Z"
        ),
        c.turned("#3f7fd0", 0.3),
        fill_rule="evenodd",
    )
    c.path("M146 96V62Q146 52 158 52H218Q230 52 230 62V96Z", c.turned("#f6a03c"))
    c.line("M164 60V92M182 60V92M200 60V92M216 60V92", "#c9721a", 3, opacity=0.5)
    c.path("M102 216Q160 190 206 214Q240 250 298 246L296 316H104Z", "#fff", opacity=0.92)
    for x, y, r in ((150, 268, 26), (196, 284, 18), (230, 266, 13), (176, 240, 12), (252, 290, 16)):
        c.circle(x, y, r, c.glow("#8fd0f5", 0.1), opacity=0.9)
        c.circle(x - r * 0.3, y - r * 0.3, r * 0.22, "#fff")
    shine(c, 114, 164, 204)


def pump(c: Canvas, x: float, y: float, colour: str) -> None:
    """A pump head that stands on (x, y)."""
    c.rect(x - 7, y - 44, 14, 30, darker(colour, 0.15))
    c.rect(x - 26, y - 22, 52, 24, c.turned(colour), rx=5)
    c.path(
        (
            f"M{x - 62} {y - 62}H{x + 22}Q{x + 28} {y - 62} {x + 28} {y - 54}V{y - 44}H{x - 44}"
            f"Q{x - 48} {y - 40} {x - 48} {y - 32}H{x - 62}Z"
        ),
        c.turned(colour),
    )


def dish_soap(c: Canvas) -> None:
    """Two bottles of dish soap and a clean plate."""
    c.shadow(200, 336, 150)
    c.circle(296, 250, 78, c.fall("#ffffff", "#dfe8ea"))
    c.circle(296, 250, 52, c.fall("#eef3f4", "#ffffff"))
    turned(c, [(18, 110), (20, 130), (70, 168), (62, 230), (70, 330)], "#8cc63f", 164)
    pump(c, 164, 110, "#f5f7f2")
    c.path("M104 212Q164 196 224 212L228 294Q164 310 100 294Z", "#fdfdf4")
    with c.at(164, 254, -16):
        c.path(
            (
                "M-34 6C-40 -10 -22 -20 -10 -12C-8 -28 14 -28 16 -14C30 -20 42 -4 32 8C36 22 14 26 4 18"
                "C-6 28 -32 22 -34 6Z"
            ),
            c.glow("#dcae5c"),
        )
        c.line("M-18 4q6 -8 14 -4M6 2q8 -6 16 0", "#a97a2c", 3)
    shine(c, 112, 176, 206, 8)
    for x, y, r in ((252, 318, 18), (282, 326, 12), (232, 330, 10), (330, 322, 14)):
        c.circle(x, y, r, c.glow("#d6effa", 0.08), opacity=0.9)
    sparkle(c, 312, 196, 1.2)


def laundry_pod(c: Canvas) -> None:
    """Laundry pods in front of their tub."""
    c.shadow(200, 332, 150)
    c.path("M96 108H304L290 290Q288 302 276 302H124Q112 302 110 290Z", c.turned("#7d5fc4", 0.28))
    c.rect(86, 82, 228, 34, c.turned("#9a80d9"), rx=10)
    c.path("M104 150H296L288 250H112Z", "#f8f5ff")
    with c.part("p"):
        c.path(
            (
                "M-54 -30Q-60 -44 -44 -44Q0 -52 44 -44Q60 -44 54 -30Q60 0 54 30Q60 44 44 44Q0 52 -44 44"
                "Q-60 44 -54 30Q-60 0 -54 -30Z"
            ),
            "#dff1fb",
            opacity=0.95,
        )
        c.ellipse(-12, 10, 34, 24, c.glow("#3f8fe0"))
        c.path("M-30 -28C0 -44 40 -26 42 2C26 -10 -10 -6 -30 -28Z", c.glow("#f58a3d"))
        c.path("M44 8C46 30 20 40 -6 38C14 28 26 18 44 8Z", c.glow("#5fc18a"))
        c.line("M-40 -26Q-44 -4 -40 18", "#fff", 6, opacity=0.9)
    c.put("p", 200, 200, -8, 0.84)
    c.put("p", 110, 300, -14, 0.8)
    c.put("p", 292, 300, 12, 0.8)
    c.put("p", 200, 314, 2, 0.8)


def toilet_cleaner(c: Canvas) -> None:
    """Two bottles with bent necks."""
    c.shadow(200, 338, 140)
    for x, colour in ((262, "#2b9fb0"), (152, "#2a7fc0")):
        with c.at(x, 0):
            c.path(
                (
                    "M-22 152L-56 84Q-62 70 -50 62L-34 52Q-24 48 -18 58L24 150Q62 168 62 210V318"
                    "Q62 336 44 336H-44Q-62 336 -62 318V206Q-58 172 -22 152Z"
                ),
                c.turned(colour, 0.32),
            )
            c.path("M-60 80L-22 56L-34 36Q-40 28 -50 34L-66 44Q-76 52 -70 62Z", c.turned("#f5b83d"))
            c.rect(-52, 206, 104, 104, c.turned("#ffffff", 0.06), rx=12)
            c.path("M0 222C20 246 32 260 32 276A32 30 0 0 1 -32 276C-32 260 -20 246 0 222Z", c.glow(colour))
            sparkle(c, 24, 232, 0.9, "#f5b83d")
            c.line("M-16 276A18 16 0 0 0 0 292", "#fff", 5, opacity=0.8)


def glass_cleaner(c: Canvas) -> None:
    """A spray bottle at work."""
    c.shadow(210, 338, 120)
    c.rect(196, 96, 34, 52, c.turned("#e9eef2"))
    c.path(
        "M140 44H246Q268 46 274 72L262 96H192Q182 96 180 108L166 150Q158 154 156 146L162 96H140Z", c.turned("#f0642f")
    )
    c.rect(122, 50, 22, 34, "#c9431a", rx=4)
    c.path(
        (
            "M186 142H240Q246 176 282 206Q296 220 294 240L284 322Q282 336 268 336H158Q144 336 142 322"
            "L134 240Q132 220 146 206Q180 176 186 142Z"
        ),
        c.turned("#f7c33a", 0.28),
    )
    c.rect(150, 226, 128, 82, c.turned("#fffdf5", 0.06), rx=12)
    c.path("M178 292V262H172Q172 244 190 244H238Q256 244 256 262H250V292Z", "#f0642f")
    c.rect(184, 256, 60, 30, "#fbd9c8", rx=4)
    sparkle(c, 214, 270, 0.9, "#f0642f")
    for x, y, r in (
        (98, 58, 6),
        (78, 78, 5),
        (84, 46, 4),
        (58, 60, 6),
        (60, 92, 4),
        (40, 74, 4),
        (100, 86, 4),
        (76, 30, 4),
        (40, 40, 5),
    ):
        c.circle(x, y, r, "#8fd0f0", opacity=0.85)
    shine(c, 160, 206, 222, 8)


def sponge(c: Canvas) -> None:
    """Sponges with a rough green side, and bubbles."""
    c.shadow(186, 286, 150)
    for x, y, colour in ((96, 112, "#f58fa8"), (66, 196, "#f8cf48")):
        c.path(f"M{x} {y}l50 -32h190l-50 32z", "#4fa86a")
        c.path(f"M{x + 190} {y}l50 -32v78l-50 32z", darker(colour, 0.16))
        c.path(f"M{x + 190} {y}l50 -32v20l-50 32z", "#35804d")
        c.rect(x, y, 190, 22, "#419257")
        c.rect(x, y + 20, 190, 58, c.fall(colour, darker(colour, 0.08)), rx=6)
        for dx, dy, r in (
            (24, 38, 6),
            (58, 56, 5),
            (92, 36, 7),
            (128, 60, 6),
            (158, 40, 5),
            (174, 62, 4),
            (40, 66, 4),
            (110, 68, 4),
        ):
            c.ellipse(x + dx, y + dy, r, r * 0.7, darker(colour, 0.22), opacity=0.7)
        c.line(f"M{x + 40} {y - 12}h20M{x + 90} {y - 18}h24M{x + 140} {y - 10}h22M{x + 70} {y - 6}h14", "#7cc793", 3)
    for x, y, r in ((300, 262, 32), (338, 222, 18), (340, 286, 14), (266, 292, 15), (312, 180, 10)):
        c.circle(x, y, r, c.core("#ffffff", "#e9f7fd", "#bfe3f5"), opacity=0.9)
        c.circle(x - r * 0.3, y - r * 0.35, r * 0.2, "#fff")


def rubber_glove(c: Canvas) -> None:
    """A pair of lined rubber gloves."""
    c.shadow(200, 340, 130)
    hand = (
        "M-46 120V20C-50 0 -86 -22 -84 -44C-80 -60 -60 -52 -44 -32V-108C-44 -130 -18 -130 -16 -108V-122"
        "C-14 -146 12 -146 14 -122V-112C18 -132 42 -130 42 -108V-84C48 -100 68 -96 68 -76"
        "C66 -30 66 0 52 24V120Z"
    )
    for x, y, turn, flip, colour in ((252, 196, 14, True, "#f07a9a"), (156, 200, -10, False, "#f58fab")):
        with c.at(x, y, turn, 1.04, flip):
            c.path(hand, c.turned(colour, 0.26))
            c.line("M-16 -100V-40M14 -106V-40M42 -84V-36", darker(colour, 0.25), 4, opacity=0.6)
            c.path("M-56 92H62V128Q62 138 52 138H-46Q-56 138 -56 128Z", c.turned("#fdf3f0", 0.14))
            c.line("M-40 100V130M-20 100V130M0 100V130M20 100V130M40 100V130", "#e3cfc9", 3)
            c.line("M-32 -92V-20", "#fff", 7, opacity=0.5)
            for dx, dy in ((-24, 20), (0, 10), (24, 20), (-12, 40), (14, 42), (0, 64)):
                c.circle(dx, dy, 4, lighter(colour, 0.4), opacity=0.8)


def trash_bag(c: Canvas) -> None:
    """A tied bin bag and a roll of bags."""
    c.shadow(200, 330, 155)
    c.path(
        "M170 132C96 150 60 220 72 280C80 322 120 330 168 330S262 322 268 280C276 220 244 150 186 132Z",
        c.glow("#4c5a66", 0.5),
    )
    c.line("M176 140Q130 200 136 300M178 140Q176 220 186 310M182 140Q226 200 224 292", "#2c353d", 4, opacity=0.5)
    c.path(
        (
            "M164 134C130 118 120 88 134 78C154 72 168 96 176 118C184 92 200 68 220 76"
            "C234 88 222 120 190 134Q176 142 164 134Z"
        ),
        c.glow("#5b6a77", 0.4),
    )
    c.rect(154, 122, 46, 17, "#f0a03a", rx=8)
    c.line("M104 224Q106 190 128 168", "#fff", 9, opacity=0.3)
    with c.at(298, 282, -8):
        c.rect(-58, -42, 104, 84, c.fall("#6cb7d4", "#2f7490"))
        c.line("M-22 -42V42M14 -42V42", "#fff", 3, opacity=0.5, stroke_dasharray="5 6")
        c.ellipse(46, 0, 19, 42, "#8fcbe2")
        c.ellipse(46, 0, 12, 27, "#4f9bb9")
        c.ellipse(46, 0, 6, 13, "#24586d")


DRAWINGS = {
    "toilet-roll": ("#c9ddd0", toilet_roll),
    "facial-tissue": ("#dbe9f8", facial_tissue),
    "kitchen-roll": ("#f5dfbd", kitchen_roll),
    "wet-wipe": ("#d8f1ee", wet_wipe),
    "pocket-tissue": ("#f8e2ea", pocket_tissue),
    "laundry-liquid": ("#d8e5fa", laundry_liquid),
    "dish-soap": ("#e6f2d3", dish_soap),
    "laundry-pod": ("#e5ddf7", laundry_pod),
    "toilet-cleaner": ("#d5eaf4", toilet_cleaner),
    "glass-cleaner": ("#fdeacb", glass_cleaner),
    "sponge": ("#fdeecb", sponge),
    "rubber-glove": ("#fbdfe7", rubber_glove),
    "trash-bag": ("#dfe5ea", trash_bag),
}
