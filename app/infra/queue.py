"""Jobs in PostgreSQL (procrastinate), deferred on the session's own connection: no lost and no phantom jobs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.infra.db import CONNECT_ARGS
from app.infra.events import Job

#: Facts and single jobs; kept apart so that a long plan never holds back a refund.
QUEUE = "default"
#: How a worker's own connections notice a cut network.
CONNECTION = CONNECT_ARGS
#: Jobs in one statement: a night's refunds are hundreds of thousands, and a statement must end in its time.
BATCH = 20_000


@dataclass(frozen=True, slots=True)
class TakenJob:
    """A job that this process has marked as being done."""

    id: int
    task: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """A job and how it stands: todo, doing, succeeded, failed, cancelled or aborted; `attempts` were made."""

    id: int
    args: dict[str, Any]
    status: str
    attempts: int

    @property
    def is_under_way(self) -> bool:
        """Waits for a worker, or is being done."""
        return self.status in {"todo", "doing"}


#: Procrastinate's own function; the jobs travel as one text instead of one composite value per job.
_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(array_agg(CAST(
      ROW(CAST(:queue AS text), task, 0, lock, NULL, args, run_at) AS procrastinate_job_to_defer_v1
    ) ORDER BY place))
    FROM ROWS FROM (
      json_to_recordset(CAST(:jobs AS json)) AS (task text, lock text, args jsonb, run_at timestamptz)
    ) WITH ORDINALITY AS job (task, lock, args, run_at, place)
    """
)


def defer(session: Session, wanted: Sequence[Job]) -> None:
    """Put jobs into the queue, thousands with one statement; they exist exactly when the transaction commits."""
    for start in range(0, len(wanted), BATCH):
        jobs = [
            {"task": job.task, "lock": job.lock, "args": job.args, "run_at": job.run_at and job.run_at.isoformat()}
            for job in wanted[start : start + BATCH]
        ]
        session.execute(_DEFER, {"queue": QUEUE, "jobs": json.dumps(jobs)})


_TAKE = text(
    """
    WITH due AS (
      SELECT id FROM procrastinate_jobs job
      WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= :now)
        AND (lock IS NULL OR NOT EXISTS (
          SELECT FROM procrastinate_jobs other
          WHERE other.lock = job.lock AND (other.status = 'doing' OR (other.status = 'todo' AND other.id < job.id))))
      ORDER BY priority DESC, id LIMIT :many FOR UPDATE SKIP LOCKED
    ), taken AS (
      UPDATE procrastinate_jobs j SET status = 'doing' FROM due WHERE j.id = due.id
      RETURNING j.id, j.priority, j.task_name, j.args
    )
    SELECT id, task_name, args FROM taken ORDER BY priority DESC, id
    """
)
_FINISH = text(
    """
    SELECT procrastinate_finish_job_v1(id, CAST(:state AS procrastinate_job_status), false)
    FROM unnest(CAST(:ids AS bigint[])) AS id
    """
)
#: Puts the jobs of dead workers back into the queue and wakes a worker for them; returns (id, task, new status).
#: Safe for any number of workers at once. A job whose worker died :deaths times is failed, and one of a kind that may
#: wait only once (a tick of the schedule) is dropped when a younger one waits already. In procrastinate's own words.
TAKE_BACK = """
    WITH dead AS (
      SELECT job.id, job.attempts + 1 >= %(deaths)s AS is_deadly, job.queueing_lock
      FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
      WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(silent_s)s))
      FOR UPDATE OF job SKIP LOCKED
    ), decided AS (
      SELECT id, CAST(CASE
        WHEN is_deadly THEN 'failed'
        WHEN EXISTS (SELECT FROM procrastinate_jobs twin
                     WHERE twin.queueing_lock = dead.queueing_lock AND twin.status = 'todo')
          OR EXISTS (SELECT FROM dead other WHERE other.queueing_lock = dead.queueing_lock AND other.id > dead.id)
          THEN 'aborted'
        ELSE 'todo' END AS procrastinate_job_status) AS status
      FROM dead
    ), moved AS (
      UPDATE procrastinate_jobs job SET status = decided.status, attempts = attempts + 1, scheduled_at = NULL
      FROM decided WHERE job.id = decided.id
      RETURNING job.id, job.task_name, job.status::text, job.queue_name
    )
    SELECT id, task_name, status, CASE WHEN status = 'todo' THEN pg_notify(
      'procrastinate_queue_v1#' || queue_name, json_build_object('type', 'job_inserted', 'job_id', id)::text)
    END AS told
    FROM moved ORDER BY id
"""
_OF_LOCKS = text(
    """
    SELECT id, args, status::text AS status, attempts FROM procrastinate_jobs
    WHERE task_name = :task AND lock = ANY(CAST(:locks AS text[])) ORDER BY id DESC
    """
)
_GIVE_BACK = text(
    "UPDATE procrastinate_jobs SET status = 'todo' WHERE id = ANY(CAST(:ids AS bigint[])) AND status = 'doing'"
)


def plain_url(engine: Engine) -> str:
    """The engine's database as a URL for libraries other than SQLAlchemy."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def jobs_of_locks(session: Session, task: str, locks: Sequence[str]) -> list[JobState]:
    """How the jobs of a task with these locks stand, newest first."""
    return [JobState(**row) for row in session.execute(_OF_LOCKS, {"task": task, "locks": list(locks)}).mappings()]


def take_due(engine: Engine, now: datetime, many: int) -> list[TakenJob]:
    """Mark up to `many` jobs that are due at `now` as being done, oldest first, for a caller that works by itself.

    Of the jobs with one lock only the oldest is handed out. There is no heartbeat: this is for one caller (tests, the
    demo's seed) without workers beside it, who would take these jobs for stalled ones.
    """
    with engine.begin() as connection:
        return [TakenJob(*row) for row in connection.execute(_TAKE, {"now": now, "many": many})]


def finish(engine: Engine, ids: Sequence[int], *, failed: bool = False) -> None:
    """Close jobs that `take_due` handed out."""
    with engine.begin() as connection:
        connection.execute(_FINISH, {"ids": list(ids), "state": "failed" if failed else "succeeded"})


def give_back(engine: Engine, ids: Sequence[int]) -> None:
    """Put jobs that `take_due` handed out, and nobody began, back into the queue."""
    with engine.begin() as connection:
        connection.execute(_GIVE_BACK, {"ids": list(ids)})
