"""Reads of the certificates room; nothing here writes. Days are those of the leader's hub."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, and_, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.domains.certificates import rules
from app.domains.certificates.models import Certificate, Demand
from app.domains.certificates.values import (
    CertificateCard,
    CertificateKind,
    CertificateState,
    Expiring,
    Lacking,
    ShownCertificate,
)
from app.domains.communities.models import HubRow, Leader
from app.domains.communities.values import SERVING
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

_FIELDS = (
    "id", "leader_id", "kind", "issued_by", "valid_from", "valid_until", "photo", "state", "entered_at", "decided_at",
    "decided_by", "reason",
)  # fmt: skip
_CARD = (
    select(
        *(getattr(Certificate, name) for name in _FIELDS),
        func.right(Certificate.number, rules.TAIL).label("number_tail"), Leader.code.label("leader_code"),
        Leader.name.label("leader_name"), Leader.hub_id,
    )
    .join(Leader, Leader.id == Certificate.leader_id)
)  # fmt: skip
_CONFIRMED = Certificate.state == CertificateState.CONFIRMED


def get_certificate(session: Session, certificate_id: UUID) -> CertificateCard:
    """One paper; raises NotFound."""
    row = session.execute(_CARD.where(Certificate.id == certificate_id)).mappings().first()
    if row is None:
        raise NotFound("certificate")
    return CertificateCard(**row)


def of_leader(session: Session, leader_id: UUID) -> list[CertificateCard]:
    """A leader's papers, newest first, but for those that she replaced before anybody looked."""
    wanted = _CARD.where(Certificate.leader_id == leader_id, Certificate.state != CertificateState.REPLACED)
    rows = session.execute(wanted.order_by(Certificate.entered_at.desc(), Certificate.id.desc())).mappings()
    return [CertificateCard(**row) for row in rows]


def waiting(session: Session, ask: PageAsk, hub_id: UUID | None = None) -> Page[CertificateCard]:
    """Papers at which somebody has to look, the oldest first."""
    wanted = _CARD.where(Certificate.state == CertificateState.WAITING)
    if hub_id is not None:
        wanted = wanted.where(Leader.hub_id == hub_id)
    if ask.after is not None:
        wanted = wanted.where(Certificate.id > ask.after)
    found = session.execute(wanted.order_by(Certificate.id).limit(ask.limit + 1)).mappings()
    rows = [CertificateCard(**row) for row in found]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def demands(session: Session) -> dict[UUID, set[CertificateKind]]:
    """Which kinds each hub demands; hubs that demand none are left out."""
    found: defaultdict[UUID, set[CertificateKind]] = defaultdict(set)
    for hub_id, kind in session.execute(select(Demand.hub_id, Demand.kind)):
        found[hub_id].add(kind)
    return dict(found)


def lacking(session: Session, now: datetime, hub_id: UUID | None = None) -> list[Lacking]:
    """Serving leaders without a valid paper that their hub demands, by code: expired, or never confirmed."""
    valid = aliased(Certificate)
    today = _today(now)
    has = (
        select(valid.id)
        .where(valid.leader_id == Leader.id, valid.kind == Demand.kind, valid.state == CertificateState.CONFIRMED,
               today.between(valid.valid_from, valid.valid_until))
        .exists()
    )  # fmt: skip
    last = (
        select(func.max(Certificate.valid_until))
        .where(Certificate.leader_id == Leader.id, Certificate.kind == Demand.kind, _CONFIRMED,
               Certificate.valid_until < today)
        .scalar_subquery()
    )  # fmt: skip
    wanted = (
        select(Leader.id, Leader.code, Leader.name, Leader.hub_id, Demand.kind, last.label("expired_on"))
        .join(HubRow, HubRow.id == Leader.hub_id)
        .join(Demand, Demand.hub_id == Leader.hub_id)
        .where(Leader.status.in_(SERVING), ~has)
        .order_by(Leader.code, Demand.kind)
    )
    if hub_id is not None:
        wanted = wanted.where(Leader.hub_id == hub_id)
    return [
        Lacking(leader_id=row.id, leader_code=row.code, leader_name=row.name, hub_id=row.hub_id, kind=row.kind,
                expired_on=row.expired_on)
        for row in session.execute(wanted)
    ]  # fmt: skip


def shown(session: Session, leader_id: UUID, today: date) -> tuple[ShownCertificate, ...]:
    """A leader's valid papers, one of each kind, as residents may see them: no number, no picture, no issuer."""
    until = func.max(Certificate.valid_until)
    wanted = select(Certificate.kind, until).where(
        Certificate.leader_id == leader_id,
        _CONFIRMED,
        Certificate.valid_from <= today,
        Certificate.valid_until >= today,
    )
    rows = session.execute(wanted.group_by(Certificate.kind).order_by(Certificate.kind))
    return tuple(ShownCertificate(kind=kind, valid_until=last) for kind, last in rows)


def expiring(session: Session, now: datetime) -> list[Expiring]:
    """Papers of serving leaders of which they are to be reminded now; not where a newer one is confirmed or waits."""
    newer = aliased(Certificate)
    left = cast(Certificate.valid_until - _today(now), Integer)
    wanted = (
        select(Certificate.id, left.label("left"), Certificate.reminded)
        .join(Leader, Leader.id == Certificate.leader_id)
        .join(HubRow, HubRow.id == Leader.hub_id)
        .where(
            _CONFIRMED, Leader.status.in_(SERVING),
            left.between(0, max(rules.REMINDERS)),
            ~select(newer.id).where(_is_newer(newer)).exists(),
        )
        .order_by(Certificate.id)
    )  # fmt: skip
    found = [(row.id, rules.reminder_due(row.left, row.reminded)) for row in session.execute(wanted)]
    return [Expiring(id=id_, days=days) for id_, days in found if days is not None]


def photos_in_use(session: Session) -> set[str]:
    """Keys of the pictures of all papers: they are proof as long as the paper is kept."""
    return set(session.scalars(select(Certificate.photo)))


def _is_newer(newer: Any) -> Any:
    return and_(
        newer.leader_id == Certificate.leader_id, newer.kind == Certificate.kind,
        newer.state.in_([CertificateState.CONFIRMED, CertificateState.WAITING]),
        newer.valid_until > Certificate.valid_until,
    )  # fmt: skip


def _today(now: datetime) -> Any:
    """The day of the hub that is joined."""
    return cast(func.timezone(HubRow.timezone, now), Date)
