"""A leader's papers: what her hub wants, what she has, and the form to enter one with its picture."""

from collections.abc import Mapping
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.certificates import queries
from app.domains.certificates.values import CertificateKind, EnterCertificate
from app.flows.certificates import enter
from app.kernel.errors import DomainError, Invalid
from app.web import photos as pictures
from app.web.context import now, read, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal import names
from leader_portal.doors import here, leader

#: Fields that a refusal may be laid beside.
_FIELDS = ("kind", "number", "issued_by", "valid_from", "valid_until", "photos")


@leader.get("/certificates")
def certificates() -> ResponseReturnValue:
    """Her papers, what is missing, and the form."""
    return _page({}, {})


@leader.post("/certificates")
def enter_certificate() -> ResponseReturnValue:
    """Enter a paper; what was typed and the picture stay when something is wrong."""
    typed = request.form
    keys, wrong_photo = pictures.sent_photos()
    days = {name: _day(typed.get(name, "")) for name in ("valid_from", "valid_until")}
    errors = {name: _("A day, please.") for name, value in days.items() if value is None}
    if wrong_photo:
        errors["photos"] = wrong_photo
    kind = next((one for one in CertificateKind if one.value == typed.get("kind")), None)
    if kind is None:
        errors["kind"] = _("Please choose one.")
    if kind and days["valid_from"] and days["valid_until"] and not errors:
        wish = EnterCertificate(
            kind=kind, number=typed.get("number", ""), issued_by=typed.get("issued_by", ""),
            valid_from=days["valid_from"], valid_until=days["valid_until"], photo=keys[0] if keys else "",
        )  # fmt: skip
        try:
            transact(enter, wish)
        except DomainError as refusal:
            named = refusal.field if isinstance(refusal, Invalid) else ""
            errors[named if named in _FIELDS else ""] = say(refusal)
        else:
            flash(_("Thank you. Headquarters looks at it and tells you."), "success")
            return redirect(url_for("leader.certificates"), 303)
    return _page(typed, errors, keys), 422


def _page(typed: Mapping[str, str], errors: dict[str, str], keys: tuple[str, ...] = ()) -> str:
    at = here()
    wanted = read(queries.demands).get(at.hub.id, set())
    lacking = [one for one in read(queries.lacking, now(), at.hub.id) if one.leader_id == at.id]
    return render_template(
        "leader_portal/certificates.html", cards=read(queries.of_leader, at.id), lacking=lacking, typed=typed,
        errors=errors, kept=pictures.shown(keys, "leader.claim_photo"), today=at.day,
        kinds=[(key, f"{text} *" if CertificateKind(key) in wanted else text)
               for key, text in names.choices(CertificateKind)],
        any_wanted=bool(wanted),
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
