"""Meat and poultry."""

from tools.demo_city.pictures.canvas import Canvas, darker, lighter
from tools.demo_city.pictures.parts import board, leaf, plate


def rosemary(c: Canvas, x: float, y: float, turn: float) -> None:
    """A sprig of rosemary."""
    with c.at(x, y, turn):
        c.line("M0 0Q40 -6 84 0", "#6b7d3d", 4)
        for step in range(8):
            c.line(f"M{8 + step * 9} -1l10 -15M{8 + step * 9} -1l10 14", "#5f9a4c", 5)


def pork_belly(c: Canvas) -> None:
    """A slab of pork belly in its layers."""
    board(c)
    for x, y in ((96, 96), (76, 122), (56, 148)):
        with c.at(x, y):
            c.path("M0 20L40 -8H238L262 20V132Q260 144 248 144H14Q0 144 0 132Z", "#f0b9a4")
            heights = (
                (20, 14, "#e8b48f"),
                (34, 22, "#fbe4d8"),
                (56, 24, "#d8584f"),
                (80, 14, "#fbe1d6"),
                (94, 22, "#cc4a44"),
                (116, 12, "#f9ddd2"),
                (128, 16, "#d4544b"),
            )
            for top, high, colour in heights:
                c.path(
                    (
                        f"M0 {top}Q66 {top - 6} 131 {top}T262 {top}V{top + high}"
                        f"Q196 {top + high + 6} 131 {top + high}T0 {top + high}Z"
                    ),
                    colour,
                )
            c.path("M0 20L40 -8H238L262 20Q196 26 131 20T0 20Z", c.fall("#f7d9bf", "#eabf98"))
    c.line("M100 150Q160 142 210 146", "#fff", 6, opacity=0.5)
    rosemary(c, 268, 282, 4)


def spare_ribs(c: Canvas) -> None:
    """Ribs cut in short pieces."""
    board(c)
    with c.part("r"):
        for end in (-74, 74):
            c.ellipse(end, 0, 15, 21, "#f4ead6")
            c.ellipse(end, 0, 8, 12, "#d9b698")
        c.path(
            "M-70 -30C-40 -44 40 -44 70 -30C78 -10 78 14 70 32C40 46 -40 46 -70 32C-78 14 -78 -10 -70 -30Z",
            c.fall("#e0645a", "#b23b3a"),
        )
        c.line("M-52 -18Q0 -32 50 -20M-58 8Q0 -4 56 6M-46 26Q0 18 44 26", "#f6c3b4", 5, opacity=0.8)
    for x, y, turn in ((206, 116, 8), (130, 176, -12), (276, 180, 14), (114, 250, 6), (284, 254, -8), (200, 236, 2)):
        c.put("r", x, y, turn)
    leaf(c, 206, 292, 44, 20)
    leaf(c, 206, 292, 40, 160)


def chicken_wing(c: Canvas) -> None:
    """Chicken mid-wings on a plate."""
    plate(c, 262)
    with c.part("w"):
        c.path(
            (
                "M-78 6C-84 -22 -60 -36 -34 -30C-10 -26 12 -26 36 -34C64 -42 86 -22 80 4"
                "C74 28 50 34 26 28C4 24 -14 28 -36 32C-58 36 -74 28 -78 6Z"
            ),
            c.glow("#f3cfa9", 0.22),
        )
        c.line("M-50 4Q0 -8 52 -6", "#d79f77", 4, opacity=0.7)
        c.line("M-60 -10Q-48 -22 -30 -18", "#fff", 7, opacity=0.7)
        for x, y in ((-20, 12), (6, 8), (30, 10), (44, -18), (-2, -16)):
            c.circle(x, y, 2.4, "#d9a57e")
        c.circle(74, -6, 9, "#f7ece0")
    for x, y, turn in ((206, 128, -14), (140, 180, 18), (262, 186, -24), (200, 222, 6), (120, 246, -8), (284, 250, 10)):
        c.put("w", x, y, turn, 1.06)
    leaf(c, 186, 280, 46, 24)
    leaf(c, 196, 284, 40, 156)


def drumstick(c: Canvas, x: float, y: float, turn: float, colour: str) -> None:
    """A chicken leg with its bone."""
    with c.at(x, y, turn):
        c.path("M-13 60V144Q-32 150 -26 166Q-12 178 0 164Q12 178 26 166Q32 150 13 144V60Z", c.turned("#f7efe1", 0.18))
        c.path(
            (
                "M0 -104C56 -104 86 -58 78 -10C72 32 40 52 24 86Q0 100 -24 86C-40 52 -72 32 -78 -10"
                "C-86 -58 -56 -104 0 -104Z"
            ),
            c.glow(colour, 0.26),
        )
        for dx, dy in ((-26, 10), (10, 30), (34, -14), (-6, -40), (24, -60), (-44, -34)):
            c.circle(dx, dy, 3, darker(colour, 0.25), opacity=0.6)
        c.line("M-52 -26Q-48 -60 -22 -78", "#fff", 10, opacity=0.6)


def chicken_leg(c: Canvas) -> None:
    """Two drumsticks."""
    c.shadow(200, 330, 150)
    drumstick(c, 248, 160, -32, "#efc197")
    drumstick(c, 158, 172, 26, "#f4cda6")
    rosemary(c, 160, 322, -4)


def beef_roll(c: Canvas) -> None:
    """Thin slices of beef, rolled."""
    plate(c, 270)
    with c.part("r"):
        c.rect(-24, -62, 48, 124, c.turned("#d9605c"), rx=12)
        c.line("M-12 -44Q-4 0 -14 46M4 -50Q14 0 4 52M16 -38Q22 0 14 40", "#fbdcd3", 5, opacity=0.85)
        c.ellipse(0, -58, 24, 13, "#f6d5cb")
        c.ellipse(0, -58, 18, 9, "#cf4f4d")
        c.path("M-10 -58a10 5 0 1 1 12 5a6 3 0 1 1 -6 -5", "none", stroke="#fbe3db", stroke_width=3)
    for x, y, turn in (
        (150, 146, -8),
        (206, 136, 4),
        (262, 148, 12),
        (112, 198, -16),
        (172, 200, -4),
        (234, 200, 8),
        (296, 202, 18),
        (144, 246, -10),
        (204, 250, 0),
        (264, 246, 10),
    ):
        c.put("r", x, y, turn)


def lamb_chop(c: Canvas) -> None:
    """Two lamb chops on a board."""
    board(c)
    for x, y, turn in ((262, 190, 34), (148, 208, -6)):
        with c.at(x, y, turn):
            c.path("M-20 -10Q-40 -70 -28 -128Q-18 -142 -6 -128Q-6 -70 12 -20Z", c.turned("#f6ecd9", 0.2))
            c.path("M-6 -40C52 -52 96 -14 88 36C80 76 28 88 -12 72C-52 56 -56 -26 -6 -40Z", "#f6ddcc")
            c.path("M4 -26C46 -34 78 -6 72 32C64 62 26 70 -4 56C-34 42 -34 -18 4 -26Z", c.glow("#c94a4a", 0.25))
            c.line("M-6 14Q16 -4 44 4M2 40Q26 26 54 34", "#f3b9ad", 4, opacity=0.8)
    rosemary(c, 176, 296, -6)


def beef_steak(c: Canvas) -> None:
    """A marbled steak with a rim of fat."""
    board(c)
    with c.at(200, 206, -8):
        c.path(
            (
                "M-140 30C-150 -40 -90 -96 -10 -92C70 -88 150 -70 146 4C142 62 84 76 30 70"
                "C-10 66 -30 96 -76 92C-116 88 -136 70 -140 30Z"
            ),
            "#8e2a2c",
        )
        c.path(
            (
                "M-140 18C-150 -52 -90 -108 -10 -104C70 -100 150 -82 146 -8C142 50 84 64 30 58"
                "C-10 54 -30 84 -76 80C-116 76 -136 58 -140 18Z"
            ),
            "#f8e3d3",
        )
        c.path(
            (
                "M-122 16C-130 -40 -80 -90 -8 -86C60 -82 130 -68 126 -10C122 32 80 44 32 38"
                "C-14 34 -36 62 -74 58C-104 54 -118 44 -122 16Z"
            ),
            c.glow("#c23b3d", 0.2),
        )
        c.line(
            (
                "M-92 4Q-60 -24 -30 -10T30 -30M-60 36Q-36 14 -8 20M-20 -58Q10 -66 32 -54M50 -6"
                "Q76 -24 102 -14M40 18Q64 10 86 16M-88 -34Q-70 -50 -52 -48"
            ),
            "#f4c3b8",
            5,
            opacity=0.85,
        )
    rosemary(c, 232, 262, -26)


def sausage(c: Canvas) -> None:
    """Dried sausages tied with string."""
    c.shadow(200, 316, 150)
    for x, y, turn, colour in ((206, 120, -14, "#9c2f2a"), (194, 186, -6, "#b03a30"), (208, 254, -16, "#a63229")):
        with c.at(x, y, turn):
            c.line("M-142 -12Q-170 -30 -160 -50M142 -12Q168 -24 162 -44", "#d8c39a", 5)
            c.path(
                (
                    "M-142 -8C-148 -34 -110 -40 -60 -34C0 -28 60 -28 106 -38C148 -40 152 -4 140 14"
                    "C120 32 60 30 0 30C-60 34 -136 36 -142 -8Z"
                ),
                c.fall(lighter(colour, 0.16), darker(colour, 0.25)),
            )
            for dx, dy in (
                (-110, 6),
                (-84, -14),
                (-50, 10),
                (-24, -10),
                (8, 12),
                (34, -12),
                (64, 10),
                (92, -10),
                (114, 6),
                (-66, -4),
                (50, 2),
                (-4, 0),
            ):
                c.ellipse(dx, dy, 7, 4.4, "#eec3a8", opacity=0.9)
            c.line("M-116 -20Q-40 -22 20 -16", "#fff", 5, opacity=0.4)


def bacon(c: Canvas) -> None:
    """Wavy strips of bacon."""
    c.shadow(200, 320, 160)
    for index, y in enumerate((92, 166, 240)):
        with c.at(60, y, -8 + index * 2):
            wave = "Q35 {0} 70 {1}T140 {1}T210 {1}T280 {1}"
            bands = (
                (0, 18, "#f7d9c3"),
                (16, 22, "#c6483f"),
                (36, 14, "#f6d3bd"),
                (48, 20, "#b83d37"),
                (66, 12, "#f3cbb2"),
            )
            for top, high, colour in bands:
                back = (
                    f"V{top + high}Q245 {top + high + 26} 210 {top + high}T140 {top + high}"
                    f"T70 {top + high}T0 {top + high}Z"
                )
                c.path(f"M0 {top}" + wave.format(top - 26, top) + back, colour)
            c.line("M8 24Q38 4 66 22", "#fff", 4, opacity=0.5)


DRAWINGS = {
    "pork-belly": ("#fbdcd2", pork_belly),
    "spare-ribs": ("#f9d9cf", spare_ribs),
    "chicken-wing": ("#fbe6cf", chicken_wing),
    "chicken-leg": ("#fae7cd", chicken_leg),
    "beef-roll": ("#fad7d3", beef_roll),
    "lamb-chop": ("#f6dcd2", lamb_chop),
    "beef-steak": ("#f7d6d0", beef_steak),
    "sausage": ("#f6d8c9", sausage),
    "bacon": ("#fbe0d0", bacon),
}
