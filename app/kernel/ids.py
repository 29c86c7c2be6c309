"""Identifiers. UUID version 7 sorts by creation time, so B-tree inserts stay local."""

import secrets
from uuid import UUID

import uuid_utils

#: Letters and digits that nobody confuses when reading a code aloud (no 0/O, 1/I/L).
READABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_id() -> UUID:
    """Return a fresh UUIDv7 (RFC 9562 section 5.7)."""
    return UUID(int=uuid_utils.uuid7().int)


def new_token() -> str:
    """Return an opaque secret of 256 bits for a session or a link; store only its hash."""
    return secrets.token_urlsafe(32)


def random_digits(length: int) -> str:
    """Return a code of `length` digits that cannot be guessed from earlier ones."""
    return "".join(secrets.choice("0123456789") for _ in range(length))


def random_letters(length: int) -> str:
    """Return a code of `length` readable capital letters and digits."""
    return "".join(secrets.choice(READABLE) for _ in range(length))
