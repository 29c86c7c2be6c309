"""One use-case, one transaction: begun, retried, committed and rolled back here and nowhere else."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.infra import queue
from app.infra.audit import AuditRow
from app.infra.bulk import insert_rows
from app.infra.events import Fact, Job, to_body
from app.kernel.actors import Actor, Permission
from app.kernel.clock import Clock
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id

P = ParamSpec("P")
T = TypeVar("T")

#: Of an audit row: what was changed, and how it was before and after, as JSON.
Change = tuple[UUID, dict[str, Any] | None, dict[str, Any] | None]
ATTEMPTS = 4
#: PostgreSQL codes after which the same work may well succeed: unique clash, serialization, deadlock, lock timeout.
RETRIABLE = frozenset({"23505", "40001", "40P01", "55P03"})


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """What a use-case is handed: the open session, who acts, and the one `now` of this transaction."""

    session: Session
    actor: Actor
    now: datetime
    _jobs: list[Job] = field(default_factory=list)
    _trail: list[dict[str, Any]] = field(default_factory=list)

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor holds `permission`."""
        if permission not in self.actor.permissions:
            raise Forbidden(permission=permission.value)

    def emit(self, fact: Fact) -> None:
        """Tell `fact` to the rooms that listen; it is delivered only if this transaction commits."""
        self._jobs.append(Job("deliver", {"topic": fact.topic, "fact_id": str(new_id()), "body": to_body(fact)}))

    def defer(self, job: Job) -> None:
        """Queue a job; it exists only if this transaction commits."""
        self._jobs.append(job)

    def audit(
        self, action: str, entity_id: UUID | None, before: dict[str, Any] | None, after: dict[str, Any] | None
    ) -> None:
        """Note who changed what; values must be JSON. Written before the commit, all notes with one statement."""
        self._trail.append(
            {"actor_id": self.actor.id, "actor_name": self.actor.name, "action": action, "entity_id": entity_id,
             "before": before, "after": after}
        )  # fmt: skip

    def audit_many(self, action: str, changes: Sequence[Change]) -> None:
        """Note many changes of one kind with one statement."""
        rows = [{"entity_id": entity_id, "before": before, "after": after} for entity_id, before, after in changes]
        who = {"at": self.now, "actor_id": self.actor.id, "actor_name": self.actor.name, "action": action}
        insert_rows(self.session, AuditRow, rows, who)

    def as_system(self, name: str) -> "UnitOfWork":
        """The same transaction with every right, for the consequences that a flow draws from an allowed act."""
        return replace(self, actor=Actor("system:" + name + " for " + self.actor.name, Actor.system(name).role))

    def lock(self, name: str) -> None:
        """Wait for a named lock and hold it to the end of the transaction: one round station at a time."""
        self.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def see_one_instant(self) -> None:
        """Let every statement see the same instant, whatever is committed meanwhile; before the first of them."""
        self.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))

    def finish(self) -> None:
        """Write what was noted, emitted and deferred; called once, just before the commit."""
        if self._trail or self._jobs:
            self.session.flush()
        insert_rows(self.session, AuditRow, self._trail, {"at": self.now})
        queue.defer(self.session, self._jobs)
        self._trail.clear()
        self._jobs.clear()


class Database:
    """The only owner of engine and sessions."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        # The same connections, told with their BEGIN that nothing will be written: no statement of its own.
        self._readers = sessionmaker(engine.execution_options(postgresql_readonly=True), expire_on_commit=False)

    def transact(
        self, actor: Actor, use_case: Callable[Concatenate[UnitOfWork, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `use_case` in one transaction; on a lock conflict or a unique clash run it again, at most 4 times.

        A unique clash means that a twin request won the race: the second run sees its rows and answers accordingly.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._sessions.begin() as session:
                    uow = UnitOfWork(session, actor, self.clock.now())
                    result = use_case(uow, *args, **kwargs)
                    uow.finish()
                    return result
            except (IntegrityError, OperationalError) as clash:
                if attempt == ATTEMPTS or getattr(clash.orig, "sqlstate", None) not in RETRIABLE:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311  spreads twins, not a secret
        raise AssertionError("unreachable")

    def read(self, query: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of a room in a read-only transaction.

        It ends with COMMIT: at a ROLLBACK the driver throws away every statement that the connection has prepared.
        """
        with self._readers.begin() as session:
            return query(session, *args, **kwargs)

    def read_snapshot(self, query: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query whose statements must all see the same instant, whatever is committed meanwhile."""
        with self._sessions.begin() as session:
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            return query(session, *args, **kwargs)


#: A door's way to run one use-case in one transaction of its own; multi-step flows take it as their first argument.
Run = Callable[..., Any]
