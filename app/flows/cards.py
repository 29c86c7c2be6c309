"""Keeping a card: who the payer is at the provider is written down first, the card itself stays with the provider."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.domains.payments.errors import ProviderSilent
from app.domains.payments.gateways.provider import CardKeeper, ProviderRefused, ProviderUnreachable
from app.domains.payments.service import holds
from app.domains.payments.values import KeptCard, Payer
from app.infra.uow import Run
from app.kernel.errors import NotFound


def ask_for_card(run: Run, keeper: CardKeeper, payer: Payer, currency: str, return_url: str) -> str:
    """The address of the provider's page on which a resident enters a card to be kept.

    Safe to repeat. Raises ProviderSilent.
    """
    with _answering():
        ref = payer.customer_ref
        if ref is None:
            made: Payer = run(holds.note_customer, keeper.make_customer(payer.resident_id))
            ref = made.customer_ref or ""
        return keeper.ask_for_card(ref, currency, return_url)


def kept_cards(keeper: CardKeeper, payer: Payer) -> list[KeptCard]:
    """The cards that a payer keeps at the provider. Raises ProviderSilent."""
    if payer.customer_ref is None:
        return []
    with _answering():
        return keeper.cards(payer.customer_ref)


def forget_card(keeper: CardKeeper, payer: Payer, ref: str) -> None:
    """Take a card away for good; only one of the payer's own. Raises NotFound, ProviderSilent."""
    if ref not in {card.ref for card in kept_cards(keeper, payer)}:
        raise NotFound("card")
    with _answering():
        keeper.forget_card(ref)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (ProviderUnreachable, ProviderRefused) as failure:
        raise ProviderSilent from failure
