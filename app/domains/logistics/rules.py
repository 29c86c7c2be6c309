"""Pure decisions of the logistics room."""

from collections.abc import Sequence

from app.domains.logistics.values import Share, SharePolicy, ShareWish
from app.kernel.money import share

# --- sharing out a shortage ---------------------------------------------------------------------------------------


def share_out(policy: SharePolicy, wishes: Sequence[ShareWish], supply: int) -> list[Share]:
    """Share `supply` pieces of one SKU out among those who paid for it; answers in the order of `wishes`.

    The parts always add up to min(supply, sum of wishes) and no line gets more than it wants.
    FIRST_COME: in order of rank until nothing is left. PRO_RATA: in proportion, whole pieces by largest remainder
    (Hamilton's method). SPREAD: everyone gets one before anyone gets two. Ties go to the lower rank, then the lower id.
    """
    queue = sorted(wishes, key=lambda w: (w.rank, w.line_id))
    supply = max(0, min(supply, sum(w.qty for w in queue)))
    given = dict(zip((w.line_id for w in queue), _SHARERS[policy]([w.qty for w in queue], supply), strict=True))
    return [Share(line_id=w.line_id, wanted_qty=w.qty, given_qty=given[w.line_id]) for w in wishes]


def _first_come(wanted: list[int], supply: int) -> list[int]:
    given = []
    for qty in wanted:
        part = min(qty, supply)
        supply -= part
        given.append(part)
    return given


def _pro_rata(wanted: list[int], supply: int) -> list[int]:
    # Money is split in the same way, but here ties follow the queue, which `share` keeps: the earlier part wins.
    return share(supply, wanted) if any(wanted) else [0] * len(wanted)


def _spread(wanted: list[int], supply: int) -> list[int]:
    level, above = 0, max(wanted, default=0) + 1
    while above - level > 1:  # the highest level at which everybody can have min(wish, level)
        middle = (level + above) // 2
        level, above = (middle, above) if sum(min(q, middle) for q in wanted) <= supply else (level, middle)
    given = [min(qty, level) for qty in wanted]
    left = supply - sum(given)
    for i in [i for i, qty in enumerate(wanted) if qty > level][:left]:
        given[i] += 1
    return given


_SHARERS = {
    SharePolicy.FIRST_COME: _first_come,
    SharePolicy.PRO_RATA: _pro_rata,
    SharePolicy.SPREAD: _spread,
}
