"""How facts become points: each measure's share, mixed with what peers reach, on the line from worst to target.

Money is no measure: a basket shows what a neighbourhood earns, not what its leader does. Nor is recruiting leaders.
"""

from collections.abc import Callable, Sequence
from math import ceil, fsum

from app.domains.scoring.rules.peers import Sample, Usual, potentials, usuals
from app.domains.scoring.rules.policy import points_at, stage_of
from app.domains.scoring.values import LeaderFacts, Measure, Part, Policy, PolicyTerms, Score, Tier, Weight

#: From how many hundredths of a point on a tier is earned.
TIERS = ((8_500, Tier.GOLD), (7_000, Tier.SILVER), (5_500, Tier.BRONZE))

#: Numerator and denominator of each measure.
FRACTIONS: dict[Measure, Callable[[LeaderFacts], tuple[int, int]]] = {
    Measure.PENETRATION: lambda f: (f.buyers, f.households),
    Measure.ACQUISITION: lambda f: (f.new_buyers, f.households),
    Measure.REPURCHASE: lambda f: (f.repeat_buyers, f.buyers),
    Measure.PICKUP_RATE: lambda f: (f.picked_pieces, f.due_pieces),
    Measure.IN_WINDOW: lambda f: (f.in_window_pieces, f.due_pieces),
    Measure.ON_TIME: lambda f: (f.on_time_handovers, f.handovers),
    Measure.CLAIM_RATE: lambda f: (f.leader_fault_claims, f.picked_pieces),
    Measure.ANSWERS: lambda f: (f.answered_claims, f.asked_claims),
    Measure.RATING: lambda f: (f.stars - f.ratings, 4 * f.ratings),
    Measure.TASKS: lambda f: (f.tasks_done, f.tasks_due),
}


def scores(facts: Sequence[LeaderFacts], policy: Policy | PolicyTerms) -> list[Score]:
    """The scores of leaders who are peers of one another, in the order given; that order changes no score.

    A share is normalised by the neighbourhood's potential where the weight says so, then drawn to what the other
    leaders reach, as strongly as few observations and like peers ask for (`peers.usuals`).
    """
    potential = potentials([(one.households, one.service_days, one.distance_m) for one in facts])
    parts: list[list[Part]] = [[] for _ in facts]
    for weight in policy.weights:
        samples = [Sample(*FRACTIONS[weight.measure](one), at) for one, at in zip(facts, potential, strict=True)]
        known = usuals(samples, weight.prior_bps / 10_000, weight.prior_n, by_potential=weight.by_potential)
        for one, own, usual, mine in zip(facts, samples, known, parts, strict=True):
            most = points_at(weight, stage_of(policy, one.service_days))
            if most:
                mine.append(_part(own, usual, weight, most))
    return [_score(one, tuple(mine), policy) for one, mine in zip(facts, parts, strict=True)]


def score(facts: LeaderFacts, policy: Policy | PolicyTerms) -> Score:
    """The score of a leader without peers: shares are drawn to the policy's own prior."""
    return scores([facts], policy)[0]


def tier_of(total_centi: int, *, is_below_floor: bool = False) -> Tier:
    """The tier of a total: gold from 85 points, silver from 70, bronze from 55, below that a warning.

    Below a floor nobody rises above bronze.
    """
    tier = next((tier for least, tier in TIERS if total_centi >= least), Tier.WARNING)
    return Tier.BRONZE if is_below_floor and tier is not Tier.WARNING else tier


def _score(facts: LeaderFacts, parts: tuple[Part, ...], policy: Policy | PolicyTerms) -> Score:
    total = sum(part.points_centi for part in parts)
    below = any(part.is_below_floor for part in parts)
    tier = tier_of(total, is_below_floor=below)
    return Score(
        leader_id=facts.leader_id, total_centi=total, tier=tier, parts=parts,
        stage=stage_of(policy, facts.service_days), is_held_back=tier is not tier_of(total),
    )  # fmt: skip


def _part(own: Sample, known: Usual, weight: Weight, most: int) -> Part:
    """One measure: its share normalised and shrunk to (n × share + weight × usual) / (n + weight)."""
    counted = _counted(own.numerator, own, known)
    points = _points(counted, weight, most)
    step = _step(own, known, weight)
    more = _points(_counted(own.numerator + step, own, known), weight, most) if step else points
    rises = weight.target_bps > weight.worst_bps
    floor = weight.floor_bps
    centi = _half_up(points * 100)
    return Part(
        measure=weight.measure, points_max=most, points_centi=centi, numerator=own.numerator,
        denominator=own.denominator,
        rate_bps=_half_up(own.numerator * 10_000 / own.denominator) if own.denominator else 0,
        shrunk_bps=_half_up(counted * 10_000), target_bps=weight.target_bps, worst_bps=weight.worst_bps, points=points,
        counted=counted, usual=known.mean, usual_n=known.weight, shift=known.shift,
        usual_centi=_half_up(_points(known.mean, weight, most) * 100), floor_bps=floor,
        is_below_floor=bool(
            own.denominator and floor is not None and (counted * 10_000 < floor if rises else counted * 10_000 > floor)
        ),
        step=step, step_centi=_half_up(more * 100) - centi,
    )  # fmt: skip


def _counted(numerator: int, own: Sample, known: Usual) -> float:
    """The share that earns the points: normalised, then drawn to the usual one."""
    weighed = own.denominator + known.weight
    if not own.denominator or not weighed:
        return known.mean
    share = numerator / own.denominator
    if known.shift:
        share = min(1.0, max(0.0, min(1.0, share) + known.shift))
    return fsum((share * own.denominator, known.weight * known.mean)) / weighed


def _points(counted: float, weight: Weight, most: int) -> float:
    share = (counted * 10_000 - weight.worst_bps) / (weight.target_bps - weight.worst_bps)
    return most * min(1.0, max(0.0, share))


def _step(own: Sample, known: Usual, weight: Weight) -> int:
    """A realistic step: half the way to what the better quarter of her peers reaches, from there on to the target.

    In counts of the numerator, less than 0 where fewer is better; 0 where nothing is left to gain.
    """
    if not own.denominator:
        return 0
    target = weight.target_bps / 10_000
    share = own.numerator / own.denominator + known.shift
    if weight.target_bps > weight.worst_bps:
        goal = min(target, known.high_quarter) if share < known.high_quarter else target
        wanted = ceil(max(0.0, goal - share) * own.denominator / 2)
        return min(wanted, own.denominator - own.numerator) if own.denominator > own.numerator else 0
    goal = max(target, known.low_quarter) if share > known.low_quarter else target
    return -min(own.numerator, ceil(max(0.0, share - goal) * own.denominator / 2))


def _half_up(value: float) -> int:
    """The nearest whole number; what differs from a half by nothing but rounding counts as the half."""
    return int(round(value, 6) + 0.5)
