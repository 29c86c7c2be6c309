"""What a refusal says to a person, in the language of the page."""

from typing import Any

from flask_babel import gettext as _gettext

from app.kernel.errors import DomainError, Invalid


def gettext(sentence: str, **words: Any) -> str:
    """The sentence in the page's language."""
    return str(_gettext(sentence, **words))


def say(refusal: DomainError) -> str:
    """One translated sentence for a refusal; the fields of it may be named in the sentence."""
    if isinstance(refusal, Invalid):
        return gettext("%(field)s: %(reason)s", field=gettext(refusal.field), reason=gettext(refusal.reason))
    return gettext(SENTENCES.get(refusal.code, "That is not possible."), **_words(refusal))


def of_status(status: int) -> str:
    """One translated sentence for what the framework refuses."""
    return gettext(STATUSES.get(status, STATUSES[500] if status >= 500 else STATUSES[400]))


def _words(refusal: DomainError) -> dict[str, Any]:
    return {name: ", ".join(map(str, v)) if isinstance(v, list | dict) else v for name, v in refusal.detail().items()}


def _(sentence: str) -> str:
    """Mark for the catalogue; translated when it is said."""
    return sentence


#: A sentence for every code; a test compares it with the refusals that exist.
SENTENCES: dict[str, str] = {
    "refused": _("That is not possible."),
    "not_found": _("There is no such thing, or it is not yours."),
    "conflict": _("Somebody else was faster, or this was done before. Please reload and look again."),
    "forbidden": _("Your account has no right to do this."),
    "too_many_attempts": _("Too many tries. Please wait %(retry_after_s)s seconds."),
    "wrong_state": _("This cannot be done now: its state is “%(state)s”."),
    "idempotency_key_reused": _("This key was used before for another request."),
    "sign_in_required": _("Please sign in first."),
    "wrong_credentials": _("Login and password do not match."),
    "wrong_code": _("The code is wrong or too old. %(tries_left)s tries left."),
    "login_taken": _("The login %(login)s is taken."),
    "phone_taken": _("This phone number has an account already."),
    "weak_password": _("Choose a password of at least %(min_length)s characters that is hard to guess."),
    "csrf_failed": _("The page was open too long. Please reload it and send again."),
}

STATUSES: dict[int, str] = {
    400: _("The request was not understood."),
    401: _("Please sign in first."),
    403: _("Your account has no right to do this."),
    404: _("Nothing is here."),
    405: _("This address does not do that."),
    413: _("The file is too large."),
    415: _("This kind of content is not understood."),
    422: _("Some fields are missing or wrong."),
    429: _("Too many tries. Please wait a moment."),
    500: _("Something broke on our side. It has been recorded."),
    503: _("We are busy right now. Please try again in a moment."),
}
