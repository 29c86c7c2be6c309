"""How JSON routes are declared: what they take, what they give, which refusals they know, and whom they let in."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from functools import wraps
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

import orjson
from flask import Request, Response, request
from flask_smorest import Blueprint  # type: ignore[import-untyped]  # has no types
from flask_smorest.utils import deepupdate  # type: ignore[import-untyped]  # has no types
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.api.schemas.base import KeyIn, empty_envelope, envelope_of, page_envelope_of
from app.domains.accounts.errors import SignInRequired
from app.infra.idempotency import KeyReused
from app.infra.storage import MAX_BYTES
from app.kernel.actors import Role
from app.kernel.errors import DomainError, Forbidden, NotFound
from app.kernel.paging import Page, PageAsk, decode_cursor
from app.web.csrf import CsrfFailed
from app.web.envelope import answer, ok
from app.web.guards import EVERYBODY, guard_blueprint, public

V = TypeVar("V", bound=Callable[..., Any])
Refusals = tuple[type[DomainError], ...]

#: JSON bodies are small; files have doors of their own.
MAX_JSON_BYTES = 64 * 1024
PEOPLE = EVERYBODY - {Role.ANONYMOUS}
_REFUSAL = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
_FROM_BODY = {400: "`bad_request`: the body is not JSON", 413: "`too_large`", 415: "`unsupported_media_type`"}


_ETAG = {"ETag": {"description": "Names this answer", "schema": {"type": "string"}}}
_IF_NONE_MATCH = {
    "in": "header", "name": "If-None-Match", "schema": {"type": "string"}, "description": "The ETag that you have"
}  # fmt: skip


class JsonParser(FlaskParser):
    """Reads bodies as strict JSON and refuses every field that the route does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body as JSON (RFC 8259: no NaN, no broken UTF-8); 400, 413 or 415 for anything else."""
        del schema
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        req.max_content_length = MAX_JSON_BYTES
        try:
            return orjson.loads(req.get_data(cache=False))
        except orjson.JSONDecodeError as wrong:
            raise BadRequest from wrong

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> NoReturn:
        """Name each wrong field by its path: {"items.0.qty": ["Not a whole number."]}."""
        del args, kwargs
        found: dict[str, list[str]] = {}
        for location in error.normalized_messages().values():  # type: ignore[no-untyped-call]  # marshmallow's
            _flatten("", location, found)
        raise ValidationError(found)


def _flatten(path: str, messages: Any, found: dict[str, list[str]]) -> None:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            own = path if name == "_schema" else f"{path}.{name}" if path else str(name)
            _flatten(own, inner, found)
    else:
        found.setdefault(path or "body", []).extend(str(text) for text in messages)


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A group of routes under /api/v1. `roles` None: everybody, signed in or not."""

    ARGUMENTS_PARSER = JsonParser()

    def __init__(self, name: str, tag: str, prefix: str = "", roles: Collection[Role] | None = None) -> None:
        super().__init__(f"api_{name}", f"app.api.{name}", url_prefix=f"/api/v1{prefix}", description="")
        self.tag = tag
        self.roles = roles
        guard_blueprint(self, EVERYBODY if roles is None else roles)

    def get(self, rule: str) -> Callable[[V], V]:
        """A route that changes nothing."""
        return self._verb("GET", rule)

    def post(self, rule: str, **options: Any) -> Callable[[V], V]:
        """A route that does something."""
        return self._verb("POST", rule, **options)

    def put(self, rule: str) -> Callable[[V], V]:
        """A route that sets something."""
        return self._verb("PUT", rule)

    def patch(self, rule: str) -> Callable[[V], V]:
        """A route that changes something."""
        return self._verb("PATCH", rule)

    def _verb(self, method: str, rule: str, **options: Any) -> Callable[[V], V]:
        def decorate(view: V) -> V:
            if method != "GET":
                view = self._documented(view, self._texts((CsrfFailed,)))
            added: V = self.route(rule, methods=[method], **options)(view)
            return added

        return decorate

    def takes(self, shape: type[Schema]) -> Callable[[V], V]:
        """The JSON body."""
        return self._taking(shape, "json", (400, 413, 415, 422))

    def asks(self, shape: type[Schema]) -> Callable[[V], V]:
        """The query of the address."""
        return self._taking(shape, "query", (422,))

    def keyed(self, view: V) -> V:
        """The Idempotency-Key, which must be there; handed to the view as `key`."""

        @wraps(view)
        def unpacked(headers: Mapping[str, str], *args: Any, **kwargs: Any) -> Any:
            return view(*args, key=headers["key"], **kwargs)

        taking: Callable[..., V] = self._taking(KeyIn, "headers", (422,))
        return taking(unpacked)

    def gives(self, shape: type[Schema], status: int = 200, **how: Any) -> Callable[[V], V]:
        """An object of `shape` in the envelope; `how`: many, null, tagged (bool), refuses (what may come instead)."""
        many, null = how.pop("many", False), how.pop("null", False)
        return self._giving(envelope_of(shape, many=many, nothing=null), shape(many=many), status, **how)

    def gives_picture(self, *, refuses: Refusals = ()) -> Callable[[V], V]:
        """A JPEG, without an envelope: the view returns the answer itself."""

        def decorate(view: V) -> V:
            bytes_: dict[str, str] = {"type": "string", "format": "binary"}
            known: V = self.response(200, bytes_, content_type="image/jpeg", description="The picture")(view)
            known = self._documented(known, self._texts((*refuses, *self._of_guard())))
            return _noted(known, security=[{"bearer": []}])

        return decorate

    def gives_page(self, shape: type[Schema], **how: Any) -> Callable[[V], V]:
        """A page of a list: the view returns a `Page`. `how`: tagged, refuses."""
        return self._giving(page_envelope_of(shape), shape(many=True), **how)

    def gives_nothing(self, *, refuses: Refusals = ()) -> Callable[[V], V]:
        """An envelope whose data is null."""
        return self._giving(empty_envelope(), None, refuses=refuses)

    def kept(self, shape: type[Schema], *, refuses: Refusals = ()) -> Callable[[V], V]:
        """Bytes that the view has ready with a strong ETag, of `shape` in the envelope with an empty request_id."""
        return self._giving(envelope_of(shape), None, refuses=refuses, tagged=True)

    def _taking(self, shape: type[Schema], location: str, statuses: Collection[int]) -> Callable[[V], V]:
        def decorate(view: V) -> V:
            taking: V = self.arguments(shape, location=location)(view)
            known = {str(s): _FROM_BODY.get(s, "`invalid_request`: `details` names the fields") for s in statuses}
            return self._documented(taking, known)

        return decorate

    def _giving(
        self,
        envelope: type[Schema],
        dumper: Schema | None,
        status: int = 200,
        *,
        refuses: Refusals = (),
        tagged: bool = False,
    ) -> Callable[[V], V]:
        def decorate(view: V) -> V:
            @wraps(view)
            def answered(*args: Any, **kwargs: Any) -> Response:
                found = view(*args, **kwargs)
                if isinstance(found, Response):
                    return found
                data = _dumped(dumper, found)
                return tagged_answer(data) if tagged else answer(ok(data), status)

            known: V = self.response(status, envelope, headers=_ETAG if tagged else None)(answered)
            if tagged:
                known = _noted(known, parameters=[_IF_NONE_MATCH], responses={"304": {"description": "You have it"}})
            known = self._documented(known, self._texts((*refuses, *self._of_guard())))
            if self.roles is None:
                return public(known)
            return _noted(known, security=[{"bearer": []}])

        return decorate

    def _of_guard(self) -> Refusals:
        return () if self.roles is None else (SignInRequired, Forbidden)

    def _texts(self, refuses: Refusals) -> dict[str, str]:
        """By status, the name and meaning of each refusal; those that every route may give included."""
        texts: dict[str, list[str]] = {"500": ["`internal_error`"], "503": ["`busy`: send it again, nothing was done"]}
        for refusal in refuses:
            texts.setdefault(str(refusal.status), []).append(f"`{refusal.code}`: {meaning(refusal)}")
        return {status: " · ".join(dict.fromkeys(parts)) for status, parts in texts.items()}

    def _documented(self, view: V, texts: Mapping[str, str]) -> V:
        """Add refusals to a route's description; statuses told before keep their texts beside the new ones."""
        kept: dict[str, Any] = getattr(view, "_apidoc", {}).get("manual_doc", {}).get("responses", {})
        fresh = {}
        for status, text in texts.items():
            parts = [part for part in (kept.get(status, {}).get("description"), text) if part]
            fresh[status] = {
                "description": " · ".join(dict.fromkeys(" · ".join(parts).split(" · "))),
                "content": _REFUSAL,
            }
        return _noted(view, responses=fresh)

    def _store_endpoint_docs(self, endpoint: str, obj: Any, parameters: Any, tags: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, parameters, tags or [self.tag], **options)

    def _prepare_arguments_doc(self, doc: Any, doc_info: Any, **other: Any) -> Any:
        """Without flask-smorest's own text for 422; ours says more."""
        doc_info.get("arguments", {}).pop("responses", None)
        return super()._prepare_arguments_doc(doc, doc_info, **other)


def _noted(view: V, **words: Any) -> V:
    """Add to what flask-smorest will tell of a view; as its own `doc`, without one more function around the view."""
    told: dict[str, Any] = view.__dict__.setdefault("_apidoc", {})
    told["manual_doc"] = deepupdate(deepcopy(told.get("manual_doc", {})), words)
    return view


def _dumped(dumper: Schema | None, found: Any) -> Any:
    if dumper is None or found is None:
        return None
    if isinstance(found, Page):
        return {"items": dumper.dump(found.rows), "next_cursor": found.next_cursor}
    return dumper.dump(found)


def tagged_answer(data: Any) -> Response:
    """Data in the envelope with a weak ETag (the request_id differs each time), or 304 for who has it already."""
    etag = hashlib.sha256(orjson.dumps(data)).hexdigest()[:24]
    response = Response(status=304) if request.if_none_match.contains_weak(etag) else answer(ok(data))
    response.headers["ETag"] = f'W/"{etag}"'
    return response


def meaning(refusal: type[DomainError]) -> str:
    """The first sentence of a refusal's docstring; HTTP's own word where it has none."""
    text = (refusal.__dict__.get("__doc__") or "").strip()
    first = text.split("\n\n", maxsplit=1)[0].replace("\n", " ")
    generated = first.startswith(f"{refusal.__name__}(")
    return " ".join(first.split()) if first and not generated else HTTPStatus(refusal.status).phrase


def page_ask(asked: Mapping[str, Any]) -> PageAsk:
    """What `PageIn` read, as the rooms want it; raises Invalid for a cursor that we did not make."""
    cursor = asked["cursor"]
    return PageAsk(limit=asked["limit"], after=decode_cursor(cursor) if cursor else None)


def photo_of_body() -> bytes:
    """The bytes of a picture that a request brings as its whole body; one byte above the limit is read, no more."""
    return request.stream.read(MAX_BYTES + 1)


def client_address() -> str:
    """Where the request comes from, for throttling."""
    return request.remote_addr or "unknown"


#: What a keyed route may answer beside its own refusals.
KEYED: Refusals = (KeyReused,)
FOREIGN: Refusals = (NotFound,)
