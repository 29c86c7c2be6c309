"""Photos that people lay beside a claim: sent one by one by the page's script, or together with the form without it."""

from collections.abc import Sequence

from flask import Response, abort, jsonify, request, send_file, url_for
from flask.typing import ResponseReturnValue

from app.domains.aftersales import queries
from app.domains.aftersales.rules import MAX_PHOTOS
from app.flows.claims import upload_photo
from app.infra.storage import KEY, MAX_BYTES, Pictures
from app.kernel.errors import DomainError
from app.web.context import actor_id, read, services, transact
from app.web.say import say


def pictures() -> Pictures:
    """This installation's pictures."""
    return Pictures(services().settings.var_dir)


def sent_photos() -> tuple[tuple[str, ...], str]:
    """Keys of the photos that a form brings, those it brought before included; and what is wrong with one, or nothing.

    A good photo is kept at once, so that it stays when something else in the form is missing.
    """
    known = [key for key in request.form.getlist("photos") if KEY.fullmatch(key)]
    keys = [key for key in known if key in read(queries.own_photos, actor_id(), known)]
    wrong = ""
    for file in request.files.getlist("photo_files")[: MAX_PHOTOS + 1]:
        if not file.filename:
            continue
        try:
            keys.append(upload_photo(transact, pictures(), file.stream.read(MAX_BYTES + 1)))
        except DomainError as refusal:
            wrong = say(refusal)
    return tuple(dict.fromkeys(keys)), wrong


def uploaded(endpoint: str) -> ResponseReturnValue:
    """The answer to one photo that a page's script sends: its key and address, or what is wrong with it."""
    file = request.files.get("photo")
    try:
        key = upload_photo(transact, pictures(), file.stream.read(MAX_BYTES + 1) if file else b"")
    except DomainError as refusal:
        return jsonify(error=say(refusal)), refusal.status
    return jsonify(key=key, url=url_for(endpoint, key=key)), 201


def is_mine(key: str) -> bool:
    """Whether who is signed in uploaded this photo."""
    return bool(read(queries.own_photos, actor_id(), [key]))


def photo(key: str) -> Response:
    """A stored photo; whoever calls has asked whether it concerns who looks. Nobody in between keeps it."""
    path = pictures().find(key)
    if path is None:
        abort(404)
    answer = send_file(path, mimetype="image/jpeg", conditional=True)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def shown(keys: Sequence[str], endpoint: str) -> list[tuple[str, str]]:
    """Keys of one's own photos with their addresses, for the form that comes back."""
    return [(key, url_for(endpoint, key=key)) for key in keys]
