"""Taking pieces or money off orders and giving the money back, in one transaction."""

from collections.abc import Sequence
from uuid import UUID

from app.domains.orders.events import LinesCut
from app.domains.orders.service import cuts
from app.domains.orders.values import Cut, CutLine, CutReason
from app.domains.payments import queries as payments
from app.domains.payments.service import refunds
from app.domains.payments.values import IntendRefund, RefundKind
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission


def cut_and_refund(
    uow: UnitOfWork, wanted: Sequence[CutLine], kind: RefundKind = RefundKind.BEFORE_PICKUP
) -> list[Cut]:
    """Cut order lines and intend the refund of every new cut of a paid line; the residents are told, once per cause.

    Set-based and safe to repeat: a cut that stands already is returned with `is_new` False and refunds nothing.
    An order whose card's hold the bank dropped is cut like others, so that it holds up nobody, and gets back at most
    what was really received for it. Raises CutTooLarge, RefundTooHigh; then nothing is cut.
    """
    uow.require(Permission.ORDERS_MANAGE)
    uow.require(Permission.PAYMENTS_REFUND)
    made = cuts.cut_lines(uow, wanted)
    news = [(cut, wish.cause_id) for cut, wish in zip(made, wanted, strict=True) if cut.is_new and cut.is_paid]
    if not news:
        return made
    currencies = payments.currencies_of_orders(uow.session, list({cut.order_id for cut, _ in news}))
    fresh = [(cut, cause_id) for cut, cause_id in news if cut.order_id in currencies]
    cents = _received(fresh, payments.left_where_dropped(uow.session, list(currencies)))
    refunds.intend_refunds(
        uow,
        [
            IntendRefund(
                order_id=cut.order_id,
                cause_id=cut.id,
                amount_cents=cents[cut.id],
                reason=cut.reason.value,
                kind=kind,
            )
            for cut, _ in fresh
            if cents[cut.id]
        ],
    )
    _tell(uow, fresh, currencies, cents)
    return made


def _received(fresh: Sequence[tuple[Cut, UUID]], left: dict[UUID, int]) -> dict[UUID, int]:
    """What of each cut is given back: all of it, but no more than is `left` of an order that lost its card's hold."""
    cents = {}
    for cut, _ in fresh:
        cents[cut.id] = min(cut.amount_cents, left.get(cut.order_id, cut.amount_cents))
        if cut.order_id in left:
            left[cut.order_id] -= cents[cut.id]
    return cents


def _tell(
    uow: UnitOfWork, fresh: Sequence[tuple[Cut, UUID]], currencies: dict[UUID, str], cents: dict[UUID, int]
) -> None:
    """One fact per order, cause and reason."""
    together: dict[tuple[UUID, UUID, CutReason], list[Cut]] = {}
    for cut, cause_id in fresh:
        together.setdefault((cut.order_id, cause_id, cut.reason), []).append(cut)
    for (order_id, cause_id, reason), of_order in together.items():
        uow.emit(
            LinesCut(
                order_id=order_id,
                resident_id=of_order[0].resident_id,
                cause_id=cause_id,
                reason=reason.value,
                qty=sum(cut.qty for cut in of_order),
                amount_cents=sum(cents[cut.id] for cut in of_order),
                currency=currencies[order_id],
            )
        )
