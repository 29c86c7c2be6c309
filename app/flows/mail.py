"""Sending e-mail: read what it is to say, hand it over outside any transaction, keep what became of it."""

from uuid import UUID

from app.domains.notifications import queries as notifications
from app.domains.notifications.gateways.mail import MailDelayed, MailRefused, gateway_for
from app.domains.notifications.service import mail
from app.domains.notifications.values import MailCard, MailState
from app.domains.supply.service import orders as purchase_orders
from app.flows.purchase_mail import purchase_mail
from app.infra import queue
from app.infra.queue import JobState
from app.infra.settings import Settings
from app.infra.uow import Database, Run, UnitOfWork
from app.kernel.actors import Permission

#: Jobs that one e-mail gets, each of which may die five times.
MAX_JOBS = 3
GIVEN_UP = "the program stopped each time that it was sent"


def send_mail(run: Run, database: Database, settings: Settings, mail_id: UUID) -> None:
    """Send one e-mail that waits. Its text is written now, so it tells what is true when it leaves.

    A killed run sends it again under the same Message-ID. A delay is tried again later, a refusal is final.
    """
    card: MailCard = database.read(notifications.get_mail, mail_id)
    if card.state is not MailState.QUEUED:
        return
    outgoing = purchase_mail(database.read, settings, card)
    try:
        gateway_for(settings).send(outgoing, database.clock.now())
    except MailRefused as refusal:
        run(_record_failure, card, str(refusal), final=True)
    except MailDelayed as trouble:
        run(_record_failure, card, str(trouble), final=False)
    else:
        run(_record_sent, card)


def take_up_lost(run: Run, read: Run) -> int:
    """Give waiting e-mails whose job was given up (its worker died again and again) another one; says how many.

    One that was given up so often may be what kills the workers: it has failed, and somebody may send it again.
    """
    waiting: list[UUID] = read(notifications.waiting_mails)
    jobs: list[JobState] = (
        read(queue.jobs_of_locks, mail.TASK, [mail.lock_of(id_) for id_ in waiting]) if waiting else []
    )
    of_mail: dict[str, list[JobState]] = {}
    for job in jobs:
        of_mail.setdefault(job.args["mail_id"], []).append(job)
    again = 0
    for mail_id in waiting:
        own = of_mail.get(str(mail_id), [])
        if any(job.is_under_way for job in own):
            continue
        if sum(job.status == "failed" for job in own) < MAX_JOBS:
            again += run(mail.queue_again, mail_id)
        else:
            run(_record_failure, read(notifications.get_mail, mail_id), GIVEN_UP, final=True)
    return again


def _record_sent(uow: UnitOfWork, card: MailCard) -> None:
    uow.require(Permission.NOTIFY)
    mail.record_sent(uow, card.id)
    purchase_orders.note_mail(uow, card.about_id, card.to_address)


def _record_failure(uow: UnitOfWork, card: MailCard, why: str, *, final: bool) -> None:
    """Only a failure that nobody tries to mend any more stands on the timeline."""
    uow.require(Permission.NOTIFY)
    if not mail.record_failure(uow, card.id, why, final=final):
        purchase_orders.note_mail(uow, card.about_id, card.to_address, why)
