"""Fish, shellfish and crabs."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, board, gleam, leaf, plate


def fish(c: Canvas, back: str, belly: str, fin: str) -> None:
    """A fish 300 wide that looks to the left, drawn around the origin."""
    c.path("M96 0C118 -26 136 -50 160 -58Q150 -24 148 0Q150 24 160 58C136 50 118 26 96 0Z", c.fall(lighter(fin), fin))
    c.path("M-40 -58C-10 -92 50 -90 76 -44Z", c.fall(fin, lighter(fin, 0.2)))
    c.path("M10 54C20 80 44 82 60 70L56 40ZM-40 58C-34 80 -16 84 0 74L-10 52Z", fin)
    c.path(
        "M-156 4C-130 -46 -70 -70 -10 -66C50 -62 90 -32 116 0C90 34 50 62 -10 64C-70 66 -130 48 -156 4Z",
        c.fall(back, belly),
    )
    c.path("M-156 4C-140 -28 -112 -48 -82 -58Q-58 0 -82 58C-112 48 -140 34 -156 4Z", darker(back, 0.12), opacity=0.55)
    c.line("M-82 -56Q-56 0 -82 56", darker(back, 0.3), 4, opacity=0.6)
    c.line(
        (
            "M-50 -36q14 14 0 28M-50 8q14 14 0 28M-14 -44q14 14 0 28M-14 -8q14 14 0 28M-14 28q12 10 2 22"
            "M22 -40q14 14 0 28M22 0q14 14 0 28M58 -26q12 12 0 24M58 10q10 10 0 20"
        ),
        lighter(belly, 0.4),
        4,
        opacity=0.7,
    )
    c.circle(-118, -10, 13, "#fff")
    c.circle(-119, -10, 8, "#22252b")
    c.circle(-122, -13, 3, "#fff")
    c.line("M-152 12Q-138 20 -126 14", darker(back, 0.4), 4)
    c.path("M-52 6C-36 -10 -14 -4 -6 10C-20 24 -40 22 -52 6Z", lighter(fin, 0.15), opacity=0.9)
    c.line("M-70 -52Q-10 -66 50 -38", "#fff", 6, opacity=0.5)


def lemon_slice(c: Canvas, x: float, y: float, r: float) -> None:
    """A round of lemon."""
    c.circle(x, y, r, "#f3cd23")
    c.circle(x, y, r * 0.86, "#fdf6cf")
    for turn in range(0, 360, 60):
        with c.at(x, y, turn, r / 40):
            c.path("M0 -4L12 -28Q0 -36 -12 -28Z", "#f9e268")


def sea_bass(c: Canvas) -> None:
    """A silver fish on a plate."""
    plate(c, 258, "#f4f7f8", 172)
    leaf(c, 300, 262, 60, -28)
    leaf(c, 296, 268, 54, 14)
    with c.at(196, 196, -6):
        fish(c, "#6f8797", "#e6edf0", "#8799a4")
    lemon_slice(c, 108, 278, 30)
    lemon_slice(c, 152, 288, 30)


def hairtail(c: Canvas) -> None:
    """Silver pieces of hairtail."""
    plate(c, 264, "#eef3f6", 170)
    with c.part("p"):
        c.path("M-66 -34Q0 -44 60 -34V34Q0 44 -66 34Z", c.fall("#f2f6fa", "#aebccb"))
        c.line("M-60 -22Q0 -32 54 -22", "#fff", 7, opacity=0.9)
        c.line("M-62 8Q0 0 56 8", "#8c9db0", 3, opacity=0.8)
        c.path("M-66 -34Q0 -48 60 -34L52 -44Q0 -58 -58 -46Z", "#7d90a5")
        c.ellipse(61, 0, 15, 34, "#f6e3dc")
        c.ellipse(61, -4, 5, 9, "#e9bfb3")
        c.line("M61 8V26M54 -22L50 -14M68 -22L72 -14", "#dda99c", 3)
    for x, y, turn in ((204, 118, -8), (120, 178, 10), (262, 188, -12), (116, 248, -4), (258, 258, 6)):
        c.put("p", x, y, turn)
    leaf(c, 184, 292, 46, 12)


def yellow_croaker(c: Canvas) -> None:
    """Two golden fish."""
    c.shadow(200, 318, 160)
    with c.at(206, 136, -10, 0.92):
        fish(c, "#d99a2b", "#fbe7a1", "#e3a63a")
    with c.at(194, 240, -4, 1.02):
        fish(c, "#cf8d22", "#fdebae", "#e0a02f")


def white_shrimp(c: Canvas) -> None:
    """Three shrimp on ice."""
    c.shadow(200, 322, 160)
    for x, y, turn in (
        (80, 284, 10),
        (150, 300, 40),
        (230, 296, 15),
        (306, 288, 60),
        (120, 268, 70),
        (270, 266, 35),
        (196, 272, 5),
    ):
        with c.at(x, y, turn):
            c.rect(-24, -22, 48, 44, c.fall("#ffffff", "#bfe0f2"), rx=9, opacity=0.9)
    with c.part("s"):
        c.line("M-58 20C-100 -10 -110 -60 -96 -96M-56 26C-110 20 -130 -10 -132 -50", "#e58a63", 3)
        c.line("M-30 40l-10 26M-8 42l-4 26M16 36l4 26M38 22l12 22", "#ea9a74", 6)
        c.path(
            (
                "M-66 24C-70 -30 -30 -70 20 -68C66 -66 92 -30 90 14C88 40 78 58 64 72L44 60"
                "C56 44 58 22 48 6C36 -12 10 -10 -8 8C-24 26 -46 36 -66 24Z"
            ),
            c.glow("#f4b493", 0.22),
        )
        c.line(
            (
                "M-24 -46Q-10 -16 0 0M12 -66Q18 -34 20 -6M50 -60Q42 -30 36 -4M78 -34Q60 -18 50 2M90 4"
                "Q70 10 56 20M86 36Q70 36 58 36"
            ),
            "#dc7f58",
            4.5,
            opacity=0.75,
        )
        c.path("M62 68Q80 92 62 112Q50 100 46 84Q34 100 22 96Q28 70 46 60Z", "#ee9468")
        c.circle(-46, -4, 7, "#2a2224")
        c.line("M-30 -42Q0 -60 34 -54", "#fff", 6, opacity=0.6)
    c.put("s", 262, 150, 8)
    c.put("s", 158, 176, -14, 1.06)
    c.put("s", 262, 232, 20, 0.86)


def scallop(c: Canvas) -> None:
    """Scallops in the shell with garlic."""
    c.shadow(200, 318, 165)
    with c.part("s"):
        c.path(
            "M-22 70L-30 48C-92 30 -98 -40 -52 -70C-18 -90 18 -90 52 -70C98 -40 92 30 30 48L22 70Q0 78 -22 70Z",
            c.fall("#f3d6bb", "#c98f6c"),
        )
        c.line("M0 62V-80M-10 60L-46 -66M10 60L46 -66M-18 56L-80 -28M18 56L80 -28", "#b87a57", 4, opacity=0.55)
        c.ellipse(0, -8, 66, 50, "#fdf4e8")
        for x, y in ((-30, 6), (30, 6), (0, 22)):
            c.line(f"M{x - 26} {y}q13 -14 26 0t26 0", "#efe2c4", 5)
        c.ellipse(0, -10, 38, 32, c.glow("#f8e3bd", 0.18))
        for x, y in ((-18, -26), (4, -32), (20, -16), (-6, -12), (12, 4), (-24, -4), (-2, 8)):
            c.rect(x - 4, y - 4, 8, 8, "#f6cf62", rx=2)
        for x, y in ((-10, -24), (14, -26), (2, -2), (-16, 8)):
            c.circle(x, y, 4, "#5aa545")
    c.put("s", 206, 124, 4, 0.96)
    c.put("s", 118, 228, -10, 1.02)
    c.put("s", 286, 230, 12, 1.02)


def clam(c: Canvas) -> None:
    """A heap of clams."""
    plate(c, 270, "#eef4f4", 168)
    for index, (x, y, turn) in enumerate(
        (
            (200, 118, 0),
            (132, 166, -16),
            (266, 166, 18),
            (196, 192, 6),
            (92, 226, -24),
            (308, 228, 22),
            (154, 246, -6),
            (242, 250, 10),
        )
    ):
        colour = ("#c9b79c", "#a9957b", "#dccbb0", "#b7a690")[index % 4]
        with c.at(x, y, turn):
            c.path("M-56 22C-62 -24 -28 -48 0 -48S62 -24 56 22C30 40 -30 40 -56 22Z", c.glow(colour, 0.35))
            c.line(
                "M-44 16Q0 -16 44 16M-36 -2Q0 -32 36 -2M-24 -20Q0 -40 24 -20", darker(colour, 0.35), 3.5, opacity=0.6
            )
            c.path("M-56 22C-30 40 30 40 56 22Q0 58 -56 22Z", lighter(colour, 0.45))
            c.circle(0, -46, 6, darker(colour, 0.2))


def squid(c: Canvas) -> None:
    """A whole squid."""
    c.shadow(206, 318, 150)
    with c.at(204, 190, 42):
        for index, (bend, long) in enumerate(
            ((-60, 108), (-40, 128), (-22, 118), (22, 118), (40, 128), (60, 108), (0, 134))
        ):
            c.line(
                f"M{bend * 0.4} 60C{bend} 90 {bend * 0.5} {long} {bend * 1.1} {long + 20}",
                "#d99aa2" if index % 2 else "#e8b2b6",
                15,
            )
        c.path("M0 -172L66 -96Q30 -84 0 -60Q-30 -84 -66 -96Z", c.fall("#f3cdcd", "#dd9fa6"))
        c.path("M0 -166C34 -130 56 -60 48 24Q0 44 -48 24C-56 -60 -34 -130 0 -166Z", c.turned("#f5d2d0", 0.22))
        c.path("M-40 20Q0 40 40 20C46 44 40 70 26 78Q0 88 -26 78C-40 70 -46 44 -40 20Z", c.glow("#eec0c1"))
        for x in (-24, 24):
            c.circle(x, 52, 13, "#fff")
            c.circle(x, 53, 8, "#23222a")
        for x, y in ((-18, -60), (10, -90), (16, -30), (-8, -10), (-24, -24), (0, -122), (22, -4), (-4, -46)):
            c.circle(x, y, 4, "#c9808c", opacity=0.6)


def salmon(c: Canvas) -> None:
    """A salmon fillet cut in slices."""
    board(c)
    with c.part("s"):
        c.path(
            "M-76 40C-70 -20 -30 -62 40 -70C62 -70 72 -54 66 -34C50 20 4 56 -54 62Q-78 62 -76 40Z",
            c.fall("#ff9a62", "#f0703c"),
        )
        c.path("M-76 40Q-78 62 -54 62C4 56 50 20 66 -34Q72 -24 68 -10C50 44 4 74 -54 78Q-80 78 -76 40Z", "#b9c2c8")
        c.line(
            (
                "M-56 36C-40 -6 -10 -34 34 -48M-34 46C-16 10 10 -14 50 -30M-62 12C-48 -20 -26 -44 8 -56"
                "M-8 40C12 18 30 2 52 -8"
            ),
            "#ffd9bf",
            5,
            opacity=0.9,
        )
    for x, y in ((262, 156), (204, 178), (146, 202)):
        c.put("s", x, y, 0, 1.24)
    lemon_slice(c, 292, 268, 34)
    leaf(c, 112, 296, 50, -14)
    leaf(c, 112, 298, 40, 28)


def hairy_crab(c: Canvas) -> None:
    """A crab seen from above, with furry claws."""
    c.shadow(200, 306, 160)
    for flip in (False, True):
        with c.at(200, 210, flip=flip):
            for data in (
                "M70 -30L128 -52L158 -18",
                "M78 0L140 -6L172 34",
                "M74 28L130 46L150 86",
                "M60 50L100 80L104 112",
            ):
                c.line(data, "#6e6a44", 15, stroke_linejoin="round")
            c.line("M52 -46Q96 -84 108 -104", "#6e6a44", 22)
            c.path(
                (
                    "M92 -92C84 -130 96 -164 128 -168C120 -150 122 -140 128 -134"
                    "C138 -146 150 -148 158 -142C158 -108 138 -80 104 -80Z"
                ),
                c.glow("#858052", 0.3),
            )
            c.ellipse(110, -94, 25, 19, "#4b3c26")
            c.line("M92 -102l-8 -8M100 -110l-4 -10M88 -90l-10 0M92 -80l-8 8M106 -76l0 10M124 -80l6 8", "#4b3c26", 5)
    c.path(
        "M200 118C262 118 300 152 296 206C292 262 250 290 200 290S108 262 104 206C100 152 138 118 200 118Z",
        c.glow("#7f7c4e", 0.4),
    )
    c.line("M150 178Q176 200 200 178Q224 200 250 178M164 232Q200 252 236 232M200 190v34", "#55522f", 5, opacity=0.75)
    for x in (172, 228):
        c.line(f"M{x} 124V108", "#5e5b38", 8)
        ball(c, x, 102, 11, "#2b2a20")
    gleam(c, 176, 196, 80, 0.4)


DRAWINGS = {
    "sea-bass": ("#d3e6ee", sea_bass),
    "hairtail": ("#d9e5f0", hairtail),
    "yellow-croaker": ("#f9edc9", yellow_croaker),
    "white-shrimp": ("#d5ecf6", white_shrimp),
    "scallop": ("#f6e6d4", scallop),
    "clam": ("#dcebea", clam),
    "squid": ("#f5dfe2", squid),
    "salmon": ("#fde0cf", salmon),
    "hairy-crab": ("#ecebd0", hairy_crab),
}
