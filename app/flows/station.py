"""What a station of a round is handed: its transactions, its reads, and a way to say how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domains.groupbuys.service import steps
from app.domains.groupbuys.values import Station
from app.infra.distance import DistanceSource
from app.infra.uow import Run

#: Called with (done, total, note) for a progress bar at the door.
OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class StationRun:
    """One run of one station. Every `run` is a transaction of its own, so a killed station continues where it was."""

    run: Run
    read: Run
    group_buy_id: UUID
    station: Station
    #: Who knows the roads; None = straight lines with the hub's detour.
    roads: DistanceSource | None = None
    on_progress: OnProgress | None = None

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Show on the round board, at once, that `done` of `total` is finished."""
        self.run(steps.advance_step, self.group_buy_id, self.station, done, total, note)
        if self.on_progress:
            self.on_progress(done, total, note)


StationFlow = Callable[[StationRun, dict[str, Any]], str]
