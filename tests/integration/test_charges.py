"""Who is charged for lost goods: the supplier of the purchase order, at the cost agreed in it, from both doors."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount, Posting
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.supply import queries as supply
from app.domains.supply.service.terms import save_terms
from app.domains.supply.values import TermsInput
from app.flows.charges import Loss, charge_losses
from app.flows.handover import count_handover
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.aftersales import make_claim, make_decision
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def supplier(world: World, code: str) -> UUID:
    return next(s.id for s in world.services.database.read(supply.suppliers) if s.code == code)


def charged(world: World, kind: JournalKind = JournalKind.SUPPLIER_CHARGED) -> list[tuple[Posting, ...]]:
    page = world.services.database.read(ledger.journals, JournalFilter(kind=kind), PageAsk(100))
    return [journal.postings for journal in page.rows]


def of_s91(world: World, cents: int) -> list[tuple[Posting, ...]]:
    bears = Posting(LedgerAccount.SUPPLIER_PAYABLE, cents, supplier(world, "S91"))
    return [(bears, Posting(LedgerAccount.GOODS, -cents))]


def change_terms(run: Call) -> None:
    """From now on another supplier brings oranges, and dearer."""
    run(save_terms, [TermsInput(sku="T001", supplier="S92", cost_cents=1_999, pack_size=8, min_packs=2)])


def count_short(world: World, fault: Fault = Fault.SUPPLIER) -> None:
    card = next(
        c
        for c in world.services.database.read(logistics.handovers_of_round, world.group_buy_id)
        if c.pickup_point_id == world.points["P901"]
    )
    short = CountLine(sku_id=world.skus["orange"], short_qty=2, fault=fault)
    world.run_as(world.leader())(count_handover, card.id, [short])


def test_a_handover_charges_who_brought_the_goods_at_the_agreed_cost(world: World, run: Call) -> None:
    world.buy(0, orange=3)
    run_to(world, Station.DISPATCH)
    change_terms(run)
    count_short(world)
    assert charged(world) == of_s91(world, 3_240)


def test_a_claim_charges_who_brought_the_goods_at_the_agreed_cost(world: World, run: Call) -> None:
    order = world.buy(0, orange=3)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    change_terms(run)
    make_decision(world, make_claim(world, order, orange=2).id, Fault.SUPPLIER)
    assert charged(world) == of_s91(world, 3_240)


def test_goods_from_stock_cost_what_the_hub_paid_for_them_last(world: World, run: Call) -> None:
    """The round's own purchase orders do not name them, an earlier round's do; terms of today do not matter."""
    world.buy(0, orange=3)
    run_to(world, Station.DISPATCH)
    change_terms(run)
    loss = Loss(cause_id=new_id(), sku_id=world.skus["orange"], qty=1, fault=Fault.SUPPLIER)
    run(charge_losses, new_id(), world.hub_id, "CNY", [loss])
    assert charged(world) == of_s91(world, 1_620)


def test_goods_that_nobody_ordered_and_a_leaders_fault_charge_nobody(world: World, run: Call) -> None:
    world.buy(0, orange=3)
    run_to(world, Station.DISPATCH)
    count_short(world, Fault.LEADER)
    unknown = Loss(cause_id=new_id(), sku_id=new_id(), qty=1, fault=Fault.HUB)
    run(charge_losses, world.group_buy_id, world.hub_id, "CNY", [unknown])
    assert charged(world) == []
    assert charged(world, JournalKind.HUB_CHARGED) == []


def test_a_cause_is_charged_once_and_not_by_everybody(world: World, run: Call) -> None:
    world.buy(0, orange=3)
    run_to(world, Station.DISPATCH)
    loss = Loss(cause_id=new_id(), sku_id=world.skus["orange"], qty=1, fault=Fault.CARRIER)
    with pytest.raises(Forbidden):
        world.run_as(Actor("x", Role.HQ_BUYER, new_id()))(
            charge_losses, world.group_buy_id, world.hub_id, "CNY", [loss]
        )
    for _ in range(2):
        run(charge_losses, world.group_buy_id, world.hub_id, "CNY", [loss])
    assert charged(world, JournalKind.HUB_CHARGED) == [
        (Posting(LedgerAccount.HUB_LOSS, 1_620, world.hub_id), Posting(LedgerAccount.GOODS, -1_620))
    ]
    assert charged(world) == []
