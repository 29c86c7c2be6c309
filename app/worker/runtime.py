"""The long-running worker: procrastinate listens for jobs, runs tasks in threads, and starts what is due."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from app.infra import log, queue
from app.infra.services import Services
from app.kernel.errors import DomainError
from app.worker.tasks import SCHEDULE, TASKS, Task

LOG = log.get("linli.worker")

#: A failed job is tried again after 3, 9, 27 … seconds, in all about an hour; then it is kept as failed.
TRIES = 7
BACKOFF_S = 3
HEARTBEAT_S = 10.0
#: A worker without a heartbeat for so long is dead and its jobs are taken back.
STALLED_S = 30.0
#: A job whose worker died so often is taken for the reason, and kept as failed.
DEATHS = 5
#: Seconds that running jobs get at a stop, before the next start of a worker that lost its database.
GRACE_S = 30.0
PAUSE_S = 3.0
#: Hours that finished jobs are kept for people to look at.
KEEP_H = 72


class Patience(BaseRetryStrategy):
    """Faults are tried again, each time later; a refusal of our own rules would only be repeated, so it is final."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again, None for never."""
        if isinstance(exception, DomainError) or job.attempts + 1 >= TRIES:
            return None
        return RetryDecision(retry_in={"seconds": BACKOFF_S ** (job.attempts + 1)})


def build(services: Services, concurrency: int) -> App:
    """The queue's application: every task of `TASKS`, the schedule, and its own upkeep."""
    connector = PsycopgConnector(
        conninfo=queue.plain_url(services.database.engine),
        kwargs=queue.CONNECTION,
        min_size=1,
        max_size=concurrency + 3,
        timeout=10,
    )
    app = App(connector=connector)
    for name, task in TASKS.items():
        cron = SCHEDULE.get(name)
        if cron is None:
            app.task(name=name, queue=queue.QUEUE, retry=Patience())(_bound(services, task))
        else:
            ticking = app.task(name=name, queue=queue.QUEUE, lock=name, queueing_lock=name)(_ticking(services, task))
            app.periodic(cron=cron, periodic_id=name, queueing_lock=name, lock=name)(ticking)
    upkeep = {"take_stalled_jobs_back": ("* * * * *", _taking_back), "forget_old_jobs": ("17 * * * *", _forgetting)}
    for name, (cron, chore) in upkeep.items():
        app.periodic(cron=cron, periodic_id=name, queueing_lock=name)(
            app.task(name=name, queue=queue.QUEUE, queueing_lock=name)(chore(app))
        )
    return app


def run(services: Services, concurrency: int) -> None:
    """Work until SIGTERM or SIGINT; then finish the running jobs within `GRACE_S`.

    A worker that loses its database begins again when it answers. `concurrency` jobs run at once, each with at most
    one connection of the services' pool, so it must not be larger than that pool.
    """
    logging.getLogger("procrastinate").setLevel(logging.WARNING)  # two lines per job would bury everything else
    asyncio.run(_run(services, concurrency))


async def _run(services: Services, concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            async with build(services, concurrency).open_async() as app:
                LOG.info("worker began", concurrency=concurrency)
                await _until(stop, app, concurrency)
        except ConnectorException as lost:
            LOG.exception("worker lost its database", error=repr(lost.__cause__ or lost))
        if not stop.is_set():
            LOG.warning("worker begins again", pause_s=PAUSE_S)
            await asyncio.wait({asyncio.create_task(stop.wait())}, timeout=PAUSE_S)
    LOG.info("worker ended")


async def _until(stop: asyncio.Event, app: App, concurrency: int) -> None:
    """Work until `stop` is set or the worker ends by itself because it lost its database."""
    working = asyncio.create_task(
        app.run_worker_async(
            queues=[queue.QUEUE],
            concurrency=concurrency,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_S,
            shutdown_graceful_timeout=GRACE_S,
        )
    )
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        LOG.info("worker was asked to end")


def _bound(services: Services, task: Task) -> Callable[..., None]:
    def act(**args: object) -> None:
        task(services, **args)

    return act


def _ticking(services: Services, task: Task) -> Callable[[int], None]:
    def tick(timestamp: int = 0) -> None:
        del timestamp
        task(services)

    return tick


def _taking_back(app: App) -> Callable[[int], Awaitable[None]]:
    async def take_back(timestamp: int = 0) -> None:
        """Put the jobs of dead workers back into the queue; every task may be repeated."""
        del timestamp
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
            if job.attempts + 1 >= DEATHS:
                LOG.error("job given up after killing its workers", job=job.id, task=job.task_name)
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            else:
                LOG.warning("job of a dead worker taken back", job=job.id, task=job.task_name)
                await app.job_manager.retry_job(job)

    return take_back


def _forgetting(app: App) -> Callable[[int], Awaitable[None]]:
    async def forget(timestamp: int = 0) -> None:
        """Delete jobs that succeeded long ago; failed ones stay for people to look at."""
        del timestamp
        await app.job_manager.delete_old_jobs(nb_hours=KEEP_H)

    return forget
