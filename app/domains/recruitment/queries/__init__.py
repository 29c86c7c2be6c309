"""Reads of the recruitment room; nothing here writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.domains.accounts.models import Account
from app.domains.communities import queries as communities
from app.domains.communities.models import HomeRow, Leader, LeaderPost, Neighbourhood, PickupPoint
from app.domains.communities.values import SERVING, PostRole
from app.domains.recruitment import rules
from app.domains.recruitment.models import (
    Application,
    ContractRow,
    Endorsement,
    InterviewNote,
    PolicyRow,
    Training,
)
from app.domains.recruitment.values import (
    OPEN,
    ApplicationCard,
    ApplicationFilter,
    ApplicationStatus,
    Around,
    Candidate,
    ContractCard,
    EndorsementCard,
    Item,
    NoteCard,
    Policy,
    PolicyCard,
    Score,
    ScoredItem,
    Signature,
    TrainingCard,
    TrainingStep,
)
from app.infra import search
from app.kernel.errors import NotFound
from app.kernel.geo import Point, ecef, to_ecef
from app.kernel.paging import Page, PageAsk, page_of

#: So many of the nearest points are shown around a place.
NEAREST = 5


def photos_in_use(session: Session) -> set[str]:
    """Keys of the photos of all applications: they stay as long as the application is kept."""
    return set(session.scalars(select(func.jsonb_array_elements_text(Application.photos))))


def get_application(session: Session, application_id: UUID) -> ApplicationCard:
    """One application; raises NotFound. Callers compare the owner."""
    row = session.execute(_rows().where(Application.id == application_id)).first()
    if row is None:
        raise NotFound("application")
    return _card(row)


def application_of(session: Session, resident_id: UUID) -> ApplicationCard | None:
    """A resident's application: the open one, else her last one."""
    wanted = _rows().where(Application.resident_id == resident_id)
    row = session.execute(wanted.order_by(Application.status.in_(OPEN).desc(), Application.id.desc()).limit(1)).first()
    return _card(row) if row else None


def applications(session: Session, wanted: ApplicationFilter, ask: PageAsk) -> Page[ApplicationCard]:
    """Applications that were handed in; those that wait for a decision with the oldest first, others newest first."""
    oldest_first = wanted.status is ApplicationStatus.SUBMITTED
    order = tuple_(Application.submitted_at, Application.id)
    rows = _rows().where(*_matching(wanted))
    if ask.after:
        last = select(Application.submitted_at, Application.id).where(Application.id == ask.after)
        rows = rows.where(order > last.scalar_subquery() if oldest_first else order < last.scalar_subquery())
    by = (Application.submitted_at, Application.id)
    found = session.execute(
        rows.order_by(*(by if oldest_first else [one.desc() for one in by])).limit(ask.limit + 1)
    ).all()
    cards = [_card(row) for row in found]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def count_by_status(session: Session, hub_id: UUID | None = None) -> dict[ApplicationStatus, int]:
    """How many applications stand where; statuses without any are left out."""
    counted = select(Application.status, func.count(Application.id)).group_by(Application.status)
    return dict(session.execute(counted.where(Application.hub_id == hub_id) if hub_id else counted).all())


def count_endorsements(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """How many neighbours endorsed each application; those without any are left out."""
    counted = select(Endorsement.application_id, func.count()).where(
        Endorsement.application_id.in_(ids), Endorsement.used_at.is_not(None)
    )
    return dict(session.execute(counted.group_by(Endorsement.application_id)).all())


def endorsements(session: Session, application_id: UUID) -> list[EndorsementCard]:
    """The links of an application, the used ones first, then the newest."""
    rows = session.execute(
        select(Endorsement, Account.name)
        .outerjoin(Account, Account.id == Endorsement.resident_id)
        .where(Endorsement.application_id == application_id)
        .order_by(Endorsement.used_at.asc().nulls_last(), Endorsement.id.desc())
    )
    return [_link(row, name) for row, name in rows]


def _link(row: Endorsement, name: str | None) -> EndorsementCard:
    return EndorsementCard(
        made_at=row.made_at, expires_at=row.expires_at, used_at=row.used_at, resident_name=name, words=row.words,
        distance_m=row.distance_m,
    )  # fmt: skip


def application_of_link(session: Session, token_hash: str) -> tuple[ApplicationCard, EndorsementCard] | None:
    """The application that a link endorses, and the link, whether it is still good or not; None for an unknown one."""
    row = session.scalar(select(Endorsement).where(Endorsement.token_hash == token_hash))
    return (get_application(session, row.application_id), _link(row, None)) if row else None


def training(session: Session, application_id: UUID) -> list[TrainingCard]:
    """All training steps in their order, ticked or not."""
    done = {row.step: row for row in session.scalars(select(Training).filter_by(application_id=application_id))}
    return [
        TrainingCard(step=step, ticked_at=done[step].ticked_at, checked_at=done[step].checked_at,
                     checked_by=done[step].checked_by)
        if step in done else TrainingCard(step=step, ticked_at=None, checked_at=None, checked_by=None)
        for step in TrainingStep
    ]  # fmt: skip


def notes(session: Session, application_id: UUID) -> list[NoteCard]:
    """What HQ wrote down about an applicant, oldest first."""
    rows = session.scalars(
        select(InterviewNote).filter_by(application_id=application_id).order_by(InterviewNote.at, InterviewNote.id)
    )
    return [NoteCard(at=row.at, by=row.by, text=row.text) for row in rows]


def policy_at(session: Session, at: datetime) -> Policy:
    """The checklist that holds at a moment; version 1 stands in the rules."""
    newest = select(PolicyRow).where(PolicyRow.from_at <= at).order_by(PolicyRow.version.desc()).limit(1)
    row = session.scalar(newest)
    return _policy(row) if row else rules.FIRST_POLICY


def get_policy(session: Session, version: int) -> Policy:
    """One version of the checklist; raises NotFound."""
    row = session.get(PolicyRow, version)
    if row is None and version != rules.FIRST_POLICY.version:
        raise NotFound("checklist")
    return _policy(row) if row else rules.FIRST_POLICY


def policies(session: Session, limit: int = 20) -> list[PolicyCard]:
    """Versions of the checklist, newest first, those that do not hold yet included."""
    rows = session.scalars(select(PolicyRow).order_by(PolicyRow.version.desc()).limit(limit))
    made = [PolicyCard(policy=_policy(row), from_at=row.from_at, at=row.at, by=row.by) for row in rows]
    return [*made, rules.FIRST_POLICY_CARD]


def contracts(session: Session, limit: int = 20) -> list[ContractCard]:
    """Versions of the contract, newest first; the newest is the one that is signed."""
    rows = session.scalars(select(ContractRow).order_by(ContractRow.version.desc()).limit(limit))
    return [*(_contract(row) for row in rows), rules.FIRST_CONTRACT]


def get_contract(session: Session, version: int) -> ContractCard:
    """One version of the contract; raises NotFound."""
    row = session.get(ContractRow, version)
    if row is None and version != rules.FIRST_CONTRACT.version:
        raise NotFound("contract")
    return _contract(row) if row else rules.FIRST_CONTRACT


def around(session: Session, place: Point, hub_id: UUID, radius_m: int) -> Around:
    """The nearest pickup points of a hub, and the households whose neighbourhood's middle lies within the radius."""
    points = communities.places(session, hub_id)
    loads = communities.residents_by_point(session, hub_id)
    ways = _ways(place, [one.place for one in points])
    near = sorted(zip(ways, points, strict=True), key=lambda pair: (pair[0], pair[1].pickup_point_code))[:NEAREST]
    served = (
        select(LeaderPost.id)
        .join(Leader, Leader.id == LeaderPost.leader_id)
        .where(LeaderPost.neighbourhood_id == Neighbourhood.id, LeaderPost.until_at.is_(None))
        .where(Leader.status.in_(SERVING))
        .exists()
    )
    hoods = session.execute(
        select(Neighbourhood.lat, Neighbourhood.lon, Neighbourhood.households, served.label("is_served")).where(
            Neighbourhood.hub_id == hub_id
        )
    ).all()
    inside = [
        hood
        for hood, way in zip(hoods, _ways(place, [Point(hood.lat, hood.lon) for hood in hoods]), strict=True)
        if way <= radius_m
    ]
    return Around(
        points=tuple((one, way, loads.get(one.pickup_point_id, 0)) for way, one in near),
        households=sum(hood.households for hood in inside),
        households_alone=sum(hood.households for hood in inside if not hood.is_served),
    )


def nearest_neighbourhood(session: Session, place: Point) -> tuple[UUID, UUID, int] | None:
    """The neighbourhood whose middle is nearest to a place, its hub and the metres; None where there are none."""
    rows = session.execute(select(Neighbourhood.id, Neighbourhood.hub_id, Neighbourhood.lat, Neighbourhood.lon)).all()
    if not rows:
        return None
    way, row = min(
        zip(_ways(place, [Point(row.lat, row.lon) for row in rows]), rows, strict=True), key=lambda p: (p[0], p[1].id)
    )
    return row.id, row.hub_id, way


def hub_of_neighbourhood(session: Session, neighbourhood_id: UUID) -> UUID:
    """The hub that serves a neighbourhood."""
    return session.scalars(select(Neighbourhood.hub_id).where(Neighbourhood.id == neighbourhood_id)).one()


def home_of_endorser(session: Session, resident_id: UUID) -> tuple[UUID, Point | None] | None:
    """The neighbourhood of a resident's home and, where she gave it, its place; None without a home."""
    home = session.execute(
        select(HomeRow.neighbourhood_id, HomeRow.lat, HomeRow.lon).where(
            HomeRow.resident_id == resident_id, HomeRow.until_at.is_(None)
        )
    ).first()
    if home is None:
        return None
    return home.neighbourhood_id, Point(home.lat, home.lon) if home.lat is not None else None


def post_at(session: Session, neighbourhood_id: UUID) -> tuple[str, PostRole]:
    """A neighbourhood's code, and the post that a new leader takes there: primary, or backup where one is primary."""
    primary = select(LeaderPost.id).where(
        LeaderPost.neighbourhood_id == neighbourhood_id, LeaderPost.role == PostRole.PRIMARY,
        LeaderPost.until_at.is_(None),
    )  # fmt: skip
    code = session.scalars(select(Neighbourhood.code).where(Neighbourhood.id == neighbourhood_id)).one()
    return code, PostRole.BACKUP if session.scalar(primary.limit(1)) else PostRole.PRIMARY


def is_code_taken(session: Session, *, leader: str = "", point: str = "") -> bool:
    """Whether a leader or a pickup point has this code, in whatever case."""
    column, code = (Leader.code, leader) if leader else (PickupPoint.code, point)
    return session.scalar(select(column).where(func.lower(column) == code.lower()).limit(1)) is not None


def leads_with(session: Session, phone: str) -> bool:
    """Whether a leader has this phone, whatever her status."""
    return session.scalar(select(Leader.id).where(Leader.phone == phone).limit(1)) is not None


def _ways(place: Point, others: list[Point]) -> list[int]:
    """Whole metres from one place to others, straight: within a city no metre less than over the ground."""
    chords = np.sqrt(((ecef(others) - np.array(to_ecef(place))) ** 2).sum(axis=1))
    return [round(float(chord)) for chord in chords]


def _rows() -> Select[*tuple[Any, ...]]:
    return select(Application, Neighbourhood.name, Neighbourhood.name_en).outerjoin(
        Neighbourhood, Neighbourhood.id == Application.neighbourhood_id
    )


def _matching(wanted: ApplicationFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Application.submitted_at.is_not(None)]
    if wanted.status is not None:
        found.append(Application.status == wanted.status)
    if wanted.hub_id is not None:
        found.append(Application.hub_id == wanted.hub_id)
    if part := wanted.text.strip():
        tail = func.right(Application.phone, 4) == part
        found.append(or_(search.holds(Application.search_key, part), tail))
    return found


def _card(found: Any) -> ApplicationCard:
    row, name, name_en = found
    return ApplicationCard(
        id=row.id, resident_id=row.resident_id, phone_tail=row.phone[-4:], status=row.status, typed=dict(row.typed),
        photos=tuple(row.photos), candidate=_candidate(row) if row.submitted_at else None, hub_id=row.hub_id,
        neighbourhood_id=row.neighbourhood_id, neighbourhood_name=name, neighbourhood_name_en=name_en,
        distance_m=row.distance_m, score=read_score(row.scored) if row.scored else None,
        consent_version=row.consent_version, created_at=row.created_at, submitted_at=row.submitted_at,
        decided_at=row.decided_at, decided_by=row.decided_by, reason=row.reason, identity_by=row.identity_by,
        signature=_signature(row) if row.signed_at else None, leader_id=row.leader_id,
    )  # fmt: skip


def _candidate(row: Any) -> Candidate:
    names = [name for name in Candidate.__dataclass_fields__ if name != "place"]
    return Candidate(place=Point(row.lat, row.lon), **{name: getattr(row, name) for name in names})


def _signature(row: Any) -> Signature:
    return Signature(version=row.contract_version, locale=row.contract_locale, sha256=row.contract_sha256,
                     name=row.signed_name, at=row.signed_at)  # fmt: skip


def read_score(told: dict[str, Any]) -> Score:
    """A score as it is kept with an application."""
    items = tuple(ScoredItem(**{**one, "item": Item(one["item"])}) for one in told["items"])
    return Score(policy_version=told["policy_version"], items=items)


def _policy(row: PolicyRow) -> Policy:
    fields = {name: getattr(row, name) for name in Policy.__dataclass_fields__ if name != "weights"}
    return Policy(weights={Item(name): int(weight) for name, weight in row.weights.items()}, **fields)


def _contract(row: ContractRow) -> ContractCard:
    return ContractCard(version=row.version, text_zh=row.text_zh, text_en=row.text_en, at=row.at, by=row.by)
