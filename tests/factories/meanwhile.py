"""Two transactions, one in the midst of the other."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor
from tests.patience import SECONDS


def during(database: Database, who: Actor, first: Callable[[UnitOfWork], object], then: Callable[[], Any]) -> Any:
    """Begin `then` while `first` has acted and not committed; what it answers. It waits for the first, or is over."""
    acted, over = threading.Event(), threading.Event()

    def act(uow: UnitOfWork) -> None:
        try:
            first(uow)
            uow.session.flush()
        finally:
            acted.set()
        assert over.wait(SECONDS)

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(database.transact, who, act)
        assert acted.wait(SECONDS)
        follower = pool.submit(then)
        while not (follower.done() or leader.done() or somebody_waits(database)):
            time.sleep(0.01)
        over.set()
        leader.result(SECONDS)
        return follower.result(SECONDS)


def somebody_waits(database: Database) -> bool:
    """Whether any transaction waits for another one's lock."""
    with database.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
