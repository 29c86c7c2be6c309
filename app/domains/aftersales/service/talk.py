"""What people add to a claim: the resident more of what happened, the leader her side; and the photos for it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domains.aftersales import queries, rules
from app.domains.aftersales.errors import ClaimClosed, EvidenceTooLate, TooManyPhotos
from app.domains.aftersales.models import Claim, Note, Photo
from app.domains.aftersales.values import AddToClaim, ClaimStatus, NoteKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Permission
from app.kernel.errors import Forbidden, Invalid, NotFound


def check_upload(uow: UnitOfWork) -> None:
    """Refuse a photo of somebody who files no claims and answers none, or who sent too many today.

    Raises Forbidden, TooManyPhotos.
    """
    uow.require(Permission.CLAIMS_SHOW)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.CLAIMS_SHOW.value)
    if queries.photos_since(uow.session, uow.actor.id, uow.now - timedelta(days=1)) >= rules.PHOTOS_A_DAY:
        raise TooManyPhotos(most=rules.PHOTOS_A_DAY)


def note_photo(uow: UnitOfWork, key: str) -> None:
    """Write down whose a stored picture is; the same picture again is only younger. Raises as `check_upload`."""
    uow.require(Permission.CLAIMS_SHOW)
    check_upload(uow)
    mine = {"key": key, "account_id": uow.actor.id, "at": uow.now}
    adding = insert(Photo).values(mine)
    uow.session.execute(adding.on_conflict_do_update(index_elements=["key", "account_id"], set_={"at": uow.now}))


def forget_photos(uow: UnitOfWork, before: datetime, limit: int, kept: Collection[str] = ()) -> list[str]:
    """Take up to `limit` old photos off what was said, and return the keys of the pictures that nobody needs any more.

    Old is what was uploaded before an instant and lies beside no claim that is open or was decided since, nor is one of
    `kept`, which another room needs. The words stay. The caller deletes the pictures once this is committed.
    """
    uow.require(Permission.HOUSE_TIDY)
    needed = (
        select(func.jsonb_array_elements_text(Note.photos))
        .join(Claim, Claim.id == Note.claim_id)
        .where((Claim.status == ClaimStatus.OPEN) | (Claim.decided_at >= before))
    )
    old = select(Photo.key).where(Photo.at < before, Photo.key.not_in(needed), Photo.key.not_in(kept))
    old = old.order_by(Photo.at).limit(limit)
    keys = sorted(set(uow.session.scalars(old)))
    if not keys:
        return []
    uow.session.execute(
        update(Note)
        .where(Note.photos.has_any(cast(keys, ARRAY(Text))))
        .values(photos=Note.photos.op("-")(cast(keys, ARRAY(Text))))
        .execution_options(synchronize_session=False)
    )
    uow.session.execute(delete(Photo).where(Photo.key.in_(keys), Photo.at < before))
    uow.audit("aftersales.forget_photos", None, None, {"photos": len(keys), "before": before.isoformat()})
    return sorted(set(keys) - set(uow.session.scalars(select(Photo.key).where(Photo.key.in_(keys)))))


def check_own_photos(session: Session, account_id: UUID, keys: Sequence[str]) -> None:
    """Refuse a photo that this person did not upload; raises NotFound."""
    if queries.own_photos(session, account_id, keys) != set(keys):
        raise NotFound("photo")


def add(uow: UnitOfWork, wish: AddToClaim) -> None:
    """Add words or photos to an own claim while it is open. The caller holds the idempotency key.

    Raises NotFound for a foreign claim or photo, ClaimClosed, Invalid.
    """
    uow.require(Permission.CLAIMS_FILE)
    claim = _open_claim(uow, wish.claim_id)
    if claim.resident_id != uow.actor.id:
        raise NotFound("claim")
    _say(uow, claim, NoteKind.ADDED, wish)


def give_evidence(uow: UnitOfWork, wish: AddToClaim) -> None:
    """Let the leader concerned tell her side, with words or photos, while the claim is open and her time lasts.

    The last minute still counts. She decides nothing by it. The caller holds the idempotency key.
    Raises NotFound for a claim that is not about her, ClaimClosed, EvidenceTooLate, Invalid.
    """
    uow.require(Permission.CLAIMS_GIVE_EVIDENCE)
    claim = _open_claim(uow, wish.claim_id)
    if claim.leader_id != uow.actor.id:
        raise NotFound("claim")
    if uow.now > claim.evidence_due_at:
        raise EvidenceTooLate(until=claim.evidence_due_at)
    _say(uow, claim, NoteKind.EVIDENCE, wish)


def note(by: Actor, at: datetime, claim_id: UUID, kind: NoteKind, text: str, photos: Sequence[str] = ()) -> Note:
    """One line of a claim's story; the caller writes it."""
    return Note(claim_id=claim_id, kind=kind, by_id=by.id, by_name=by.name, text=text,
                photos=list(dict.fromkeys(photos)), at=at)  # fmt: skip


def _open_claim(uow: UnitOfWork, claim_id: UUID) -> Claim:
    """The claim, held; whether it is open is asked after whose it is, so that strangers learn nothing."""
    claim = uow.session.scalar(select(Claim).where(Claim.id == claim_id).with_for_update())
    if claim is None:
        raise NotFound("claim")
    return claim


def _say(uow: UnitOfWork, claim: Claim, kind: NoteKind, wish: AddToClaim) -> None:
    if claim.status is not ClaimStatus.OPEN:
        raise ClaimClosed
    text = wish.text.strip()
    rules.check_words(text, wish.photos)
    if not text and not wish.photos:
        raise Invalid(field="text", reason="must not be empty")
    if uow.actor.id is not None:
        check_own_photos(uow.session, uow.actor.id, wish.photos)
    said = select(func.count(Note.id)).where(Note.claim_id == claim.id, Note.by_id == uow.actor.id)
    if (uow.session.scalar(said) or 0) >= rules.MAX_MESSAGES:
        raise Invalid(field="text", reason=f"at most {rules.MAX_MESSAGES} messages to one claim")
    uow.session.add(note(uow.actor, uow.now, claim.id, kind, text, wish.photos))
    uow.audit(f"aftersales.{kind.value}", claim.id, None, {"text": text, "photos": len(wish.photos)})
