"""Keeping the provider's bookings, comparing a day, and deciding differences."""

from collections.abc import Sequence
from datetime import UTC, date
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalKind, LedgerAccount, Posting, PostJournal
from app.domains.payments.values import Booking
from app.domains.reconciliation import queries, rules
from app.domains.reconciliation.errors import DayNotOver, StillDifferent
from app.domains.reconciliation.models import BookingRow, Day, Difference
from app.domains.reconciliation.values import (
    Comparison,
    DayCard,
    Decide,
    DifferenceCard,
    DifferenceState,
    Finding,
    Match,
)
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.states import WrongState

#: The longest reason.
REASON = 300
#: Bookings that one statement keeps.
BATCH = 1_000


def keep(uow: UnitOfWork, bookings: Sequence[Booking]) -> int:
    """Keep what the provider booked, once each; how many were new. Safe to repeat."""
    uow.require(Permission.PAYMENTS_RECORD)
    fresh = 0
    for start in range(0, len(bookings), BATCH):
        rows = [
            {
                "id": new_id(), "ref": b.ref, "kind": b.kind, "type_name": b.type_name, "source_ref": b.source_ref,
                "payment_ref": b.payment_ref, "amount_cents": b.amount_cents, "fee_cents": b.fee_cents,
                "currency": b.currency, "at": b.at, "on": b.at.astimezone(UTC).date(),
            }
            for b in bookings[start : start + BATCH]
        ]  # fmt: skip
        adding = insert(BookingRow).on_conflict_do_nothing(index_elements=["ref"]).returning(BookingRow.id)
        fresh += len(uow.session.scalars(adding, rows).all())
    return fresh


def compare(uow: UnitOfWork, on: date) -> DayCard:
    """Compare a day that is over with our books: matches get their fee's journal, differences are kept.

    Safe to repeat: a difference that is gone is settled, a decided one stays decided. Raises DayNotOver.
    """
    uow.require(Permission.PAYMENTS_RECORD)
    if queries.instants(on)[1] > uow.now:
        raise DayNotOver(on=on)
    uow.lock(f"reconciliation of {on}")
    day = queries.bookings_of(uow.session, on)
    found = rules.compare(day, queries.our_books(uow.session, on, day))
    _mark(uow, found.matches)
    _keep_findings(uow, on, found)
    written = {"ran_at": uow.now, "bookings": len(day), "matched": len(found.matches)}
    adding = insert(Day).values(on=on, **written)
    uow.session.execute(adding.on_conflict_do_update(index_elements=["on"], set_=written))
    card = queries.find_day(uow.session, on)
    assert card is not None  # noqa: S101  just written
    return card


def decide(uow: UnitOfWork, wish: Decide) -> DifferenceCard:
    """Let a difference stand, with a reason. Raises NotFound, Invalid, WrongState when it was decided before."""
    return _decide(uow, wish, DifferenceState.KNOWN)


def book(uow: UnitOfWork, wish: Decide) -> DifferenceCard:
    """Book a difference by a journal of its own, so that our side of the provider's balance is theirs again.

    A transfer to our bank moves to the bank; anything else is a loss, or other income; what the provider kept for it is
    a fee as ever. Raises as `decide` does, and Invalid without a hub where no payment names one.
    """
    uow.require(Permission.LEDGER_CLOSE)
    card = _decide(uow, wish, DifferenceState.BOOKED)
    hub_id = card.hub_id or wish.hub_id
    if hub_id is None:
        raise Invalid(field="hub_id", reason="must be given")
    is_transfer = card.type_name in ("payout", "payout_failure", "payout_cancel")
    if is_transfer:
        kind, against = JournalKind.PROVIDER_PAYOUT, LedgerAccount.BANK
    else:
        kind = JournalKind.PROVIDER_ADJUSTED
        against = LedgerAccount.LOSS if card.cents < 0 else LedgerAccount.OTHER_INCOME
    sides = (Posting(LedgerAccount.PROVIDER_CLEARING, card.cents), Posting(against, -card.cents))
    wanted = [
        PostJournal(
            kind=kind, cause_id=card.id, hub_id=hub_id, currency=card.currency, postings=sides, note=wish.reason.strip()
        )
    ]
    if card.booking_ref is not None and card.fee_cents:
        booking_id = queries.booking_ids(uow.session, [card.booking_ref])[card.booking_ref]
        wanted.append(_fee(booking_id, hub_id, card.currency, card.fee_cents))
    journals.post_many(uow.as_system("reconciliation"), wanted)
    return card


def check_settled(uow: UnitOfWork, wish: Decide) -> DifferenceCard:
    """Compare the day of a difference again after the provider was asked. Raises StillDifferent, NotFound."""
    uow.require(Permission.LEDGER_CLOSE)
    card = queries.get_difference(uow.session, wish.difference_id)
    compare(uow.as_system("reconciliation"), card.on)
    card = queries.get_difference(uow.session, wish.difference_id)
    if card.state is DifferenceState.OPEN:
        raise StillDifferent
    return card


def _decide(uow: UnitOfWork, wish: Decide, state: DifferenceState) -> DifferenceCard:
    uow.require(Permission.LEDGER_CLOSE)
    reason = wish.reason.strip()
    if not reason or len(reason) > REASON:
        raise Invalid(field="reason", reason=f"must have 1 to {REASON} characters")
    row = uow.session.get(Difference, wish.difference_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("difference")
    if row.state is not DifferenceState.OPEN:
        raise WrongState(what="difference", state=row.state.value, wanted=state.value)
    row.state, row.reason, row.decided_by, row.decided_at = state, reason, uow.actor.name, uow.now
    uow.audit("reconciliation.decide", row.id, {"state": "open"}, {"state": state.value, "reason": reason})
    uow.session.flush()
    return queries.get_difference(uow.session, wish.difference_id)


def _mark(uow: UnitOfWork, matches: Sequence[Match]) -> None:
    """Note whose the bookings are, and post what the provider kept of them: one journal each, caused by its booking."""
    if not matches:
        return
    ids = queries.booking_ids(uow.session, [match.booking.ref for match in matches])
    uow.session.execute(
        update(BookingRow),
        [
            {"id": ids[match.booking.ref], "payment_id": match.payment_id, "refund_id": match.refund_id}
            for match in matches
        ],
    )
    fees = [
        _fee(ids[match.booking.ref], match.hub_id, match.booking.currency, match.booking.fee_cents)
        for match in matches
        if match.booking.fee_cents
    ]
    journals.post_many(uow, fees)


def _fee(booking_id: UUID, hub_id: UUID, currency: str, cents: int) -> PostJournal:
    return PostJournal(
        kind=JournalKind.PROVIDER_FEE, cause_id=booking_id, hub_id=hub_id, currency=currency,
        postings=(Posting(LedgerAccount.FEES, cents), Posting(LedgerAccount.PROVIDER_CLEARING, -cents)),
    )  # fmt: skip


def _keep_findings(uow: UnitOfWork, on: date, found: Comparison) -> None:
    """Add new differences, bring open ones up to date, and settle those that are gone."""
    rows = uow.session.scalars(select(Difference).where(Difference.on == on).with_for_update()).all()
    known = {(row.kind.value, row.ref, row.booking_ref, row.payment_id, row.refund_id): row for row in rows}
    for finding in found.findings:
        row = known.pop(finding.key, None)
        if row is None:
            uow.session.add(_row(on, finding))
        elif row.state in (DifferenceState.OPEN, DifferenceState.SETTLED):
            row.state, row.decided_at = DifferenceState.OPEN, None
            row.ours_cents, row.theirs_cents = finding.ours_cents, finding.theirs_cents
    for row in known.values():
        if row.state is DifferenceState.OPEN:
            row.state, row.decided_at = DifferenceState.SETTLED, uow.now
    uow.session.flush()


def _row(on: date, finding: Finding) -> Difference:
    names = (
        "kind",
        "ref",
        "booking_ref",
        "payment_id",
        "refund_id",
        "hub_id",
        "currency",
        "ours_cents",
        "theirs_cents",
    )
    return Difference(on=on, state=DifferenceState.OPEN, **{name: getattr(finding, name) for name in names})
