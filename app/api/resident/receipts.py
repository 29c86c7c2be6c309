"""Receipts and invoices of one's own orders."""

from typing import Any
from uuid import UUID

from app.api.resident.orders import own_order
from app.api.schemas.receipts import BuyerIn, PaperOut
from app.api.wire import FOREIGN, ApiBlueprint
from app.domains.receipts import queries
from app.domains.receipts.errors import MadeOutAlready, NotPaidYet
from app.domains.receipts.service import papers as room
from app.domains.receipts.values import Buyer, PaperCard
from app.kernel.actors import Role
from app.kernel.errors import Invalid
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("receipts", "Orders", roles={Role.RESIDENT})


@blueprint.post("/orders/<uuid:order_id>/receipt")
@blueprint.gives(PaperOut, refuses=(*FOREIGN, NotPaidYet, MadeOutAlready, Invalid))
@blueprint.takes(BuyerIn)
def issue(asked: dict[str, Any], order_id: UUID) -> PaperCard:
    """Make out the order's receipt, or with a buyer's name its invoice; asked again, the same one comes back."""
    return transact(room.issue_own, order_id, Buyer(**asked))


@blueprint.get("/orders/<uuid:order_id>/receipts")
@blueprint.gives(PaperOut, many=True, refuses=FOREIGN)
def papers(order_id: UUID) -> list[PaperCard]:
    """What was made out for the order: its receipt or invoice, and a credit note for each refund."""
    read(own_order, order_id, actor_id())
    return read(queries.papers_of_order, order_id)
