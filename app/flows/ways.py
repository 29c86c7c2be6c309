"""The ways to pay of our own, balance and cash, behind the same face as any outside provider.

Their books are tables of ours (`payments.service.holds`), so each call is a transaction of its own: intent, call and
record are three steps here as well, and a crash between two of them is finished in the same manner.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.domains.payments import queries
from app.domains.payments.errors import BalanceShort, HoldRefused
from app.domains.payments.gateways.provider import BadSignature, PaymentProvider, ProviderRefused
from app.domains.payments.service import holds
from app.domains.payments.values import (
    OWN_METHODS,
    Held,
    HoldStatus,
    Method,
    PaymentCard,
    PaymentStatus,
    ProviderEvent,
    ProviderState,
    RefundCard,
    RefundState,
    RefundStatus,
    Route,
)
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import NotFound

_STATUSES = {
    HoldStatus.HELD: PaymentStatus.AUTHORISED,
    HoldStatus.TAKEN: PaymentStatus.SUCCEEDED,
    HoldStatus.GONE: PaymentStatus.CANCELLED,
}


class OwnProvider:
    """Balance or cash. A balance that pays alone is taken at once; a part of one, and cash, are held until `capture`.

    Refunds of both arrive on the resident's balance.
    """

    def __init__(self, run: Run, method: Method) -> None:
        self._run = run
        self._method = method

    @property
    def name(self) -> str:
        """The way's name."""
        return self._method.value

    def start(self, payment: PaymentCard) -> ProviderState:
        """Hold the amount, and take it where nothing else has to happen first."""
        held = self._call(holds.hold, payment)
        is_alone = self._method is Method.BALANCE and payment.part_of is None
        if is_alone and held.status is HoldStatus.HELD:
            held = self._call(holds.take, payment.id, payment.amount_cents)
        return _state(held)

    def look_up(self, ref: str) -> ProviderState:
        """How a hold stands."""
        return _state(self._call(_look, self._id(ref)))

    def capture(self, ref: str, amount_cents: int) -> ProviderState:
        """Take a hold, or less."""
        return _state(self._call(holds.take, self._id(ref), amount_cents))

    def cancel(self, ref: str) -> ProviderState:
        """Let a hold go."""
        return _state(self._call(holds.drop, self._id(ref)))

    def refund(self, refund: RefundCard) -> RefundState:
        """Put it on the balance."""
        self._call(holds.give_back, refund)
        return _refund_state(refund.key)

    def look_up_refund(self, ref: str) -> RefundState:
        """It arrived at once."""
        return _refund_state(ref.removeprefix("credit_"))

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """The house sends itself no webhooks."""
        del body, signature
        raise BadSignature("no webhooks come from inside")

    def _call(self, use_case: Callable[..., Any], *args: Any) -> Any:
        try:
            return self._run(_as_system, use_case, *args)
        except (BalanceShort, HoldRefused, NotFound) as refusal:
            raise ProviderRefused(str(refusal)) from refusal

    def _id(self, ref: str) -> UUID:
        try:
            return UUID(ref.removeprefix(f"{self._method.value}_"))
        except ValueError as wrong:
            raise ProviderRefused(f"no such payment: {ref}") from wrong


def way_of(run: Run, outside: PaymentProvider, payment: PaymentCard) -> PaymentProvider:
    """Who collects a payment: the house itself, or the provider outside."""
    return OwnProvider(run, Method(payment.method)) if payment.method in OWN_METHODS else outside


def way_back(run: Run, outside: PaymentProvider, refund: RefundCard) -> PaymentProvider:
    """Who returns a refund."""
    return OwnProvider(run, Method.BALANCE) if refund.route is Route.BALANCE else outside


def _as_system(uow: UnitOfWork, use_case: Callable[..., Any], *args: Any) -> Any:
    """The house's own books are kept with the system's rights; whose payment it is was asked before."""
    uow.require(Permission.PAYMENTS_START)
    return use_case(uow.as_system("payment"), *args)


def _look(uow: UnitOfWork, hold_id: UUID) -> Held:
    uow.require(Permission.PAYMENTS_RECORD)
    return queries.get_hold(uow.session, hold_id)


def _state(held: Held) -> ProviderState:
    return ProviderState(
        ref=held.ref,
        status=_STATUSES[held.status],
        amount_received_cents=held.taken_cents,
        amount_held_cents=held.amount_cents if held.status is HoldStatus.HELD else 0,
        payment_id=UUID(held.ref.partition("_")[2]),
    )


def _refund_state(key: str) -> RefundState:
    return RefundState(ref=f"credit_{key}", status=RefundStatus.SUCCEEDED, refund_key=key)
