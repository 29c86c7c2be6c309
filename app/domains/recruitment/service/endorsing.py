"""Neighbours who would fetch at hers: one-time links, and what makes them count."""

from uuid import UUID

from sqlalchemy import func, select

from app.domains.accounts.rules import hash_token
from app.domains.recruitment import queries, rules
from app.domains.recruitment.errors import (
    EndorsedBefore,
    LinkOver,
    LinkUsed,
    NotNeighbour,
    OwnApplication,
    TooManyLinks,
)
from app.domains.recruitment.models import Application, Endorsement
from app.domains.recruitment.service.applications import rescore
from app.domains.recruitment.values import ApplicationStatus
from app.infra.distance import geodesic_m
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, NotFound
from app.kernel.geo import Point
from app.kernel.ids import new_token
from app.kernel.states import WrongState
from app.kernel.words import one_line

MOST_WORDS = 200


def make_link(uow: UnitOfWork) -> str:
    """A link's secret for one neighbour, told once and never stored; for an application that was handed in.

    Raises NotFound, TooManyLinks.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    mine = select(Application).filter_by(resident_id=uow.actor.id, status=ApplicationStatus.SUBMITTED)
    row = uow.session.scalar(mine.with_for_update())
    if row is None:
        raise NotFound("application")
    made = select(func.count()).where(Endorsement.application_id == row.id)
    if (uow.session.scalar(made) or 0) >= rules.MOST_LINKS:
        raise TooManyLinks(most=rules.MOST_LINKS)
    token = new_token()
    uow.session.add(
        Endorsement(application_id=row.id, token_hash=hash_token(token), made_at=uow.now,
                    expires_at=uow.now + rules.LINK_LIFE)
    )  # fmt: skip
    return token


def endorse(uow: UnitOfWork, token: str, words: str) -> UUID:
    """Say as a neighbour that one would fetch at this applicant's; returns the application's id.

    Counts only from a home within the checklist's radius of the place, or in its neighbourhood where the home was
    never put on a map. Raises NotFound (unknown link), LinkUsed, LinkOver, OwnApplication, EndorsedBefore,
    NotNeighbour, Invalid.
    """
    uow.require(Permission.RECRUITMENT_ENDORSE)
    said = one_line("words", words, MOST_WORDS, needed=False)
    link = uow.session.scalar(select(Endorsement).filter_by(token_hash=hash_token(token[:200])))
    if link is None:
        raise NotFound("endorsement")
    row = uow.session.get_one(Application, link.application_id, with_for_update=True)
    uow.session.refresh(link)  # whoever held the application before may have used the link
    distance_m = _check(uow, link, row)
    link.used_at, link.resident_id, link.words, link.distance_m = uow.now, uow.actor.id, said, distance_m
    uow.session.flush()
    rescore(uow.session, row)
    uow.audit("recruitment.endorse", row.id, None, {"distance_m": distance_m, "score_centi": row.score_centi})
    return row.id


def _check(uow: UnitOfWork, link: Endorsement, row: Application) -> int | None:
    """The way from the endorser's home, None where only her neighbourhood is known; raises what forbids it."""
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.RECRUITMENT_ENDORSE.value)
    if link.used_at is not None:
        raise LinkUsed
    if link.expires_at <= uow.now or row.status is not ApplicationStatus.SUBMITTED:
        raise LinkOver
    if row.resident_id == uow.actor.id:
        raise OwnApplication
    twice = select(Endorsement.id).filter_by(application_id=row.id, resident_id=uow.actor.id)
    if uow.session.scalar(twice) is not None:
        raise EndorsedBefore
    return _way(uow, row, uow.actor.id)


def _way(uow: UnitOfWork, row: Application, resident_id: UUID) -> int | None:
    if row.lat is None or row.lon is None or row.policy_version is None:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.SUBMITTED.value)
    radius_m = queries.get_policy(uow.session, row.policy_version).radius_m
    home = queries.home_of_endorser(uow.session, resident_id)
    if home is None:
        raise NotNeighbour(radius_m=radius_m)
    neighbourhood_id, place = home
    if place is None:
        if neighbourhood_id != row.neighbourhood_id:
            raise NotNeighbour(radius_m=radius_m)
        return None
    way = round(geodesic_m(place, Point(row.lat, row.lon)))
    if way > radius_m:
        raise NotNeighbour(radius_m=radius_m)
    return way
