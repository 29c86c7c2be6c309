"""Hubs and neighbourhoods: three districts around a river bend, cut into Voronoi cells with streets between them."""

import math
import random
from dataclasses import dataclass

import numpy as np
from scipy.spatial import Voronoi
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from tools.demo_city.geometry import random_point, wobbly_disc
from tools.demo_city.tables import read_table

STREET_M = 20
FENCE_RADIUS_M = 360
WITHOUT_OUTLINE = 8
HOUSEHOLDS_MIN, HOUSEHOLDS_MAX = 350, 1400


@dataclass(frozen=True)
class Hub:
    """A sorting site at the edge of its district."""

    code: str
    name: str
    name_en: str
    x_m: float
    y_m: float


@dataclass(frozen=True)
class Neighbourhood:
    """A neighbourhood on the plan. `drawn` tells whether its outline is handed over, or only its middle."""

    code: str
    name: str
    name_en: str
    hub: str
    households: int
    ground: Polygon
    drawn: bool

    @property
    def middle(self) -> Point:
        """A point that surely lies inside, even when the outline bends."""
        return self.ground.representative_point()


HUBS = (
    Hub("LJ-E", "临江东网格仓", "Linjiang East hub", 3650, -420),
    Hub("LJ-W", "临江西网格仓", "Linjiang West hub", -3720, 160),
    Hub("LJ-N", "临江北网格仓", "Linjiang North hub", 420, 3480),
)


def _districts() -> dict[str, BaseGeometry]:
    shore = [(x, -1650 + 260 * math.sin(x / 900)) for x in range(-2800, 2900, 100)]
    east = Polygon(
        [p for p in shore if p[0] >= 60] + [(2680, -900), (3010, -420), (2760, 40), (2960, 720), (1500, 560), (60, 520)]
    )
    west = Polygon(
        [p for p in shore if p[0] <= -60]
        + [(-60, 520), (-1400, 720), (-2940, 640), (-2720, -40), (-3060, -620), (-2760, -1100)]
    )
    north = Polygon([(-2150, 860), (-60, 640), (2150, 830), (1750, 2350), (300, 2780), (-1600, 2450)])
    lake = Point(760, 1620).buffer(330)
    return {"LJ-E": east, "LJ-W": west, "LJ-N": north.difference(lake)}


def _seeds(district: BaseGeometry, count: int, rng: random.Random) -> list[tuple[float, float]]:
    """Spread points over a district: of many darts, each time keep the one furthest from the others."""
    seeds: list[tuple[float, float]] = []
    outline = _largest(district.convex_hull)
    while len(seeds) < count:
        darts = [dart for dart in (random_point(outline, rng) for _ in range(40)) if district.contains(Point(dart))]
        if darts:
            seeds.append(max(darts, key=lambda dart: min((math.dist(dart, s) for s in seeds), default=0.0)))
    return seeds


def _cells(seeds: list[tuple[float, float]], district: BaseGeometry) -> list[Polygon]:
    """One Voronoi cell per seed, cut to the district. Four far points close the outer cells."""
    far = [(-30_000, 0), (30_000, 0), (0, -30_000), (0, 30_000)]
    diagram = Voronoi(np.array(seeds + far))
    cells = []
    for index in range(len(seeds)):
        region = diagram.regions[diagram.point_region[index]]
        cells.append(_largest(Polygon(diagram.vertices[region]).intersection(district)))
    return cells


def _largest(shape: BaseGeometry) -> Polygon:
    parts = [part for part in getattr(shape, "geoms", [shape]) if isinstance(part, Polygon)]
    return max(parts, key=lambda part: part.area)


def _grounds(district: BaseGeometry, count: int, rng: random.Random) -> list[Polygon]:
    """Irregular, fenced grounds with a street between any two."""
    seeds = _seeds(district, count, rng)
    middles = [cell.centroid for cell in _cells(seeds, district)]
    seeds = [(middle.x + rng.uniform(-70, 70), middle.y + rng.uniform(-70, 70)) for middle in middles]
    grounds = []
    for cell in _cells(seeds, district):
        street = STREET_M + rng.uniform(-6, 14)
        inner = _largest(cell.buffer(-street, join_style="mitre"))
        fence = wobbly_disc(inner.centroid.x, inner.centroid.y, FENCE_RADIUS_M * rng.uniform(0.78, 1.0), rng)
        grounds.append(_largest(inner.intersection(fence).simplify(4)))
    return grounds


def _households(ground: Polygon, drawn: bool, rng: random.Random) -> int:
    """Homes on a ground: 22 to 46 per hectare of fenced area; places without an outline are small and old."""
    if not drawn:
        return rng.randint(HOUSEHOLDS_MIN, 520)
    homes = round(ground.area / 10_000 * rng.uniform(22, 46))
    return min(max(homes, HOUSEHOLDS_MIN), HOUSEHOLDS_MAX)


def neighbourhoods(rng: random.Random) -> list[Neighbourhood]:
    """Sixty neighbourhoods, twenty per hub; eight of them have no drawn outline."""
    rows = read_table("neighbourhoods")
    districts = _districts()
    grounds: list[Polygon] = []
    for hub in HUBS:
        grounds += _grounds(districts[hub.code], sum(row["hub"] == hub.code for row in rows), rng)
    smallest = sorted(range(len(rows)), key=lambda index: grounds[index].area)[: WITHOUT_OUTLINE * 2]
    blank = set(rng.sample(smallest, WITHOUT_OUTLINE))
    return [
        Neighbourhood(
            code=f"N{index + 1:03d}",
            name=row["name"],
            name_en=row["name_en"],
            hub=row["hub"],
            households=_households(grounds[index], index not in blank, rng),
            ground=grounds[index],
            drawn=index not in blank,
        )
        for index, row in enumerate(rows)
    ]
