"""Who asks, and the way to the use-cases: what a view needs of the running application.

Nothing here touches the database before it is needed: a page that nobody has signed in to costs no statement.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from flask import current_app, g, has_request_context, request

from app.domains.accounts import queries
from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, Person
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor
from app.web.credentials import bearer_of, cookie_of, door_of_request

P = ParamSpec("P")
T = TypeVar("T")


def services() -> Services:
    """Settings, database and gateways of this process."""
    found: Services = current_app.extensions["services"]
    return found


def now() -> datetime:
    """The present instant by the installation's clock."""
    return services().database.clock.now()


def person() -> Person | None:
    """Who is signed in here, or None; looked up at the first call of a request and remembered for the rest of it."""
    if "person" not in g:
        g.person = _look_up() if has_request_context() else None
    found: Person | None = g.person
    return found


def forget_person() -> None:
    """Treat the rest of this request as a stranger's: after signing out, or when the database is away."""
    g.person = None


def actor() -> Actor:
    """On whose behalf use-cases of this request run; a command acts as the system unless it says otherwise."""
    if not has_request_context():
        return Actor.system("cli")
    who = person()
    return Actor(who.name, who.role, who.account_id) if who else Actor.anonymous()


def actor_id() -> UUID:
    """The account of the signed-in person; only for views behind a guard."""
    who = person()
    if who is None:
        raise RuntimeError(f"{request.endpoint} has no guard")
    return who.account_id


def transact(use_case: Callable[Concatenate[UnitOfWork, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one use-case in one transaction for the person who asks. Also the `run` of flows in several."""
    return services().database.transact(actor(), use_case, *args, **kwargs)


def read(query: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a query of a room in a read-only transaction."""
    return services().database.read(query, *args, **kwargs)


def read_snapshot(query: Callable[Concatenate[Any, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a query of many statements that must all see the same instant."""
    return services().database.read_snapshot(query, *args, **kwargs)


def _look_up() -> Person | None:
    bearer = bearer_of(request)
    token = bearer or cookie_of(request)
    if not token:
        return None
    database = services().database
    found = database.read(queries.person_of_token, token, database.clock.now())
    if found is None or found.door is not (Door.API if bearer else door_of_request(request)):
        return None
    if found.due_for_renewal:
        who = Actor(found.name, found.role, found.account_id)
        database.transact(who, sign_ins.prolong, found.sign_in_id)
    return found
