"""Planning a group-buy: times that make sense, or a refusal that names the field and writes nothing."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.groupbuys.errors import CutoffPassed
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import PlanGroupBuy
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.errors import Invalid
from tests.conftest import SYSTEM
from tests.factories.world import CUTOFF_AT, OPENS_AT, World, make_world

NEXT = date(2026, 11, 21)
DAY = timedelta(days=1)


def wish(world: World, **other: Any) -> PlanGroupBuy:
    plain = PlanGroupBuy(
        hub_id=world.hub_id, round_on=NEXT, title="周六团", title_en="Saturday", opens_at=OPENS_AT + DAY,
        cutoff_at=CUTOFF_AT + DAY, pickup_on=NEXT + DAY, offers=(),
    )  # fmt: skip
    return replace(plain, **other)


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"opens_at": CUTOFF_AT + DAY}, "cutoff_at"),
        ({"cutoff_at": CUTOFF_AT + 2 * DAY}, "cutoff_at"),
        ({"opens_at": OPENS_AT - 900 * DAY, "cutoff_at": CUTOFF_AT - 900 * DAY}, "cutoff_at"),
        ({"cutoff_at": CUTOFF_AT + DAY + timedelta(hours=2)}, "cutoff_at"),  # one in the morning of the day after
        ({"pickup_on": NEXT - DAY}, "pickup_on"),
        ({"pickup_on": NEXT + 31 * DAY}, "pickup_on"),
    ],
)
def test_impossible_times_are_refused(services: Services, other: dict[str, Any], field: str) -> None:
    world = make_world(services)
    with pytest.raises(Invalid) as told:
        services.database.transact(SYSTEM, plans.plan, wish(world, **other))
    assert told.value.field == field
    with services.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM groupbuys_group_buy")).scalar_one() == 1


def test_a_round_whose_cut_off_has_passed_is_not_opened(services: Services, clock: SetClock) -> None:
    world = make_world(services)
    planned = services.database.transact(SYSTEM, plans.plan, wish(world))
    clock.move_to(CUTOFF_AT + DAY)
    with pytest.raises(CutoffPassed):
        services.database.transact(SYSTEM, plans.open_round, planned)
    with services.database.engine.connect() as connection:
        found = connection.execute(text("SELECT status FROM groupbuys_group_buy WHERE id = :id"), {"id": planned})
        assert found.scalar_one() == "draft"
