"""Complaining about goods that were picked up."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.values import ClaimKind, FileClaim
from app.flows.claims import file_claim as file
from app.kernel.errors import DomainError, Invalid
from app.kernel.ids import new_token
from app.web.context import transact
from app.web.filters import dt
from storefront.doors import mine
from storefront.receipts import Receipt, receipt
from storefront.words import gettext as _, ngettext

MAX_TEXT = 500


@mine.get("/orders/<uuid:order_id>/claim")
def claim(order_id: UUID) -> ResponseReturnValue:
    """The form: which line, what is wrong, how many pieces."""
    card = receipt(order_id)
    if not card.claimable:
        flash(_("Nothing of this order can be complained about any more."), "info")
        return redirect(url_for("mine.order", order_id=order_id), 303)
    return _page(card, {"line": request.args.get("line", ""), "qty": "1", "key": new_token()}, {})


@mine.post("/orders/<uuid:order_id>/claim")
def file_claim(order_id: UUID) -> ResponseReturnValue:
    """Send the complaint; what was typed stays when something is missing."""
    card, typed = receipt(order_id), request.form.to_dict()
    wish, errors = _wish(card, typed)
    if wish is None:
        return _page(card, typed, errors), 422
    try:
        transact(file, wish)
    except (NotPickedUp, ClaimTooLate, AboveClaimable) as refusal:
        return _page(card, typed, {"qty": _told(refusal)}), refusal.status
    flash(_("Your complaint was sent. We answer within 24 hours."), "success")
    return redirect(url_for("mine.order", order_id=order_id), 303)


def _wish(card: Receipt, typed: dict[str, str]) -> tuple[FileClaim | None, dict[str, str]]:
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
        order_line_id=lines[typed["line"]], kind=ClaimKind(typed["kind"]), qty=int(qty), text=text,
        idempotency_key=typed["key"][:100],
    ), {}  # fmt: skip


def _told(refusal: DomainError) -> str:
    if isinstance(refusal, AboveClaimable):
        return ngettext("At most %(num)s piece can be claimed.", "At most %(num)s pieces can be claimed.", refusal.left)
    if isinstance(refusal, ClaimTooLate):
        return _("Complaints were possible until %(time)s.", time=dt(refusal.until))
    return _("Nothing of it has been handed out yet.")


def _page(card: Receipt, typed: dict[str, str], errors: dict[str, str]) -> str:
    kinds = [
        (ClaimKind.QUALITY.value, _("Bad quality")),
        (ClaimKind.DAMAGED.value, _("Damaged")),
        (ClaimKind.MISSING.value, _("Missing")),
        (ClaimKind.WRONG.value, _("Wrong goods")),
    ]
    lines = [line for line in card.order.lines if line.id in card.claimable]
    until = min((option.until for option in card.claimable.values()), default=card.at)
    return render_template(
        "storefront/claim.html", card=card, lines=lines, kinds=kinds, typed=typed, errors=errors, until=until
    )
