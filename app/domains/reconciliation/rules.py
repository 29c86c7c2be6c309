"""Comparing a day: which bookings of the provider are ours, and how the others differ."""

from collections.abc import Sequence

from app.domains.payments.values import Booking, BookingKind
from app.domains.reconciliation.values import Books, Comparison, Finding, Match, MismatchKind, Ours


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
    ours = books.refunds.get(booking.source_ref)
    if ours is None:
        return None
    if booking.kind is BookingKind.REFUND:
        return ours
    if booking.kind is BookingKind.REFUND_RETURNED:
        came_back = -ours.cents if booking.source_ref in books.returned else 0
        return Ours(id=ours.id, hub_id=ours.hub_id, cents=came_back, currency=ours.currency)
    return None


def _match(booking: Booking, ours: Ours) -> Match:
    if booking.kind is BookingKind.CHARGE:
        return Match(booking=booking, hub_id=ours.hub_id, payment_id=ours.id)
    if booking.kind is BookingKind.TRANSFER:
        return Match(booking=booking, hub_id=ours.hub_id)
    return Match(booking=booking, hub_id=ours.hub_id, refund_id=ours.id)


def _finding(booking: Booking, ours: Ours | None) -> Finding:
    is_payment, is_transfer = booking.kind is BookingKind.CHARGE, booking.kind is BookingKind.TRANSFER
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
