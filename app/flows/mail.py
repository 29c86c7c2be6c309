"""Sending e-mail: read what it is to say, hand it over outside any transaction, keep what became of it."""

from uuid import UUID

from app.domains.notifications import queries as notifications
from app.domains.notifications.gateways.mail import MailDelayed, MailRefused, gateway_for
from app.domains.notifications.service import mail
from app.domains.notifications.values import MailCard, MailState
from app.domains.supply.service import orders as purchase_orders
from app.flows.purchase_mail import purchase_mail
from app.infra.settings import Settings
from app.infra.uow import Database, Run, UnitOfWork
from app.kernel.actors import Permission


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


def _record_sent(uow: UnitOfWork, card: MailCard) -> None:
    uow.require(Permission.NOTIFY)
    mail.record_sent(uow, card.id)
    purchase_orders.note_mail(uow, card.about_id, card.to_address)


def _record_failure(uow: UnitOfWork, card: MailCard, why: str, *, final: bool) -> None:
    """Only a failure that nobody tries to mend any more stands on the timeline."""
    uow.require(Permission.NOTIFY)
    if not mail.record_failure(uow, card.id, why, final=final):
        purchase_orders.note_mail(uow, card.about_id, card.to_address, why)
