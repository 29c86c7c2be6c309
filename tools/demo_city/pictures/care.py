"""Personal care."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.household import pump
from tools.demo_city.pictures.parts import leaf, rounded, shine, turned


def bubbles(c: Canvas, spots: tuple[tuple[float, float, float], ...]) -> None:
    """Soap bubbles at (x, y, radius)."""
    for x, y, r in spots:
        c.circle(x, y, r, c.core("#ffffff", "#eef8fd", "#c3e3f3"), opacity=0.85)
        c.circle(x - r * 0.3, y - r * 0.35, r * 0.22, "#fff")


def shampoo(c: Canvas) -> None:
    """A pump bottle of shampoo with leaves."""
    c.shadow(200, 338, 130)
    leaf(c, 262, 322, 110, -62, "#6fae57")
    leaf(c, 270, 326, 96, -28, "#5a9d48")
    c.path(
        rounded([(120, 128), (272, 128), (280, 150), (280, 330), (112, 330), (112, 150)], 26), c.turned("#4f9a86", 0.3)
    )
    pump(c, 196, 128, "#e9d9b6")
    c.rect(130, 186, 132, 112, c.turned("#f6f1e2", 0.06), rx=14)
    with c.at(196, 240):
        c.line("M-30 28C-44 -10 -14 -40 12 -38M-14 32C-26 0 -4 -22 18 -20M4 34C-6 12 6 -4 24 -4", "#4f9a86", 6)
        leaf(c, 20, 26, 34, -70, "#6fae57")
    shine(c, 126, 154, 178)


def toothpaste(c: Canvas) -> None:
    """A tube of toothpaste, and a brush with paste on it."""
    c.shadow(200, 310, 165)
    with c.at(206, 156, -14):
        c.path("M-150 -46H-138V46H-150Q-156 0 -150 -46Z", "#d6e6ec")
        c.line("M-146 -34V34", "#aac4ce", 3)
        c.path("M-138 -46C-60 -42 40 -40 112 -30V30C40 40 -60 42 -138 46Z", c.fall("#f7fcfd", "#cfe4ea"))
        c.path("M-90 -44C-30 -40 40 -38 112 -30V-4C60 -14 0 26 -90 8Z", c.fall("#3fc0a8", "#2a9d8a"))
        leaf(c, -66, 26, 50, -24, "#4fae6a")
        leaf(c, -60, 28, 36, 16, "#4fae6a")
        c.path("M112 -26H124V26H112Z", "#b9d3da")
        c.rect(122, -22, 40, 44, c.fall("#3fc0a8", "#23806f"), rx=6)
        c.line("M-128 -34Q0 -32 100 -22", "#fff", 5, opacity=0.9)
    with c.at(196, 272, -6):
        c.path(
            "M-150 -10Q-156 4 -140 12H40Q70 16 96 14H150Q162 14 162 4T150 -6H96Q60 -8 40 -12H-140Q-148 -14 -150 -10Z",
            c.fall("#5aa9e6", "#2f78bd"),
        )
        for x in (100, 112, 124, 136, 148):
            c.rect(x - 5, -34, 10, 30, "#ffffff" if x % 24 else "#bfe3f7", rx=2)
        c.path(
            "M92 -36Q94 -52 108 -48Q114 -60 126 -52Q140 -62 146 -50Q160 -48 156 -34Q124 -28 92 -36Z",
            c.fall("#d8fbf0", "#7fd9c3"),
        )


def soap_bar(c: Canvas) -> None:
    """A bar of soap on a dish, with bubbles."""
    c.shadow(200, 318, 155)
    c.ellipse(200, 284, 160, 36, c.fall("#bfa27c", "#94774f"))
    c.ellipse(200, 276, 160, 34, "#d8bd95")
    c.path(
        rounded([(78, 196), (322, 196), (338, 232), (322, 284), (78, 284), (62, 232)], 36), c.fall("#f2dfc4", "#dcbf98")
    )
    c.path(
        rounded([(84, 168), (316, 168), (334, 206), (316, 250), (84, 250), (66, 206)], 40), c.fall("#fffaf0", "#f3e3ca")
    )
    c.ellipse(200, 208, 88, 26, "none", stroke="#e3cda8", stroke_width=4)
    with c.at(200, 210, size=0.9):
        c.path("M-22 10C-34 -2 -26 -18 -10 -14C-4 -22 10 -22 14 -14C28 -18 36 -2 24 10Q0 24 -22 10Z", "#e3cda8")
    c.line("M96 186Q110 174 140 174", "#fff", 8)
    bubbles(
        c,
        (
            (110, 132, 34),
            (162, 104, 22),
            (270, 128, 40),
            (220, 92, 14),
            (318, 96, 18),
            (76, 176, 16),
            (330, 170, 13),
            (196, 142, 16),
        ),
    )


def hand_wash(c: Canvas) -> None:
    """A foaming hand wash with foam on top."""
    c.shadow(200, 338, 130)
    turned(c, [(26, 136), (60, 156), (66, 240), (60, 330)], "#8ed6c0", 210)
    pump(c, 210, 136, "#fdfdfb")
    c.path("M148 206Q210 190 272 206L274 288Q210 304 146 288Z", "#fdfffc", opacity=0.95)
    for turn in (-130, -110, -90, -70, -50):
        leaf(c, 210, 282, 62, turn, "#62b173")
    shine(c, 164, 166, 198)
    for x, y, r in ((126, 112, 20), (106, 130, 16), (144, 132, 16), (122, 144, 18), (126, 92, 12)):
        c.circle(x, y, r, c.glow("#f3fbff", 0.06))
    bubbles(c, ((96, 300, 26), (132, 322, 14), (318, 306, 22), (300, 250, 13), (72, 256, 12)))


def towel(c: Canvas) -> None:
    """Three folded towels with a cotton boll."""
    c.shadow(200, 330, 155)
    for y, colour in ((254, "#7fb3d9"), (190, "#f3d9c6"), (126, "#f2a7b3")):
        c.path(
            f"M76 {y}H300Q336 {y} 336 {y + 34}T300 {y + 68}H76Q62 {y + 68} 62 {y + 56}V{y + 12}Q62 {y} 76 {y}Z",
            c.fall(lighter(colour, 0.25), darker(colour, 0.1)),
        )
        c.line(f"M70 {y + 23}H292Q310 {y + 24} 310 {y + 34}T292 {y + 45}H70", darker(colour, 0.22), 4, opacity=0.55)
        c.line(
            f"M110 {y + 4}V{y + 20}M122 {y + 4}V{y + 20}M110 {y + 49}V{y + 64}M122 {y + 49}V{y + 64}",
            "#fff",
            5,
            opacity=0.75,
        )
        c.line(f"M80 {y + 8}H290", "#fff", 4, opacity=0.5)
    leaf(c, 206, 116, 52, -8, "#7aa35a")
    leaf(c, 194, 116, 52, 188, "#7aa35a")
    for x, y, r in ((200, 70, 25), (176, 92, 23), (224, 92, 23), (200, 102, 20)):
        c.circle(x, y, r, c.glow("#fdfcf8", 0.08))


DRAWINGS = {
    "shampoo": ("#dcefe6", shampoo),
    "toothpaste": ("#d6f0ec", toothpaste),
    "soap-bar": ("#c9e2ee", soap_bar),
    "hand-wash": ("#dcf3ea", hand_wash),
    "towel": ("#f6e3e2", towel),
}
