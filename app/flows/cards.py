"""Keeping a card: who the payer is at the provider is written down first, the card itself stays with the provider."""

from app.domains.payments.gateways.provider import CardKeeper
from app.domains.payments.service import holds
from app.domains.payments.values import Payer
from app.infra.uow import Run


def ask_for_card(run: Run, keeper: CardKeeper, payer: Payer, currency: str, return_url: str) -> str:
    """The address of the provider's page on which a resident enters a card to be kept.

    Safe to repeat. Raises ProviderUnreachable, ProviderRefused.
    """
    ref = payer.customer_ref
    if ref is None:
        made: Payer = run(holds.note_customer, keeper.make_customer(payer.resident_id))
        ref = made.customer_ref or ""
    return keeper.ask_for_card(ref, currency, return_url)
