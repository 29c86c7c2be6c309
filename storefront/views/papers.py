"""Receipts of one's own orders: made out when asked for, downloaded as often as one likes."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.receipts import queries
from app.domains.receipts.service import papers as room
from app.domains.receipts.values import Buyer
from app.flows.receipts import print_own
from app.kernel.errors import DomainError, Invalid, NotFound
from app.web.context import actor_id, read, transact
from app.web.downloads import asked_locale, attachment
from app.web.say import say
from storefront.doors import mine
from storefront.receipts import receipt
from storefront.words import gettext as _


@mine.get("/orders/<uuid:order_id>/receipt")
def papers(order_id: UUID) -> ResponseReturnValue:
    """What was made out for the order, and the form to have it made out."""
    return _page(order_id, {}, {})


@mine.post("/orders/<uuid:order_id>/receipt")
def issue_paper(order_id: UUID) -> ResponseReturnValue:
    """Make it out: without a name a receipt, with one an invoice."""
    typed = {name: request.form.get(name, "").strip()[:120] for name in ("title", "tax_no")}
    try:
        transact(room.issue_own, order_id, Buyer(**typed))
    except NotFound:
        raise
    except DomainError as refusal:
        field = refusal.field if isinstance(refusal, Invalid) else ""
        return _page(order_id, typed, {field: say(refusal)}), refusal.status
    flash(_("Here it is."), "success")
    return redirect(url_for("mine.papers", order_id=order_id), 303)


@mine.get("/receipts/<uuid:paper_id>.pdf")
def paper_file(paper_id: UUID) -> ResponseReturnValue:
    """One paper as PDF; each time the same."""
    return attachment(print_own(transact, paper_id, asked_locale()))


def _page(order_id: UUID, typed: dict[str, str], errors: dict[str, str]) -> str:
    card = receipt(order_id)
    found = [paper for paper in read(queries.papers_of_order, order_id) if paper.resident_id == actor_id()]
    is_held = not found and read(queries.is_held, order_id)
    return render_template(
        "storefront/papers.html", card=card, papers=found, typed=typed, errors=errors, is_held=is_held
    )
