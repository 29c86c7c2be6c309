"""Scores worked out a second time with numpy alone, from what the database holds, agree with the stored ones to 1e-9.

Written from the description of the method (docs/adr/0023), not from the rules: nothing of them is imported here.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from app.domains.scoring import rules
from app.domains.scoring.service import policies, scorecards
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor
from tests.factories.cities import make_city
from tests.factories.world import make_world

Row = dict[str, Any]
Numbers = npt.NDArray[np.float64]
FIRST = date(2026, 11, 1)
LAST = FIRST + timedelta(days=27)
FACTS = text(
    """
    WITH day AS (
      SELECT leader_id, sum(new_buyers) AS fresh, sum(due_pieces) AS due, sum(picked_pieces) AS picked,
        sum(in_window_pieces) AS punctual, sum(handovers) AS handovers, sum(on_time_handovers) AS prompt,
        sum(leader_fault_claims) AS faults, sum(asked_claims) AS asked, sum(answered_claims) AS answered,
        sum(ratings) AS ratings, sum(stars) AS stars, sum(tasks_due) AS tasks, sum(tasks_done) AS done
      FROM scoring_leader_day WHERE on_date BETWEEN :first AND :last GROUP BY leader_id
    ),
    buyer AS (
      SELECT leader_id, count(*) AS buyers, count(*) FILTER (WHERE days > 1) AS again FROM (
        SELECT leader_id, resident_id, count(DISTINCT pickup_on) AS days FROM orders_order
        WHERE status = 'paid' AND pickup_on BETWEEN :first AND :last GROUP BY 1, 2) b GROUP BY 1
    )
    SELECT l.id, n.households, :last - p.from_at::date AS age,
      round((SELECT avg(h.distance_m) FROM communities_home h WHERE h.leader_id = l.id)) AS metres, day.*, buyer.*
    FROM communities_leader l JOIN communities_leader_post p ON p.leader_id = l.id AND p.until_at IS NULL
    JOIN communities_neighbourhood n ON n.id = p.neighbourhood_id
    LEFT JOIN day ON day.leader_id = l.id LEFT JOIN buyer ON buyer.leader_id = l.id
    """
)
COUNTS = {
    "penetration": ("buyers", "households"), "acquisition": ("fresh", "households"),
    "repurchase": ("again", "buyers"), "pickup_rate": ("picked", "due"), "in_window": ("punctual", "due"),
    "on_time": ("prompt", "handovers"), "claim_rate": ("faults", "picked"), "answers": ("answered", "asked"),
    "tasks": ("done", "tasks"),
}  # fmt: skip


def test_numpy_alone_finds_the_same_points(services: Services) -> None:
    world = make_world(services)
    make_city(world, FIRST)
    clock = services.database.clock
    assert isinstance(clock, SetClock)
    clock.move_to(datetime(2026, 12, 1, tzinfo=UTC))
    run = world.run_as(Actor.system("test"))
    run(policies.adopt, rules.BALANCED)
    assert run(scorecards.compute, world.hub_id, FIRST, LAST) == 26
    with services.database.engine.connect() as connection:
        compare(connection)


def compare(connection: Connection) -> None:
    """Every part of every stored scorecard against the sums done here."""
    rows = [dict(row) for row in connection.execute(FACTS, {"first": FIRST, "last": LAST}).mappings()]
    policy = connection.execute(text("SELECT weights FROM scoring_policy ORDER BY version DESC LIMIT 1")).scalar_one()
    stored = {
        row["leader_id"]: row
        for row in connection.execute(text("SELECT * FROM scoring_scorecard")).mappings()
    }  # fmt: skip
    mine = points_of_all(rows, policy)
    worst = 0.0
    for leader_id, parts in mine.items():
        theirs = {part["measure"]: part["points"] for part in stored[leader_id]["parts"]["parts"]}
        assert theirs.keys() == parts.keys()
        worst = max(worst, *(abs(theirs[measure] - parts[measure]) for measure in parts))
        total = sum(int(np.floor(np.round(points * 100, 6) + 0.5)) for points in parts.values())
        assert stored[leader_id]["total_centi"] == total
        assert stored[leader_id]["rank"] == 1 + sum(
            other["total_centi"] > stored[leader_id]["total_centi"] for other in stored.values()
        )
    assert worst < 1e-9
    assert (
        len({row["total_centi"] for row in stored.values()}) > 10
    )  # a test of leaders who are all alike shows nothing


def points_of_all(rows: list[Row], policy: Row) -> dict[UUID, dict[str, float]]:
    """{leader: {measure: points}}"""
    potential = np.column_stack([
        standard(np.log(np.maximum(1.0, column(rows, "households")))),
        standard(np.log1p(np.maximum(0.0, column(rows, "age")))),
        standard(known(column(rows, "metres", missing=np.nan))),
    ])  # fmt: skip
    ids = [UUID(str(row["id"])) for row in rows]
    found: dict[UUID, dict[str, float]] = {leader_id: {} for leader_id in ids}
    for weight in policy["weights"]:
        top, bottom = counts(rows, weight["measure"])
        for at, leader_id in enumerate(ids):
            most = points_for(weight, float(rows[at]["age"]), policy)
            if most:
                share = counted(at, top, bottom, potential, weight)
                line = (share * 1e4 - weight["worst_bps"]) / (weight["target_bps"] - weight["worst_bps"])
                found[leader_id][weight["measure"]] = most * float(np.clip(line, 0, 1))
    return found


def points_for(weight: Row, age: float, policy: Row) -> float:
    special = None
    if age < policy["new_days"]:
        special = weight["new_points"]
    elif age < policy["mature_days"]:
        special = weight["growing_points"]
    return float(weight["points"] if special is None else special)


def counts(rows: list[Row], measure: str) -> tuple[Numbers, Numbers]:
    if measure == "rating":
        ratings = column(rows, "ratings")
        return column(rows, "stars") - ratings, 4 * ratings
    top, bottom = COUNTS[measure]
    return column(rows, top), column(rows, bottom)


def counted(at: int, top: Numbers, bottom: Numbers, potential: Numbers, weight: Row) -> float:
    """One leader's share, normalised and shrunk to what the others reach."""
    others = (np.arange(len(top)) != at) & (bottom > 0)
    mean, strength, shift = weight["prior_bps"] / 1e4, float(weight["prior_n"]), 0.0
    if others.sum() >= 5:
        rates = np.minimum(1.0, top[others] / bottom[others])
        rates = np.clip(rates, *np.quantile(rates, [0.05, 0.95]))
        if weight["by_potential"] and others.sum() >= 12:
            centre = potential[others].mean(axis=0)
            about = potential[others] - centre
            slopes = np.linalg.solve(about.T @ about + np.eye(3), about.T @ (rates - rates.mean()))
            rates = np.clip(rates - about @ slopes, 0, 1)
            shift = float(-(potential[at] - centre) @ slopes)
        n = bottom[others]
        mean = float(np.average(rates, weights=n))
        strength = float(np.clip(moments(rates, n, mean), weight["prior_n"] / 4, weight["prior_n"] * 4))
    if not bottom[at] or not bottom[at] + strength:
        return mean
    share = top[at] / bottom[at]
    if shift:
        share = np.clip(min(1.0, share) + shift, 0, 1)
    return float((share * bottom[at] + strength * mean) / (bottom[at] + strength))


def moments(rates: Numbers, n: Numbers, mean: float) -> float:
    """alpha + beta of a beta-binomial by the method of moments."""
    freedom, spread = len(n) - 1, n.sum() - (n**2).sum() / n.sum() - (len(n) - 1)
    if mean * (1 - mean) <= 0 or spread <= 0:
        return 1e6
    alike = ((n * (rates - mean) ** 2).sum() / (mean * (1 - mean)) - freedom) / spread
    alike = float(np.clip(alike, 1e-6, 1))
    return (1 - alike) / alike


def column(rows: list[Row], name: str, missing: float = 0.0) -> Numbers:
    return np.array([missing if row[name] is None else float(row[name]) for row in rows])


def known(values: Numbers) -> Numbers:
    return np.where(np.isnan(values), np.nanmean(values), values)


def standard(values: Numbers) -> Numbers:
    return np.clip((values - values.mean()) / values.std(), -2.5, 2.5)
