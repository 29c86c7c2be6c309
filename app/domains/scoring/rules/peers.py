"""What leaders usually reach: the peers' rate, how much it weighs, and what the neighbourhood's potential explains.

Everything that is said of a leader's peers is worked out without her, so that doing better never lowers her score.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from operator import mul
from typing import TypeVar

_T = TypeVar("_T", int, float)

#: With fewer peers the policy's own prior counts; with fewer still than the second number nothing is normalised.
MIN_PEERS = 5
MIN_FIT = 12
#: Peers' rates below and above these quantiles count as the quantile.
WINSOR = (0.05, 0.95)
#: The peers' weight stays between these multiples of the policy's.
WEIGHT_LIMITS = (0.25, 4.0)
#: How strongly coefficients are drawn to 0: as by one more neighbourhood that shows no dependence.
RIDGE = 1.0
#: A neighbourhood is never held for more unusual than by so many standard deviations.
FAR = 2.5
#: Intraclass correlation that stands for "no difference but chance".
NO_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Sample:
    """One leader's count of one measure, and her neighbourhood's potential in standard deviations from the mean."""

    numerator: int
    denominator: int
    potential: tuple[float, float, float]

    @property
    def rate(self) -> float:
        """The measured share, 0-1; 0 where nothing was measured."""
        return min(1.0, self.numerator / self.denominator) if self.denominator else 0.0


@dataclass(frozen=True, slots=True)
class Usual:
    """What peers reach (0-1) and the weight of so many observations; `shift` normalises the leader's own share."""

    mean: float
    weight: float
    shift: float
    #: What the better quarter of the peers reaches, by whichever direction is better.
    low_quarter: float
    high_quarter: float


def potentials(rows: Sequence[tuple[int, int, int | None]]) -> list[tuple[float, float, float]]:
    """Households, days of service and metres to walk as standard scores over all leaders.

    Households and days count by their logarithm: twice as many matter equally among small and large. A distance that
    nobody knows counts as the usual one.
    """
    homes = _standard([log(max(1, row[0])) for row in rows])
    days = _standard([log(1 + max(0, row[1])) for row in rows])
    known = [float(row[2]) for row in rows if row[2] is not None]
    middle = fsum(known) / len(known) if known else 0.0
    metres = _standard([middle if row[2] is None else float(row[2]) for row in rows])
    return list(zip(homes, days, metres, strict=True))


def _standard(values: Sequence[float]) -> list[float]:
    if not values:
        return []
    mean = fsum(values) / len(values)
    spread = sqrt(fsum((value - mean) ** 2 for value in values) / len(values))
    if spread < 1e-12:  # all alike but for rounding
        return [0.0] * len(values)
    return [min(FAR, max(-FAR, (value - mean) / spread)) for value in values]


def usuals(samples: Sequence[Sample], prior: float, prior_n: float, *, by_potential: bool) -> list[Usual]:
    """What each leader's rate is mixed with and how much, from her peers (herself left out), in the order given.

    Peers' rates are winsorised at the 5th and 95th percentile first, so that one wild neighbourhood moves nobody.
    The median and MAD would be as robust, but where more than half of the peers reach the same rate (100 % on time)
    the MAD is 0 and would wipe out every difference. Mean and weight are then those of a beta-binomial by the method
    of moments (see `beta_weight`); the weight is kept within a quarter and four times of the policy's, so that peers
    who are all alike cannot talk away a leader's own record (limited translation: Efron & Morris, JASA 1972).
    """
    known = sorted(
        (place for place, sample in enumerate(samples) if sample.denominator), key=lambda place: samples[place].rate
    )
    rates = [samples[place].rate for place in known]
    sizes = [samples[place].denominator for place in known]
    axes = [[samples[place].potential[axis] for place in known] for axis in range(3)]
    index = {place: at for at, place in enumerate(known)}
    found = []
    for place, own in enumerate(samples):
        at = index.get(place)
        if len(known) - (at is not None) < MIN_PEERS:
            found.append(Usual(prior, prior_n, 0.0, prior, prior))
            continue
        peers = _winsorised(_without(rates, at))
        shift = 0.0
        if by_potential and len(peers) >= MIN_FIT:
            peers, shift = _normalised(peers, [_without(axis, at) for axis in axes], own.potential)
        found.append(_usual(peers, _without(sizes, at), prior_n, shift))
    return found


def _usual(rates: list[float], sizes: list[int], prior_n: float, shift: float) -> Usual:
    mean = fsum(map(mul, rates, sizes)) / sum(sizes)
    low, high = WEIGHT_LIMITS
    weight = min(high * prior_n, max(low * prior_n, beta_weight(rates, sizes, mean)))
    ordered = sorted(rates)
    return Usual(mean, weight, shift, quantile(ordered, 0.25), quantile(ordered, 0.75))


def _normalised(
    rates: list[float], axes: list[list[float]], own: tuple[float, float, float]
) -> tuple[list[float], float]:
    """Peers' rates less what their potential explains, and what is to be added to the leader's own."""
    slopes, centre = fit(rates, axes)
    level = fsum(map(mul, slopes, centre))
    one, two, three = slopes
    left = [
        rate - (one * a + two * b + three * c - level) for rate, a, b, c in zip(rates, *axes, strict=True)
    ]  # fmt: skip
    return [min(1.0, max(0.0, rate)) for rate in left], level - fsum(map(mul, slopes, own))


def _winsorised(ordered: list[float]) -> list[float]:
    """Sorted rates with those beyond the 5th and 95th percentile drawn to it."""
    low, high = (quantile(ordered, share) for share in WINSOR)
    first, last = bisect_left(ordered, low), bisect_right(ordered, high)
    return [low] * first + ordered[first:last] + [high] * (len(ordered) - last)


def _without(values: list[_T], at: int | None) -> list[_T]:
    return values if at is None else values[:at] + values[at + 1 :]


def beta_weight(rates: Sequence[float], sizes: Sequence[int], mean: float) -> float:
    """How many observations the peers' mean is worth: alpha + beta of a beta-binomial, by the method of moments.

    Shares p of n trials vary by mean × (1 − mean) × (1 + r (n − 1)) / n, where r = 1 / (alpha + beta + 1). Weighted
    squares about the mean therefore sum up to mean × (1 − mean) × ((m − 1) + r (N − Σn²/N − (m − 1))) on average,
    which is solved for r. Kleinman, JASA 1973; empirical Bayes: Efron & Morris, JASA 1975, Casella, Am. Stat. 1985.
    """
    total = sum(sizes)
    chance = mean * (1 - mean)
    free = len(rates) - 1
    room: float = total - fsum(map(mul, sizes, sizes)) / total - free
    if chance <= 0 or room <= 0:
        return 1 / NO_SPREAD
    squares = fsum([size * (rate - mean) ** 2 for rate, size in zip(rates, sizes, strict=True)])
    alike = min(1.0, max(NO_SPREAD, (squares / chance - free) / room))
    return (1 - alike) / alike


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, between neighbours on the straight line (Hyndman & Fan, type 7)."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def fit(rates: Sequence[float], axes: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Slopes of the rates over the potential by ridge regression (Hoerl & Kennard 1970), and the potential's mean."""
    level = fsum(rates) / len(rates)
    centre = tuple(fsum(axis) / len(axis) for axis in axes)
    about = [[value - mean for value in axis] for axis, mean in zip(axes, centre, strict=True)]
    above = [rate - level for rate in rates]
    matrix = [
        [fsum(map(mul, one, two)) + (RIDGE if one is two else 0.0) for two in about] for one in about
    ]  # fmt: skip
    return _solve(matrix, [fsum(map(mul, axis, above)) for axis in about]), centre


def _solve(matrix: list[list[float]], right: list[float]) -> tuple[float, ...]:
    """The x of a symmetric positive definite system, by elimination (no pivoting is needed for such a matrix)."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for one in range(size):
        for other in range(one + 1, size):
            factor = rows[other][one] / rows[one][one]
            rows[other] = [a - factor * b for a, b in zip(rows[other], rows[one], strict=True)]
    found = [0.0] * size
    for one in reversed(range(size)):
        rest = rows[one][size] - fsum(rows[one][other] * found[other] for other in range(one + 1, size))
        found[one] = rest / rows[one][one]
    return tuple(found)
