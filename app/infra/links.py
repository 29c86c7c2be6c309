"""Signed links: a secret of this installation vouches for what an address says, for one purpose and until a time.

The end stands in the signed words and is compared with our own clock, so that a moved clock moves it too.
"""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from app.infra.settings import Settings


def own_secret(var_dir: Path) -> str:
    """The key of this installation, made at the first start; processes that start together agree on one."""
    place = var_dir / "secret_key"
    var_dir.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as fresh:
            fresh.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return place.read_text()


def secret_of(settings: Settings) -> str:
    """What signs flash messages and links here."""
    return settings.secret_key or own_secret(settings.var_dir)


def sign(settings: Settings, purpose: str, words: dict[str, str], ends_at: datetime) -> str:
    """A token that says `words` for `purpose` until `ends_at`; fit for an address."""
    return str(_signer(settings, purpose).dumps({**words, "until": int(ends_at.timestamp())}))


def read(settings: Settings, purpose: str, token: str, now: datetime) -> dict[str, str] | None:
    """What a token says; None when it was tampered with, signed for something else, or has ended."""
    try:
        words: Any = _signer(settings, purpose).loads(token[:2000])
    except BadSignature:
        return None
    if not isinstance(words, dict) or int(words.pop("until", 0)) <= now.timestamp():
        return None
    return {str(key): str(value) for key, value in words.items()}


def _signer(settings: Settings, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_of(settings), salt=f"linli {purpose}")
