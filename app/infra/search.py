"""Search by what people type: Chinese, English, pinyin or its initials ("西红柿", "tomato", "xihongshi", "xhs").

A table that is searched keeps a key of its texts, written with the row and found by its parts. A list of thousands is
read through in milliseconds and parts of words know no order, so the key has no index; what narrows such a list (a
hub, a leader, a category) has one.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, and_

#: Digits of a phone number that lists show.
TAIL = 4


def search_key(*texts: str) -> str:
    """What is kept to find a row by: its texts in lower case, and the pinyin and the initials of the Chinese ones."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  a dictionary of 0.3 s: for those who write names only

    plain = [" ".join(text.lower().split()) for text in texts if text.strip()]
    said = [
        "".join(lazy_pinyin(text, style=style)).replace(" ", "")
        for text in plain
        if not text.isascii()
        for style in (Style.NORMAL, Style.FIRST_LETTER)
    ]
    return " ".join(dict.fromkeys([*plain, *said]))


def words_of(text: str) -> list[str]:
    """The words of a search; every one of them must be found."""
    return text.lower().split()


def holds(key: Any, text: str) -> ColumnElement[bool]:
    """Whether the column of keys holds every word of a search; true for an empty search."""
    return and_(True, *(key.contains(word, autoescape=True) for word in words_of(text)))


def is_held(key: str, text: str) -> bool:
    """The same for a key at hand."""
    return all(word in key for word in words_of(text))


def is_phone(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a phone number is meant: the whole of it, or up to its last four digits.

    Finding by more digits than lists show would let whoever searches guess the rest one by one.
    """
    return cast("ColumnElement[bool]", column.endswith(text, autoescape=True) if len(text) <= TAIL else column == text)
