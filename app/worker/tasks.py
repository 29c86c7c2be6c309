"""Every kind of job by name. A job may run twice (a killed worker's jobs are redone), so every task may be repeated."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.infra import queue
from app.infra.services import Services
from app.kernel.actors import Actor
from app.reactions import registry

#: Runs with the process's services and the job's JSON arguments as keywords.
Task = Callable[..., None]

#: Jobs that `run_due` takes out of the queue at a time.
BATCH = 100


def deliver(services: Services, *, topic: str, fact_id: str, body: dict[str, Any]) -> None:
    """Tell a fact to each of its listeners in a transaction of its own; one that fails holds back no other."""
    failures: list[Exception] = []
    for kind, listener in registry.listeners_of(topic):
        actor = Actor.system(f"reaction:{listener[0]}")
        try:
            services.database.transact(actor, registry.tell, UUID(fact_id), kind, body, listener)
        except Exception as failure:  # noqa: BLE001  raised below, after the others had their turn
            failures.append(failure)
    if failures:
        raise failures[0]


TASKS: dict[str, Task] = {
    "deliver": deliver,
}


def run_due(services: Services) -> int:
    """Run all jobs due by the services' clock, oldest first, in this thread, until none is left; says how many.

    Jobs that these jobs queue are run too. A failing job is marked so, the rest go back, its error is raised.
    """
    done = 0
    engine, clock = services.database.engine, services.database.clock
    while taken := queue.take_due(engine, clock.now(), BATCH):
        ids = [job.id for job in taken]
        for at, job in enumerate(taken):
            try:
                TASKS[job.task](services, **job.args)
            except BaseException:
                queue.finish(engine, ids[:at])
                queue.finish(engine, ids[at : at + 1], failed=True)
                queue.give_back(engine, ids[at + 1 :])
                raise
        queue.finish(engine, ids)
        done += len(taken)
    return done
