"""Reading one row's texts as numbers, money, times and words; every fault is noted and none stops the reading."""

import re
from collections.abc import Collection
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from app.infra.tables import Line, RowError
from app.kernel.money import parse_cents
from app.kernel.reasons import Reason

E = TypeVar("E", bound=StrEnum)
MAX_TEXT = 200
MAX_WHOLE = 1_000_000_000
_WHOLE = re.compile(r"-?[0-9]{1,15}(\.0+)?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,20})?")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:00)?")


class Cells:
    """The cells of one line; a fault is added to `errors` and a harmless value is handed out in its place.

    A cell that had a fault before it was read gets no second one.
    """

    def __init__(self, line: Line, errors: list[RowError]) -> None:
        self.row = line.row
        self.ok = not line.faults
        self._cells = line.cells
        self._errors = errors
        self._told = {fault.column for fault in line.faults}

    def has(self, *names: str) -> list[bool]:
        """Which of these columns are filled."""
        return [bool(self._cells.get(name)) for name in names]

    def fault(self, name: str, reason: Reason, given: str = "") -> None:
        """Note that a cell cannot be taken."""
        self.ok = False
        if name not in self._told:
            self._errors.append(RowError(self.row, name, reason, given))

    def text(self, name: str, limit: int = MAX_TEXT, *, needed: bool = True) -> str:
        """A text of at most `limit` characters; empty only where it is not needed."""
        given = self._cells.get(name, "")
        if needed and not given:
            self.fault(name, Reason.MISSING)
        elif len(given) > limit:
            self.fault(name, Reason.TOO_LONG, f"{given[:20]}… > {limit}")
        return given[:limit]

    def whole(self, name: str, low: int = 0, high: int = MAX_WHOLE) -> int:
        """A whole number from `low` to `high`."""
        given = self.text(name)
        if not given:
            return low
        if not _WHOLE.fullmatch(given):
            self.fault(name, Reason.NOT_WHOLE, given)
            return low
        value = int(given.partition(".")[0])
        if not low <= value <= high:
            self.fault(name, Reason.TOO_SMALL if value < low else Reason.TOO_LARGE, f"{given} ({low}…{high})")
            return low
        return value

    def degrees(self, name: str, most: int) -> float:
        """A coordinate within ±`most` degrees, kept to seven places (a centimetre)."""
        given = self.text(name)
        if not given:
            return 0.0
        if not _NUMBER.fullmatch(given):
            self.fault(name, Reason.NOT_NUMBER, given)
            return 0.0
        value = round(float(given), 7)
        if abs(value) > most:
            self.fault(name, Reason.OUT_OF_RANGE, given)
            return 0.0
        return value

    def cents(self, name: str, low: int = 0) -> int:
        """An amount of money such as 19.90, in minor units; never finer than one."""
        given = self.text(name)
        if not given:
            return low
        try:
            value = parse_cents(given)
        except ValueError:
            self.fault(name, Reason.TOO_SMALL if given.startswith("-") else Reason.NOT_MONEY, given)
            return low
        if not low <= value <= MAX_WHOLE:
            self.fault(name, Reason.TOO_SMALL if value < low else Reason.TOO_LARGE, given)
            return low
        return value

    def percent_bps(self, name: str, most: int = 10_000) -> int:
        """A percentage such as 5.8 as ten-thousandths (580), at most `most`; never finer than one."""
        given = self.text(name)
        if not given:
            return 0
        if not _NUMBER.fullmatch(given) or Decimal(given) * 100 % 1:
            self.fault(name, Reason.NOT_NUMBER, given)
            return 0
        value = int(Decimal(given) * 100)
        if not 0 <= value <= most:
            self.fault(name, Reason.TOO_SMALL if value < 0 else Reason.TOO_LARGE, given)
            return 0
        return value

    def clock(self, name: str) -> time:
        """A time of day such as 23:00."""
        given = self.text(name)
        match = _TIME.fullmatch(given)
        if match:
            return time(int(match[1]), int(match[2]))
        if given:
            self.fault(name, Reason.NOT_TIME, given)
        return time(0)

    def word(self, name: str, kind: type[E]) -> E:
        """One of an enumeration's words."""
        given = self.text(name)
        try:
            return kind(given)
        except ValueError:
            if given:
                self.fault(name, Reason.NOT_ONE_OF, f"{given} ({', '.join(kind)})")
            return next(iter(kind))

    def known(self, name: str, codes: Collection[str]) -> str:
        """A code that is one of `codes`."""
        given = self.text(name)
        if given and given not in codes:
            self.fault(name, Reason.UNKNOWN, given)
        return given
