"""Sauces, sugar and spices."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import ball, bowl, bowl_front, rounded, shine, turned


def soy_sauce(c: Canvas) -> None:
    """A dark bottle of soy sauce with a dish."""
    c.shadow(200, 336, 140)
    turned(c, [(20, 72), (22, 128), (62, 172), (64, 330)], "#4a2415", 176)
    c.rect(150, 44, 52, 36, c.turned("#d13a30"), rx=6)
    c.rect(112, 204, 128, 92, c.turned("#fbe9c0", 0.12))
    c.rect(112, 204, 128, 14, "#c5352c")
    c.rect(112, 282, 128, 14, "#c5352c")
    for x, y in ((156, 240), (180, 252), (200, 238), (172, 266)):
        ball(c, x, y, 11, "#d8b25c", 0.86)
    shine(c, 128, 176, 198, 8)
    c.ellipse(294, 314, 62, 20, "#e9eef2")
    c.ellipse(294, 308, 62, 20, "#ffffff")
    c.ellipse(294, 308, 48, 14, c.fall("#5d2a14", "#2f140a"))
    c.line("M264 304q14 -6 30 -6", "#c98a63", 3, opacity=0.8)


def rice_vinegar(c: Canvas) -> None:
    """A clay crock and a bottle of vinegar."""
    c.shadow(200, 334, 150)
    turned(c, [(18, 94), (20, 140), (54, 186), (54, 328)], "#6f2c1c", 268)
    c.rect(246, 66, 44, 34, c.turned("#d9a441"), rx=6)
    c.rect(214, 216, 108, 80, c.turned("#f9e7bd", 0.12))
    c.path("M268 228L296 256L268 284L240 256Z", "#a8342a")
    shine(c, 230, 190, 212, 7)
    c.path("M92 176C54 204 50 296 90 326Q140 342 190 326C230 296 226 204 188 176Z", c.glow("#8a5432", 0.4))
    c.path("M98 158H182L192 180Q140 196 88 180Z", c.turned("#74432a"))
    c.path("M92 158C88 124 120 108 140 108S192 124 188 158Q140 172 92 158Z", c.fall("#d9473c", "#b22e27"))
    c.line("M94 152Q140 168 186 152", "#f0c04c", 6)
    c.path("M140 214L176 250L140 286L104 250Z", "#f2d28c")
    c.path("M140 230L160 250L140 270L120 250Z", "#a8342a")
    c.line("M78 220Q70 250 80 284", "#fff", 8, opacity=0.35)


def oyster_sauce(c: Canvas) -> None:
    """A squeeze bottle standing on its cap, with an oyster."""
    c.shadow(200, 336, 140)
    c.path(
        "M118 66Q118 54 130 54H234Q246 54 246 66C256 130 252 220 226 286H138C112 220 108 130 118 66Z",
        c.turned("#5a2e1a"),
    )
    c.path("M132 286H232V322Q230 334 218 334H146Q134 334 132 322Z", c.turned("#e0b13c"))
    c.path("M114 112H250Q254 180 240 240H124Q110 180 114 112Z", c.turned("#f6d24f", 0.2))
    c.path("M140 190C134 150 170 128 200 134C232 140 234 186 208 202C186 214 146 214 140 190Z", c.glow("#8d8f94", 0.3))
    c.path("M152 186C150 160 176 146 198 150C218 156 218 182 200 190C184 198 156 204 152 186Z", "#eeeae0")
    shine(c, 132, 72, 104, 8)
    with c.at(298, 296, -6):
        c.path("M-62 20C-74 -20 -30 -50 10 -44C56 -36 66 6 36 28C10 44 -54 48 -62 20Z", c.glow("#8b8d92", 0.35))
        c.path("M-48 16C-56 -14 -20 -34 10 -30C42 -24 50 4 28 18C6 30 -42 36 -48 16Z", "#f3f0ea")
        c.path("M-34 12C-36 -8 -10 -20 8 -16C28 -10 30 6 14 12C-2 20 -30 24 -34 12Z", c.glow("#c9c0b2", 0.3))


def chili(c: Canvas, x: float, y: float, turn: float, colour: str) -> None:
    """A red chilli."""
    with c.at(x, y, turn):
        c.path(
            "M-60 -12C-20 -26 40 -18 78 16Q84 24 74 24C30 22 -30 24 -60 12Q-70 0 -60 -12Z",
            c.fall(lighter(colour, 0.2), darker(colour, 0.2)),
        )
        c.line("M-46 -6Q0 -14 40 4", "#fff", 4, opacity=0.5)
        c.line("M-62 0Q-80 0 -90 -12", "#6d8f3a", 8)
        c.path("M-66 -14Q-46 -14 -44 0Q-46 14 -66 14Q-72 0 -66 -14Z", "#6d8f3a")


def chili_bean_paste(c: Canvas) -> None:
    """A glass jar of red bean paste."""
    c.shadow(200, 334, 130)
    c.path(
        rounded([(102, 118), (298, 118), (312, 160), (312, 300), (290, 334), (110, 334), (88, 300), (88, 160)], 20),
        c.turned("#b3301d", 0.36),
    )
    for x, y in (
        (116, 164),
        (284, 168),
        (108, 300),
        (292, 300),
        (130, 316),
        (262, 318),
        (196, 322),
        (228, 152),
        (160, 150),
    ):
        c.ellipse(x, y, 11, 7, "#e07a32", opacity=0.85)
    c.rect(96, 72, 208, 52, c.turned("#d9a93c"), rx=10)
    c.line(
        "M112 82V114M136 82V114M160 82V114M184 82V114M208 82V114M232 82V114M256 82V114M280 82V114",
        "#a3751d",
        3,
        opacity=0.5,
    )
    c.rect(90, 186, 220, 100, c.turned("#fbecc9", 0.12))
    chili(c, 190, 232, 16, "#cf2d22")
    chili(c, 216, 250, -150, "#d93a2a")
    shine(c, 106, 150, 180, 8)
    shine(c, 106, 292, 308, 8)


def sugar(c: Canvas) -> None:
    """Rock sugar crystals in a glass bowl."""
    bowl(c, "#8fb7c9", "#e6eff2")
    with c.part("s"):
        c.path("M-30 -8L-6 -32L26 -20L32 12L4 32L-26 20Z", c.fall("#ffffff", "#efdcb0"))
        c.path("M-6 -32L26 -20L6 -4L-30 -8Z", "#fffdf4")
        c.path("M6 -4L26 -20L32 12L4 32Z", "#dfc48c", opacity=0.75)
        c.line("M-20 -10L-6 -24", "#fff", 4)
    for x, y, turn, size in (
        (200, 104, 10, 1),
        (156, 138, -30, 0.95),
        (244, 140, 60, 0.95),
        (116, 178, 100, 1),
        (200, 160, 30, 1.05),
        (286, 180, -20, 1),
        (158, 194, 0, 1),
        (244, 196, 80, 1),
    ):
        c.put("s", x, y, turn, size)
    bowl_front(c, "#8fb7c9")
    c.put("s", 340, 318, 20, 0.7)
    c.put("s", 66, 322, -50, 0.6)


def dried_chili(c: Canvas) -> None:
    """A heap of dried chillies."""
    c.shadow(200, 316, 160)
    with c.part("a"):
        chili(c, 0, 0, 0, "#b3231c")
    with c.part("b"):
        chili(c, 0, 0, 0, "#cb3226")
    spots = ((206, 112, 24, "a"), (150, 142, -20, "b"), (250, 156, 160, "a"), (140, 192, 12, "a"), (246, 204, -12, "b"))
    for x, y, turn, name in (
        *spots,
        (108, 240, -8, "b"),
        (210, 236, 172, "a"),
        (290, 250, 14, "b"),
        (170, 282, 6, "a"),
    ):
        c.put(name, x, y, turn)
    c.put("b", 264, 288, -170)


def hotpot_base(c: Canvas) -> None:
    """A pot of red broth with chillies, pepper and spring onion."""
    c.shadow(200, 322, 160)
    for x in (44, 356):
        c.ellipse(x, 206, 26, 15, "none", stroke="#8c949c", stroke_width=11)
    c.ellipse(200, 190, 152, 54, "#a7b0b8")
    c.ellipse(200, 192, 140, 46, c.core("#e8452b", "#cf2f1d", "#9e1d12"))
    for x, y in ((120, 184), (166, 214), (240, 168), (284, 198), (206, 188), (150, 170), (256, 216)):
        c.ellipse(x, y, 15, 6, "#f58a3d", opacity=0.7)
    chili(c, 172, 182, -8, "#a3130f")
    chili(c, 252, 194, 168, "#b51a13")
    for x, y in ((112, 202), (214, 216), (226, 172), (302, 186), (136, 216), (278, 214)):
        c.circle(x, y, 6, "#5a2a1a")
    for x, y in ((136, 190), (196, 164), (268, 178), (238, 224)):
        c.ellipse(x, y, 9, 5, "#6fbf4d", stroke="#3f8a36", stroke_width=3)
    c.path("M48 190C52 230 348 230 352 190L342 290Q336 322 300 322H100Q64 322 58 290Z", c.turned("#c3cad0", 0.3))
    c.line("M70 232L80 288", "#fff", 9, opacity=0.6)
    for x in (150, 200, 250):
        c.line(f"M{x} 128q-14 -20 0 -38t0 -38", "#fff", 8, opacity=0.85)


DRAWINGS = {
    "soy-sauce": ("#f3dccb", soy_sauce),
    "rice-vinegar": ("#f1ddd0", rice_vinegar),
    "oyster-sauce": ("#f9ebc8", oyster_sauce),
    "chili-bean-paste": ("#fbd9cd", chili_bean_paste),
    "sugar": ("#dcebf0", sugar),
    "dried-chili": ("#fbdad2", dried_chili),
    "hotpot-base": ("#fbd7ca", hotpot_base),
}
