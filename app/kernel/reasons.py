"""Why a value cannot be taken, as one English sentence each; the doors translate them."""

import re
from enum import StrEnum

_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


def numbered(reason: str) -> tuple[str, dict[str, str]]:
    """A reason with its numbers as %(n1)s, %(n2)s …, as catalogues know it, and those numbers."""
    words: dict[str, str] = {}

    def place(number: re.Match[str]) -> str:
        name = f"n{len(words) + 1}"
        words[name] = number[0]
        return f"%({name})s"

    return _NUMBER.sub(place, reason.replace("%", "%%")), words


class Reason(StrEnum):
    """What is wrong with one value of one row; completes "<field> …"."""

    MISSING = "must not be empty"
    TOO_LONG = "is too long"
    CONTROL = "holds characters that cannot be printed"
    NOT_WHOLE = "is not a whole number"
    NOT_NUMBER = "is not a number"
    NOT_MONEY = "is not an amount of money"
    TOO_SMALL = "is too small"
    TOO_LARGE = "is too large"
    NOT_TIME = "is not a time of day such as 23:00"
    NOT_DATE = "is not a date such as 2026-11-20"
    NOT_ONE_OF = "is not one of the allowed words"
    NOT_CODE = "may hold only letters, digits, - and _"
    NOT_PHONE = "is not a phone number"
    NOT_ZONE = "is not a time zone such as Asia/Shanghai"
    NOT_CURRENCY = "is not a currency such as CNY"
    NOT_BREAKS = "is not a list of price breaks such as 100:17.90;200:16.90"
    NOT_MAIL = "is not an e-mail address"
    UNKNOWN = "is not known"
    TWICE = "stands twice in this file"
    TAKEN = "belongs to somebody else already"
    FIXED = "cannot be changed any more"
    CLOSES_EARLY = "lies before the opening time"
    NEVER_OPEN = "leaves no day open"
    FEW_CORNERS = "needs at least three corners"
    ENDS_EARLY = "lies before the first day"
    IS_PAST = "is over already"
    RESTS_ALREADY = "has a rest day already"
    TOO_LONG_REST = "is more than a year"
    NOT_TEXT = "is not a plain text or number"
    NOT_SHAPE = "is not a Polygon, MultiPolygon or Point in GeoJSON"
    CROSSES_ITSELF = "is a polygon that crosses itself or has no area"
    OUT_OF_RANGE = "lies outside WGS-84 degrees (longitude first)"
    TOO_DETAILED = "has too many corners"
    TOO_WIDE = "reaches more than half around the earth; cut it in two at the date line"
    ELSEWHERE = "lies in another neighbourhood"
    HAS_PRIMARY = "has a primary leader already"
    WRONG_MOVE = "cannot follow the present status"
    APPRAISAL = "a probation begins and ends by an appraisal only"
    TWO_PERSONS = (
        "takes two persons: propose on her page in the console that she is replaced; somebody else confirms it"
    )
    NOT_ID_TAIL = "must be the last four characters of the identity card"
    NOT_SERVED = "lies in no neighbourhood that we serve"
    NOBODY_NEAR = "is out of reach of every pickup point with room"
    NOT_FALLING = "must fall while the quantity rises"
    BELOW_COST = "is below what a piece costs us"
    NO_TERMS = "has no supplier's terms yet"
    TOGETHER = "must be given together with the other columns of the supplier's terms"
    UNKNOWN_COLUMN = "is not a column of this table"
    MISSING_COLUMN = "is a column that this table must have"
    DOUBLE_COLUMN = "is a column that stands twice"
    MANY_CELLS = "has more cells than the heading"
    FEW_CELLS = "has fewer cells than the heading"
    EMPTY_FILE = "holds no rows"
    BAD_FILE = "cannot be read; it is damaged or of another kind"
    BAD_ENCODING = "is not UTF-8; save it as “CSV UTF-8”"
    BAD_TYPE = "must end in .csv, .xlsx or .geojson as its kind asks"
    BIG_FILE = "is a file or table that is too large"
    OTHER_CRS = "is in another coordinate system than WGS-84"
