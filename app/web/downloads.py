"""Files that a page hands out."""

from flask import Response, request
from flask_babel import get_locale

from app.documents.catalogue import Form
from app.documents.making import File
from app.domains.accounts.rules import LOCALES
from app.kernel.errors import NotFound


def attachment(file: File) -> Response:
    """A made file to be saved or printed; nobody in between keeps it."""
    answer = Response(file.content, mimetype=file.media_type)
    way = "inline" if file.media_type == "application/pdf" else "attachment"
    answer.headers.set("Content-Disposition", way, filename=file.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def form_of(text: str) -> Form:
    """The form in an address or on a button; raises NotFound for one that there is not."""
    try:
        return Form(text)
    except ValueError as wrong:
        raise NotFound("document") from wrong


def asked_locale() -> str:
    """The language that the address asks for, else the page's."""
    wanted = request.values.get("lang", "")
    return wanted if wanted in LOCALES else str(get_locale() or "zh")[:2]
