"""Below a minimum: a top-up reaches it in whole packs without waste, dropping never leaves a rest that is below it."""

from uuid import UUID

from hypothesis import given, strategies as st

from app.domains.supply.rules.purchasing import goods_of, is_below, lines_to_drop, proposed_packs, top_up, with_extra
from app.domains.supply.values.purchasing import DraftLine


@st.composite
def drafts(draw: st.DrawFn) -> list[DraftLine]:
    """Orders of one to six lines with at least the packs that their wish needs."""
    lines = []
    for number in range(draw(st.integers(1, 6))):
        size, wanted = draw(st.integers(1, 40)), draw(st.integers(0, 300))
        packs = max(-(-wanted // size), draw(st.integers(0, 5)))
        lines.append(
            DraftLine(
                line_id=UUID(int=number + 1), sku_id=UUID(int=100 - number), wanted_qty=wanted, packs=packs,
                pack_size=size, cost_cents=draw(st.integers(0, 5_000)),
            )
        )  # fmt: skip
    return lines


MINIMUM = st.integers(0, 10_000_000)


@given(drafts(), MINIMUM)
def test_a_top_up_reaches_the_minimum_and_every_line_keeps_its_packs(lines: list[DraftLine], minimum: int) -> None:
    extra = top_up(lines, minimum)
    after = with_extra(lines, extra)
    paying = [line for line in lines if line.pack_cents and line.packs]
    assert all(new.packs >= old.packs for new, old in zip(after, lines, strict=True))
    assert sum(one.cents for one in extra) == goods_of(after) - goods_of(lines)
    assert all(one.packs > 0 and one.qty == one.packs * line.pack_size
               for one in extra for line in lines if line.line_id == one.line_id)  # fmt: skip
    if goods_of(lines) >= minimum or not paying:
        assert extra == []
    else:
        assert goods_of(after) >= minimum


@given(drafts(), MINIMUM)
def test_a_top_up_overshoots_by_less_than_the_dearest_pack(lines: list[DraftLine], minimum: int) -> None:
    after = with_extra(lines, top_up(lines, minimum))
    paying = [line.pack_cents for line in lines if line.pack_cents and line.packs]
    if paying and goods_of(lines) < minimum:
        assert goods_of(after) - minimum < max(paying)


@given(drafts(), MINIMUM)
def test_a_top_up_does_not_depend_on_the_order_of_lines(lines: list[DraftLine], minimum: int) -> None:
    there, back = top_up(lines, minimum), top_up(lines[::-1], minimum)
    assert sorted(there, key=lambda one: one.line_id) == sorted(back, key=lambda one: one.line_id)


@given(drafts(), MINIMUM)
def test_what_stays_after_dropping_is_no_longer_below_a_minimum(lines: list[DraftLine], minimum: int) -> None:
    gone = {line.line_id for line in lines_to_drop(lines, minimum)}
    rest = [line for line in lines if line.line_id not in gone]
    if is_below(lines, minimum):
        assert gone
        assert not rest or not is_below(rest, minimum)


@given(st.integers(-50, 5_000), st.integers(1, 100), st.integers(0, 20))
def test_a_proposal_covers_the_need_in_whole_packs(needed: int, size: int, least: int) -> None:
    packs = proposed_packs(needed, size, least)
    if needed <= 0:
        assert packs == 0
    else:
        assert packs * size >= needed
        assert packs == least or (packs - 1) * size < needed
