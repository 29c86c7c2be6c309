"""Whether scores depend on what no leader can change, and how she does beside neighbourhoods like hers."""

from collections.abc import Sequence
from math import atanh, fsum, sqrt, tanh
from statistics import median

from app.domains.scoring.rules.peers import potentials
from app.domains.scoring.values import Comparison, LeaderFacts, Link, ScorecardCard, Trait

#: Fewer leaders show nothing.
LEAST = 8
#: Neighbourhoods that count as like one.
ALIKE = 8
#: Half of the standard normal's middle 95 %.
NORMAL_95 = 1.959963984540054
#: Correlations beyond this have no sensible interval.
NEARLY_ONE = 1 - 1e-12


def links(facts: Sequence[LeaderFacts], totals: Sequence[int]) -> list[Link]:
    """How strongly the totals rise with each trait of the neighbourhood, with an interval of 95 %."""
    return [_link(trait, [_of(one, trait) for one in facts], totals) for trait in Trait]


def _of(facts: LeaderFacts, trait: Trait) -> float | None:
    if trait is Trait.BASKET:
        return facts.sales_cents / facts.orders if facts.orders else None
    if trait is Trait.DISTANCE:
        return facts.distance_m
    return facts.households if trait is Trait.HOUSEHOLDS else facts.service_days


def _link(trait: Trait, values: Sequence[float | None], totals: Sequence[int]) -> Link:
    """Spearman's rank correlation; the interval by Fisher's z with the variance of Bonett & Wright (2000)."""
    known = [(value, float(total)) for value, total in zip(values, totals, strict=True) if value is not None]
    r = None
    if len(known) >= LEAST:
        r = _correlation(_places([pair[0] for pair in known]), _places([pair[1] for pair in known]))
    if r is None:
        return Link(trait=trait, number=len(known), r=None, low=-1.0, high=1.0)
    middle = atanh(max(-NEARLY_ONE, min(NEARLY_ONE, r)))
    reach = NORMAL_95 * sqrt((1 + r * r / 2) / (len(known) - 3))
    return Link(trait=trait, number=len(known), r=r, low=tanh(middle - reach), high=tanh(middle + reach))


def _places(values: Sequence[float]) -> list[float]:
    """Places from 1 on, smallest first; equal values share the mean of theirs."""
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [1 + (first[value] + last[value]) / 2 for value in values]


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    x_mean, y_mean = fsum(xs) / len(xs), fsum(ys) / len(ys)
    x_off, y_off = [x - x_mean for x in xs], [y - y_mean for y in ys]
    spread = sqrt(fsum(x * x for x in x_off) * fsum(y * y for y in y_off))
    return fsum(x * y for x, y in zip(x_off, y_off, strict=True)) / spread if spread else None


def compare(cards: Sequence[ScorecardCard], card: ScorecardCard) -> list[Comparison]:
    """A leader's measures beside the medians of others: of the eight whose neighbourhoods are most like hers, of all.

    Alike are those near in households, age of the service and distance. Where nobody was measured there is no median.
    """
    others = [one for one in cards if one.leader_id != card.leader_id]
    here, *where = potentials(
        [(one.facts.households, one.facts.service_days, one.facts.distance_m) for one in (card, *others)]
    )
    far = {
        one.leader_id: sum((a - b) ** 2 for a, b in zip(at, here, strict=True))
        for one, at in zip(others, where, strict=True)
    }
    others.sort(key=lambda one: (far[one.leader_id], str(one.leader_id)))
    rates = [{part.measure: part.rate_bps for part in one.parts if part.denominator} for one in others]
    return [
        Comparison(
            measure=part.measure, own_bps=part.rate_bps,
            alike_bps=_median([one[part.measure] for one in rates[:ALIKE] if part.measure in one]),
            all_bps=_median([one[part.measure] for one in rates if part.measure in one]),
        )
        for part in card.parts
        if part.denominator
    ]  # fmt: skip


def _median(values: Sequence[int]) -> int | None:
    return round(median(values)) if values else None
