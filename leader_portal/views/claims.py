"""Complaints about what a leader handed out: she tells her side, with words and photos, and decides nothing."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries
from app.domains.aftersales.values import AddToClaim, ClaimCard, ClaimStatus, NoteKind
from app.flows.claims import give_evidence as tell
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.ids import new_token
from app.web import photos as pages
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import asked_page, here, leader


@leader.get("/claims")
def claims() -> ResponseReturnValue:
    """Complaints about her goods: those still open with the nearest deadline first, or all."""
    at, everything = here(), request.args.get("show") == "all"
    page = read(queries.claims_of_leader, at.id, asked_page(), None if everything else ClaimStatus.OPEN)
    chips = [
        {"label": _("Open"), "href": url_for("leader.claims"), "active": not everything},
        {"label": _("All"), "href": url_for("leader.claims", show="all"), "active": everything},
    ]
    return render_template(
        "leader_portal/claims.html", page=page, chips=chips, currency=at.hub.currency, now=now(), everything=everything
    )


@leader.get("/claims/<uuid:claim_id>")
def claim(claim_id: UUID) -> ResponseReturnValue:
    """One complaint: what the resident says and shows, her own side, and the time left for it."""
    return _page(_about_me(claim_id), {"key": new_token()}, {})


@leader.post("/claims/<uuid:claim_id>")
def give_evidence(claim_id: UUID) -> ResponseReturnValue:
    """Tell her side; what was typed and the photos stay when something is wrong."""
    card, typed = _about_me(claim_id), request.form.to_dict()
    keys, wrong_photo = pages.sent_photos()
    errors = {"photos": wrong_photo} if wrong_photo else {}
    if not errors:
        wish = AddToClaim(claim_id=claim_id, text=typed.get("text", "").strip(), photos=keys,
                          idempotency_key=(typed.get("key") or new_token())[:100])  # fmt: skip
        try:
            transact(tell, wish)
        except DomainError as refusal:
            errors[refusal.field if isinstance(refusal, Invalid) else "text"] = say(refusal)
        else:
            flash(_("Thank you. Our service reads it before it decides."), "success")
            return redirect(url_for("leader.claim", claim_id=claim_id), 303)
    return _page(card, typed, errors, keys), 422


@leader.post("/claims/photos")
def upload_photo() -> ResponseReturnValue:
    """One photo, as the page's script sends it."""
    return pages.uploaded("leader.claim_photo")


@leader.get("/claims/photos/<key>")
def claim_photo(key: str) -> ResponseReturnValue:
    """A photo that the leader herself uploaded, or that lies beside a complaint about her."""
    if not pages.is_mine(key) and not read(queries.is_about_leader, here().id, key):
        abort(404)
    return pages.photo(key)


def _about_me(claim_id: UUID) -> ClaimCard:
    card = read(queries.get_claim, claim_id)
    if card.leader_id != here().id:
        raise NotFound("claim")
    return card


def _page(card: ClaimCard, typed: dict[str, str], errors: dict[str, str], keys: tuple[str, ...] = ()) -> str:
    at, said = here(), read(queries.notes, card.id)
    shown = [
        (note, [url_for("leader.claim_photo", key=key) for key in note.photos])
        for note in said
        if note.kind in {NoteKind.FILED, NoteKind.ADDED, NoteKind.EVIDENCE}
    ]
    may_tell = card.status is ClaimStatus.OPEN and now() <= card.evidence_due_at
    return render_template(
        "leader_portal/claim.html", claim=card, said=shown, may_tell=may_tell, currency=at.hub.currency, now=now(),
        typed=typed, errors=errors, kept=pages.shown(keys, "leader.claim_photo"),
        has_told=any(note.kind is NoteKind.EVIDENCE for note in said), minutes=_minutes_left(card),
    )  # fmt: skip


def _minutes_left(card: ClaimCard) -> int:
    return max(0, int((card.evidence_due_at - now()).total_seconds() // 60))
