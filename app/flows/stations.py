"""A round from station to station: the table of stations, and the one way to run them from any door."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.domains.groupbuys import queries as groupbuys, rules
from app.domains.groupbuys.errors import StationSilent, StationStopped
from app.domains.groupbuys.service import plans, steps
from app.domains.groupbuys.values import RoundStep, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import searches
from app.domains.logistics.values.tours import SearchCard
from app.flows.cutoff import cutoff_station
from app.flows.dispatch import dispatch_station
from app.flows.handover import handover_station
from app.flows.pickup import remind_station
from app.flows.receiving import receive_station
from app.flows.routing import route_station
from app.flows.settlement import settle_station
from app.flows.sorting import sort_station
from app.flows.station import OnProgress, StationFlow, StationRun
from app.infra import queue
from app.infra.distance import DistanceSource
from app.infra.events import Job
from app.infra.queue import JobState
from app.infra.uow import Run, UnitOfWork
from app.kernel.errors import DomainError

#: The worker's task that runs a station.
TASK = "run_station"
#: The worker's task that looks for tours.
SEARCH = "search_routes"
#: How long a station whose job was given up, or that has none, may be silent before the board says so. Whoever runs
#: one by command tells progress more often than the second; the solver alone may take ten minutes.
GIVEN_UP_S, SILENT_S = 120, 900


def open_station(st: StationRun, options: dict[str, Any]) -> str:
    """Let residents order."""
    del options
    st.run(plans.open_round, st.group_buy_id)
    return "open"


FLOWS: dict[Station, StationFlow] = {
    Station.OPEN: open_station,
    Station.CUTOFF: cutoff_station,
    Station.RECEIVE: receive_station,
    Station.SORT: sort_station,
    Station.ROUTE: route_station,
    Station.DISPATCH: dispatch_station,
    Station.HANDOVER: handover_station,
    Station.REMIND: remind_station,
    Station.SETTLE: settle_station,
}


def ask_station(uow: UnitOfWork, group_buy_id: UUID, station: Station, options: dict[str, Any]) -> bool:
    """Start a station in the worker; the board shows its progress. False when it is done already.

    Raises StationTooEarly. Asking twice is harmless: jobs of one round run one after another and are repeatable.
    """
    uow.require(rules.STATION_RIGHTS[station])
    if not steps.start_step(uow, group_buy_id, station):
        return False
    args = {"group_buy_id": str(group_buy_id), "station": station.value, "options": options, "asked_by": uow.actor.name}
    uow.defer(Job(TASK, args, lock=_lock(group_buy_id)))
    return True


def run_station(  # noqa: PLR0913  who acts, which station, and what it needs
    run: Run,
    read: Run,
    group_buy_id: UUID,
    station: Station,
    options: dict[str, Any],
    on_progress: OnProgress | None = None,
    *,
    roads: DistanceSource | None = None,
) -> str:
    """Run one station of one round and return what the board shows; a finished station is not run again.

    A refusal or a crash leaves the station failed or running; calling again continues where it stopped.
    """
    if not run(steps.start_step, group_buy_id, station):
        return "already done"
    st = StationRun(run, read, group_buy_id, station, roads, on_progress)
    try:
        note = FLOWS[station](st, options)
    except DomainError as refusal:
        run(steps.fail_step, group_buy_id, station, str(refusal))
        raise
    except Exception as crash:
        run(steps.fail_step, group_buy_id, station, f"{type(crash).__name__}: {crash}")
        raise
    run(steps.finish_step, group_buy_id, station, note)
    return note


def notice_stopped(run: Run, read: Run, now: datetime) -> int:
    """Mark stations that read "running" although nobody works at them any more, with what happened; says how many.

    Their job was given up after its tries, or its worker died so often, or a command was killed. HQ may start such a
    station again. One that moves after all is shown as running again, so a mistake here mends itself.
    """
    found = 0
    running: list[tuple[UUID, RoundStep]] = read(groupbuys.running_steps)
    jobs: list[JobState] = read(queue.jobs_of_locks, TASK, [_lock(id_) for id_, _ in running]) if running else []
    for group_buy_id, step in running:
        own = {"group_buy_id": str(group_buy_id), "station": step.station.value}
        job = next((job for job in jobs if own.items() <= job.args.items()), None)
        if reason := _why_stopped(step, job, now):
            run(steps.fail_step, group_buy_id, step.station, str(reason))
            found += 1
    return found


def notice_lost_searches(run: Run, read: Run, now: datetime) -> int:
    """End searches for tours whose job was given up, so that another one may be asked for; says how many."""
    open_now: list[SearchCard] = read(logistics.open_searches)
    jobs: list[JobState] = read(queue.jobs_of_locks, SEARCH, [_lock(s.group_buy_id) for s in open_now])
    by_search = {job.args["search_id"]: job for job in reversed(jobs)}
    found = 0
    for search in open_now:
        job = by_search.get(str(search.id))
        silent_s = (now - (search.began_at or search.asked_at)).total_seconds()
        if (job is None or not job.is_under_way) and silent_s > GIVEN_UP_S:
            run(searches.end_search, search.id, None, str(StationStopped(tries=max(job.attempts if job else 1, 1))))
            found += 1
    return found


def _why_stopped(step: RoundStep, job: JobState | None, now: datetime) -> DomainError | None:
    """Why nobody works at a running station; None while somebody does, or may."""
    since = step.moved_at or step.started_at or now
    silent_s = (now - since).total_seconds()
    if job and job.is_under_way:
        return None
    if job and job.status != "succeeded" and silent_s > GIVEN_UP_S:
        return StationStopped(tries=max(job.attempts, 1))
    return StationSilent(since_at=since) if silent_s > SILENT_S else None


def _lock(group_buy_id: UUID) -> str:
    """Jobs of one round run one after another."""
    return f"round:{group_buy_id}"
