"""What every part of the made-up life stands on: one hub's clock, its events in time, and its ways to act."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.communities.values.ground import Hub
from app.domains.groupbuys.values import Station
from app.flows import stations
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Run
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due

Progress = Callable[[str], None]


@dataclass
class Stage:
    """One hub up to `end`: a queue of events in time. The dice fall the same way for every city."""

    services: Services
    clock: SetClock
    hub: Hub
    end: datetime
    say: Progress
    dice: random.Random = field(init=False)
    events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    events_made: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"linli {self.hub.code}")

    def run(self, use_case: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One transaction of the system."""
        return self.services.database.transact(Actor.system("demo"), use_case, *args, **kwargs)

    def as_person(self, person: UUID, role: Role, use_case: Callable[..., Any], *args: Any) -> Any:
        """One transaction of a resident or a leader."""
        return self.services.database.transact(Actor("demo", role, person), use_case, *args)

    def runner(self, person: UUID, role: Role) -> Run:
        """The way in which one person runs use-cases, for flows of several transactions."""
        return lambda use_case, *args: self.as_person(person, role, use_case, *args)

    def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One read."""
        return self.services.database.read(query, *args, **kwargs)

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Put an event into the queue; nothing happens after the present."""
        self.events_made += 1
        heapq.heappush(self.events, (min(when, self.end), self.events_made, what))

    def local(self, day: date, clock: time, plus_days: int = 0) -> datetime:
        """An instant by the hub's clock."""
        return datetime.combine(day + timedelta(days=plus_days), clock, ZoneInfo(self.hub.timezone))

    def live(self) -> None:
        """Let everything happen in order of time."""
        while self.events:
            when, _, what = heapq.heappop(self.events)
            self.clock.move_to(max(when, self.clock.now()))
            what()
        self.clock.move_to(self.end)
        run_due(self.services)

    def station(self, group_buy_id: UUID, station: Station, **options: Any) -> None:
        """Run one station and the jobs that follow from it."""
        stations.run_station(self.run, self.services.database.read, group_buy_id, station, options)
        run_due(self.services)
        self.say(f"{self.hub.code} {self.clock.now():%m-%d} {station.value}")
