"""HQ decides about an order below its minimum while what came is being shared out."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domains.supply.errors import LinesUncounted
from app.domains.supply.service import receiving
from app.domains.supply.values.purchasing import BelowMinimum
from app.flows import purchasing as flow
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from tests.conftest import SYSTEM
from tests.factories.meanwhile import somebody_waits
from tests.factories.world import make_world
from tests.integration.test_purchasing import cut_off, order_of, patient
from tests.patience import SECONDS

Call = Callable[..., Any]


def test_a_decision_and_the_sharing_out_take_their_locks_in_one_order(
    services: Services, run: Call, read: Call, clock: SetClock
) -> None:
    database, small = services.database, make_world(services)
    patient(run)
    small.buy(0, greens=5, rice=1)
    cut_off(small, clock)
    order_id, tries, began = order_of(read, small).id, Counter[str](), threading.Event()

    def share_out(uow: UnitOfWork) -> None:
        tries["share out"] += 1
        uow.lock(f"shortages of {small.group_buy_id}")
        began.set()
        while not somebody_waits(database):
            time.sleep(0.01)
        receiving.hold_counted(uow, small.group_buy_id)

    def decide(uow: UnitOfWork) -> int:
        tries["decide"] += 1
        return flow.decide(uow, order_id, BelowMinimum.DROP)

    with ThreadPoolExecutor(2) as pool:
        sharing = pool.submit(database.transact, SYSTEM, share_out)
        assert began.wait(SECONDS)
        assert pool.submit(run, decide).result(SECONDS) == 5
        with pytest.raises(LinesUncounted):
            sharing.result(SECONDS)
    assert tries == {"share out": 1, "decide": 1}
