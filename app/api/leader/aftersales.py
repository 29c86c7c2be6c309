"""Complaints about what a leader handed out; she tells her side and decides nothing."""

from typing import Any
from uuid import UUID

from flask import Response

from app.api.schemas.aftersales import AboutMeOut, LeaderClaimsIn, MessageIn, PhotoOut, StoryAboutMeOut
from app.api.wire import FOREIGN, KEYED, ApiBlueprint, page_ask, photo_of_body
from app.domains.aftersales import queries
from app.domains.aftersales.errors import ClaimClosed, EvidenceTooLate, TooManyPhotos
from app.domains.aftersales.values import AddToClaim, ClaimCard, NoteKind
from app.flows.claims import give_evidence, upload_photo
from app.infra.storage import BadPicture
from app.kernel.actors import Role
from app.kernel.errors import Invalid, NotFound
from app.kernel.paging import Page
from app.web import photos
from app.web.context import actor_id, read, transact
from app.web.photos import pictures

blueprint = ApiBlueprint("leader_claims", "Leader", "/leader", roles={Role.LEADER})
_HERS = {NoteKind.FILED, NoteKind.ADDED, NoteKind.EVIDENCE}


@blueprint.get("/claims")
@blueprint.gives_page(AboutMeOut, refuses=(Invalid,))
@blueprint.asks(LeaderClaimsIn)
def claims(asked: dict[str, Any]) -> Page[ClaimCard]:
    """Claims about her goods; open ones with the nearest deadline first, others newest first."""
    return read(queries.claims_of_leader, actor_id(), page_ask(asked), asked["status"])


@blueprint.get("/claims/<uuid:claim_id>")
@blueprint.gives(StoryAboutMeOut, refuses=FOREIGN)
def claim(claim_id: UUID) -> dict[str, Any]:
    """One claim about her goods with what the resident and she herself said."""
    card = read(queries.get_claim, claim_id)
    if card.leader_id != actor_id():
        raise NotFound("claim")
    return {"claim": card, "messages": [note for note in read(queries.notes, claim_id) if note.kind in _HERS]}


@blueprint.get("/claims/photos/<key>")
@blueprint.gives_picture(refuses=FOREIGN)
def show_photo(key: str) -> Response:
    """A photo of her own, or one beside a claim about her goods."""
    if not (photos.is_mine(key) or read(queries.is_about_leader, actor_id(), key)):
        raise NotFound("photo")
    return photos.photo(key)


@blueprint.post("/claims/photos")
@blueprint.gives(PhotoOut, 201, refuses=(BadPicture, TooManyPhotos))
def photo() -> dict[str, str]:
    """Send the bytes of one JPEG, PNG or WebP (at most 6 MB) as the body; the key goes into her evidence."""
    return {"key": upload_photo(transact, pictures(), photo_of_body())}


@blueprint.post("/claims/<uuid:claim_id>/evidence")
@blueprint.gives(AboutMeOut, 201, refuses=(*FOREIGN, *KEYED, ClaimClosed, EvidenceTooLate, Invalid))
@blueprint.keyed
@blueprint.takes(MessageIn)
def evidence(asked: dict[str, Any], key: str, claim_id: UUID) -> ClaimCard:
    """Tell her side while the claim is open and her time lasts; the same key again adds nothing."""
    asked = asked | {"photos": tuple(asked["photos"])}
    return transact(give_evidence, AddToClaim(claim_id=claim_id, idempotency_key=key, **asked))
