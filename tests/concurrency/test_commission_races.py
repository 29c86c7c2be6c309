"""Pickups, claims and settlement at the same moment: commission, pieces and refunds stay exact."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domains.aftersales.errors import AboveClaimable
from app.domains.aftersales.models import Claim
from app.domains.aftersales.values import ClaimCard, ClaimFault, DecideClaim
from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import PickupVoid
from app.domains.logistics.service import pickups
from app.domains.logistics.values.pickup import RecordPickup
from app.domains.payments import queries as payments
from app.domains.settlement import queries
from app.domains.settlement.models import CommissionEntry
from app.domains.settlement.service import commission
from app.flows import settlement
from app.flows.claims import decide_claim
from app.flows.pickup import hand_out
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.kernel.states import WrongState
from tests.factories.aftersales import line_of, make_claim, make_evidence
from tests.factories.settlement import run_to
from tests.factories.world import World, make_world
from tests.patience import SECONDS

TWINS = 6
SYSTEM = Actor.system("test")


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Let `number` threads act at the same moment; refusals come back as their type."""
    start = Barrier(number)

    def one(which: int) -> Any:
        start.wait(SECONDS)
        try:
            return act(which)
        except DomainError as refusal:
            return type(refusal)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def code_of(world: World, order_id: UUID) -> str:
    card = world.services.database.read(logistics.pickup_of_order, order_id)
    code: str = world.services.database.read(logistics.pickup_code_of_order, order_id, card.resident_id)
    return code


def handed_out_unbooked(world: World) -> UUID:
    """The line of two oranges that were handed out while nobody has booked their commission."""
    order_id = world.buy(0, orange=2)
    run_to(world, Station.REMIND)
    wish = RecordPickup(code=code_of(world, order_id), event_key="a")
    world.run_as(world.leader())(pickups.record, wish)
    return line_of(world, order_id, "orange")


def earned(world: World) -> int:
    return world.services.database.read(lambda session: session.scalar(select(func.sum(CommissionEntry.amount_cents))))


def test_without_the_lock_commission_would_be_earned_twice(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the race exists: all read the sum of the entries before any has posted."""
    world = make_world(services)
    line_id = handed_out_unbooked(world)
    summed, honest = Barrier(TWINS), queries.posted

    def slow(session: Session, line_ids: Any) -> Any:
        found = honest(session, line_ids)
        summed.wait(SECONDS)
        return found

    monkeypatch.setattr(queries, "posted", slow)
    monkeypatch.setattr(commission, "hold_lines", lambda uow, line_ids: None)
    at_once(TWINS, lambda _: world.run_as(SYSTEM)(commission.accrue_lines, new_id(), [line_id]))
    assert earned(world) == TWINS * 398


def test_commission_is_earned_once_however_many_book_it(services: Services) -> None:
    world = make_world(services)
    line_id = handed_out_unbooked(world)
    posted = at_once(TWINS, lambda _: world.run_as(SYSTEM)(commission.accrue_lines, new_id(), [line_id]))
    assert sorted(posted) == [0] * (TWINS - 1) + [1]
    assert earned(world) == 398


def test_the_last_piece_is_claimed_once(services: Services) -> None:
    world = make_world(services)
    order_id = world.buy(0, orange=1)
    run_to(world, Station.REMIND)
    hand_out(world.run_as(world.leader()), RecordPickup(code=code_of(world, order_id), event_key="a"))
    results = at_once(TWINS, lambda _: make_claim(world, order_id, orange=1).id)
    assert results.count(AboveClaimable) == TWINS - 1
    with services.database.engine.connect() as connection:
        assert connection.execute(select(func.count(Claim.id))).scalar_one() == 1


@pytest.mark.parametrize("every", [1, 2])
def test_a_claim_decided_by_many_is_refunded_once(services: Services, work: Callable[[], int], every: int) -> None:
    world = make_world(services)
    order_id = world.buy(0, orange=2)
    run_to(world, Station.REMIND)
    hand_out(world.run_as(world.leader()), RecordPickup(code=code_of(world, order_id), event_key="a"))
    claim = make_claim(world, order_id, orange=1)
    make_evidence(world, claim.id)
    service = world.run_as(Actor("阿芳", Role.HQ_SERVICE, new_id()))

    def decide(which: int) -> str:
        """All, or every second of them, say that it was the leader's fault; the others that nothing is given back."""
        wish = DecideClaim(claim_id=claim.id, approve=which % every == 0, fault=ClaimFault.LEADER, reason="照片清楚")
        card: ClaimCard = service(decide_claim, wish)
        return card.status

    results = at_once(TWINS, decide)
    assert results.count(WrongState) == TWINS - 1
    approved = [r for r in results if r is not WrongState] == ["approved"]
    assert len(services.database.read(payments.refunds_of_order, order_id)) == approved
    assert earned(world) == (199 if approved else 398)
    work()
    assert services.database.read(broken_invariants, services.database.clock.now()) == []


@pytest.mark.parametrize("attempt", range(3))
def test_a_hand_out_during_the_settlement_is_before_or_refused(
    services: Services, work: Callable[[], int], attempt: int
) -> None:
    world = make_world(services, residents=6)
    bought = [world.buy(number, orange=1) for number in (0, 2, 4)]
    run_to(world, Station.REMIND)
    codes = [code_of(world, order_id) for order_id in bought]

    def act(which: int) -> Any:
        if which == len(codes):
            return world.run_as(SYSTEM)(settlement.refund_batch, world.group_buy_id)
        wish = RecordPickup(code=codes[which], event_key=f"{attempt}-{which}")
        return hand_out(world.run_as(world.leader()), wish).state

    *handed, refunded = at_once(len(codes) + 1, act)
    assert handed.count(PickupVoid) == refunded
    assert (earned(world) or 0) == (len(codes) - refunded) * 199
    run_to(world, Station.SETTLE)
    work()
    assert services.database.read(broken_invariants, services.database.clock.now()) == []
