"""Points on the earth in WGS-84 degrees, and proven bounds for ways between them without a solver."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

#: WGS-84 equatorial radius in metres and first eccentricity squared (NIMA TR8350.2).
RADIUS_M = 6_378_137.0
ECC2 = 6.69437999014e-3
#: The least radius of curvature on the ellipsoid, the meridian's at the equator, in metres.
LEAST_RADIUS_M = RADIUS_M * (1 - ECC2)
#: More than rounding can add to a coordinate of earth's size, or a geodesic can be off, in metres.
SLACK_M = 1e-6


class System(StrEnum):
    """A coordinate system that files, maps and geocoders may speak; ours is WGS-84."""

    WGS84 = "wgs84"
    #: Of official Chinese maps (AMap, Tencent).
    GCJ02 = "gcj02"
    #: Baidu's.
    BD09 = "bd09"


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


def ecef(points: Sequence[Point]) -> NDArray[np.float64]:
    """As `to_ecef` for many points; shape (n, 3)."""
    degrees = np.array([(p.lat, p.lon) for p in points], dtype=np.float64).reshape(-1, 2)
    lat, lon = np.radians(degrees[:, 0]), np.radians(degrees[:, 1])
    n = RADIUS_M / np.sqrt(1 - ECC2 * np.sin(lat) ** 2)
    return np.column_stack((n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - ECC2) * np.sin(lat)))


def arc_bounds(chords_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the most metres over the ground for straight chords through it.

    No way over the ellipsoid bends more than its meridian does at the equator, so a shortest way is not longer than
    that circle's arc over the same chord (Schur's comparison theorem), and no way is shorter than its chord. Within a
    city the two differ by less than a millimetre; beyond 12,000 km nothing is said about the most.
    """
    arcs = 2 * LEAST_RADIUS_M * np.arcsin(np.minimum(chords_m / (2 * LEAST_RADIUS_M), 1.0))
    return np.maximum(chords_m - SLACK_M, 0.0), np.where(chords_m <= 12e6, arcs + SLACK_M, np.inf)
