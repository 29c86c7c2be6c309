"""Cursor paging: a page of rows and the opaque place where the next one begins."""

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from app.kernel.errors import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows in order, and the cursor of the next page or None at the end."""

    rows: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class PageAsk:
    """What a caller wants: at most `limit` rows (1-100) after `after` (the id of the last row seen)."""

    limit: int = 20
    after: UUID | None = None


def encode_cursor(last_id: UUID) -> str:
    """The opaque cursor that continues after a row."""
    return base64.urlsafe_b64encode(last_id.bytes).decode().rstrip("=")


def decode_cursor(text: str) -> UUID:
    """The row id in a cursor; raises Invalid for anything we did not make."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error) as wrong:
        raise Invalid(field="cursor", reason="not a cursor of this list") from wrong


def page_of(rows: list[T], limit: int, id_of: UUID | None) -> Page[T]:
    """Cut `rows` (fetched with limit + 1) to a page; `id_of` is the id of row number `limit` when there is one."""
    if len(rows) <= limit or id_of is None:
        return Page(rows[:limit])
    return Page(rows[:limit], encode_cursor(id_of))
