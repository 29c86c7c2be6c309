"""What an applicant does herself: draft, hand in, withdraw, tick her training, sign."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.domains.accounts import queries as accounts
from app.domains.communities import queries as communities
from app.domains.communities.rules import CityMap
from app.domains.recruitment import queries, rules
from app.domains.recruitment.errors import ApplicationFaulty, LeadsAlready, PhoneNeeded
from app.domains.recruitment.models import Application, Endorsement, InterviewNote, Training
from app.domains.recruitment.values import (
    MOVES,
    OPEN,
    ApplicationStatus,
    Candidate,
    Facts,
    Submit,
    TrainingStep,
)
from app.infra.distance import geodesic_m
from app.infra.search import search_key
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.geo import Point
from app.kernel.reasons import Reason
from app.kernel.states import WrongState, check_move


def save_draft(uow: UnitOfWork, typed: Mapping[str, str], photos: Sequence[str]) -> UUID:
    """Keep what an applicant typed, right or wrong; the first call begins her application, and there is one a phone.

    May be repeated. Whoever calls has asked whose the photos are. Raises PhoneNeeded, LeadsAlready, WrongState.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    row = _own(uow) or _begin(uow)
    if row.status is not ApplicationStatus.DRAFT:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.DRAFT.value)
    row.typed, row.photos = rules.kept(typed), list(dict.fromkeys(photos))
    uow.session.flush()
    return row.id


def submit(uow: UnitOfWork, wish: Submit) -> UUID:
    """Hand the draft in: it is checked, finds its neighbourhood, and is scored by the checklist that holds now.

    Repeating it changes nothing. Raises NotFound (no draft), ApplicationFaulty, WrongState.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    row = _own(uow)
    if row is None:
        raise NotFound("application")
    if row.status is ApplicationStatus.SUBMITTED:
        return row.id
    check_move("application", MOVES, row.status, ApplicationStatus.SUBMITTED)
    candidate, faults = rules.read(row.typed)
    found = _find_ground(uow, candidate.place) if candidate else None
    if candidate and found is None:
        faults["place"] = Reason.NOT_SERVED
    if wish.consent_version != rules.CONSENT_VERSION:
        faults["consent"] = Reason.MISSING
    if candidate is None or found is None or faults:
        raise ApplicationFaulty(faults={name: str(why) for name, why in faults.items()})
    _take_down(row, candidate)
    row.neighbourhood_id, row.hub_id, row.distance_m = found
    row.consent_version, row.submitted_at, row.status = rules.CONSENT_VERSION, uow.now, ApplicationStatus.SUBMITTED
    row.policy_version = queries.policy_at(uow.session, uow.now).version
    rescore(uow.session, row)
    uow.audit("recruitment.submit", row.id, None, {"policy": row.policy_version, "score_centi": row.score_centi,
                                                  "consent": row.consent_version})  # fmt: skip
    return row.id


def withdraw(uow: UnitOfWork) -> None:
    """Take one's own open application back. Raises NotFound.

    What was typed, shown and noted of herself is forgotten: name, phone, address, identity, signature; of the place
    about a kilometre's precision stays, for where applications come from. Pictures go when old ones are tidied away.
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    row = _own(uow)
    if row is None:
        raise NotFound("application")
    before = row.status
    check_move("application", MOVES, before, ApplicationStatus.WITHDRAWN)
    row.status, row.typed, row.photos = ApplicationStatus.WITHDRAWN, {}, []
    if row.submitted_at:
        row.name, row.address, row.why, row.id_tail = "", "", "", ""
        row.lat, row.lon = round(row.lat or 0, 2), round(row.lon or 0, 2)
    if row.signed_at:
        row.signed_name = ""
    row.phone, row.search_key = "", ""
    uow.session.execute(delete(InterviewNote).where(InterviewNote.application_id == row.id))
    uow.audit("recruitment.withdraw", row.id, {"status": before.value}, {"status": row.status.value})


def tick_training(uow: UnitOfWork, step: TrainingStep) -> None:
    """Say that one has learned a step; HQ checks it. May be repeated. Raises NotFound, WrongState."""
    uow.require(Permission.RECRUITMENT_APPLY)
    row = _accepted(uow)
    if uow.session.get(Training, (row.id, step)) is None:
        uow.session.add(Training(application_id=row.id, step=step, ticked_at=uow.now))


def sign_contract(uow: UnitOfWork, version: int, locale: str, name: str) -> None:
    """Sign the newest contract by typing one's name; text, version, time and checksum are kept.

    Signing again changes nothing. Raises NotFound, WrongState, Invalid (another name, or a newer text came out).
    """
    uow.require(Permission.RECRUITMENT_APPLY)
    row = _accepted(uow)
    if row.signed_at is not None:
        return
    newest = queries.contracts(uow.session, 1)[0]
    if version != newest.version:
        raise Invalid(field="contract", reason="a newer text came out; please read it first")
    if not name.strip() or not rules.same_name(name, row.name or ""):
        raise Invalid(field="signed_name", reason="must be your name as in the application")
    row.contract_version, row.contract_locale = newest.version, "en" if locale == "en" else "zh"
    row.contract_sha256 = rules.sha256_of(newest.text(locale))
    row.signed_name, row.signed_at = " ".join(name.split()), uow.now
    uow.audit("recruitment.sign", row.id, None, {"version": newest.version, "sha256": row.contract_sha256})


def rescore(session: Session, row: Application) -> None:
    """Score an application anew by its own version of the checklist, and keep the score with its reasons."""
    used = select(func.count()).where(Endorsement.application_id == row.id, Endorsement.used_at.is_not(None))
    if row.policy_version is None or row.opens is None or row.closes is None or row.experience is None:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.SUBMITTED.value)
    facts = Facts(
        distance_m=row.distance_m or 0, endorsements=session.scalar(used) or 0, storage_m2=row.storage_m2 or 0,
        floor=row.floor or 0, fridge_l=row.fridge_l or 0, freezer_l=row.freezer_l or 0,
        open_minutes=rules.open_minutes(row.opens, row.closes), experience=row.experience,
        is_identity_checked=row.identity_at is not None,
    )  # fmt: skip
    score = rules.score(facts, queries.get_policy(session, row.policy_version))
    row.scored, row.score_centi = asdict(score), score.centi


def _own(uow: UnitOfWork) -> Application | None:
    """The actor's open application, held."""
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.RECRUITMENT_APPLY.value)
    mine = select(Application).where(Application.resident_id == uow.actor.id, Application.status.in_(OPEN))
    return uow.session.scalar(mine.with_for_update())


def _accepted(uow: UnitOfWork) -> Application:
    row = _own(uow)
    if row is None:
        raise NotFound("application")
    if row.status is not ApplicationStatus.ACCEPTED:
        raise WrongState(what="application", state=row.status.value, wanted=ApplicationStatus.ACCEPTED.value)
    return row


def _begin(uow: UnitOfWork) -> Application:
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.RECRUITMENT_APPLY.value)
    phone = accounts.get_account(uow.session, uow.actor.id).phone
    if phone is None:
        raise PhoneNeeded
    if queries.leads_with(uow.session, phone):
        raise LeadsAlready
    row = Application(
        resident_id=uow.actor.id, phone=phone, status=ApplicationStatus.DRAFT, typed={}, photos=[], created_at=uow.now
    )
    uow.session.add(row)
    uow.session.flush()
    uow.audit("recruitment.begin", row.id, None, {"status": row.status.value})
    return row


def _find_ground(uow: UnitOfWork, place: Point) -> tuple[UUID, UUID, int] | None:
    """The neighbourhood that holds a place, else the nearest one in reach of us; with its hub and the way to it."""
    city = CityMap(communities.geometries(uow.session), (), geodesic_m)
    inside = city.neighbourhood_at(place)
    if inside:
        return inside, queries.hub_of_neighbourhood(uow.session, inside), 0
    near = queries.nearest_neighbourhood(uow.session, place)
    return near if near and near[2] <= rules.FARTHEST_M else None


def _take_down(row: Application, candidate: Candidate) -> None:
    for name in Candidate.__dataclass_fields__:
        if name != "place":
            setattr(row, name, getattr(candidate, name))
    row.lat, row.lon = candidate.place.lat, candidate.place.lon
    row.search_key = search_key(candidate.name)
