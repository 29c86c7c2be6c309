"""Goods sold by weight: the scale's word at the sorting tables, and the difference back to the payer in one action."""

from collections.abc import Sequence
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys
from app.domains.logistics.queries import weighing
from app.domains.logistics.service import scales
from app.domains.orders.errors import NotByWeight
from app.domains.orders.service import weights
from app.domains.orders.values import CutLine, CutReason, RecordWeight, Weighed
from app.flows.refund import cut_and_refund
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid
from app.kernel.ids import new_id

#: Lines in one entry: more than a sheet holds.
MAX_LINES = 500


def record_weights(uow: UnitOfWork, group_buy_id: UUID, wishes: Sequence[RecordWeight]) -> list[Weighed]:
    """Note what lines of a round's sheets weigh and refund the difference at once, all or nothing.

    A line costs min(what was ordered, its grams × price per gram): never more than was charged. The same weight again
    changes nothing; a correction before the pickup may only lower it, with a further refund. The resident is told.
    Raises NotByWeight, WeightUnlikely, WeightOnlyFalls, AlreadyPickedUp, Invalid, NotFound.
    """
    uow.require(Permission.LOGISTICS_SORT)
    if not 0 < len(wishes) <= MAX_LINES:
        raise Invalid(field="lines", reason=f"between 1 and {MAX_LINES} lines at a time")
    groupbuys.get_group_buy(uow.session, group_buy_id)
    named = [wish.line_id for wish in wishes]
    orders = {line.line_id: line.order_id for line in weighing.scale_lines(uow.session, group_buy_id, None, named)}
    if strangers := [wish.line_id for wish in wishes if wish.line_id not in orders]:
        raise NotByWeight(line_id=strangers[0])
    system = uow.as_system("weighing")
    done = weights.record(system, wishes, uow.actor.name)
    fresh = [one for one in done if one.is_new]
    cause_id = new_id()
    cut_and_refund(
        system,
        [
            CutLine(line_id=one.line_id, qty=0, amount_cents=one.back_cents, reason=CutReason.WEIGHT, cause_id=cause_id)
            for one in fresh
            if one.back_cents
        ],
    )
    if fresh:
        scales.hold_unfetched(uow, {orders[one.line_id] for one in fresh})
    return done
