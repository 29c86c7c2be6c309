"""Complaints about goods that were picked up."""

from typing import Any
from uuid import UUID

from flask import Response

from app.api.schemas.aftersales import ClaimIn, ClaimOut, ClaimsIn, MessageIn, PhotoOut, StoryOut
from app.api.wire import FOREIGN, KEYED, ApiBlueprint, page_ask, photo_of_body
from app.domains.aftersales import queries
from app.domains.aftersales.errors import AboveClaimable, ClaimClosed, ClaimTooLate, NotPickedUp, TooManyPhotos
from app.domains.aftersales.values import AddToClaim, ClaimCard, FileClaim
from app.flows.claims import add_to_claim, file_claim, upload_photo
from app.infra.storage import BadPicture
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page
from app.web import photos
from app.web.context import actor_id, read, transact
from app.web.photos import pictures

blueprint = ApiBlueprint("claims", "Claims", roles={Role.RESIDENT})


@blueprint.get("/claims/photos/<key>")
@blueprint.gives_picture(refuses=FOREIGN)
def show_photo(key: str) -> Response:
    """A photo that she herself laid beside a claim."""
    if not photos.is_mine(key):
        raise NotFound("photo")
    return photos.photo(key)


@blueprint.post("/claims/photos")
@blueprint.gives(PhotoOut, 201, refuses=(BadPicture, TooManyPhotos))
def photo() -> dict[str, str]:
    """Send the bytes of one JPEG, PNG or WebP (at most 6 MB) as the body; the key goes into a claim or a message.

    Place and camera are taken out. The same photo again has the same key.
    """
    return {"key": upload_photo(transact, pictures(), photo_of_body())}


@blueprint.post("/claims")
@blueprint.gives(ClaimOut, 201, refuses=(*FOREIGN, *KEYED, NotPickedUp, ClaimTooLate, AboveClaimable, Invalid))
@blueprint.keyed
@blueprint.takes(ClaimIn)
def claim(asked: dict[str, Any], key: str) -> ClaimCard:
    """Complain about pieces of an own line. Small ones with a photo are approved at once, else HQ decides within a day.

    The same key again gives the first claim again.
    """
    return transact(file_claim, FileClaim(idempotency_key=key, **_with_tuple(asked)))


@blueprint.get("/claims")
@blueprint.gives_page(ClaimOut, refuses=(Invalid,))
@blueprint.asks(ClaimsIn)
def claims(asked: dict[str, Any]) -> Page[ClaimCard]:
    """One's own claims, newest first; of one order, or all."""
    return read(queries.claims_of_resident, actor_id(), page_ask(asked), asked["order_id"])


@blueprint.get("/claims/<uuid:claim_id>")
@blueprint.gives(StoryOut, refuses=FOREIGN)
def story(claim_id: UUID) -> dict[str, Any]:
    """One own claim with what the resident said to it."""
    card = read(queries.get_claim, claim_id)
    if card.resident_id != actor_id():
        raise NotFound("claim")
    said = [note for note in read(queries.notes, claim_id) if note.by_id == card.resident_id]
    return {"claim": card, "messages": said}


@blueprint.post("/claims/<uuid:claim_id>/messages")
@blueprint.gives(ClaimOut, 201, refuses=(*FOREIGN, *KEYED, ClaimClosed, Invalid))
@blueprint.keyed
@blueprint.takes(MessageIn)
def add(asked: dict[str, Any], key: str, claim_id: UUID) -> ClaimCard:
    """Say more to an own open claim; the same key again adds nothing."""
    return transact(add_to_claim, AddToClaim(claim_id=claim_id, idempotency_key=key, **_with_tuple(asked)))


def _with_tuple(asked: dict[str, Any]) -> dict[str, Any]:
    return asked | {"photos": tuple(asked["photos"])}
