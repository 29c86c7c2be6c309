"""The journal of wishes for offers in full boxes: who wanted and tolerated how much, since when."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer, Uuid

from app.domains.orders.models import OrderLine, WishRow
from app.domains.orders.values import LineCard, NewLine, Wished
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

_NOTHING = Wished(0, 0)
_GIVEN = text(
    """
    UPDATE orders_line l SET given_qty = g.qty FROM unnest(:lines, :qtys) AS g(line_id, qty) WHERE l.id = g.line_id
    """
).bindparams(bindparam("lines", type_=ARRAY(Uuid())), bindparam("qtys", type_=ARRAY(Integer())))


def of_lines(lines: Sequence[NewLine]) -> dict[UUID, Wished]:
    """What lines wish by offer; lines of offers by the piece are left out, for they stand in no queue."""
    return {line.offer_id: Wished(line.wanted_qty, line.tolerance_qty) for line in lines if line.fills_boxes}


def note(uow: UnitOfWork, order_id: UUID, before: Mapping[UUID, Wished], after: Mapping[UUID, Wished]) -> None:
    """Add to an order's journal what changed between two wishes by offer: one statement, or none for no change."""
    uow.require(Permission.ORDERS_PLACE)
    rows = [
        {"id": new_id(), "order_id": order_id, "offer_id": offer_id, "at": uow.now,
         "wanted_delta": new.wanted_qty - old.wanted_qty, "tolerance_delta": new.tolerance_qty - old.tolerance_qty}
        for offer_id in sorted(before.keys() | after.keys())
        for old, new in ((before.get(offer_id, _NOTHING), after.get(offer_id, _NOTHING)),)
        if old != new
    ]  # fmt: skip
    if rows:
        uow.session.execute(insert(WishRow), rows)


def shrink(uow: UnitOfWork, order_id: UUID, lines: Sequence[LineCard], after: Mapping[UUID, Wished]) -> None:
    """Take back wishes of a paid order, the newest first; offers that `after` does not name are taken back whole.

    Lines of offers by the piece are passed over. At most two statements.
    """
    uow.require(Permission.ORDERS_PLACE)
    before = {line.offer_id: line.wished for line in lines if line.wanted_qty is not None}
    less = {line.id: after.get(line.offer_id, _NOTHING) for line in lines if line.offer_id in before}
    if less:
        uow.session.execute(
            update(OrderLine),
            [
                {"id": line_id, "wanted_qty": wished.wanted_qty, "tolerance_qty": wished.tolerance_qty}
                for line_id, wished in less.items()
            ],
        )
        note(uow, order_id, before, {offer_id: after.get(offer_id, _NOTHING) for offer_id in before})


def set_given(uow: UnitOfWork, given: Mapping[UUID, int]) -> None:
    """At cut-off: write on the lines how many pieces the boxes gave them. One statement; repeatable."""
    uow.require(Permission.ORDERS_MANAGE)
    uow.session.execute(_GIVEN, {"lines": list(given), "qtys": list(given.values())})
