"""Pure decisions of the communities room: what rows must satisfy, who serves a place, and a plan for a whole city."""

from app.domains.communities.rules.days import fingerprint, next_open, rest_of
from app.domains.communities.rules.faults import (
    MAX_CORNERS,
    LeaderGround,
    LeaderNow,
    centre,
    faults_of_hubs,
    faults_of_leaders,
    faults_of_neighbourhoods,
    faults_of_points,
    shape_fault,
)
from app.domains.communities.rules.finding import CityMap, Found, FoundMany, Site
from app.domains.communities.rules.locks import bound_residents
from app.domains.communities.rules.workload import leaders_wanted, workload

__all__ = [
    "MAX_CORNERS",
    "CityMap",
    "Found",
    "FoundMany",
    "LeaderGround",
    "LeaderNow",
    "Site",
    "bound_residents",
    "centre",
    "faults_of_hubs",
    "faults_of_leaders",
    "faults_of_neighbourhoods",
    "faults_of_points",
    "fingerprint",
    "leaders_wanted",
    "next_open",
    "rest_of",
    "shape_fault",
    "workload",
]
