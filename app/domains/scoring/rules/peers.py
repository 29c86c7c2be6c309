"""What leaders usually reach: the peers' rate, how much it weighs, and what the neighbourhood's potential explains.

Everything that is said of a leader's peers is worked out without her, so that doing better never lowers her score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

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
#: Leaders whose peers are looked at together: a matrix of so many rows, one column a peer.
_TOGETHER = 256
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
    of moments (see `_beta_weights`); the weight is kept within a quarter and four times of the policy's, so that peers
    who are all alike cannot talk away a leader's own record (limited translation: Efron & Morris, JASA 1972).
    """
    known = sorted(
        (place for place, sample in enumerate(samples) if sample.denominator),
        key=lambda place: (samples[place].rate, samples[place].denominator, samples[place].potential),
    )
    peers = _Peers(
        np.array([samples[place].rate for place in known]),
        np.array([float(samples[place].denominator) for place in known]),
        np.array([samples[place].potential for place in known]).reshape(-1, 3),
    )
    found = [Usual(prior, prior_n, 0.0, prior, prior)] * len(samples)
    others = [place for place, sample in enumerate(samples) if not sample.denominator]
    every = np.arange(len(known))
    columns = np.arange(len(known) - 1)
    for places, number in ((known, len(known) - 1), (others, len(known))):
        for begin in range(0, len(places) if number >= MIN_PEERS else 0, _TOGETHER):
            some = places[begin : begin + _TOGETHER]
            own = np.arange(begin, begin + len(some))[:, None]
            index = columns + (columns >= own) if places is known else np.broadcast_to(every, (len(some), len(known)))
            potential = np.array([samples[place].potential for place in some])
            for place, usual in zip(some, peers.usuals(index, potential, prior_n, by_potential), strict=True):
                found[place] = usual
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Peers:
    """Everybody with observations, sorted by rate: rates, numbers of observations, potential (n × 3)."""

    rates: _Floats
    sizes: _Floats
    potential: _Floats

    def usuals(self, index: _Ints, own: _Floats, prior_n: float, by_potential: bool) -> list[Usual]:
        """What is usual for leaders whose peers are the rows of `index` and whose potential is `own`."""
        rates = self.rates[index]
        rates = np.clip(rates, _quantiles(rates, WINSOR[0])[:, None], _quantiles(rates, WINSOR[1])[:, None])
        shifts = np.zeros(len(index))
        if by_potential and index.shape[1] >= MIN_FIT:
            rates, shifts = _normalised(rates, self.potential[index], own)
        sizes = self.sizes[index]
        means = (rates * sizes).sum(axis=1) / sizes.sum(axis=1)
        low, high = WEIGHT_LIMITS
        weights = np.clip(_beta_weights(rates, sizes, means), low * prior_n, high * prior_n)
        rates.sort(axis=1)
        columns = (means, weights, shifts, _quantiles(rates, 0.25), _quantiles(rates, 0.75))
        return [Usual(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _normalised(rates: _Floats, potential: _Floats, own: _Floats) -> tuple[_Floats, _Floats]:
    """Peers' rates less what their potential explains, and what is to be added to each leader's own.

    Slopes over the potential are those of ridge regression (Hoerl & Kennard 1970).
    """
    centre = potential.mean(axis=1)
    about = potential - centre[:, None, :]
    above = rates - rates.mean(axis=1)[:, None]
    matrix = np.swapaxes(about, 1, 2) @ about + RIDGE * np.eye(3)
    slopes = np.linalg.solve(matrix, np.swapaxes(about, 1, 2) @ above[:, :, None])[:, :, 0]
    left = np.clip(rates - (about @ slopes[:, :, None])[:, :, 0], 0.0, 1.0)
    shifts: _Floats = (slopes * (centre - own)).sum(axis=1)
    return left, shifts


def _beta_weights(rates: _Floats, sizes: _Floats, means: _Floats) -> _Floats:
    """How many observations each row's mean is worth: alpha + beta of a beta-binomial, by the method of moments.

    Shares p of n trials vary by mean × (1 − mean) × (1 + r (n − 1)) / n, where r = 1 / (alpha + beta + 1). Weighted
    squares about the mean therefore sum up to mean × (1 − mean) × ((m − 1) + r (N − Σn²/N − (m − 1))) on average,
    which is solved for r. Kleinman, JASA 1973; empirical Bayes: Efron & Morris, JASA 1975, Casella, Am. Stat. 1985.
    """
    total, chance, free = sizes.sum(axis=1), means * (1 - means), rates.shape[1] - 1
    room = total - (sizes**2).sum(axis=1) / total - free
    squares = (sizes * (rates - means[:, None]) ** 2).sum(axis=1)
    known = (chance > 0) & (room > 0)
    ratio = np.divide(squares, chance, out=np.zeros_like(squares), where=known) - free
    alike = np.clip(np.divide(ratio, room, out=np.zeros_like(ratio), where=known), NO_SPREAD, 1.0)
    return np.where(known, (1 - alike) / alike, 1 / NO_SPREAD)


def _quantiles(ordered: _Floats, share: float) -> _Floats:
    """The quantile of sorted rows, between neighbours on the straight line (Hyndman & Fan, type 7)."""
    place = share * (ordered.shape[1] - 1)
    below = int(place)
    above = min(below + 1, ordered.shape[1] - 1)
    found: _Floats = ordered[:, below] + (place - below) * (ordered[:, above] - ordered[:, below])
    return found
