"""The long-running worker: procrastinate listens for jobs, runs tasks in threads, and starts what is due."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from app.infra import log, queue
from app.infra.services import Services
from app.kernel.errors import DomainError
from app.worker.tasks import SCHEDULE, TASKS, Task

LOG = log.get("linli.worker")

#: A failed job is tried again after 3, 9, 27 … seconds, in all about an hour; then it is kept as failed.
TRIES = 7
BACKOFF_S = 3
#: Heartbeats in the time after which a silent worker counts as dead.
BEATS = 3
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
    forgetting = app.task(name="forget_old_jobs", queue=queue.QUEUE, queueing_lock="forget_old_jobs")(_forgetting(app))
    app.periodic(cron="17 * * * *", periodic_id="forget_old_jobs", queueing_lock="forget_old_jobs")(forgetting)
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
                await _until(stop, app, concurrency, services.settings.stalled_after_s)
        except ConnectorException as lost:
            LOG.exception("worker lost its database", error=repr(lost.__cause__ or lost))
        if not stop.is_set():
            LOG.warning("worker begins again", pause_s=PAUSE_S)
            await asyncio.wait({asyncio.create_task(stop.wait())}, timeout=PAUSE_S)
    LOG.info("worker ended")


async def _until(stop: asyncio.Event, app: App, concurrency: int, stalled_s: float) -> None:
    """Work until `stop` is set or the worker ends by itself because it lost its database."""
    working = asyncio.create_task(
        app.run_worker_async(
            queues=[queue.QUEUE],
            concurrency=concurrency,
            install_signal_handlers=False,
            update_heartbeat_interval=stalled_s / BEATS,
            stalled_worker_timeout=stalled_s,
            shutdown_graceful_timeout=GRACE_S,
        )
    )
    stopping = asyncio.create_task(stop.wait())
    watching = asyncio.create_task(_watch(app, stalled_s))
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    watching.cancel()
    if not working.done():
        working.cancel()
    try:
        await working
    except asyncio.CancelledError:
        LOG.info("worker was asked to end")


async def _watch(app: App, stalled_s: float) -> None:
    """Look for dead workers at the start and with every heartbeat."""
    while True:
        try:
            await take_back(app, stalled_s)
        except ConnectorException as lost:  # a clash with a tick of the schedule, or the database is away: next time
            LOG.warning("dead workers not looked for", error=repr(lost.__cause__ or lost))
        await asyncio.sleep(stalled_s / BEATS)


async def take_back(app: App, stalled_s: float) -> None:
    """Put the jobs of workers that were silent for so long back into the queue; every task may be repeated."""
    moved = await app.connector.execute_query_all_async(queue.TAKE_BACK, deaths=DEATHS, silent_s=stalled_s)
    for job in moved:
        if job["status"] == "failed":
            LOG.error("job given up after killing its workers", job=job["id"], task=job["task_name"])
        else:
            LOG.warning("job of a dead worker taken back", job=job["id"], task=job["task_name"], now=job["status"])


def _bound(services: Services, task: Task) -> Callable[..., None]:
    def act(**args: object) -> None:
        task(services, **args)

    return act


def _ticking(services: Services, task: Task) -> Callable[[int], None]:
    def tick(timestamp: int = 0) -> None:
        del timestamp
        task(services)

    return tick


def _forgetting(app: App) -> Callable[[int], Awaitable[None]]:
    async def forget(timestamp: int = 0) -> None:
        """Delete jobs that succeeded long ago; failed ones stay for people to look at."""
        del timestamp
        await app.job_manager.delete_old_jobs(nb_hours=KEEP_H, include_aborted=True)

    return forget
