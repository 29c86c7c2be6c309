"""Paying for an order."""

from typing import Any
from uuid import UUID

from app.api.resident.orders import own_order
from app.api.schemas.orders import PayIn, PaymentOut
from app.api.wire import FOREIGN, KEYED, ApiBlueprint
from app.domains.payments import queries
from app.domains.payments.errors import BalanceShort, CashMissed, CashNotTaken, NoSuchCard
from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.payments.values import PaymentCard
from app.flows.pay_wish import PayWish
from app.flows.payment import start_payment, sync_payment
from app.kernel.actors import Role
from app.kernel.errors import NotFound
from app.kernel.states import WrongState
from app.web.context import actor_id, read, services, transact

blueprint = ApiBlueprint("payments", "Payments", roles={Role.RESIDENT})


@blueprint.post("/orders/<uuid:order_id>/pay")
@blueprint.gives(PaymentOut, refuses=(*FOREIGN, *KEYED, WrongState, CashNotTaken, CashMissed, NoSuchCard, BalanceShort))
@blueprint.keyed
@blueprint.takes(PayIn)
def pay(asked: dict[str, Any], order_id: UUID, key: str) -> PaymentCard:
    """Begin to pay, or continue; the payer approves at `redirect_url`. An order has one open payment, whatever the key.

    The same key for another order, method or way back is refused. Status `intended` means that the provider did not
    answer: ask again, or look later.
    """
    back = services().settings.public_url + asked["return_path"]
    wish = PayWish(
        method=asked["method"], use_balance=asked["use_balance"], card_ref=asked["card_ref"],
        cash_misses=services().settings.cash_misses,
    )  # fmt: skip
    return start_payment(transact, services().provider, order_id, back, wish, key)


@blueprint.get("/orders/<uuid:order_id>/payment")
@blueprint.gives(PaymentOut, refuses=FOREIGN)
def payment(order_id: UUID) -> PaymentCard:
    """How the payment stands; while it waits the provider is asked, and what it says is acted upon."""
    card = read(_own_payment, order_id, actor_id())
    try:
        return sync_payment(transact, services().provider, card.id) if card.is_open else card
    except (ProviderUnreachable, ProviderRefused):
        return card


def _own_payment(session: Any, order_id: UUID, resident_id: UUID) -> PaymentCard:
    own_order(session, order_id, resident_id)
    card = queries.payment_of_order(session, order_id)
    if card is None:
        raise NotFound("payment")
    return card
