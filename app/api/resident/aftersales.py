"""Complaints about goods that were picked up."""

from typing import Any

from app.api.schemas.aftersales import ClaimIn, ClaimOut, ClaimsIn
from app.api.wire import FOREIGN, KEYED, ApiBlueprint, page_ask
from app.domains.aftersales import queries
from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.values import ClaimCard, FileClaim
from app.flows.claims import file_claim
from app.kernel.actors import Role
from app.kernel.errors import Invalid
from app.kernel.paging import Page
from app.web.context import actor_id, read, transact

blueprint = ApiBlueprint("claims", "Claims", roles={Role.RESIDENT})


@blueprint.post("/claims")
@blueprint.gives(ClaimOut, 201, refuses=(*FOREIGN, *KEYED, NotPickedUp, ClaimTooLate, AboveClaimable, Invalid))
@blueprint.keyed
@blueprint.takes(ClaimIn)
def claim(asked: dict[str, Any], key: str) -> ClaimCard:
    """Complain about pieces of an own line; HQ decides within a day. The same key again gives the first claim again."""
    return transact(file_claim, FileClaim(idempotency_key=key, **asked))


@blueprint.get("/claims")
@blueprint.gives_page(ClaimOut, refuses=(Invalid,))
@blueprint.asks(ClaimsIn)
def claims(asked: dict[str, Any]) -> Page[ClaimCard]:
    """One's own claims, newest first; of one order, or all."""
    return read(queries.claims_of_resident, actor_id(), page_ask(asked), asked["order_id"])
