"""Pickup points, leaders and residents. Every telephone number is from the fictional 199 0000 block."""

import math
import random
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from shapely import STRtree
from shapely.geometry import Point, Polygon

from tools.demo_city.city import Neighbourhood
from tools.demo_city.geometry import random_point

RESIDENTS = 6_000
STRAY_SHARE = 0.03
SECOND_POINTS = 7
BACKUPS = 5
ON_PROBATION = 5
#: A stray resident must be this much nearer to the own pickup point than to any other, so that nobody can argue.
CLEAR_LEAD_M = 8.0

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓"
    "许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
)
RESIDENT_TITLES = ("女士",) * 11 + ("先生",) * 6 + ("阿姨",) * 4 + ("奶奶", "叔叔", "爷爷")
HOME_TITLES = ("姐", "姨", "嫂", "哥", "叔")
SHOP_KINDS = ("便利店", "生鲜店", "驿站", "水果店", "粮油店", "文具店")
STREETS = {
    "LJ-E": ("东渡区", ("渡口路", "棠梨路", "望帆街", "船坞路", "鹭洲大道", "晨潮路", "汀兰街")),
    "LJ-W": ("西渚区", ("西渚大道", "稻香路", "半塘街", "织女路", "荷风路", "砚池街", "漫水桥路")),
    "LJ-N": ("北岭区", ("北岭大道", "松间路", "书院街", "鹿鸣路", "瓦窑街", "清泉路", "麓谷路")),
}


@dataclass(frozen=True)
class PickupPoint:
    """Where residents fetch their goods. `capacity_orders` is orders per day, `reach_m` metres on foot."""

    code: str
    neighbourhood: str
    name: str
    address: str
    x_m: float
    y_m: float
    capacity_orders: int
    reach_m: int
    keeper: str
    kind: str


@dataclass(frozen=True)
class Leader:
    """A neighbour who hands out the goods."""

    code: str
    name: str
    phone: str
    kind: str
    neighbourhood: str
    pickup_point: str
    role: str
    status: str


@dataclass(frozen=True)
class Resident:
    """A customer. `weight` is how often this resident buys, beside the others: most seldom, a few very often."""

    code: str
    name: str
    phone: str
    neighbourhood: str
    x_m: float
    y_m: float
    weight: float


def phone_number(serial: int) -> str:
    """A number of the fictional block: 199 0000 and four digits."""
    return f"1990000{serial:04d}"


def _spot(ground: Polygon, taken: list[tuple[float, float]], rng: random.Random) -> tuple[float, float]:
    """A place inside the fence, away from the neighbourhood's first point when there is one."""
    inner = ground.buffer(-30)
    spots = [random_point(inner, rng) for _ in range(30)]
    if taken:
        return max(spots, key=lambda spot: min(math.dist(spot, other) for other in taken))
    middle = ground.representative_point()
    return min(spots[:6], key=lambda spot: math.dist(spot, (middle.x, middle.y)))


def _capacity(households: int, share: float, rng: random.Random) -> int:
    return min(max(round(households * share * rng.uniform(0.14, 0.19) / 5) * 5, 60), 220)


def pickup_points(places: list[Neighbourhood], rng: random.Random) -> list[PickupPoint]:
    """One point per neighbourhood, and a second one in the seven with most households."""
    large = {p.code for p in sorted(places, key=lambda p: -p.households)[:SECOND_POINTS]}
    keepers = [surname + title for title in HOME_TITLES for surname in SURNAMES[:30]]
    rng.shuffle(keepers)
    points: list[PickupPoint] = []
    for place in places:
        taken: list[tuple[float, float]] = []
        for _ in range(2 if place.code in large else 1):
            taken.append(_spot(place.ground, taken, rng))
            share = 0.6 if place.code in large else 1.0
            points.append(_pickup_point(place, len(points) + 1, taken[-1], keepers.pop(), (share, rng)))
    return points


def _pickup_point(
    place: Neighbourhood, number: int, spot: tuple[float, float], keeper: str, size: tuple[float, random.Random]
) -> PickupPoint:
    share, rng = size
    block, is_shop = rng.randint(1, 12), rng.random() < 0.62
    district, streets = STREETS[place.hub]
    street = f"临江市{district}{rng.choice(streets)}{rng.randint(3, 188)}号"
    shop = f"{keeper[0]}记{rng.choice(SHOP_KINDS)}"
    return PickupPoint(
        code=f"P{number:03d}",
        neighbourhood=place.code,
        name=f"{place.name}{shop}" if is_shop else f"{place.name}{block}栋架空层",
        address=f"{street}{place.name}{block}栋一楼" if is_shop else f"{street}{place.name}{block}栋架空层",
        x_m=spot[0],
        y_m=spot[1],
        capacity_orders=_capacity(place.households, share, rng),
        reach_m=rng.choice((600, 800, 800, 800, 1000)),
        keeper=keeper,
        kind="shop" if is_shop else "home",
    )


def leaders(points: list[PickupPoint], rng: random.Random) -> list[Leader]:
    """One primary leader per neighbourhood; where there is a second point, its keeper may be the backup."""
    firsts: dict[str, PickupPoint] = {}
    seconds: list[PickupPoint] = []
    for point in points:
        if point.neighbourhood in firsts:
            seconds.append(point)
        else:
            firsts[point.neighbourhood] = point
    probation = set(rng.sample(sorted(firsts), ON_PROBATION))
    posts = [(point, "primary", "probation" if place in probation else "active") for place, point in firsts.items()]
    waiting = ("active", "active", "active", "applicant", "applicant")
    posts += [(point, "backup", status) for point, status in zip(seconds[:BACKUPS], waiting, strict=True)]
    return [
        Leader(
            code=f"L{number:03d}",
            name=point.keeper,
            phone=phone_number(number),
            kind=point.kind,
            neighbourhood=point.neighbourhood,
            pickup_point=point.code,
            role=role,
            status=status,
        )
        for number, (point, role, status) in enumerate(posts, start=1)
    ]


class StreetMap:
    """Answers who is nearest, and whether a place lies on anybody's fenced ground."""

    def __init__(self, places: list[Neighbourhood], points: list[PickupPoint]) -> None:
        self.places = places
        self.points = points
        self._tree = cKDTree(np.array([(point.x_m, point.y_m) for point in points]))
        self._fences = STRtree([place.ground.buffer(3) for place in places])

    def nearest(self, x_m: float, y_m: float) -> PickupPoint | None:
        """The pickup point within its reach that is clearly nearest, or None."""
        distances, indexes = self._tree.query(np.array([[x_m, y_m]]), k=3)
        pairs = zip(np.ravel(distances).tolist(), np.ravel(indexes).tolist(), strict=True)
        near = [(float(far), self.points[int(index)]) for far, index in pairs]
        distance, best = near[0]
        rivals = [far for far, point in near[1:] if point.neighbourhood != best.neighbourhood]
        is_clear = all(rival - distance > CLEAR_LEAD_M for rival in rivals)
        return best if is_clear and distance < best.reach_m * 0.98 else None

    def is_fenced(self, x_m: float, y_m: float) -> bool:
        """Whether the place lies on a neighbourhood's ground, or within three metres of it."""
        return bool(len(self._fences.query(Point(x_m, y_m), predicate="intersects")))


def _home(place: Neighbourhood, streets: StreetMap, rng: random.Random) -> tuple[float, float]:
    """A home well inside the fence; where no outline is drawn, also clearly nearest to an own pickup point."""
    inner = place.ground.buffer(-6)
    while True:
        x, y = random_point(inner, rng)
        nearest = None if place.drawn else streets.nearest(x, y)
        if place.drawn or (nearest is not None and nearest.neighbourhood == place.code):
            return x, y


def _stray(streets: StreetMap, rng: random.Random) -> tuple[str, float, float]:
    """A home on no neighbourhood's ground, but within reach of a pickup point: it belongs to the nearest one."""
    while True:
        around = rng.choice(streets.points)
        x = around.x_m + rng.uniform(-around.reach_m, around.reach_m)
        y = around.y_m + rng.uniform(-around.reach_m, around.reach_m)
        nearest = streets.nearest(x, y)
        if nearest is not None and not streets.is_fenced(x, y):
            return nearest.neighbourhood, x, y


def residents(streets: StreetMap, rng: random.Random) -> list[Resident]:
    """Six thousand residents in proportion to households; three in a hundred live outside every outline."""
    strays = round(RESIDENTS * STRAY_SHARE)
    homes = [_stray(streets, rng) for _ in range(strays)]
    weights = [place.households for place in streets.places]
    chosen = rng.choices(streets.places, weights=weights, k=RESIDENTS - strays)
    homes += [(place.code, *_home(place, streets, rng)) for place in chosen]
    rng.shuffle(homes)
    homes.sort(key=lambda home: home[0])
    serials = list(range(1_000, 1_000 + RESIDENTS))
    rng.shuffle(serials)
    surnames = rng.choices(SURNAMES, weights=[1 / (rank + 4) for rank in range(len(SURNAMES))], k=RESIDENTS)
    return [
        Resident(
            code=f"R{number:05d}",
            name=surnames[number - 1] + rng.choice(RESIDENT_TITLES),
            phone=phone_number(serials[number - 1]),
            neighbourhood=place,
            x_m=x,
            y_m=y,
            weight=round(min(0.2 + 0.4 * (rng.paretovariate(1.15) - 1), 30.0), 2),
        )
        for number, (place, x, y) in enumerate(homes, start=1)
    ]
