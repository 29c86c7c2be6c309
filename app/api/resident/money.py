"""The resident's money: her balance with its history, where refunds go, and the cards that she keeps."""

from typing import Any
from uuid import UUID

from app.api.schemas.base import PageIn
from app.api.schemas.money import BalanceEntryOut, BalanceOut, CardIn, CardOut, CardPageOut, KeepCardIn, RefundsToIn
from app.api.wire import FOREIGN, ApiBlueprint, page_ask
from app.domains.communities import queries as communities
from app.domains.payments import queries
from app.domains.payments.errors import ProviderSilent
from app.domains.payments.service import holds
from app.domains.payments.values import BalanceEntry, KeptCard
from app.flows import cards as flow
from app.kernel.actors import Role
from app.kernel.errors import Invalid
from app.kernel.paging import Page
from app.web.context import actor_id, read, services, transact

blueprint = ApiBlueprint("money", "Payments", "/me", roles={Role.RESIDENT})


@blueprint.get("/balance")
@blueprint.gives(BalanceOut, tagged=True)
def balance() -> dict[str, Any]:
    """What she may spend in each currency, and where her refunds go."""
    return read(_balance, actor_id())


@blueprint.put("/balance/refunds-to")
@blueprint.gives(BalanceOut, refuses=(Invalid,))
@blueprint.takes(RefundsToIn)
def refunds_to(asked: dict[str, Any]) -> dict[str, Any]:
    """Let refunds go to the balance from now on, or back the way the money came."""
    transact(holds.choose_route, asked["to"])
    return read(_balance, actor_id())


@blueprint.get("/balance/entries")
@blueprint.gives_page(BalanceEntryOut, refuses=(Invalid,))
@blueprint.asks(PageIn)
def entries(asked: dict[str, Any]) -> Page[BalanceEntry]:
    """Every change of her balance, newest first."""
    return read(queries.balance_entries, actor_id(), page_ask(asked))


@blueprint.get("/cards")
@blueprint.gives(CardOut, many=True, refuses=(ProviderSilent,))
def cards() -> list[KeptCard]:
    """The cards that she keeps at the payment provider; `ref` pays an order as `card_ref`."""
    return flow.kept_cards(services().provider, read(queries.payer, actor_id()))


@blueprint.post("/cards")
@blueprint.gives(CardPageOut, 201, refuses=(ProviderSilent,))
@blueprint.takes(KeepCardIn)
def keep_card(asked: dict[str, Any]) -> dict[str, str]:
    """Where she enters a card, on the provider's own page; we never see its number."""
    payer, back = read(queries.payer, actor_id()), services().settings.public_url + asked["return_path"]
    return {"url": flow.ask_for_card(transact, services().provider, payer, read(_currency, actor_id()), back)}


@blueprint.post("/cards/forget")
@blueprint.gives_nothing(refuses=(*FOREIGN, ProviderSilent))
@blueprint.takes(CardIn)
def forget_card(asked: dict[str, Any]) -> None:
    """Take a card of her own away for good."""
    flow.forget_card(services().provider, read(queries.payer, actor_id()), asked["ref"])


def _balance(session: Any, resident_id: UUID) -> dict[str, Any]:
    return {
        "sums": queries.balances(session, resident_id), "refunds_to": queries.payer(session, resident_id).refunds_to,
    }  # fmt: skip


def _currency(session: Any, resident_id: UUID) -> str:
    """That of the hub where she lives."""
    home = communities.home_of(session, resident_id)
    return str(communities.get_hub(session, home.hub_id).currency) if home else "CNY"
