"""Metres on the city plan and degrees on the globe.

The plan is a flat map: x metres east and y metres north of the city centre. Within eight kilometres the flat map is
true to a few centimetres, which is finer than the six decimals that are written.
"""

import math
import random

from shapely.geometry import Point, Polygon

CENTRE_LAT, CENTRE_LON = 30.3000, 115.1000
METRES_PER_DEGREE_LAT = 110_850.0
METRES_PER_DEGREE_LON = 111_320.0 * math.cos(math.radians(CENTRE_LAT))
DECIMALS = 6


def to_lat_lon(x_m: float, y_m: float) -> tuple[float, float]:
    """WGS-84 latitude and longitude in degrees, rounded to a tenth of a metre."""
    lat = CENTRE_LAT + y_m / METRES_PER_DEGREE_LAT
    lon = CENTRE_LON + x_m / METRES_PER_DEGREE_LON
    return round(lat, DECIMALS), round(lon, DECIMALS)


def random_point(area: Polygon, rng: random.Random) -> tuple[float, float]:
    """A point drawn evenly over an area of the plan."""
    west, south, east, north = area.bounds
    while True:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if area.contains(Point(x, y)):
            return x, y


def wobbly_disc(x_m: float, y_m: float, radius_m: float, rng: random.Random) -> Polygon:
    """A rounded, uneven patch of ground: the furthest that a neighbourhood's fence can run."""
    phases = [rng.uniform(0, math.tau) for _ in range(3)]
    corners = []
    for step in range(18):
        angle = math.tau * step / 18
        swell = 1 + sum(0.07 * math.sin((lobe + 2) * angle + phases[lobe]) for lobe in range(3))
        corners.append((x_m + radius_m * swell * math.cos(angle), y_m + radius_m * swell * math.sin(angle)))
    return Polygon(corners)
