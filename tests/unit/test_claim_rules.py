"""When a claim is accepted, and what a decision may give back."""

from datetime import timedelta
from typing import Any

import pytest

from app.domains.aftersales import rules
from app.domains.aftersales.errors import AboveClaimable, ClaimTooLate, NotPickedUp
from app.domains.aftersales.values import ClaimableLine, ClaimFault, ClaimKind, ClaimOption, DecideClaim, FileClaim
from app.kernel.errors import Invalid
from app.kernel.ids import new_id
from tests.conftest import START


def line(**other: Any) -> ClaimableLine:
    fields: dict[str, Any] = {
        "order_line_id": new_id(), "order_id": new_id(), "group_buy_id": new_id(), "sku_id": new_id(),
        "resident_id": new_id(), "leader_id": new_id(), "hub_id": new_id(), "currency": "CNY",
        "final_price_cents": 1_790, "left_cents": 5_370, "picked_qty": 3, "picked_at": START, "claimed_qty": 1,
        "claim_hours": 24,
    }  # fmt: skip
    return ClaimableLine(**fields | other)


def wish(qty: int = 1, text: str = "烂了") -> FileClaim:
    return FileClaim(order_line_id=new_id(), kind=ClaimKind.QUALITY, qty=qty, text=text, idempotency_key="k")


def decision(**other: Any) -> DecideClaim:
    fields: dict[str, Any] = {"claim_id": new_id(), "approve": True, "fault": ClaimFault.HUB, "reason": "照片清楚"}
    return DecideClaim(**fields | other)


def test_the_last_second_of_the_window_counts() -> None:
    rules.check_claim(wish(2), line(), START + timedelta(hours=24))
    with pytest.raises(ClaimTooLate) as late:
        rules.check_claim(wish(2), line(), START + timedelta(hours=24, seconds=1))
    assert late.value.until == START + timedelta(hours=24)


def test_only_what_was_handed_out_and_not_claimed_can_be_claimed() -> None:
    with pytest.raises(AboveClaimable) as above:
        rules.check_claim(wish(3), line(), START)
    assert above.value.left == 2
    with pytest.raises(NotPickedUp):
        rules.check_claim(wish(), line(picked_qty=0, picked_at=None), START)
    with pytest.raises(AboveClaimable) as nothing_left:
        rules.check_claim(wish(), line(left_cents=0), START)
    assert nothing_left.value.left == 0


@pytest.mark.parametrize(("qty", "text", "field"), [(0, "", "qty"), (-1, "", "qty"), (1, "x" * 501, "text")])
def test_a_senseless_claim_is_refused(qty: int, text: str, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        rules.check_claim(wish(qty, text), line(), START)
    assert wrong.value.field == field


def test_the_option_shows_what_is_left_and_until_when() -> None:
    one = line()
    until = START + timedelta(hours=24)
    assert rules.option(one, START) == ClaimOption(order_line_id=one.order_line_id, left_qty=2, until=until)
    assert rules.option(one, until + timedelta(seconds=1)) is None
    assert rules.option(line(claimed_qty=3), START) is None
    assert rules.option(line(picked_at=None), START) is None


def test_a_claim_is_worth_the_final_price_but_never_more_than_is_left() -> None:
    assert rules.claimed_cents(2, line()) == 3_580
    assert rules.claimed_cents(2, line(left_cents=3_000)) == 3_000


def test_a_decision_gives_back_all_a_part_or_nothing() -> None:
    assert rules.refund_cents(decision(), 3_580) == 3_580
    assert rules.refund_cents(decision(amount_cents=1), 3_580) == 1
    assert rules.refund_cents(decision(amount_cents=3_580), 3_580) == 3_580
    assert rules.refund_cents(decision(approve=False), 3_580) == 0


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"amount_cents": 3_581}, "amount_cents"),
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": -1}, "amount_cents"),
        ({"approve": False, "amount_cents": 5}, "amount_cents"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_a_decision_outside_the_claim_is_refused(other: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        rules.refund_cents(decision(**other), 3_580)
    assert wrong.value.field == field
