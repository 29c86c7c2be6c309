"""What many tests begin with is lived once a process: the next test that begins so gets the same rows back.

`kept` marks a factory. Called where the rows of the database are known (it is empty, or only kept factories have
written since), its first call with some arguments is lived and remembered; every later one from there puts the rows,
the clock, what the payment provider knows and the kept files back, and returns a copy of the result. As soon as anybody
else writes, nothing is remembered any more until the next test: then a factory is just a function.
"""

import itertools
from collections.abc import Callable, Hashable, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event

from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from tests.database import Sweeper
from tests.factories.provider import ApprovingProvider
from tests.factories.snapshot import Snapshot

P = ParamSpec("P")
T = TypeVar("T")

#: Where an emptied database stands.
EMPTY = 0


class Whereabouts:
    """Which known rows the test worker's database holds: EMPTY, the number of something kept, or None for unknown."""

    def __init__(self) -> None:
        self.here: int | None = None
        self.sweeper: Sweeper | None = None
        #: How many kept factories are at work: what they write themselves is known.
        self.depth = 0

    def watch(self, engine: Engine) -> None:
        """Notice everybody who may write; readers say that they only read."""
        event.listen(engine, "before_cursor_execute", self._note)

    def filled(self) -> list[str]:
        """The tables that have a row."""
        assert self.sweeper
        return [name for name, _ in self.sweeper.filled()]

    def empty(self, sweeper: Sweeper) -> None:
        """Empty the database."""
        sweeper.sweep()
        self.here, self.sweeper, self.depth = EMPTY, sweeper, 0

    def forget(self) -> None:
        """Something that factories call is about to be another: what they make from here on is lived."""
        self.here = None

    def _note(self, connection: Connection, *_: Any) -> None:
        if not self.depth and not connection.get_execution_options().get("postgresql_readonly"):
            self.here = None


now_at = Whereabouts()


@dataclass(frozen=True)
class _Past:
    number: int
    result: Any
    rows: Snapshot
    at: datetime
    provider: dict[str, Any]
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class _Place:
    """Where something of the test that runs stands in a kept result."""

    number: int


#: One object for each place, so that a copy finds it by what it is.
_PLACES = tuple(_Place(number) for number in range(50))
_pasts: dict[Hashable, _Past] = {}
_numbers = itertools.count(EMPTY + 1)


def kept(make: Callable[P, T]) -> Callable[P, T]:
    """A factory that is lived once a process for the same arguments on the same rows.

    One of its arguments leads to the database, else it is just a function. It uses nobody's memory but that, the clock,
    an `ApprovingProvider` and files under the settings' directory.
    """

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        lent = _lent([*args, *kwargs.values()])
        database = next((one for one in lent if isinstance(one, Database)), None)
        services = next((one for one in lent if isinstance(one, Services)), None)
        before = now_at.here
        if before is None or now_at.depth or database is None or not isinstance(clock := database.clock, SetClock):
            return make(*args, **kwargs)
        key = (
            before, make, str(_plain(args)), str(_plain(kwargs)), clock.now(),
            str(_known(services)),
        )  # fmt: skip
        past = _pasts.get(key)
        if past:
            _put_back(past, database, clock, services)
            result: T = deepcopy(past.result, {id(place): one for place, one in zip(_PLACES, lent, strict=False)})
        else:
            now_at.depth += 1
            try:
                now_at.here, result = None, make(*args, **kwargs)
            finally:
                now_at.depth -= 1
            bare = deepcopy(result, {id(one): place for place, one in zip(_PLACES, lent, strict=False)})
            rows, knows = Snapshot.of(database.engine, now_at.filled()), deepcopy(_known(services))
            past = _pasts[key] = _Past(next(_numbers), bare, rows, clock.now(), knows, _files(services))
        now_at.here = past.number
        return result

    return made


def _put_back(past: _Past, database: Database, clock: SetClock, services: Services | None) -> None:
    if now_at.here != EMPTY:
        assert now_at.sweeper
        now_at.sweeper.sweep()
    now_at.depth += 1
    try:
        past.rows.put_back(database.engine)
    finally:
        now_at.depth -= 1
    clock.move_to(past.at)
    if services:
        vars(services.provider).update(deepcopy(past.provider))
        for path, content in past.files.items():
            there = services.settings.var_dir / path
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)


def _lent(values: list[Any]) -> list[Any]:
    """What belongs to the test that runs, in a fixed order: a result may hold it, but it is never copied."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, Services):
            found += [value, value.database, value.provider]
        elif isinstance(value, Database | SetClock):
            found.append(value)
        elif is_dataclass(value) and not isinstance(value, type):
            found += _lent([getattr(value, one.name) for one in fields(value)])
        elif callable(value):
            owner = getattr(getattr(value, "func", value), "__self__", None)
            found += [value, owner] if isinstance(owner, Database) else [value]
    return found


def _plain(value: Any) -> Any:
    """An argument as far as it may differ from call to call: without what belongs to the test that runs."""
    if isinstance(value, Services | Database | SetClock) or (callable(value) and not isinstance(value, type)):
        return type(value).__name__
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _known(services: Services | None) -> dict[str, Any]:
    """What the provider in this process remembers."""
    if services is None or not isinstance(services.provider, ApprovingProvider):
        return {}
    return {name: value for name, value in vars(services.provider).items() if name != "_lock"}


def _files(services: Services | None) -> Mapping[str, bytes]:
    root = services.settings.var_dir if services else Path("/nowhere")
    return {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}
