"""Jobs in PostgreSQL (procrastinate), deferred on the session's own connection: no lost and no phantom jobs."""

from collections.abc import Sequence

from procrastinate import App, SyncPsycopgConnector, jobs
from sqlalchemy.orm import Session

from app.infra.events import Job

#: Facts and single jobs; kept apart so that a long plan never holds back a refund.
QUEUE = "default"

_jobs = App(connector=SyncPsycopgConnector()).job_manager


def defer(session: Session, wanted: Sequence[Job]) -> None:
    """Put jobs into the queue with one statement; they exist exactly when this session's transaction commits."""
    connection = session.connection().connection.driver_connection
    _jobs.batch_defer_jobs(
        [
            jobs.Job(queue=QUEUE, task_name=job.task, task_kwargs=job.args, lock=job.lock, queueing_lock=None,
                     scheduled_at=job.run_at)
            for job in wanted
        ],
        connection=connection,
    )  # fmt: skip
