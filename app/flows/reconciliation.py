"""Reconciliation: fetch what the provider booked on a day, compare it with our books, act on differences."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from app.domains.payments.gateways.provider import PaymentProvider, StatesBookings
from app.domains.payments.service import payments, refunds
from app.domains.payments.values import Booking, ProviderState, RefundState
from app.domains.reconciliation import queries
from app.domains.reconciliation.service import comparing
from app.domains.reconciliation.values import DayCard, Decide, DifferenceCard
from app.flows.payment import settle_payment
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission

#: Bookings this long before and after a day are fetched with it: the provider's clock and ours differ a little.
MARGIN = timedelta(hours=2)


class BookedProvider(PaymentProvider, StatesBookings, Protocol):
    """A provider that moves money and shows its books."""


def reconcile(run: Run, provider: StatesBookings, on: date) -> DayCard:
    """Fetch a day's bookings (UTC) and compare them with ours. Safe to repeat.

    Raises DayNotOver, ProviderUnreachable, ProviderRefused.
    """
    _fetch(run, provider, on)
    card: DayCard = run(_compare, on)
    return card


def fetch_and_book(run: Run, provider: BookedProvider, card: DifferenceCard) -> DifferenceCard:
    """Ask the provider about what a difference speaks of, book its answer as ever, and compare the day again.

    A payment that comes in so is honoured or given back like any late one. Raises StillDifferent when that did not
    help, ProviderUnreachable, ProviderRefused.
    """
    if card.refund_id is not None:
        run(_record_refund, card, provider.look_up_refund(card.ref))
    elif card.ref.startswith(provider.payment_prefix):
        run(_record_payment, provider.look_up(card.ref))
    _fetch(run, provider, card.on)
    settled: DifferenceCard = run(comparing.check_settled, Decide(difference_id=card.id, reason=""))
    return settled


def _fetch(run: Run, provider: StatesBookings, on: date) -> None:
    since, until = queries.instants(on)
    run(_keep, provider.bookings(since - MARGIN, until + MARGIN))


def _keep(uow: UnitOfWork, bookings: Sequence[Booking]) -> None:
    uow.require(Permission.LEDGER_CLOSE)
    comparing.keep(uow.as_system("reconciliation"), bookings)


def _compare(uow: UnitOfWork, on: date) -> DayCard:
    uow.require(Permission.LEDGER_CLOSE)
    return comparing.compare(uow.as_system("reconciliation"), on)


def _record_payment(uow: UnitOfWork, state: ProviderState) -> None:
    """What the provider says, so recorded with the system's rights; a payment that is not ours is left alone."""
    uow.require(Permission.LEDGER_CLOSE)
    system = uow.as_system("reconciliation")
    found = payments.payment_of_state(system, state)
    if found is not None:
        settle_payment(system, found.id, state)


def _record_refund(uow: UnitOfWork, card: DifferenceCard, state: RefundState) -> None:
    uow.require(Permission.LEDGER_CLOSE)
    if card.refund_id is not None:
        refunds.record_refund(uow.as_system("reconciliation"), card.refund_id, state)
