"""Passwords are kept as argon2id (m = 19 MiB, t = 2, p = 1: the OWASP minimum, about 17 ms a try)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: The hash of a secret that nobody knows: verifying against it takes as long as against a real one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$PHE1mfC+UF5AHXMU5q178A$MS338UxCh7sBnJ3kcuxTdP3JLI3ms6lGIKPezYS73Pc"


def hash_password(password: str) -> str:
    """The argon2id hash, with its own salt and parameters."""
    return _HASHER.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Whether `password` made the hash `kept`; without a hash it is refused after the same time."""
    try:
        _HASHER.verify(kept or _NOBODY, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
