"""What people type as a line of words: one line of them, and neither nothing nor too much."""

from app.kernel.errors import Invalid
from app.kernel.reasons import Reason


def one_line(field: str, text: str, most: int, *, needed: bool = True) -> str:
    """The words with single spaces between them; raises Invalid for more than `most` characters, or none if needed."""
    words = " ".join(text.split())
    if len(words) > most:
        raise Invalid(field=field, reason=Reason.TOO_LONG)
    if needed and not words:
        raise Invalid(field=field, reason=Reason.MISSING)
    return words
