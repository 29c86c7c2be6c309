"""Every route × every role: who is let in, who is kept out, and that nothing changes when somebody is kept out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.domains.accounts.values import Door
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.web.credentials import COOKIES, door_of, is_api
from tests.architecture.access import PUBLIC
from tests.architecture.matrix import MATRIX, UNSAFE, Call, calls, declared
from tests.factories.accounts import make_account, make_sign_in

ROLES = [role for role in Role if role is not Role.SYSTEM]
#: Blueprints whose routes are for everybody and therefore have no guard.
UNGUARDED = frozenset({"health", "preferences", "static"})


def test_every_route_has_an_entry(app: Flask) -> None:
    assert sorted({f"{c.method} {c.endpoint}" for c in calls(app) if c.expected is None}) == []


def test_every_entry_has_a_route(app: Flask) -> None:
    known = {name for c in calls(app) for name in (c.endpoint, f"{c.method} {c.endpoint}")}
    assert sorted(set(MATRIX) - known) == []


def test_every_route_is_guarded_or_known_to_be_public(app: Flask) -> None:
    """A view without a guard is a view that somebody forgot, unless the table says that everybody may."""
    naked = {
        c.endpoint
        for c in calls(app)
        if declared(app, c.endpoint, c.method) is None
        and c.endpoint.partition(".")[0] not in UNGUARDED
        and c.expected != PUBLIC
    }
    assert sorted(naked) == []


@pytest.mark.parametrize("role", ROLES)
def test_who_is_kept_out_changes_nothing(app: Flask, database: Database, role: Role) -> None:
    visitor = Visitor(app, database, role)
    before = fingerprint(database)
    wrong = []
    for call in calls(app):
        if call.expected is None or role in call.expected:
            continue
        with written(database) as statements:
            status, place = visitor.send(call)
        if not kept_out(call, status, place):
            wrong.append(f"{role.value} is let into {call.method} {call.path} ({status})")
        if statements:
            wrong.append(f"{role.value} changes something by {call.method} {call.path}: {statements[0][:80]}")
    assert wrong == []
    assert fingerprint(database) == before


@pytest.mark.parametrize("role", ROLES)
def test_who_may_come_in_meets_no_closed_door_and_no_failure(app: Flask, database: Database, role: Role) -> None:
    """Ids that do not exist, empty forms and empty bodies are refused politely, never with a 500."""
    visitor = Visitor(app, database, role)
    wrong = []
    for call in calls(app):
        if call.endpoint == "health.ready" or role not in (call.expected or ()):
            continue
        status, place = visitor.send(call)
        if kept_out(call, status, place):
            wrong.append(f"{role.value} is kept out of {call.method} {call.path} ({status})")
        if status >= 500:
            wrong.append(f"{role.value} breaks {call.method} {call.path} ({status})")
        if call.method in UNSAFE:
            visitor.forget_sessions()
    assert wrong == []


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.LEADER, Role.HQ_ADMIN])
def test_a_form_without_its_secret_is_refused_everywhere(app: Flask, database: Database, role: Role) -> None:
    visitor = Visitor(app, database, role)
    wrong = []
    for call in calls(app):
        if call.method in UNSAFE and role in (call.expected or ()) and not is_api(call.path):
            with written(database) as statements:
                status, _ = visitor.send(call, with_secret=False)
            if status != 403 or statements:
                wrong.append(f"{call.method} {call.path} ({status})")
    assert wrong == []


def kept_out(call: Call, status: int, place: str) -> bool:
    """Whether an answer is that of a guard: refused, or sent to sign in where strangers may not be."""
    sent_away = status == 303 and "sign-in" in place and Role.ANONYMOUS not in (call.expected or ())
    return status in {401, 403} or sent_away


class Visitor:
    """Somebody of a role with a session at whichever door a route belongs to, so that only the role decides."""

    def __init__(self, app: Flask, database: Database, role: Role) -> None:
        self._app = app
        self._database = database
        self._account = None
        self._sessions: dict[Door, tuple[str, str]] = {}
        if role is not Role.ANONYMOUS:
            self._account = database.transact(Actor.system("test"), make_account, role)
            for door in Door:
                self._session(door)

    def send(self, call: Call, *, with_secret: bool = True) -> tuple[int, str]:
        """Status and place of the answer."""
        client = self._app.test_client()
        headers: dict[str, str] = {}
        door = Door.API if is_api(call.path) else door_of(call.path)
        token, csrf = self._session(door)
        if not token:
            client.set_cookie("linli_csrf", csrf)
        elif door is Door.API:
            headers["Authorization"] = f"Bearer {token}"
        else:
            client.set_cookie(COOKIES[door], token)
        if with_secret:
            headers["X-CSRFToken"] = csrf
        body: dict[str, Any] = {"json": {}} if is_api(call.path) and call.method in UNSAFE else {}
        with client.open(call.path, method=call.method, headers=headers, **body) as response:
            return response.status_code, response.headers.get("Location", "")

    def forget_sessions(self) -> None:
        """Come in anew next time: the last call may have signed this visitor out."""
        self._sessions.clear()

    def _session(self, door: Door) -> tuple[str, str]:
        """Token and form secret; a stranger has the second only."""
        if self._account is None:
            return "", "a stranger's secret"
        if door not in self._sessions:
            self._sessions[door] = self._database.transact(Actor.system("test"), make_sign_in, self._account, door)
        return self._sessions[door]


@contextmanager
def written(database: Database) -> Iterator[list[str]]:
    """The writing statements that reach the database meanwhile."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SELECT", "SET ")):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def fingerprint(database: Database) -> int:
    """Rows in all tables, in one statement."""
    with database.engine.connect() as connection:
        tables = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        names = connection.execute(text(tables)).scalars().all()
        counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)
        return int(connection.scalar(text(f"SELECT {counts}")) or 0)
