"""What a paper must say, and when its leader is reminded."""

from dataclasses import replace
from datetime import date

import pytest

from app.domains.certificates.rules import check_entry, reminder_due
from app.domains.certificates.values import CertificateKind, EnterCertificate
from app.kernel.errors import Invalid
from app.kernel.reasons import Reason

TODAY = date(2026, 11, 20)
WISH = EnterCertificate(
    kind=CertificateKind.HEALTH, number=" A 12345 ", issued_by="CDC", valid_from=TODAY, valid_until=TODAY, photo="x"
)


def test_a_paper_that_ends_today_is_taken() -> None:
    assert check_entry(WISH, TODAY) == ("A 12345", "CDC")


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"number": ""}, "number", Reason.MISSING),
        ({"number": "1234"}, "number", Reason.TOO_SMALL),
        ({"number": "1" * 41}, "number", Reason.TOO_LONG),
        ({"issued_by": "  "}, "issued_by", Reason.MISSING),
        ({"valid_from": date(2026, 11, 21)}, "valid_until", Reason.ENDS_EARLY),
        ({"valid_from": date(2025, 1, 1), "valid_until": date(2026, 11, 19)}, "valid_until", Reason.IS_PAST),
        ({"valid_until": date(2047, 1, 1)}, "valid_until", Reason.TOO_LARGE),
        ({"photo": ""}, "photos", Reason.MISSING),
    ],
)
def test_what_is_refused(wrong: dict[str, object], field: str, reason: Reason) -> None:
    with pytest.raises(Invalid) as refusal:
        check_entry(replace(WISH, **wrong), TODAY)  # type: ignore[arg-type]
    assert (refusal.value.field, refusal.value.reason) == (field, reason)


@pytest.mark.parametrize(
    ("left", "reminded", "due"),
    [
        (31, None, None), (30, None, 30), (29, 30, None), (8, 30, None), (7, 30, 7), (7, 7, None), (3, 30, 7),
        (3, None, 7), (0, 30, 7), (0, 7, None), (-1, None, None), (-1, 30, None),
    ],
)  # fmt: skip
def test_reminders(left: int, reminded: int | None, due: int | None) -> None:
    assert reminder_due(left, reminded) == due
