"""Facts of leaders for tests of the scorecard."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.domains.appraisal.service.outcomes import set_tier
from app.domains.scoring.models import LeaderDay
from app.domains.scoring.values import LeaderFacts, Tier
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.world import PICKUP_ON, World


def make_facts(**other: Any) -> LeaderFacts:
    """A leader of 400 households whom 100 buyers use, half of them again; all picked up, on time, no claims."""
    fields: dict[str, Any] = {
        "leader_id": new_id(), "households": 400, "orders": 160, "sales_cents": 800_000, "buyers": 100,
        "new_buyers": 10, "repeat_buyers": 50, "due_pieces": 1_000, "picked_pieces": 1_000, "handovers": 14,
        "on_time_handovers": 14, "claims": 0, "leader_fault_claims": 0,
    }  # fmt: skip
    return LeaderFacts(**fields | other)


def make_day(uow: UnitOfWork, leader_id: UUID, hub_id: UUID, on_date: date, **other: Any) -> None:
    """One pickup day of a leader on which nothing happened, but for what is named."""
    fields = dict.fromkeys(
        (
            "orders", "sales_cents", "buyers", "new_buyers", "due_pieces", "picked_pieces", "handovers",
            "on_time_handovers", "claims", "leader_fault_claims",
        ),
        0,
    )  # fmt: skip
    uow.session.add(LeaderDay(leader_id=leader_id, hub_id=hub_id, on_date=on_date, **fields | other))


def make_tier(world: World, leader: str, tier: Tier, *, days: int = 0) -> None:
    """Let a leader's commission follow this tier since some weeks; one of more `days` began later."""

    def write(uow: UnitOfWork) -> None:
        since = datetime.combine(PICKUP_ON + timedelta(days=days - 60), time(), UTC)
        set_tier(uow, world.leaders[leader], tier, since, None)

    world.services.database.transact(Actor.system("test"), write)
