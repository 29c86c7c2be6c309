"""Phone numbers inside what the console shows of stored changes: only their last four digits."""

import re
from typing import Any

from app.domains.accounts.rules import tail

#: A Chinese mobile number somewhere in a text.
_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


def masked(value: Any, name: str = "") -> Any:
    """A value of a stored change without full phone numbers: fields of that name, and numbers inside texts."""
    if isinstance(value, dict):
        return {key: masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    if not isinstance(value, str):
        return value
    return f"•••• {tail(value)}" if name == "phone" else _MOBILE.sub(lambda found: f"•••• {tail(found[0])}", value)
