"""Texts as numbers, money, times and words; faults are noted, nothing stops."""

from datetime import time

import pytest

from app.domains.catalogue.values import Zone
from app.infra.cells import Cells
from app.infra.tables import Line, RowError
from app.kernel.reasons import Reason

READ = {
    "whole": lambda c: c.whole("x", 1, 100),
    "degrees": lambda c: c.degrees("x", 90),
    "cents": lambda c: c.cents("x", 1),
    "percent": lambda c: c.percent_bps("x", 3000),
    "clock": lambda c: c.clock("x"),
    "word": lambda c: c.word("x", Zone),
    "known": lambda c: c.known("x", {"A"}),
    "text": lambda c: c.text("x", 5),
}


def read(how: str, text: str) -> tuple[object, list[RowError]]:
    wrong: list[RowError] = []
    return READ[how](Cells(Line(7, {"x": text}), wrong)), wrong


@pytest.mark.parametrize(
    ("how", "text", "value"),
    [
        ("whole", "7", 7), ("whole", "7.00", 7), ("degrees", "-30.12345678", -30.1234568), ("degrees", "90", 90.0),
        ("cents", "19.9", 1990), ("cents", "19.90", 1990), ("cents", "20", 2000), ("percent", "5.8", 580),
        ("percent", "5.80", 580), ("percent", "30", 3000), ("clock", "23:00", time(23)),
        ("clock", "9:05:00", time(9, 5)), ("word", "frozen", Zone.FROZEN), ("known", "A", "A"),
        ("text", "abcde", "abcde"),
    ],
)  # fmt: skip
def test_good(how: str, text: str, value: object) -> None:
    assert read(how, text) == (value, [])


@pytest.mark.parametrize(
    ("how", "text", "reason", "given"),
    [
        ("whole", "", Reason.MISSING, ""),
        ("whole", "seven", Reason.NOT_WHOLE, "seven"),
        ("whole", "7.5", Reason.NOT_WHOLE, "7.5"),
        ("whole", "７", Reason.NOT_WHOLE, "７"),
        ("whole", "-3", Reason.TOO_SMALL, "-3 (1…100)"),
        ("whole", "101", Reason.TOO_LARGE, "101 (1…100)"),
        ("degrees", "30,1", Reason.NOT_NUMBER, "30,1"),
        ("degrees", "nan", Reason.NOT_NUMBER, "nan"),
        ("degrees", "115.1", Reason.OUT_OF_RANGE, "115.1"),
        ("cents", "19.905", Reason.NOT_MONEY, "19.905"),
        ("cents", "-1", Reason.TOO_SMALL, "-1"),
        ("cents", "0", Reason.TOO_SMALL, "0"),
        ("cents", "99999999", Reason.TOO_LARGE, "99999999"),
        ("percent", "5.123", Reason.NOT_NUMBER, "5.123"),
        ("percent", "-1", Reason.TOO_SMALL, "-1"),
        ("percent", "31", Reason.TOO_LARGE, "31"),
        ("clock", "24:00", Reason.NOT_TIME, "24:00"),
        ("clock", "23:00:30", Reason.NOT_TIME, "23:00:30"),
        ("word", "warm", Reason.NOT_ONE_OF, "warm (ambient, chilled, frozen)"),
        ("word", "", Reason.MISSING, ""),
        ("known", "B", Reason.UNKNOWN, "B"),
        ("text", "abcdef", Reason.TOO_LONG, "abcdef… > 5"),
    ],
)
def test_faults(how: str, text: str, reason: Reason, given: str) -> None:
    assert read(how, text)[1] == [RowError(7, "x", reason, given)]
