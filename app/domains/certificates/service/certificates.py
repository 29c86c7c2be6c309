"""Entering, deciding, demanding and reminding."""

from collections.abc import Collection
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app.domains.certificates import queries, rules
from app.domains.certificates.events import CertificateDecided, CertificateExpires
from app.domains.certificates.models import Certificate, Demand
from app.domains.certificates.values import (
    CERTIFICATE_MOVES,
    CertificateKind,
    CertificateState,
    DecideCertificate,
    EnterCertificate,
)
from app.domains.communities import queries as communities
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from app.kernel.states import check_move
from app.kernel.words import one_line


def enter(uow: UnitOfWork, wish: EnterCertificate) -> UUID:
    """A leader enters a paper of her own; it counts once HQ has confirmed it. Returns its id.

    One of the same kind that still waits is replaced by it. Whoever calls has asked whose the photo is. The number is
    kept, and shown by its last four characters only. Raises Invalid.
    """
    uow.require(Permission.CERTIFICATES_ENTER)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.CERTIFICATES_ENTER.value)
    number, issued_by = rules.check_entry(wish, _today(uow, uow.actor.id))
    uow.lock(f"certificates:{uow.actor.id}")
    before = select(Certificate).filter_by(leader_id=uow.actor.id, kind=wish.kind, state=CertificateState.WAITING)
    if old := uow.session.scalar(before.with_for_update()):
        old.state = CertificateState.REPLACED
        uow.session.flush()
    row = Certificate(
        id=new_id(), leader_id=uow.actor.id, kind=wish.kind, number=number, issued_by=issued_by,
        valid_from=wish.valid_from, valid_until=wish.valid_until, photo=wish.photo, state=CertificateState.WAITING,
        entered_at=uow.now,
    )  # fmt: skip
    uow.session.add(row)
    after = {"kind": wish.kind.value, "number_tail": number[-rules.TAIL :], "valid_until": str(wish.valid_until),
             "instead_of": str(old.id) if old else ""}  # fmt: skip
    uow.audit("certificates.enter", row.id, None, after)
    uow.session.flush()
    return row.id


def decide(uow: UnitOfWork, wish: DecideCertificate) -> None:
    """HQ compared the paper's picture with what was typed: it counts from now on, or she reads why it does not.

    Raises NotFound, WrongState (decided before, or replaced), Invalid (a rejection without a reason).
    """
    uow.require(Permission.CERTIFICATES_CHECK)
    row = uow.session.scalar(select(Certificate).filter_by(id=wish.certificate_id).with_for_update())
    if row is None:
        raise NotFound("certificate")
    state = CertificateState.CONFIRMED if wish.confirm else CertificateState.REJECTED
    check_move("certificate", CERTIFICATE_MOVES, row.state, state)
    reason = "" if wish.confirm else one_line("reason", wish.reason, rules.MOST_REASON)
    before = row.state
    row.state, row.reason, row.decided_at, row.decided_by = state, reason, uow.now, uow.actor.name
    uow.audit("certificates.decide", row.id, {"state": before.value}, {"state": state.value, "reason": reason})
    uow.emit(CertificateDecided(row.id, row.leader_id, row.kind.value, state.value, reason))


def demand(uow: UnitOfWork, hub_id: UUID, kinds: Collection[CertificateKind]) -> None:
    """Let a hub demand these kinds of everybody who serves there, and no others; repeating changes nothing.

    Nobody is stopped by a missing paper: HQ's page of leaders shouts, and people act. Raises NotFound.
    """
    uow.require(Permission.CERTIFICATES_CHECK)
    communities.get_hub(uow.session, hub_id)
    uow.lock(f"certificates.demand:{hub_id}")
    before, after = queries.demands(uow.session).get(hub_id, set()), set(kinds)
    if before == after:
        return
    uow.session.execute(delete(Demand).where(Demand.hub_id == hub_id, Demand.kind.in_(before - after)))
    uow.session.add_all(
        [Demand(hub_id=hub_id, kind=kind, since=uow.now, by=uow.actor.name) for kind in after - before]
    )  # fmt: skip
    uow.audit("certificates.demand", hub_id, {"kinds": sorted(before)}, {"kinds": sorted(after)})


def remind(uow: UnitOfWork, certificate_id: UUID, days: int) -> bool:
    """Remind a leader of a paper that ends in `days` days or sooner; once for each reminder. True the first time."""
    uow.require(Permission.NOTIFY)
    row = uow.session.get(Certificate, certificate_id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not CertificateState.CONFIRMED or (row.reminded or days + 1) <= days:
        return False
    row.reminded = days
    uow.emit(CertificateExpires(row.id, row.leader_id, row.kind.value, row.valid_until, days))
    return True


def _today(uow: UnitOfWork, leader_id: UUID) -> date:
    leader = communities.get_leader(uow.session, leader_id)
    zone = communities.get_hub(uow.session, leader.hub_id).timezone
    return uow.now.astimezone(ZoneInfo(zone)).date()
