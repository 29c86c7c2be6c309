"""Comparing a day: which bookings of the provider are ours, and how the others differ."""

from collections.abc import Sequence

from app.domains.payments.values import Booking, BookingKind
from app.domains.reconciliation.values import Books, Comparison, Finding, Match, MismatchKind, Ours

#: Money that went to somebody's account at the provider, and that came back.
_TRANSFERS = frozenset({BookingKind.TRANSFER, BookingKind.TRANSFER_RETURNED})


def compare(day: Sequence[Booking], books: Books) -> Comparison:
    """Sort a day's bookings into matches and findings, and find what the provider lacks; pure and repeatable.

    A charge is ours when we took in that sum, a refund when we booked it going out, a returned refund when we know that
    it came back. What the provider did on its own account (payouts, adjustments) is never ours by itself.
    """
    matches: list[Match] = []
    findings: list[Finding] = []
    for booking in day:
        ours = _ours(booking, books)
        if ours is not None and ours.cents == booking.amount_cents and ours.currency == booking.currency:
            matches.append(_match(booking, ours))
        else:
            findings.append(_finding(booking, ours))
    for unbooked, field in (
        (books.unbooked_payments, "payment_id"), (books.unbooked_refunds, "refund_id"), (books.unbooked_transfers, ""),
    ):  # fmt: skip
        findings += [_missing_there(ref, ours, field) for ref, ours in sorted(unbooked.items(), key=lambda one: one[0])]
    return Comparison(matches=tuple(matches), findings=tuple(findings))


def _ours(booking: Booking, books: Books) -> Ours | None:
    """Our side of a booking, signed as the provider signs it."""
    if booking.kind is BookingKind.CHARGE:
        return books.payments.get(booking.payment_ref or "")
    if booking.kind is BookingKind.TRANSFER:
        return books.transfers.get(booking.source_ref)
    if booking.kind is BookingKind.REFUND:
        return books.refunds.get(booking.source_ref)
    if booking.kind in (BookingKind.REFUND_RETURNED, BookingKind.TRANSFER_RETURNED):
        sent = books.refunds if booking.kind is BookingKind.REFUND_RETURNED else books.transfers
        return _came_back(sent.get(booking.source_ref), is_known=booking.source_ref in books.returned)
    return None


def _came_back(ours: Ours | None, *, is_known: bool) -> Ours | None:
    """What we booked of money that came back: all of it, or nothing while we do not know."""
    if ours is None:
        return None
    return Ours(id=ours.id, hub_id=ours.hub_id, cents=-ours.cents if is_known else 0, currency=ours.currency)


def _match(booking: Booking, ours: Ours) -> Match:
    if booking.kind is BookingKind.CHARGE:
        return Match(booking=booking, hub_id=ours.hub_id, payment_id=ours.id)
    if booking.kind in _TRANSFERS:
        return Match(booking=booking, hub_id=ours.hub_id)
    return Match(booking=booking, hub_id=ours.hub_id, refund_id=ours.id)


def _finding(booking: Booking, ours: Ours | None) -> Finding:
    is_payment, is_transfer = booking.kind is BookingKind.CHARGE, booking.kind in _TRANSFERS
    is_here = ours is not None and ours.cents != 0
    return Finding(
        kind=MismatchKind.AMOUNT_DIFFERS if is_here else MismatchKind.MISSING_HERE,
        ref=(booking.payment_ref if is_payment else None) or booking.source_ref,
        currency=booking.currency, ours_cents=ours.cents if ours else 0, theirs_cents=booking.amount_cents,
        booking_ref=booking.ref, payment_id=ours.id if ours and is_payment else None,
        refund_id=ours.id if ours and not (is_payment or is_transfer) else None, hub_id=ours.hub_id if ours else None,
    )  # fmt: skip


def _missing_there(ref: str, ours: Ours, field: str) -> Finding:
    return Finding(
        kind=MismatchKind.MISSING_THERE, ref=ref, currency=ours.currency, ours_cents=ours.cents, theirs_cents=0,
        payment_id=ours.id if field == "payment_id" else None, refund_id=ours.id if field == "refund_id" else None,
        hub_id=ours.hub_id,
    )  # fmt: skip
