"""Personal data at HQ: one person's full phone number for a reason, who looked at whose, and the watermark."""

from uuid import UUID

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries, rules
from app.domains.accounts.service import looks as service
from app.domains.accounts.values import LookKind, LookReason, ShowPhone
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.watermark import watermark_picture
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import ask_page, asked_id, chips_of


@hq.get("/people/<uuid:account_id>")
@needs(Permission.PEOPLE_SHOW)
def person(account_id: UUID) -> ResponseReturnValue:
    """Who it is, the end of her phone number, and the form that asks why it is needed."""
    return _page(account_id, Form({}))


@hq.post("/people/<uuid:account_id>")
@needs(Permission.PEOPLE_SHOW)
def show_phone(account_id: UUID) -> ResponseReturnValue:
    """The full number, once, after the look was written down; a reload asks again."""
    form = Form(request.form)
    reason, note = form.one_of("reason", LookReason), form.text("note", rules.MAX_LOOK_NOTE)
    if form.ok:
        try:
            phone = transact(service.show_phone, ShowPhone(account_id=account_id, reason=reason, note=note))
        except DomainError as refusal:
            form.refuse(refusal)
            return _page(account_id, form), refusal.status
        return _page(account_id, form, phone)
    return _page(account_id, form), 422


@hq.get("/looks")
@needs(Permission.PEOPLE_LOG)
def looks() -> ResponseReturnValue:
    """Who looked at whose data, when and why; on top who looked at many."""
    kind = next((one for one in LookKind if one.value == request.args.get("kind")), None)
    return render_template(
        "hq_console/looks.html", page=read(queries.looks, ask_page(30), asked_id("by"), asked_id("whose"), kind),
        curious=read(queries.curious, now()), chips=chips_of("kind", names.choices(LookKind), _("All")),
        is_narrow=asked_id("by") is not None or asked_id("whose") is not None,
    )  # fmt: skip


@hq.get("/watermark.svg")
def watermark() -> Response:
    """Who looks and when, pale, for pages that show people's data."""
    return watermark_picture()


def _page(account_id: UUID, form: Form, phone: str = "") -> Response:
    card = read(queries.get_account, account_id)
    answer = make_response(
        render_template(
            "hq_console/person.html", card=card, form=form, phone=phone, tail=rules.tail(card.phone),
            reasons=[("", "–"), *names.choices(LookReason)],
        )
    )  # fmt: skip
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
