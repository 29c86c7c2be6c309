"""What residents may know of how a leader serves, drawn from the rooms that keep the facts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.certificates import queries as certificates
from app.domains.certificates.values import ShownCertificate
from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING
from app.domains.ratings import queries as ratings, rules
from app.domains.scoring import queries as scoring
from app.kernel.errors import NotFound

#: Before this day nothing was sold.
_EVER = date(2000, 1, 1)
#: East of Greenwich it is tomorrow already.
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """A leader's public record. What rests on too few cases is None, so that luck tells nothing."""

    leader_id: UUID
    leader_name: str
    neighbourhood_name: str | None
    neighbourhood_name_en: str | None
    pickup_point_name: str
    #: Whole months since she first served; None before she did.
    months: int | None
    pieces: int
    #: Handovers counted in time, in ten-thousandths, over half a year.
    on_time_bps: int | None
    #: Ratings of half a year, and their average in tenths of a star.
    ratings: int
    average_tenths: int | None
    #: Valid papers that HQ confirmed, by kind and last day only.
    certificates: tuple[ShownCertificate, ...]


def service_record(session: Any, leader_id: UUID, now: datetime) -> ServiceRecord:
    """The record of a leader who serves; raises NotFound for anybody else."""
    leader = communities.get_leader(session, leader_id)
    if leader.status not in SERVING:
        raise NotFound("leader")
    since, first_on = ratings.serving_since(session, leader_id), (now - rules.LOOK_BACK).date()
    days = scoring.days_of_leader(session, leader_id, _EVER, (now + _A_DAY).date())
    lately = [day for day in days if day.on_date >= first_on]
    handovers, on_time = sum(d.handovers for d in lately), sum(d.on_time_handovers for d in lately)
    zone = communities.get_hub(session, leader.hub_id).timezone
    today = now.astimezone(ZoneInfo(zone)).date()
    stars = ratings.stars_of_leader(session, leader_id, first_on)
    return ServiceRecord(
        leader_id=leader_id, leader_name=leader.name, neighbourhood_name=leader.neighbourhood_name,
        neighbourhood_name_en=leader.neighbourhood_name_en, pickup_point_name=leader.pickup_point_name,
        months=_months(since, now) if since else None, pieces=sum(day.picked_pieces for day in days),
        on_time_bps=on_time * 10_000 // handovers if handovers >= rules.LEAST_SHOWN else None,
        ratings=stars.number, average_tenths=rules.average_tenths(stars),
        certificates=certificates.shown(session, leader_id, today),
    )  # fmt: skip


def _months(since: datetime, now: datetime) -> int:
    return max(0, (now.year - since.year) * 12 + now.month - since.month - (now.day < since.day))
