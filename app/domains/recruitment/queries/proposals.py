"""Where leaders are missing, overloaded, or too many for the households: every neighbourhood in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domains.communities.rules import leaders_wanted, workload
from app.domains.communities.values import MOST_HOUSEHOLDS, Workload
from app.domains.recruitment.values import Advice, Proposal
from app.kernel.geo import Point, ecef

#: Neighbourhoods farther apart than this share no leader.
_MERGE_M = 1_500
#: Reached: a serving leader's point lies inside, or reaches the middle (great circle, good to half a percent).
_GROUND = text(
    """
    WITH served AS MATERIALIZED (
      SELECT p.neighbourhood_id, p.lat, p.lon, p.reach_m, p.capacity_orders FROM communities_pickup_point p
      WHERE EXISTS (SELECT 1 FROM communities_leader l
                    WHERE l.pickup_point_id = p.id AND l.status IN ('active', 'probation'))),
    leads AS (
      SELECT post.neighbourhood_id, count(*) AS leaders FROM communities_leader_post post
      JOIN communities_leader l ON l.id = post.leader_id AND l.status IN ('active', 'probation')
      WHERE post.until_at IS NULL GROUP BY 1),
    room AS (SELECT neighbourhood_id, sum(capacity_orders) AS capacity FROM served GROUP BY 1),
    lives AS (
      SELECT neighbourhood_id, count(*) AS residents FROM communities_home WHERE until_at IS NULL GROUP BY 1),
    asks AS (
      SELECT neighbourhood_id, count(*) AS applicants FROM recruitment_application
      WHERE status IN ('submitted', 'accepted') GROUP BY 1)
    SELECT n.id, n.name, n.name_en, n.lat, n.lon, n.hub_id, n.households,
      coalesce(leads.leaders, 0) AS leaders, coalesce(room.capacity, 0) AS capacity,
      coalesce(lives.residents, 0) AS residents, coalesce(asks.applicants, 0) AS applicants,
      leads.leaders IS NOT NULL OR EXISTS (
        SELECT 1 FROM served s WHERE s.neighbourhood_id = n.id
        OR (abs(s.lat - n.lat) <= s.reach_m / 110000.0
            AND 2 * 6371008.8 * asin(sqrt(least(1, power(sin(radians(s.lat - n.lat) / 2), 2)
              + cos(radians(n.lat)) * cos(radians(s.lat)) * power(sin(radians(s.lon - n.lon) / 2), 2)))) <= s.reach_m)
      ) AS is_reached
    FROM communities_neighbourhood n
    LEFT JOIN leads ON leads.neighbourhood_id = n.id
    LEFT JOIN room ON room.neighbourhood_id = n.id
    LEFT JOIN lives ON lives.neighbourhood_id = n.id
    LEFT JOIN asks ON asks.neighbourhood_id = n.id
    WHERE CAST(:hub_id AS uuid) IS NULL OR n.hub_id = CAST(:hub_id AS uuid)
    ORDER BY n.households DESC, n.code
    """
)


def proposals(session: Session, hub_id: UUID | None = None) -> list[Proposal]:
    """What might be done where, the neighbourhoods with most households first; one proposal a neighbourhood.

    Recruit where no serving leader reaches; split above 500 households a leader; an overloaded point has no room left;
    two neighbourhoods below 300 that are near each other and make 500 at most may share a leader.
    """
    rows = session.execute(_GROUND, {"hub_id": hub_id}).all()
    partners = _partners([row for row in rows if row.leaders and workload(row.households, row.leaders) is Workload.FEW])
    found = []
    for row in rows:
        advice = _advice(row)
        if advice is Advice.MERGE and row.id not in partners:
            continue
        if advice is not None:
            found.append(_proposal(row, advice, partners.get(row.id) if advice is Advice.MERGE else None))
    return found


def _advice(row: Any) -> Advice | None:
    if not row.is_reached:
        return Advice.RECRUIT
    if not row.leaders:
        return None
    load = workload(row.households, row.leaders)
    if load is Workload.MANY:
        return Advice.SPLIT
    if row.residents >= row.capacity:
        return Advice.OVERLOADED
    return Advice.MERGE if load is Workload.FEW else None


def _partners(rows: Sequence[Any]) -> dict[UUID, Any]:
    """For the larger of two small neighbourhoods the smaller one that it might take over; each stands in one pair."""
    xyz = ecef([Point(row.lat, row.lon) for row in rows])
    ways = [
        (float(way), first, second)
        for first in range(len(rows))
        for second, way in enumerate(np.sqrt(((xyz[first + 1 :] - xyz[first]) ** 2).sum(axis=1)), first + 1)
        if way <= _MERGE_M
        and rows[first].hub_id == rows[second].hub_id
        and rows[first].households + rows[second].households <= MOST_HOUSEHOLDS
    ]
    taken: set[int] = set()
    found: dict[UUID, Any] = {}
    for _way, first, second in sorted(ways):
        if not {first, second} & taken:
            taken |= {first, second}
            found[rows[first].id] = rows[second]
    return found


def _proposal(row: Any, advice: Advice, partner: Any) -> Proposal:
    wanted = leaders_wanted(row.households + (partner.households if partner else 0))
    return Proposal(
        advice=advice, neighbourhood_id=row.id, name=row.name, name_en=row.name_en, place=Point(row.lat, row.lon),
        hub_id=row.hub_id, households=row.households, residents=row.residents, leaders=row.leaders,
        capacity=int(row.capacity), wanted=max(wanted, row.leaders + 1) if advice is Advice.OVERLOADED else wanted,
        applicants=row.applicants, with_name=partner.name if partner else "",
        with_name_en=partner.name_en if partner else "",
    )  # fmt: skip
