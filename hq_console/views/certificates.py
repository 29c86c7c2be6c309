"""Leaders' papers at HQ: a look at the picture, who lacks what, and what each hub demands."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.certificates import queries
from app.domains.certificates.service import certificates as room
from app.domains.certificates.values import CertificateKind, DecideCertificate
from app.domains.communities import queries as communities
from app.kernel.actors import Permission
from app.web.context import now, read, transact
from app.web.guards import needs
from app.web.photos import photo
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice, ask_page


@hq.get("/certificates")
@needs(Permission.CERTIFICATES_CHECK)
def certificates() -> ResponseReturnValue:
    """What waits for a look, what is missing, and what hubs demand."""
    return _page(Form({}))


@hq.get("/certificates/<uuid:certificate_id>/photo")
@needs(Permission.CERTIFICATES_CHECK)
def certificate_photo(certificate_id: UUID) -> ResponseReturnValue:
    """The picture of a paper."""
    return photo(read(queries.get_certificate, certificate_id).photo)


@hq.post("/certificates/<uuid:certificate_id>")
@needs(Permission.CERTIFICATES_CHECK)
def decide_certificate(certificate_id: UUID) -> ResponseReturnValue:
    """Confirm a paper, or reject it with a reason that she reads."""
    form = Form(request.form)
    confirm = form.values.get("verdict") == "confirm"
    reason = form.text("reason", 300, needed=not confirm)
    if form.ok:
        with refusals_to(form.refuse):
            wish = DecideCertificate(certificate_id=certificate_id, confirm=confirm, reason=reason)
            transact(room.decide, wish)
            flash(_("Confirmed.") if confirm else _("Rejected. She reads why."), "success")
            return redirect(url_for("hq.certificates"), 303)
    return _page(form, certificate_id), 422


@hq.post("/certificates/demands/<uuid:hub_id>")
@needs(Permission.CERTIFICATES_CHECK)
def demand_certificates(hub_id: UUID) -> ResponseReturnValue:
    """Say which papers a hub wants from everybody who serves there."""
    asked = set(request.form.getlist("kinds"))
    transact(room.demand, hub_id, [kind for kind in CertificateKind if kind.value in asked])
    flash(_("Saved."), "success")
    return redirect(url_for("hq.certificates"), 303)


def _page(form: Form, faulty: UUID | None = None) -> str:
    choice = HubChoice()
    return render_template(
        "hq_console/certificates.html", choice=choice, form=form, faulty=faulty,
        page=read(queries.waiting, ask_page(), choice.id), lacking=read(queries.lacking, now(), choice.id),
        demands=read(queries.demands), kinds=names.choices(CertificateKind), hubs=read(communities.hubs),
    )  # fmt: skip
