"""E-mail: the wish to send one is kept with what caused it; a job sends it afterwards and keeps what became of it."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.domains.notifications.models import Mail
from app.domains.notifications.values import MailKind, MailState
from app.infra.events import Job
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

#: The job that sends an e-mail.
TASK = "send_mail"
#: Minutes until the next try; after the last one the e-mail has failed and somebody may send it again.
WAITS_MIN = (1, 5, 30, 120)
#: Characters of a server's answer that are kept.
MAX_ERROR = 300


def queue_mail(uow: UnitOfWork, kind: MailKind, about_id: UUID, to_address: str, subject: str) -> UUID:
    """Wish for an e-mail; it leaves only after this transaction has committed. Each call is one e-mail."""
    uow.require(Permission.NOTIFY)
    mail_id = new_id()
    uow.session.add(
        Mail(
            id=mail_id, kind=kind, about_id=about_id, to_address=to_address, subject=subject, state=MailState.QUEUED,
            tries=0, error="", queued_by=uow.actor.name, queued_at=uow.now,
        )
    )  # fmt: skip
    uow.defer(_job(mail_id))
    return mail_id


def queue_again(uow: UnitOfWork, mail_id: UUID) -> bool:
    """Give a waiting e-mail a new job, when its own was given up. Returns whether it still waited."""
    uow.require(Permission.NOTIFY)
    if _held(uow, mail_id).state is not MailState.QUEUED:
        return False
    uow.defer(_job(mail_id))
    return True


def record_sent(uow: UnitOfWork, mail_id: UUID) -> None:
    """The server has taken the e-mail."""
    uow.require(Permission.NOTIFY)
    mail = _held(uow, mail_id)
    mail.state, mail.sent_at, mail.error = MailState.SENT, uow.now, ""
    mail.tries += 1


def record_failure(uow: UnitOfWork, mail_id: UUID, why: str, *, final: bool) -> bool:
    """A try failed; another one follows later unless it is `final` or was the last. Returns whether one follows."""
    uow.require(Permission.NOTIFY)
    mail = _held(uow, mail_id)
    mail.tries += 1
    mail.error = why[:MAX_ERROR]
    if final or mail.tries > len(WAITS_MIN):
        mail.state = MailState.FAILED
        return False
    wait = timedelta(minutes=WAITS_MIN[mail.tries - 1])
    uow.defer(_job(mail_id, uow.now + wait))
    return True


def lock_of(mail_id: UUID) -> str:
    """Jobs of one e-mail run one after another."""
    return f"mail:{mail_id}"


def _job(mail_id: UUID, run_at: datetime | None = None) -> Job:
    return Job(TASK, {"mail_id": str(mail_id)}, lock=lock_of(mail_id), run_at=run_at)


def _held(uow: UnitOfWork, mail_id: UUID) -> Mail:
    return uow.session.scalars(select(Mail).where(Mail.id == mail_id).with_for_update()).one()
