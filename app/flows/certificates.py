"""A leader's papers across rooms: her own picture, and the reminders by the calendar."""

from datetime import datetime
from uuid import UUID

from app.domains.aftersales.service.talk import check_own_photos
from app.domains.certificates import queries
from app.domains.certificates.service import certificates
from app.domains.certificates.values import EnterCertificate
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden


def enter(uow: UnitOfWork, wish: EnterCertificate) -> UUID:
    """Enter an own paper with an own picture. Raises NotFound (a foreign picture), Invalid."""
    uow.require(Permission.CERTIFICATES_ENTER)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.CERTIFICATES_ENTER.value)
    if wish.photo:
        check_own_photos(uow.session, uow.actor.id, [wish.photo])
    return certificates.enter(uow, wish)


def remind_due(run: Run, read: Run, now: datetime) -> int:
    """Remind leaders 30 and 7 days before a paper ends. May be repeated; returns how many were reminded."""
    return sum(run(certificates.remind, one.id, one.days) for one in read(queries.expiring, now))
