"""Ratings at HQ: what residents say, and words that break a rule."""

from uuid import UUID

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.domains.ratings import queries
from app.domains.ratings.service.ratings import hide_words, show_words
from app.domains.ratings.values import HideReason, HideWords, Shown
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.guards import needs
from app.web.locale import safe_next
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page, chips_of


@hq.get("/ratings")
@needs(Permission.RATINGS_READ)
def ratings() -> ResponseReturnValue:
    """All ratings, newest first: low ones, those with words, those whose words are hidden."""
    choice = HubChoice()
    shown = next((one for one in Shown if one.value == request.args.get("show")), Shown.ALL)
    chips = chips_of("show", [(one.value, names.name(one)) for one in Shown if one is not Shown.ALL], _("All"))
    return render_template(
        "hq_console/ratings.html", page=read(queries.ratings, ask_page(), shown, choice.id), choice=choice, chips=chips,
        reasons=names.choices(HideReason), here=request.full_path.rstrip("?"),
    )  # fmt: skip


@hq.post("/ratings/<uuid:rating_id>/words")
@needs(Permission.RATINGS_MODERATE)
def hide_rating(rating_id: UUID) -> ResponseReturnValue:
    """Hide words that break a rule, for a reason, or show them again; the stars always count."""
    form = Form(request.form)
    back = redirect(safe_next(form.values.get("next")), 303)
    with refusals_to(flash_refusal):
        if form.values.get("show"):
            transact(show_words, rating_id)
            flash(_("The words are shown again."), "success")
            return back
        wish = HideWords(rating_id=rating_id, reason=form.one_of("reason", HideReason), note=form.text("note", 300))
        if form.ok:
            transact(hide_words, wish)
            flash(_("The words are hidden; the stars count as before."), "success")
        else:
            flash(_("Please say which rule they break."), "danger")
    return back
