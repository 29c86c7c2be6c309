"""Many sorters, one queue: every task is done by exactly one of them, and a phone that dies loses nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries, rules
from app.domains.logistics.errors import AlreadyPut, TaskTaken
from app.domains.logistics.models import Sheet, SheetLine, SortPut, SortTask
from app.domains.logistics.values.sorting import SheetState
from app.domains.logistics.values.tasks import TaskState
from app.infra.clock import SetClock
from app.infra.uow import Database
from tests.factories.sorting import Sorter, make_wall, sorter
from tests.patience import SECONDS

Call = Callable[..., Any]
WORKERS, TASKS = 8, 400


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Results, or the errors, of calls in threads that start together."""
    start = threading.Barrier(len(calls))
    found: list[Any] = [None] * len(calls)

    def one(number: int) -> None:
        start.wait(SECONDS)
        try:
            found[number] = calls[number]()
        except Exception as error:  # noqa: BLE001  the test looks at it
            found[number] = error

    threads = [threading.Thread(target=one, args=[n]) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return found


def drain(worker: Sorter, group_buy_id: UUID, seen: list[UUID]) -> int:
    while task := worker.claim(group_buy_id):
        seen.append(task.id)
        worker.finish(task)
    return len(seen)


def test_eight_sorters_drain_four_hundred_tasks(run: Call, read: Call, database: Database, clock: SetClock) -> None:
    round_ = make_wall(run, points=192, skus=50)
    assert read(lambda s: s.scalar(select(func.count(SortTask.id)))) == TASKS
    dead = sorter(database, "dead phone")
    lost = dead.claim(round_)
    assert lost is not None
    people = [sorter(database, f"sorter {n}") for n in range(WORKERS)]
    seen: list[list[UUID]] = [[] for _ in people]
    done = at_once([partial(drain, people[n], round_, seen[n]) for n in range(WORKERS)])
    assert sum(done) == TASKS - 1
    taken = [task_id for one in seen for task_id in one]
    assert len(set(taken)) == TASKS - 1
    assert lost.id not in taken
    assert people[0].claim(round_) is None
    # The lease of the dead phone runs out: its task comes back, and is the last one.
    clock.move_to(clock.now() + rules.LEASE)
    back = people[0].claim(round_)
    assert back is not None
    assert back.id == lost.id
    people[0].finish(back)
    with pytest.raises(TaskTaken):
        dead.put(lost.puts[0].id, lost.puts[0].qty)
    rows = read(lambda s: s.execute(select(SortTask.state, func.count()).group_by(SortTask.state)).all())
    assert [tuple(row) for row in rows] == [(TaskState.DONE, TASKS)]
    put = read(lambda s: s.scalar(select(func.sum(SortPut.put_qty))))
    assert put == read(lambda s: s.scalar(select(func.sum(SheetLine.qty)))) == 2 * TASKS
    assert set(read(lambda s: s.scalars(select(Sheet.state)).all())) == {SheetState.SORTED}
    assert read(queries.sheet_totals, round_).waiting == 0


def test_two_devices_of_one_sorter_put_once(run: Call, read: Call, database: Database) -> None:
    round_ = make_wall(run, points=24, skus=1)
    person = sorter(database)
    task = person.claim(round_)
    assert task is not None
    found = at_once([lambda: person.put(task.puts[0].id, 2)] * 6)
    assert sorted(type(one).__name__ for one in found) == ["AlreadyPut"] * 5 + ["PutDone"]
    assert isinstance(next(one for one in found if isinstance(one, Exception)), AlreadyPut)
    assert read(lambda s: s.scalar(select(func.sum(SortPut.put_qty)))) == 2


def test_the_same_post_six_times_is_one_put(run: Call, read: Call, database: Database) -> None:
    round_ = make_wall(run, points=24, skus=1)
    person = sorter(database)
    task = person.claim(round_)
    assert task is not None
    found = at_once([lambda: person.put(task.puts[0].id, 2, key="one-press-of-the-button")] * 6)
    assert {one.task_done for one in found} == {True}
    assert read(lambda s: s.scalar(select(func.sum(SortPut.put_qty)))) == 2


def test_the_last_two_puts_of_a_sheet_see_each_other(run: Call, read: Call, database: Database) -> None:
    # Every point wants both SKUs, and two sorters walk along the same slots at the same pace.
    round_ = make_wall(run, points=24, skus=2, every=1)
    people = [sorter(database, "a"), sorter(database, "b")]
    held = [person.claim(round_) for person in people]
    assert [len(task.puts) for task in held if task] == [24, 24]
    assert at_once([partial(people[n].finish, task) for n, task in enumerate(held) if task]) == [None, None]
    assert read(lambda s: s.execute(select(Sheet.state, func.count()).group_by(Sheet.state)).all()) == [
        (SheetState.SORTED, 24)
    ]


def test_a_claim_skips_what_another_transaction_is_taking(run: Call, database: Database) -> None:
    round_ = make_wall(run, points=24, skus=2)
    found = at_once([partial(sorter(database, str(n)).claim, round_) for n in range(6)])
    assert sum(one is not None for one in found) == 2
    assert len({one.id for one in found if one}) == 2
    assert {one.zone for one in found if one} == {Zone.AMBIENT}


def test_a_lease_lives_as_long_as_its_sorter_works(run: Call, database: Database, clock: SetClock) -> None:
    round_ = make_wall(run, points=48, skus=1, every=1)
    slow, quick = sorter(database, "slow"), sorter(database, "quick")
    mine = slow.claim(round_)
    assert mine is not None
    clock.move_to(clock.now() + rules.LEASE - timedelta(seconds=1))
    assert slow.claim(round_) == slow.claim(round_)
    clock.move_to(clock.now() + rules.LEASE - timedelta(seconds=1))
    other = quick.claim(round_)
    assert other is not None
    assert other.id != mine.id
