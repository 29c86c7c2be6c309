"""Where a page's refusal goes: told once, and nothing else is held back."""

import pytest

from app.kernel.errors import DomainError, NotFound
from app.web.refusals import refusals_to


def test_a_refusal_ends_the_block_and_is_told() -> None:
    told: list[DomainError] = []
    steps = ["before"]
    refusal = NotFound(what="home")
    with refusals_to(told.append):
        if steps:
            raise refusal
        steps.append("inside")
    steps.append("behind")
    assert told == [refusal]
    assert steps == ["before", "behind"]


def test_a_block_that_ends_well_tells_nothing() -> None:
    told: list[DomainError] = []

    def view() -> str:
        with refusals_to(told.append):
            return "redirect"
        return "the page again"

    assert view() == "redirect"
    assert told == []


def test_what_is_not_a_refusal_passes_through() -> None:
    told: list[DomainError] = []
    with pytest.raises(ZeroDivisionError), refusals_to(told.append):
        raise ZeroDivisionError
    assert told == []
