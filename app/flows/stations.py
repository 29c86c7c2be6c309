"""A round from station to station: the table of stations, and the one way to run them from any door."""

from typing import Any
from uuid import UUID

from app.domains.groupbuys import rules
from app.domains.groupbuys.service import plans, steps
from app.domains.groupbuys.values import Station
from app.flows.cutoff import cutoff_station
from app.flows.dispatch import dispatch_station
from app.flows.handover import handover_station
from app.flows.pickup import remind_station
from app.flows.receiving import receive_station
from app.flows.routing import route_station
from app.flows.settlement import settle_station
from app.flows.sorting import sort_station
from app.flows.station import OnProgress, StationFlow, StationRun
from app.infra.events import Job
from app.infra.uow import Run, UnitOfWork
from app.kernel.errors import DomainError


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
    uow.defer(Job("run_station", args, lock=f"round:{group_buy_id}"))
    return True


def run_station(
    run: Run,
    read: Run,
    group_buy_id: UUID,
    station: Station,
    options: dict[str, Any],
    on_progress: OnProgress | None = None,
) -> str:
    """Run one station of one round and return what the board shows; a finished station is not run again.

    A refusal or a crash leaves the station failed or running; calling again continues where it stopped.
    """
    if not run(steps.start_step, group_buy_id, station):
        return "already done"
    st = StationRun(run, read, group_buy_id, station, on_progress)
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
