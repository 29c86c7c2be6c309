"""Price breaks, offers that make sense, and whose turn it is in a round."""

from datetime import UTC, datetime

import pytest

from app.domains.groupbuys import rules
from app.domains.groupbuys.errors import BelowCost, StationTooEarly
from app.domains.groupbuys.values import GroupBuyStatus, OfferInput, PriceBreak, Station, StepState
from app.kernel.errors import Invalid
from app.kernel.ids import new_id

BREAKS = (PriceBreak(from_qty=50, price_cents=1890), PriceBreak(from_qty=100, price_cents=1790))


@pytest.mark.parametrize(("qty", "price"), [(0, 1990), (49, 1990), (50, 1890), (99, 1890), (100, 1790), (5000, 1790)])
def test_the_price_falls_when_the_group_reaches_a_break(qty: int, price: int) -> None:
    assert rules.price_at(1990, BREAKS, qty) == price


def test_breaks_survive_being_written_and_read() -> None:
    assert rules.format_breaks(BREAKS) == "50:18.90;100:17.90"
    assert rules.parse_breaks("50:18.90;100:17.90") == BREAKS
    assert rules.parse_breaks("") == ()


@pytest.mark.parametrize("text", ["50", "x:1.00", "50:1.999", "50:-1"])
def test_a_malformed_break_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an amount|invalid literal"):
        rules.parse_breaks(text)


def offer(**changes: object) -> OfferInput:
    base: dict[str, object] = {
        "sku_id": new_id(), "price_cents": 1990, "commission_bps": 500, "quota": 100, "per_resident_limit": 5,
    }  # fmt: skip
    return OfferInput(**{**base, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quota": 0}, "quota"),
        ({"per_resident_limit": 0}, "per_resident_limit"),
        ({"per_resident_limit": 101}, "per_resident_limit"),
        ({"min_group_qty": 101}, "min_group_qty"),
        ({"commission_bps": 3001}, "commission_bps"),
        ({"breaks": (PriceBreak(from_qty=50, price_cents=1990),)}, "price_breaks"),
        ({"breaks": (PriceBreak(from_qty=1, price_cents=1890),)}, "price_breaks"),
        ({"breaks": tuple(reversed(BREAKS))}, "price_breaks"),
        ({"price_cents": 0}, "price"),
    ],
)
def test_an_offer_that_cannot_be_meant_names_its_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.check_offer(offer(**changes), cost_cents=0)
    assert refusal.value.field == field


def test_no_price_and_no_break_may_be_below_cost() -> None:
    rules.check_offer(offer(breaks=BREAKS), cost_cents=1790)
    with pytest.raises(BelowCost) as refusal:
        rules.check_offer(offer(breaks=BREAKS), cost_cents=1791)
    assert refusal.value.price_cents == 1790


def test_orders_are_taken_from_the_opening_until_strictly_before_the_cutoff() -> None:
    opens, cutoff = datetime(2026, 11, 20, 0, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)
    assert rules.takes_orders(GroupBuyStatus.OPEN, opens, cutoff, opens)
    assert not rules.takes_orders(GroupBuyStatus.OPEN, opens, cutoff, cutoff)
    assert not rules.takes_orders(GroupBuyStatus.CLOSED, opens, cutoff, opens)


def test_a_station_waits_for_the_earlier_ones() -> None:
    done = {Station.OPEN: StepState.DONE, Station.CUTOFF: StepState.RUNNING}
    rules.check_turn(Station.CUTOFF, done)
    with pytest.raises(StationTooEarly) as refusal:
        rules.check_turn(Station.SORT, done)
    assert refusal.value.waits_for is Station.CUTOFF
