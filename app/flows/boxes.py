"""Full boxes: the step of the cut-off in which tolerance becomes quantity, and what no box needs goes back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys, rules
from app.domains.groupbuys.values import OfferCard
from app.domains.orders import queries as orders
from app.domains.orders.service import wishes
from app.domains.orders.values import BoxLine, CutLine, CutReason, Wished
from app.flows.refund import cut_and_refund
from app.flows.station import StationRun
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: Lines in one transaction.
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class GivenLine:
    """What one line gets out of the boxes, in pieces."""

    line: BoxLine
    given_qty: int


def order_qty(offer: OfferCard, wished: Wished) -> int:
    """Pieces that are ordered of an offer; 0 when they stay below its minimum or fill no box."""
    return rules.order_qty(wished.wanted_qty, wished.tolerance_qty, offer.pack_size, offer.min_group_qty)


def fill_boxes(st: StationRun) -> int:
    """Give the pieces of full boxes to the lines in order of wish time; returns how many boxes are ordered.

    What a line does not get is cut and refunded at once, and its resident told. Depends only on what paid lines wish,
    so it may be repeated, also after it was killed in the middle. Runs after small offers were withdrawn.
    """
    offers = [o for o in st.read(groupbuys.offer_cards, st.group_buy_id) if o.pack_size > 1 and not o.is_cancelled]
    if not offers:
        return 0
    lines: dict[UUID, list[BoxLine]] = defaultdict(list)
    for line in st.read(orders.box_lines, st.group_buy_id, [offer.id for offer in offers]):
        lines[line.offer_id].append(line)
    packs = 0
    for offer in offers:
        qty = order_qty(offer, _together(lines[offer.id]))
        packs += qty // offer.pack_size
        given = rules.give(qty, [step for line in lines[offer.id] for step in line.steps])
        rows = [GivenLine(line, given[line.line_id]) for line in lines[offer.id]]
        for start in range(0, len(rows), BATCH):
            st.run(give_batch, st.group_buy_id, rows[start : start + BATCH])
    return packs


def _together(lines: Sequence[BoxLine]) -> Wished:
    return Wished(sum(line.wanted_qty for line in lines), sum(line.tolerance_qty for line in lines))


def give_batch(uow: UnitOfWork, group_buy_id: UUID, rows: Sequence[GivenLine]) -> None:
    """Note what a batch of lines gets, cut and refund the rest. Repeatable: a round cuts a line once."""
    uow.require(Permission.GROUPBUYS_CLOSE)
    system = uow.as_system("cutoff")
    wishes.set_given(system, {row.line.line_id: row.given_qty for row in rows})
    cut_and_refund(
        system,
        [
            CutLine(line_id=row.line.line_id, qty=less, amount_cents=less * row.line.unit_price_cents,
                    reason=CutReason.PACK_FILL, cause_id=group_buy_id)
            for row in rows
            if (less := row.line.wanted_qty + row.line.tolerance_qty - row.given_qty) > 0
        ],
    )  # fmt: skip
