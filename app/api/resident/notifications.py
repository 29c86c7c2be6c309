"""The inbox of whoever is signed in."""

from typing import Any

from app.api.schemas.base import PageIn
from app.api.schemas.notifications import MessageOut, ReadIn, ReadOut
from app.api.wire import PEOPLE, ApiBlueprint, page_ask
from app.domains.notifications import queries
from app.domains.notifications.service import inbox as service
from app.domains.notifications.values import MessageCard
from app.kernel.errors import Invalid
from app.kernel.paging import Page
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("inbox", "Inbox", roles=PEOPLE)


@blueprint.get("/inbox")
@blueprint.gives_page(MessageOut, refuses=(Invalid,))
@blueprint.asks(PageIn)
def inbox(asked: dict[str, Any]) -> Page[MessageCard]:
    """One's messages, newest first."""
    return read(queries.inbox, actor_id(), page_ask(asked))


@blueprint.post("/inbox/read")
@blueprint.gives(ReadOut)
@blueprint.takes(ReadIn)
def mark_read(asked: dict[str, Any]) -> dict[str, int]:
    """Note that messages were opened; those of others are passed over."""
    return {"opened": transact(service.mark_read, asked["ids"])}
