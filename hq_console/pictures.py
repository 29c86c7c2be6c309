"""Pictures that desks upload with a count or a loss, and the one way to see them again."""

from flask import request

from app.infra.storage import MAX_BYTES
from app.kernel.errors import DomainError
from app.web.photos import pictures
from app.web.say import say
from hq_console.forms import Form


def picture_of(form: Form, field: str = "photo") -> str:
    """The key of the picture that a form brings, or of the one it brought before; empty for none.

    A file that is no picture is a fault of the form. The picture is kept at once: it hurts nobody when the form fails.
    """
    file = request.files.get(f"{field}_file")
    known = form.text(field, 80)
    if file is None or not file.filename:
        return known if pictures().find(known) else ""
    try:
        form.values[field] = pictures().keep(file.stream.read(MAX_BYTES + 1))
    except DomainError as refusal:
        form.errors[f"{field}_file"] = say(refusal)
        return ""
    return form.values[field]
