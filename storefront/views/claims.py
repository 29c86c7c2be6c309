"""Complaining about goods that were picked up, and what becomes of it."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries
from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.rules import MAX_TEXT
from app.domains.aftersales.values import AddToClaim, ClaimCard, ClaimKind, ClaimStatus, FileClaim, NoteCard, NoteKind
from app.flows.claims import add_to_claim as add, file_claim as file
from app.kernel.errors import DomainError, Invalid, NotFound
from app.kernel.ids import new_token
from app.web.context import actor_id, now, read, transact
from app.web.filters import dt
from app.web.photos import is_mine, photo, sent_photos, shown, uploaded
from app.web.say import say
from storefront.doors import mine
from storefront.receipts import Receipt, claim_events, receipt
from storefront.words import gettext as _, ngettext


@mine.get("/orders/<uuid:order_id>/claim")
def claim(order_id: UUID) -> ResponseReturnValue:
    """The form: which line, what is wrong, how many pieces, and what it looks like."""
    card = receipt(order_id)
    if not card.claimable:
        flash(_("Nothing of this order can be complained about any more."), "info")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    return _page(card, {"line": request.args.get("line", ""), "qty": "1", "key": new_token()}, {})


@mine.post("/orders/<uuid:order_id>/claim")
def file_claim(order_id: UUID) -> ResponseReturnValue:
    """Send the complaint; what was typed and the photos stay when something is missing."""
    card, typed = receipt(order_id), request.form.to_dict()
    photos, wrong_photo = sent_photos()
    wish, errors = _wish(card, typed, photos)
    if wrong_photo:
        errors["photos"] = wrong_photo
    if wish is None or errors:
        return _page(card, typed, errors, photos), 422
    try:
        filed = transact(file, wish)
    except (NotPickedUp, ClaimTooLate, AboveClaimable) as refusal:
        return _page(card, typed, {"qty": _told(refusal)}, photos), refusal.status
    except Invalid as refusal:
        return _page(card, typed, {refusal.field: say(refusal)}, photos), refusal.status
    flash(_("Accepted at once; the money is on its way.") if filed.is_automatic else _("Your complaint was sent."),
          "success")  # fmt: skip
    return redirect(url_for("mine.claim_story", claim_id=filed.id), 303)


@mine.get("/claims/<uuid:claim_id>")
def claim_story(claim_id: UUID) -> ResponseReturnValue:
    """One own complaint: where it stands, what was said, and a way to say more while it is open."""
    return _story(_own(claim_id), {"key": new_token()}, {})


@mine.post("/claims/<uuid:claim_id>")
def add_to_claim(claim_id: UUID) -> ResponseReturnValue:
    """Say more, or show more."""
    card, typed = _own(claim_id), request.form.to_dict()
    photos, wrong_photo = sent_photos()
    errors = {"photos": wrong_photo} if wrong_photo else {}
    wish = AddToClaim(
        claim_id=claim_id, text=typed.get("text", "").strip(), photos=photos,
        idempotency_key=(typed.get("key") or new_token())[:100],
    )  # fmt: skip
    if not errors:
        try:
            transact(add, wish)
        except DomainError as refusal:
            errors[refusal.field if isinstance(refusal, Invalid) else "text"] = say(refusal)
        else:
            flash(_("Thank you, we have added it."), "success")
            return redirect(url_for("mine.claim_story", claim_id=claim_id), 303)
    return _story(card, typed, errors, photos), 422


@mine.post("/claims/photos")
def upload_photo() -> ResponseReturnValue:
    """One photo, as the page's script sends it."""
    return uploaded("mine.claim_photo")


@mine.get("/claims/photos/<key>")
def claim_photo(key: str) -> ResponseReturnValue:
    """A photo that the resident herself uploaded."""
    if not is_mine(key):
        abort(404)
    return photo(key)


def _own(claim_id: UUID) -> ClaimCard:
    card = read(queries.get_claim, claim_id)
    if card.resident_id != actor_id():
        raise NotFound("claim")
    return card


def _story(card: ClaimCard, typed: dict[str, str], errors: dict[str, str], photos: tuple[str, ...] = ()) -> str:
    order = receipt(card.order_id).order
    said = [one for one in read(queries.notes, card.id) if one.by_id == card.resident_id]
    is_open = card.status is ClaimStatus.OPEN
    return render_template(
        "storefront/claim_story.html", claim=card, order=order, typed=typed, errors=errors, now=now(),
        kind=dict(_kinds())[card.kind.value], events=_timeline(card, order.currency, said), is_open=is_open,
        photos=[url_for("mine.claim_photo", key=key) for one in said for key in one.photos],
        kept=shown(photos, "mine.claim_photo"), added=[one for one in said if one.kind is NoteKind.ADDED],
    )  # fmt: skip


def _timeline(card: ClaimCard, currency: str, said: list[NoteCard]) -> list[dict[str, str]]:
    """What happened to a complaint, newest first; what the leader and the desk say stays between them."""
    found = claim_events(card, currency)
    if card.owner_name and card.decided_at is None:
        found.append((card.filed_at, _("Somebody is looking into it"), "", "info"))
    for one in said:
        if one.kind is NoteKind.ADDED:
            photos = ngettext("%(num)s photo", "%(num)s photos", len(one.photos)) if one.photos else ""
            found.append((one.at, _("You added"), " · ".join(part for part in (one.text, photos) if part), ""))
    newest_first = sorted(enumerate(found), key=lambda numbered: (numbered[1][0], numbered[0]), reverse=True)
    return [{"title": title, "text": text, "at": dt(at), "kind": kind} for _n, (at, title, text, kind) in newest_first]


def _wish(card: Receipt, typed: dict[str, str], photos: tuple[str, ...]) -> tuple[FileClaim | None, dict[str, str]]:
    errors: dict[str, str] = {}
    lines = {str(line.id): line.id for line in card.order.lines}
    if typed.get("line") not in lines:
        errors["line"] = _("Please say which goods.")
    if typed.get("kind") not in {kind.value for kind in ClaimKind}:
        errors["kind"] = _("Please say what is wrong.")
    qty = typed.get("qty", "").strip()
    if not (qty.isascii() and qty.isdigit() and len(qty) < 6 and 1 <= int(qty) <= 999):
        errors["qty"] = _("Please give a number of pieces.")
    text = typed.get("text", "").strip()
    if len(text) > MAX_TEXT:
        errors["text"] = _("Please keep it below %(most)s characters.", most=MAX_TEXT)
    if not typed.get("key"):
        raise Invalid(field="key", reason="must not be empty")
    if errors:
        return None, errors
    return FileClaim(
        order_line_id=lines[typed["line"]], kind=ClaimKind(typed["kind"]), qty=int(qty), text=text, photos=photos,
        idempotency_key=typed["key"][:100],
    ), {}  # fmt: skip


def _told(refusal: DomainError) -> str:
    if isinstance(refusal, AboveClaimable):
        return ngettext("At most %(num)s piece can be claimed.", "At most %(num)s pieces can be claimed.", refusal.left)
    if isinstance(refusal, ClaimTooLate):
        return _("Complaints were possible until %(time)s.", time=dt(refusal.until))
    return _("Nothing of it has been handed out yet.")


def _kinds() -> list[tuple[str, str]]:
    return [
        (ClaimKind.QUALITY.value, _("Bad quality")),
        (ClaimKind.DAMAGED.value, _("Damaged")),
        (ClaimKind.MISSING.value, _("Missing")),
        (ClaimKind.WRONG.value, _("Wrong goods")),
    ]


def _page(card: Receipt, typed: dict[str, str], errors: dict[str, str], photos: tuple[str, ...] = ()) -> str:
    lines = [line for line in card.order.lines if line.id in card.claimable]
    until = {line.id: card.claimable[line.id].until for line in lines}
    return render_template(
        "storefront/claim.html", card=card, lines=lines, kinds=_kinds(), typed=typed, errors=errors, until=until,
        kept=shown(photos, "mine.claim_photo"),
    )  # fmt: skip
