"""What follows an application: neighbours' endorsements, training, the contract, and the first password."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.errors import WeakPassword
from app.domains.accounts.rules import hash_token
from app.domains.recruitment import queries
from app.domains.recruitment.errors import LinkOver, LinkUsed
from app.domains.recruitment.service import applications, endorsing
from app.domains.recruitment.values import ApplicationCard, ApplicationStatus, EndorsementCard, TrainingStep
from app.flows.recruitment import choose_password, endorse as give, print_own_contract
from app.kernel.errors import Conflict, DomainError, Invalid, NotFound
from app.web.context import actor_id, now, person, read, services, transact
from app.web.downloads import asked_locale, attachment
from app.web.guards import public
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.applicants import applicants


@applicants.post("/links")
def make_link() -> ResponseReturnValue:
    """A link for one neighbour, shown this once: only its fingerprint is kept."""
    try:
        token = transact(endorsing.make_link)
    except DomainError as refusal:
        flash(say(refusal), "danger")
        return redirect(url_for("applicants.mine"), 303)
    link = f"{services().settings.public_url}{url_for('applicants.endorsement', token=token)}"
    return render_template("leader_portal/apply/link.html", link=link)


@applicants.get("/endorse/<token>")
@public
def endorsement(token: str) -> ResponseReturnValue:
    """Who asks a neighbour to vouch for her, and for what."""
    return _endorsement(token, "", "")


@applicants.post("/endorse/<token>")
def endorse(token: str) -> ResponseReturnValue:
    """Vouch for her; what was typed stays when it is refused."""
    words = request.form.get("words", "")
    try:
        give(transact, actor_id(), token, words)
    except NotFound:
        raise
    except DomainError as refusal:
        return _endorsement(token, words, say(refusal)), refusal.status
    return render_template("leader_portal/apply/thanks.html")


def _endorsement(token: str, words: str, error: str) -> str:
    found = read(queries.application_of_link, hash_token(token[:200]))
    if found is None or found[0].candidate is None:
        raise NotFound("endorsement")
    card, link = found
    radius = read(queries.get_policy, card.score.policy_version).radius_m if card.score else 0
    return render_template(
        "leader_portal/apply/endorse.html", card=card, words=words, error=error, radius=radius, gone=_gone(card, link),
        signed_in=person() is not None, here=url_for("applicants.endorsement", token=token),
    )  # fmt: skip


def _gone(card: ApplicationCard, link: EndorsementCard) -> str:
    """Why a link is no longer good, before anybody types anything; empty while it is."""
    if link.used_at is not None:
        return say(LinkUsed())
    is_over = link.expires_at <= now() or card.status is not ApplicationStatus.SUBMITTED
    return say(LinkOver()) if is_over else ""


@applicants.post("/training")
def tick_training() -> ResponseReturnValue:
    """Tick a training step."""
    step = next((s for s in TrainingStep if s.value == request.form.get("step")), None)
    if step is None:
        raise NotFound("training")
    transact(applications.tick_training, step)
    return redirect(url_for("applicants.mine") + "#training", 303)


@applicants.get("/contract")
def contract() -> ResponseReturnValue:
    """The contract to be read and signed, or as it was signed."""
    return _contract(_mine(), "", "")


@applicants.post("/contract")
def sign_contract() -> ResponseReturnValue:
    """Sign by typing one's name."""
    card, typed = _mine(), request.form.get("signed_name", "")
    version = request.form.get("version", "")
    try:
        transact(
            applications.sign_contract,
            int(version) if version.isascii() and version.isdigit() else 0,
            asked_locale(),
            typed,
        )
    except Invalid as refusal:
        return _contract(card, typed, say(refusal)), 422
    flash(_("Signed. You can keep it as PDF."), "success")
    return redirect(url_for("applicants.contract"), 303)


@applicants.get("/contract.pdf")
def contract_file() -> ResponseReturnValue:
    """The signed contract as PDF."""
    return attachment(print_own_contract(transact, asked_locale()))


def _contract(card: ApplicationCard, typed: str, error: str) -> str:
    if card.signature is None and card.status is not ApplicationStatus.ACCEPTED:
        raise NotFound("contract")
    signed, locale = card.signature, card.signature.locale if card.signature else asked_locale()
    shown = read(queries.get_contract, signed.version) if signed else read(queries.contracts, 1)[0]
    return render_template(
        "leader_portal/apply/contract.html", card=card, contract=shown, locale=locale, typed=typed, error=error,
        parts=[part for part in shown.text(locale).split("\n") if part.strip()], now=now(),
    )  # fmt: skip


@applicants.post("/password")
def set_first_password() -> ResponseReturnValue:
    """Choose the portal's password, once."""
    try:
        login = transact(choose_password, request.form.get("password", "")[:200])
    except WeakPassword as refusal:
        flash(say(refusal), "danger")
        return redirect(url_for("applicants.mine") + "#password", 303)
    except Conflict:  # pressed twice, or an old tab
        flash(_("A password was chosen before; sign in with it."), "info")
        return redirect(url_for("leader.sign_in"), 303)
    flash(_("Done. Sign in as %(login)s.", login=login), "success")
    return redirect(url_for("leader.sign_in"), 303)


def _mine() -> ApplicationCard:
    card = read(queries.application_of, actor_id())
    if card is None:
        raise NotFound("application")
    return card
