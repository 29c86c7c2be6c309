"""Empty crates at one point, found by the trucks of two rounds at once."""

from functools import partial
from uuid import UUID

import pytest

from app.domains.logistics import queries
from app.domains.logistics.errors import TooManyEmpties
from app.domains.logistics.models import Handover
from app.domains.logistics.service import crates
from app.domains.logistics.values.handover import HandoverState
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.ids import new_id
from tests.conftest import SYSTEM
from tests.factories.meanwhile import during
from tests.factories.world import PICKUP_ON, World, make_world


def a_handover(uow: UnitOfWork, world: World, crates_qty: int, state: HandoverState) -> UUID:
    """A truck of a round of its own at P901."""
    made = Handover(
        id=new_id(), group_buy_id=new_id(), hub_id=world.hub_id, pickup_point_id=world.points["P901"],
        crates=crates_qty, leader_id=world.leaders["L901"], pickup_on=PICKUP_ON, state=state, planned_at=uow.now,
    )  # fmt: skip
    uow.session.add(made)
    return made.id


def test_the_same_empties_are_taken_once(services: Services) -> None:
    world, database = make_world(services), services.database
    database.transact(SYSTEM, a_handover, world, 4, HandoverState.COUNTED)
    one, other = (database.transact(SYSTEM, a_handover, world, 1, HandoverState.EXPECTED) for _ in range(2))
    with pytest.raises(TooManyEmpties) as refused:
        during(
            database, SYSTEM, lambda uow: crates.take_empties(uow, one, 4),
            partial(database.transact, SYSTEM, crates.take_empties, other, 1),
        )  # fmt: skip
    assert refused.value.there == 0
    assert database.read(queries.empties, world.hub_id) == []
