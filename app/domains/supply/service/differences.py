"""What a supplier's bill says beyond or below the goods: charged to him, or credited, once per piece."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import case, func, insert, select, update

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.supply import queries
from app.domains.supply.models import Difference, PurchaseLine, PurchaseOrder
from app.domains.supply.rules import dock as rules
from app.domains.supply.values import ExpectedLine
from app.domains.supply.values.stock import DifferenceKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.reasons import Reason

#: Billed beyond the goods: he owes us; goods beyond the bill: we owe him.
_KIND = {True: DifferenceKind.CHARGE, False: DifferenceKind.CREDIT}


def write_bill(uow: UnitOfWork, purchase_order_id: UUID, billed: Mapping[UUID, int]) -> int:
    """Write down what the supplier's bill says of lines of one order; returns how many differences that made.

    May be repeated and corrected: only what is not settled yet is charged or credited. A line that is still expected
    is settled when it is complete. Raises NotFound, Invalid.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    for qty in billed.values():
        if not 0 <= qty <= rules.MOST_PIECES:
            raise Invalid(field="billed_qty", reason=Reason.TOO_SMALL if qty < 0 else Reason.TOO_LARGE)
    uow.session.execute(select(PurchaseOrder.id).filter_by(id=purchase_order_id).with_for_update())
    lines = queries.expected_lines(uow.session, billed)
    if len(lines) < len(billed) or any(line.purchase_order_id != purchase_order_id for line in lines.values()):
        raise NotFound("purchase_line")
    uow.session.execute(
        update(PurchaseLine), [{"id": line_id, "billed_qty": qty} for line_id, qty in sorted(billed.items())]
    )
    for line_id, qty in billed.items():
        if lines[line_id].billed_qty != qty:
            uow.audit("supply.write_bill", line_id, {"billed_qty": lines[line_id].billed_qty}, {"billed_qty": qty})
    return settle(uow, list(queries.expected_lines(uow.session, billed).values()))


def settle(uow: UnitOfWork, lines: Sequence[ExpectedLine]) -> int:
    """Charge or credit what complete lines' bills say beyond or below their good pieces, at the cost of the order.

    Each difference brings the ledger up to the bill and then to what we owe for the goods, as two journals, so that a
    supplier's account shows both. May be repeated: what is settled is not settled again. Returns how many were new.
    """
    uow.require(Permission.SUPPLY_RECEIVE)
    billed = {line.id: (line, line.billed_qty) for line in lines if line.is_counted and line.billed_qty is not None}
    if not billed:
        return 0
    settled = _settled(uow, list(billed))
    owed = [
        (new_id(), line, qty)
        for line, bill in billed.values()
        if (qty := rules.owed_difference(bill or 0, line.received_qty, settled.get(line.id, 0)))
    ]
    if not owed:
        return 0
    uow.session.execute(
        insert(Difference),
        [
            {"id": id_, "purchase_line_id": line.id, "kind": _KIND[qty > 0],
             "qty": abs(qty), "amount_cents": abs(qty) * line.cost_cents, "by": uow.actor.name, "at": uow.now}
            for id_, line, qty in owed
        ],
    )  # fmt: skip
    journals.post_many(
        uow.as_system("supply.settle"),
        [journal for id_, line, qty in owed if line.cost_cents for journal in _journals(id_, line, qty)],
    )
    for _, line, qty in owed:
        uow.audit("supply.settle_difference", line.id, None, {"qty": qty, "amount_cents": qty * line.cost_cents})
    return len(owed)


def _settled(uow: UnitOfWork, line_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Pieces charged less pieces credited so far, by line."""
    signed = case((Difference.kind == DifferenceKind.CHARGE, Difference.qty), else_=-Difference.qty)
    rows = uow.session.execute(
        select(Difference.purchase_line_id, func.sum(signed))
        .where(Difference.purchase_line_id.in_(line_ids))
        .group_by(Difference.purchase_line_id)
    )
    return {line_id: int(qty) for line_id, qty in rows}


def _journals(cause_id: UUID, line: ExpectedLine, qty: int) -> list[PostJournal]:
    """The bill beside what came, and the charge or credit that answers it; together they change nothing."""
    answer = JournalKind.SUPPLIER_CHARGED if qty > 0 else JournalKind.SUPPLIER_CREDITED
    cents = qty * line.cost_cents
    return [
        PostJournal(
            kind=kind, cause_id=cause_id, hub_id=line.hub_id, currency=line.currency,
            postings=(
                Posting(LedgerAccount.GOODS, amount),
                Posting(LedgerAccount.SUPPLIER_PAYABLE, -amount, owner_id=line.supplier_id),
            ),
        )
        for kind, amount in ((JournalKind.SUPPLIER_BILLED, cents), (answer, -cents))
    ]  # fmt: skip
