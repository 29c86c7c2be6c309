"""Buying and counting: never fewer than wanted, never a pack too many, and counts add up whatever their order."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from app.domains.catalogue.values import Zone
from app.domains.supply import rules
from app.domains.supply.errors import LineCounted, OverDelivered
from app.domains.supply.rules import dock
from app.domains.supply.values import ExpectedLine, LotInHand, ReceiveLine, Want

SKU = UUID(int=1)


@given(st.integers(1, 5_000), st.integers(1, 60), st.integers(0, 40))
def test_packs_are_enough_and_not_one_too_many(wanted: int, pack_size: int, min_packs: int) -> None:
    packs = rules.packs_for(wanted, pack_size, min_packs)
    assert packs * pack_size >= wanted
    assert packs >= min_packs
    assert packs == max(min_packs, 1) or (packs - 1) * pack_size < wanted


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_order_costs_its_goods_or_the_minimum_whichever_is_more(minimum: int, goods: int) -> None:
    assert goods + rules.top_up_cents(minimum, goods) == max(minimum, goods)


COUNTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.booleans()), max_size=12)


@given(st.integers(1, 30), COUNTS)
def test_counts_never_pass_the_order_and_end_with_the_last_one(
    ordered: int, counts: list[tuple[int, int, bool]]
) -> None:
    line = ExpectedLine(
        id=UUID(int=2), purchase_order_id=UUID(int=3), purchase_order_no="PO", hub_id=UUID(int=4), currency="CNY",
        supplier_id=UUID(int=5), sku_id=SKU, sku_code="A", shelf_days=1, deliver_on=date(2026, 11, 21), cost_cents=1,
        ordered_qty=ordered, received_qty=0, rejected_qty=0, is_counted=False, billed_qty=None, zone=Zone.AMBIENT,
        group_buy_id=None,
    )  # fmt: skip
    good = bad = 0
    for received, rejected, is_final in counts:
        if received + rejected == 0 and not is_final:
            continue
        count = ReceiveLine(
            purchase_line_id=line.id, received_qty=received, rejected_qty=rejected, reject_reason="x", is_final=is_final
        )
        if line.is_counted or good + received > ordered:
            with pytest.raises(LineCounted if line.is_counted else OverDelivered):
                dock.after_count(line, count)
            continue
        line = dock.after_count(line, count)
        good, bad = good + received, bad + rejected
        assert line.is_counted == (is_final or good == ordered)
    assert (line.received_qty, line.rejected_qty) == (good, bad)
    assert good <= ordered


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 5)), max_size=8), st.data())
def test_lots_give_exactly_what_is_wanted_in_order_of_expiry(lots: list[tuple[int, int]], data: st.DataObject) -> None:
    here = [
        LotInHand(lot_id=UUID(int=i), hub_id=UUID(int=4), sku_id=SKU, expires_on=date(2026, 12, 1 + day), qty=qty)
        for i, (qty, day) in enumerate(lots)
    ]
    wanted = data.draw(st.integers(0, sum(lot.qty for lot in here)))
    taken = rules.take_first_expiring(here, [Want(sku_id=SKU, qty=wanted)])
    assert sum(qty for _, qty in taken) == wanted
    assert all(0 < qty <= lot.qty for lot, qty in taken)
    used_up = {lot.lot_id for lot, qty in taken if qty == lot.qty}
    latest = max((lot.expires_on for lot, _ in taken if lot.expires_on), default=date.min)
    assert all(lot.lot_id in used_up for lot in here if lot.expires_on and lot.expires_on < latest)
