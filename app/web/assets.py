"""Static files: addresses that carry the file's hash, so that browsers may keep them for ever."""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from werkzeug.security import safe_join

ROOT = Path(__file__).resolve().parents[2] / "static"
FOR_EVER = "public, max-age=31536000, immutable"
#: Kinds worth packing; pictures and fonts are packed already.
TEXTS = frozenset({".css", ".js", ".svg", ".json", ".html"})


@lru_cache(maxsize=1024)
def _hash(path: str, _mtime: int) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=512)
def _content(path: str, _mtime: int, *, packed: bool) -> bytes:
    plain = (ROOT / path).read_bytes()
    return gzip.compress(plain, 9, mtime=0) if packed else plain


def asset(path: str) -> str:
    """The address of a file below static/, with a hash of its content; raises FileNotFoundError for none."""
    return f"/static/{path}?v={_hash(path, (ROOT / path).stat().st_mtime_ns)}"


def serve(filename: str) -> Response:
    """A static file: packed where that helps, kept for ever where the address names this very content."""
    place = safe_join(str(ROOT), filename)
    if place is None or not Path(place).is_file():
        abort(404)
    file = Path(place)
    mtime = file.stat().st_mtime_ns
    response = _send_text(filename, mtime) if file.suffix in TEXTS else send_from_directory(ROOT, filename)
    exact = request.args.get("v") == _hash(filename, mtime)
    response.headers["Cache-Control"] = FOR_EVER if exact else "no-cache"
    return response


def _send_text(filename: str, mtime: int) -> Response:
    """Texts are few and small: they are answered from memory, packed for whoever can unpack."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    kind, _ = mimetypes.guess_type(filename)
    response = Response(_content(filename, mtime, packed=packed), mimetype=kind or "application/octet-stream")
    response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(_hash(filename, mtime) + ("-gz" if packed else ""))
    response.make_conditional(request)
    return response


def register(app: Flask) -> None:
    """Serve static/ and teach templates `asset(path)`."""
    app.add_url_rule("/static/<path:filename>", "static", serve)
    app.jinja_env.globals["asset"] = asset
