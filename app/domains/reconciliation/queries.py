"""Reads of the reconciliation room: our side of a day, the days, the differences."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session

from app.domains.payments.models import Payment, Refund
from app.domains.payments.values import Booking, BookingKind, Method, PaymentStatus, RefundStatus, Route
from app.domains.payouts.models import Payout
from app.domains.payouts.values import PayoutStatus, PayoutWay
from app.domains.reconciliation.models import BookingRow, Day, Difference
from app.domains.reconciliation.values import (
    Books,
    DayCard,
    DaySum,
    DifferenceCard,
    DifferenceState,
    Ours,
)
from app.infra.bulk import one_of, one_text_of
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of

#: Ways to pay that the provider knows nothing of.
_OURS = (Method.BALANCE, Method.CASH)
#: Days left out for longer are compared by hand.
CAUGHT_UP = timedelta(days=40)
_BOOKING = tuple(Booking.__dataclass_fields__)


def instants(on: date) -> tuple[datetime, datetime]:
    """From, and before: a day as the provider counts it, in UTC."""
    start = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return start, start + timedelta(days=1)


def bookings_of(session: Session, on: date) -> list[Booking]:
    """What the provider booked on a day, as it was fetched."""
    rows = session.scalars(select(BookingRow).where(BookingRow.on == on).order_by(BookingRow.at, BookingRow.ref))
    return [Booking(**{name: getattr(row, name) for name in _BOOKING}) for row in rows]


def our_books(session: Session, on: date, day: Sequence[Booking]) -> Books:
    """Our side of a day: what its bookings speak of, and what the provider should have booked and has not.

    A refund that came back and was ordered again has another reference now; what its first one was is remembered by
    the booking that matched it.
    """
    payment_refs = {b.payment_ref for b in day if b.payment_ref and b.kind is BookingKind.CHARGE}
    refund_refs = {b.source_ref for b in day if b.kind in (BookingKind.REFUND, BookingKind.REFUND_RETURNED)}
    paid = {
        row.provider_ref: _ours(row)
        for row in session.execute(_payments().where(Payment.provider_ref == one_text_of(payment_refs)))
    }
    refunds, returned = _refunds_by_ref(session, refund_refs)
    since, until = instants(on)
    booked = exists().where(BookingRow.payment_ref == Payment.provider_ref, BookingRow.kind == BookingKind.CHARGE)
    lacking = _payments().where(
        Payment.settled_at >= since, Payment.settled_at < until, Payment.received_cents > 0, ~booked,
        Payment.provider_ref.is_not(None), Payment.method.not_in(_OURS),
    )  # fmt: skip
    gone = exists().where(BookingRow.source_ref == Refund.provider_ref, BookingRow.kind == BookingKind.REFUND)
    unpaid = _refunds().where(
        Refund.settled_at >= since, Refund.settled_at < until, Refund.status == RefundStatus.SUCCEEDED, ~gone,
        Refund.provider_ref.is_not(None), Refund.route == Route.SOURCE, Payment.method.not_in(_OURS),
    )  # fmt: skip
    back = select(Payout.provider_ref).where(
        Payout.status == PayoutStatus.RETURNED, Payout.provider_ref == one_text_of(b.source_ref for b in day)
    )
    returned |= {ref for ref in session.scalars(back) if ref is not None}
    return Books(
        payments=paid, refunds=refunds, returned=returned,
        unbooked_payments={row.provider_ref: _ours(row) for row in session.execute(lacking)},
        unbooked_refunds={row.provider_ref: _ours(row, -1) for row in session.execute(unpaid)},
        transfers=_transfers(session, Payout.provider_ref == one_text_of(b.source_ref for b in day)),
        unbooked_transfers=_transfers(
            session, Payout.settled_at >= since, Payout.settled_at < until, Payout.status == PayoutStatus.PAID,
            ~exists().where(BookingRow.source_ref == Payout.provider_ref),
        ),
    )  # fmt: skip


def _refunds_by_ref(session: Session, refs: Collection[str]) -> tuple[dict[str, Ours], frozenset[str]]:
    """Our refunds by every reference they had, and the references of those that came back."""
    known = select(BookingRow.source_ref, BookingRow.refund_id).where(
        BookingRow.source_ref == one_text_of(refs),
        BookingRow.refund_id.is_not(None),
        BookingRow.kind == BookingKind.REFUND,
    )
    earlier = defaultdict(set)
    for row in session.execute(known):
        earlier[row.refund_id].add(row.source_ref)
    refunds, returned = {}, set()
    for row in session.execute(
        _refunds().where((Refund.provider_ref == one_text_of(refs)) | (Refund.id == one_of(earlier)))
    ):
        for ref in earlier[row.id] | {row.provider_ref}:
            went_out = ref in earlier[row.id] or row.settled_at is not None
            refunds[ref] = Ours(id=row.id, hub_id=row.hub_id, cents=-row.cents * went_out, currency=row.currency)
            if row.status is RefundStatus.FAILED or ref != row.provider_ref:
                returned.add(ref)
    return refunds, frozenset(returned)


def _transfers(session: Session, *conditions: ColumnElement[bool]) -> dict[str, Ours]:
    """Payouts that went out through the provider, by its reference: what they moved there."""
    rows = session.execute(
        select(
            Payout.id, Payout.provider_ref, Payout.hub_id, Payout.currency,
            (Payout.amount_cents - Payout.fee_cents).label("cents"),
        ).where(
            Payout.way == PayoutWay.STRIPE, Payout.status.in_([PayoutStatus.PAID, PayoutStatus.RETURNED]),
            Payout.provider_ref.is_not(None), *conditions,
        )
    )  # fmt: skip
    return {row.provider_ref: _ours(row, -1) for row in rows}


def _payments() -> Select[*tuple[Any, ...]]:
    received = case((Payment.status == PaymentStatus.SUCCEEDED, Payment.received_cents), else_=0)
    return select(Payment.id, Payment.provider_ref, Payment.hub_id, received.label("cents"), Payment.currency)


def _refunds() -> Select[*tuple[Any, ...]]:
    return select(
        Refund.id, Refund.provider_ref, Payment.hub_id, Refund.amount_cents.label("cents"), Payment.currency,
        Refund.status, Refund.settled_at,
    ).join(Payment, Payment.id == Refund.payment_id)  # fmt: skip


def _ours(row: Any, sign: int = 1) -> Ours:
    return Ours(id=row.id, hub_id=row.hub_id, cents=sign * int(row.cents), currency=row.currency)


def days(session: Session, ask: PageAsk) -> Page[DayCard]:
    """Compared days, newest first."""
    found = (
        select(
            Difference.on, func.count().label("differences"),
            func.count().filter(Difference.state == DifferenceState.OPEN).label("open"),
        )
        .group_by(Difference.on)
        .subquery()
    )  # fmt: skip
    wanted = (
        select(
            Day.on, Day.ran_at, Day.bookings, Day.matched,
            func.coalesce(found.c.differences, 0).label("differences"), func.coalesce(found.c.open, 0).label("open"),
        )
        .outerjoin(found, found.c.on == Day.on)
        .order_by(Day.on.desc())
        .limit(ask.limit + 1)
    )  # fmt: skip
    if ask.after is not None:
        wanted = wanted.where(Day.on < _day_of(ask.after))
    rows = [DayCard(**row) for row in session.execute(wanted).mappings()]
    more = len(rows) > ask.limit
    return page_of(rows, ask.limit, UUID(int=rows[ask.limit - 1].on.toordinal()) if more else None)


def _day_of(cursor: UUID) -> date:
    return date.fromordinal(max(1, min(cursor.int, date.max.toordinal())))


def days_not_compared(session: Session, since: date, before: date) -> list[date]:
    """Days from `since` on and before `before` that nobody has compared, oldest first."""
    known = set(session.scalars(select(Day.on).where(Day.on >= since, Day.on < before)))
    every = (since + timedelta(days=ahead) for ahead in range((before - since).days))
    return [on for on in every if on not in known]


def days_due(session: Session, today: date) -> list[date]:
    """Days to compare now, oldest first: yesterday, and those that an outage left out within the last `CAUGHT_UP`."""
    yesterday = today - timedelta(days=1)
    first = session.scalar(select(func.min(Day.on))) or yesterday
    return sorted({*days_not_compared(session, max(first, today - CAUGHT_UP), today), yesterday})


def find_day(session: Session, on: date) -> DayCard | None:
    """One compared day, or None."""
    page = days(session, PageAsk(limit=1, after=UUID(int=on.toordinal() + 1)))
    return page.rows[0] if page.rows and page.rows[0].on == on else None


def day_sums(session: Session, on: date) -> list[DaySum]:
    """What the provider booked on a day, by currency."""
    amount, kind = BookingRow.amount_cents, BookingRow.kind
    refunds = kind.in_([BookingKind.REFUND, BookingKind.REFUND_RETURNED])
    others = kind.in_([BookingKind.OTHER, BookingKind.TRANSFER, BookingKind.TRANSFER_RETURNED])
    rows = session.execute(
        select(
            BookingRow.currency,
            func.coalesce(func.sum(amount).filter(kind == BookingKind.CHARGE), 0).label("charged"),
            func.coalesce(func.sum(amount).filter(refunds), 0).label("refunded"),
            func.coalesce(func.sum(amount).filter(others), 0).label("other"),
            func.sum(BookingRow.fee_cents).label("fees"),
        )
        .where(BookingRow.on == on)
        .group_by(BookingRow.currency)
        .order_by(BookingRow.currency)
    )
    return [
        DaySum(
            currency=row.currency, charged_cents=int(row.charged), refunded_cents=int(row.refunded),
            other_cents=int(row.other), fee_cents=int(row.fees),
        )
        for row in rows
    ]  # fmt: skip


def differences(session: Session, on: date, limit: int = 50) -> list[DifferenceCard]:
    """The first of a day's differences, open ones first: those that are decided make room for the next."""
    is_open = case((Difference.state == DifferenceState.OPEN, 0), else_=1)
    return _cards(session, _differences().where(Difference.on == on).order_by(is_open, Difference.id).limit(limit))


def get_difference(session: Session, difference_id: UUID) -> DifferenceCard:
    """One difference; raises NotFound."""
    found = _cards(session, _differences().where(Difference.id == difference_id))
    if not found:
        raise NotFound("difference")
    return found[0]


def count_open(session: Session, since: date, before: date, hub_id: UUID | None = None) -> int:
    """Open differences of some days; with a hub only those that are its own or nobody's."""
    wanted = select(func.count(Difference.id)).where(
        Difference.state == DifferenceState.OPEN, Difference.on >= since, Difference.on < before
    )
    if hub_id is not None:
        wanted = wanted.where(Difference.hub_id.is_(None) | (Difference.hub_id == hub_id))
    return session.scalar(wanted) or 0


def _differences() -> Select[*tuple[Any, ...]]:
    payment = func.coalesce(Difference.payment_id, Refund.payment_id)
    return (
        select(Difference, BookingRow.type_name, BookingRow.fee_cents, Payment.order_no, Payment.order_id)
        .outerjoin(BookingRow, BookingRow.ref == Difference.booking_ref)
        .outerjoin(Refund, Refund.id == Difference.refund_id)
        .outerjoin(Payment, Payment.id == payment)
    )


def _cards(session: Session, query: Select[*tuple[Any, ...]]) -> list[DifferenceCard]:
    plain = set(DifferenceCard.__dataclass_fields__) - {"type_name", "fee_cents", "order_no", "order_id"}
    return [
        DifferenceCard(
            **{name: getattr(row, name) for name in plain},
            type_name=type_name or "",
            fee_cents=fee or 0,
            order_no=no,
            order_id=order_id,
        )
        for row, type_name, fee, no, order_id in session.execute(query)
    ]


def booking_ids(session: Session, refs: Sequence[str]) -> dict[str, UUID]:
    """Our ids of some bookings."""
    rows = session.execute(select(BookingRow.ref, BookingRow.id).where(BookingRow.ref == one_text_of(refs)))
    return {row.ref: row.id for row in rows}
