"""Typed makers of messages."""

from uuid import UUID

from app.domains.notifications.values import MessageKind, SendMessage
from app.kernel.ids import new_id


def make_message(
    account_id: UUID, about_id: UUID | None = None, kind: MessageKind = MessageKind.ORDER_PAID
) -> SendMessage:
    """A message ready to be sent."""
    return SendMessage(account_id=account_id, kind=kind, about_id=about_id or new_id(), params={"no": "A1"})
