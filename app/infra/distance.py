"""Distances over the ground: exact for one pair (geopy), fast for all pairs of a round (numpy). Metres, WGS-84."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.kernel.geo import RADIUS_M, Point, ecef

#: How much longer streets are than the straight line; measured city values lie between 1.2 and 1.4.
DETOUR = 1.3
#: Mean speed of a delivery van in a city, lights and jams included.
SPEED_KMH = 25


class DistanceSource(Protocol):
    """Where road distances come from: straight lines with a detour, or a server that knows the roads."""

    def table(self, points: Sequence[Point]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Whole metres and whole seconds from each point to each other one; raises a refusal rather than guess."""
        ...


@dataclass(frozen=True, slots=True)
class StraightLines:
    """Distances without roads: the straight line times a detour, driven at one mean speed."""

    detour: float = DETOUR
    speed_kmh: float = SPEED_KMH

    def table(self, points: Sequence[Point]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Metres and seconds between all points; symmetric."""
        metres = matrix_m(points, self.detour)
        return metres, np.rint(metres * 3.6 / self.speed_kmh).astype(np.int64)


def geodesic_m(a: Point, b: Point) -> float:
    """The shortest way over the WGS-84 ellipsoid, in metres (Karney 2013); about 0.2 ms."""
    from geopy.distance import geodesic  # noqa: PLC0415  geopy brings every geocoder along: 0.15 s of a start

    return float(geodesic((a.lat, a.lon), (b.lat, b.lon)).meters)


def matrix_m(points: Sequence[Point], detour: float = DETOUR) -> NDArray[np.int64]:
    """Whole metres of road between every two points: ECEF chord, bent to an arc, times `detour`; shape (n, n).

    Symmetric with a zero diagonal. 2,000 points take a fraction of a second; no road network is asked.
    """
    xyz = ecef(points)
    middle = xyz.mean(axis=0) if len(xyz) else np.zeros(3)
    near = xyz - middle  # differences of small numbers keep their digits; earth radii squared would not
    squares = np.einsum("ij,ij->i", near, near)
    chords = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * (near @ near.T), 0.0))
    arcs = 2 * RADIUS_M * np.arcsin(np.minimum(chords / (2 * RADIUS_M), 1.0))
    metres: NDArray[np.int64] = np.rint((arcs + arcs.T) / 2 * detour).astype(np.int64)
    np.fill_diagonal(metres, 0)
    return metres
