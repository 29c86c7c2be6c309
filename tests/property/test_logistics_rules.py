"""Whatever is packed, loaded or lost: nothing appears and nothing disappears."""

from collections import Counter
from itertools import pairwise
from uuid import UUID

from hypothesis import given, strategies as st

from app.domains.catalogue.values import Zone
from app.domains.logistics import rules
from app.domains.logistics.values.routes import LoadLine
from app.domains.logistics.values.sorting import PackLine, SharePolicy, ShareWish

LINES = st.lists(
    st.builds(
        PackLine,
        sku_id=st.uuids(version=4),
        qty=st.integers(1, 400),
        volume_ml=st.integers(1, 60_000),
        weight_g=st.integers(1, 20_000),
    ),
    max_size=12,
    unique_by=lambda line: line.sku_id,
)


@given(LINES)
def test_packing_keeps_every_piece_and_every_limit(lines: list[PackLine]) -> None:
    by_sku = {line.sku_id: line for line in lines}
    packed: Counter[UUID] = Counter()
    for crate in rules.pack(lines):
        pieces = sum(qty for _, qty in crate.contents)
        assert pieces >= 1
        assert crate.volume_ml == sum(by_sku[s].volume_ml * q for s, q in crate.contents)
        assert crate.weight_g == sum(by_sku[s].weight_g * q for s, q in crate.contents)
        assert pieces == 1 or (crate.volume_ml <= rules.CRATE_USABLE_ML and crate.weight_g <= rules.CRATE_MAX_G)
        packed.update(dict(crate.contents))
    assert packed == Counter({line.sku_id: line.qty for line in lines})


@given(LINES)
def test_no_two_neighbouring_crates_would_fit_into_one(lines: list[PackLine]) -> None:
    by_sku = {line.sku_id: line for line in lines}
    crates = rules.pack(lines)
    for crate, after in pairwise(crates):
        piece = by_sku[after.contents[0][0]]
        too_full = crate.volume_ml + piece.volume_ml > rules.CRATE_USABLE_ML
        assert too_full or crate.weight_g + piece.weight_g > rules.CRATE_MAX_G


@given(st.lists(st.integers(1, 6), max_size=40))
def test_loading_is_delivery_backwards(stops: list[int]) -> None:
    crates = [
        LoadLine(position=0, stop_seq=seq, pickup_point_name="", crate_code=f"{n:03d}", zone=Zone.AMBIENT)
        for n, seq in enumerate(stops)
    ]
    loaded = rules.load_order(crates)
    assert [c.position for c in loaded] == list(range(1, len(crates) + 1))
    unloaded = [(c.stop_seq, c.crate_code) for c in reversed(loaded)]
    assert unloaded == sorted((c.stop_seq, c.crate_code) for c in crates)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=15), st.data())
def test_a_difference_is_divided_without_rest(wanted: list[int], data: st.DataObject) -> None:
    short = data.draw(st.integers(0, sum(wanted)))
    damaged = data.draw(st.integers(0, sum(wanted) - short))
    wishes = [ShareWish(line_id=UUID(int=n), qty=qty, rank=n) for n, qty in enumerate(wanted)]
    shares = rules.share_out(SharePolicy.FIRST_COME, wishes, sum(wanted) - short - damaged)
    parts = rules.split_loss([s.wanted_qty - s.given_qty for s in shares], short)
    assert (sum(s for s, _ in parts), sum(d for _, d in parts)) == (short, damaged)
    losers = [n for n, (s, d) in enumerate(parts) if s + d]
    assert losers == list(range(losers[0], len(wanted))) if losers else True  # the latest payers lose first
