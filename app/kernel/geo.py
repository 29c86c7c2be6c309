"""Points on the earth in WGS-84 degrees, and cheap exact-enough distances without a solver."""

import math
from dataclasses import dataclass

#: WGS-84 equatorial radius in metres and first eccentricity squared (NIMA TR8350.2).
RADIUS_M = 6_378_137.0
ECC2 = 6.69437999014e-3


@dataclass(frozen=True, slots=True)
class Point:
    """A place in WGS-84 degrees."""

    lat: float
    lon: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lon <= 180.0):
            raise ValueError(f"not on the earth: {self.lat}, {self.lon}")


def to_ecef(point: Point) -> tuple[float, float, float]:
    """Earth-centred, earth-fixed metres of a point at height 0."""
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    n = RADIUS_M / math.sqrt(1 - ECC2 * math.sin(lat) ** 2)
    return n * math.cos(lat) * math.cos(lon), n * math.cos(lat) * math.sin(lon), n * (1 - ECC2) * math.sin(lat)


def chord_to_arc(chord_m: float) -> float:
    """The way over the ground for a straight chord through it, in metres; error below 1e-7 within a city."""
    return 2 * RADIUS_M * math.asin(min(1.0, chord_m / (2 * RADIUS_M)))
