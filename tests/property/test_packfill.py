"""Full boxes with tolerance: the rules that decide how many boxes are ordered and who gets which pieces."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from app.domains.groupbuys import rules
from app.domains.groupbuys.values import Box, QueuedWish, WishStep

START = datetime(2026, 11, 20, tzinfo=UTC)
QTY = st.integers(0, 200)
PACK = st.integers(1, 24)


def step(number: int, line: int, minute: int, wanted: int, tolerance: int = 0) -> WishStep:
    return WishStep(
        id=UUID(int=number), line_id=UUID(int=line), at=START + timedelta(minutes=minute), wanted_delta=wanted,
        tolerance_delta=tolerance,
    )  # fmt: skip


@st.composite
def journals(draw: st.DrawFn) -> list[WishStep]:
    """Journals as orders write them: a line never falls below nothing, times may tie."""
    steps: list[WishStep] = []
    held: dict[int, tuple[int, int]] = {}
    minute = 0
    for number in range(draw(st.integers(0, 12))):
        line = draw(st.integers(1, 4))
        minute += draw(st.integers(0, 2))
        wanted, tolerance = held.get(line, (0, 0))
        after = draw(st.integers(0, 9)), draw(st.integers(0, 9))
        steps.append(step(number + 1, line, minute, after[0] - wanted, after[1] - tolerance))
        held[line] = after
    return steps


def sums(steps: list[WishStep]) -> dict[UUID, tuple[int, int]]:
    """What each line wants and tolerates in the end."""
    lines = {one.line_id for one in steps}
    return {
        line: (
            sum(one.wanted_delta for one in steps if one.line_id == line),
            sum(one.tolerance_delta for one in steps if one.line_id == line),
        )
        for line in lines
    }


@pytest.mark.parametrize(
    ("wanted", "tolerance", "pack_size", "min_qty", "ordered"),
    [
        # Boxes: the full ones, and one more only where wanted pieces lie in it.
        (0, 0, 10, 0, 0),
        (0, 50, 10, 0, 0),
        (9, 0, 10, 0, 0),
        (9, 1, 10, 0, 10),
        (10, 9, 10, 0, 10),
        (10, 90, 10, 0, 10),
        (11, 8, 10, 0, 10),
        (11, 9, 10, 0, 20),
        (11, 99, 10, 0, 20),
        (27, 3, 10, 0, 30),
        # By the piece: as ordered, minimum or nothing.
        (7, 0, 1, 0, 7),
        (5, 0, 1, 6, 0),
        (6, 0, 1, 6, 6),
        # Minimum and boxes: rounded up to full boxes, reached by boxes or by wanted and tolerated pieces together.
        (27, 0, 10, 25, 0),
        (27, 3, 10, 25, 30),
        (15, 14, 10, 25, 0),
        (15, 15, 10, 25, 30),
        (15, 80, 10, 25, 30),
        (0, 80, 10, 25, 0),
        (41, 2, 10, 25, 40),
    ],
)
def test_how_much_is_ordered(wanted: int, tolerance: int, pack_size: int, min_qty: int, ordered: int) -> None:
    assert rules.order_qty(wanted, tolerance, pack_size, min_qty) == ordered


@pytest.mark.parametrize(
    ("wanted", "tolerance", "box"),
    [
        (0, 0, (0, 0, 0)),
        (0, 5, (0, 0, 0)),
        (4, 0, (0, 4, 6)),
        (4, 3, (0, 4, 3)),
        (4, 6, (1, 0, 0)),
        (10, 4, (1, 0, 0)),
        (13, 4, (1, 3, 3)),
    ],
)
def test_how_the_next_box_stands(wanted: int, tolerance: int, box: tuple[int, int, int]) -> None:
    packs, open_qty, missing = box
    expected = Box(pack_size=10, packs=packs, open_qty=open_qty, missing_qty=missing)
    assert rules.box_of(wanted, tolerance, 10) == expected
    assert rules.box_of(wanted, tolerance, 1) is None


#: Line 1 wants 2 and tolerates 2 first, line 2 wants 5 and tolerates 1, line 3 wants 1; then line 1 wants 2 more.
WORKED = [step(1, 1, 0, 2, 2), step(2, 2, 1, 5, 1), step(3, 3, 2, 1), step(4, 1, 3, 2)]


@pytest.mark.parametrize(
    ("supply", "one", "two", "three"),
    [
        (0, 0, 0, 0),
        (1, 1, 0, 0),
        (6, 2, 4, 0),
        (8, 2, 5, 1),
        (9, 3, 5, 1),
        (10, 4, 5, 1),
        (12, 6, 5, 1),
        (13, 6, 6, 1),
        (99, 6, 6, 1),
    ],
)
def test_who_gets_what(supply: int, one: int, two: int, three: int) -> None:
    assert rules.give(supply, WORKED) == {UUID(int=1): one, UUID(int=2): two, UUID(int=3): three}


def test_a_decrease_takes_the_newest_wish_and_ties_go_by_id() -> None:
    first, second = UUID(int=1), UUID(int=2)
    steps = [step(2, 2, 0, 3), step(1, 1, 0, 3), step(3, 1, 1, 4), step(4, 1, 2, -5)]
    assert rules.queue_of(steps) == [
        QueuedWish(line_id=first, wanted_qty=2, tolerance_qty=0),
        QueuedWish(line_id=second, wanted_qty=3, tolerance_qty=0),
    ]
    # Taking a piece back and wanting it again costs the place.
    again = [step(1, 1, 0, 2), step(2, 2, 1, 1), step(3, 1, 2, -1), step(4, 1, 3, 1)]
    assert rules.give(2, again) == {first: 1, second: 1}


@given(QTY, QTY, PACK, QTY)
def test_whole_boxes_within_what_residents_agreed_to(wanted: int, tolerance: int, pack: int, least: int) -> None:
    ordered = rules.order_qty(wanted, tolerance, pack, least)
    assert ordered % pack == 0
    assert 0 <= ordered <= wanted + tolerance
    assert ordered == 0 or ordered >= least


@given(QTY, QTY, PACK)
def test_tolerance_alone_opens_no_box(wanted: int, tolerance: int, pack: int) -> None:
    packs = rules.packs_of(wanted, tolerance, pack)
    assert packs == rules.packs_of(wanted, 0, pack) + (wanted % pack > 0 and wanted % pack + tolerance >= pack)
    # Every box holds at least one wanted piece: the last one would be empty without them.
    assert packs == 0 or (packs - 1) * pack < wanted
    assert rules.order_qty(0, tolerance, pack, 0) == 0


@given(QTY, QTY, PACK, QTY)
def test_a_box_says_what_fills_it(wanted: int, tolerance: int, pack: int, more: int) -> None:
    box = rules.box_of(wanted, tolerance, pack + 1)
    assert box is not None
    if box.missing_qty:
        assert rules.packs_of(wanted + box.missing_qty - 1, tolerance, pack + 1) == box.packs
        assert rules.packs_of(wanted + box.missing_qty, tolerance, pack + 1) == box.packs + 1
        assert rules.packs_of(wanted, tolerance + box.missing_qty, pack + 1) == box.packs + 1
    else:
        assert box.open_qty == 0


@given(QTY, QTY, PACK, QTY)
def test_more_wishes_never_order_less(wanted: int, tolerance: int, pack: int, least: int) -> None:
    ordered = rules.order_qty(wanted, tolerance, pack, least)
    assert rules.order_qty(wanted + 1, tolerance, pack, least) >= ordered
    assert rules.order_qty(wanted, tolerance + 1, pack, least) >= ordered


@given(journals(), QTY)
def test_nothing_is_lost_and_nobody_gets_more_than_she_agreed_to(steps: list[WishStep], supply: int) -> None:
    given_qty, most = rules.give(supply, steps), sums(steps)
    assert given_qty.keys() == most.keys()
    assert all(0 <= given_qty[line] <= sum(most[line]) for line in most)
    assert sum(given_qty.values()) == min(supply, sum(map(sum, most.values())))


@given(journals(), QTY)
def test_wanted_pieces_come_before_anybodys_tolerance(steps: list[WishStep], supply: int) -> None:
    given_qty, most = rules.give(supply, steps), sums(steps)
    if any(given_qty[line] > wanted for line, (wanted, _) in most.items()):
        assert all(given_qty[line] >= wanted for line, (wanted, _) in most.items())


@given(journals(), QTY)
def test_more_supply_takes_from_nobody(steps: list[WishStep], supply: int) -> None:
    less, more = rules.give(supply, steps), rules.give(supply + 1, steps)
    assert all(less[line] <= more[line] for line in less)


@given(journals(), QTY, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_matter(steps: list[WishStep], supply: int, random: object) -> None:
    shuffled = list(steps)
    random.shuffle(shuffled)
    assert rules.give(supply, shuffled) == rules.give(supply, steps)
    assert rules.queue_of(shuffled) == rules.queue_of(steps)


@given(journals())
def test_the_queue_holds_what_the_journal_adds_up_to(steps: list[WishStep]) -> None:
    queued: dict[UUID, tuple[int, int]] = {}
    for wish in rules.queue_of(steps):
        wanted, tolerance = queued.get(wish.line_id, (0, 0))
        queued[wish.line_id] = wanted + wish.wanted_qty, tolerance + wish.tolerance_qty
    assert queued == {line: qtys for line, qtys in sums(steps).items() if any(qtys)}
