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
def test_the_matrix(app: Flask, database: Database, role: Role) -> None:
    visitor = Visitor(app, database, role)
    wrong = []
    for call in calls(app):
        if call.expected is None:
            continue
        with written(database) as statements:
            status, place = visitor.send(call)
        sent_away = status == 303 and "sign-in" in place and Role.ANONYMOUS not in call.expected
        kept_out = status in {401, 403} or sent_away
        if role in call.expected and kept_out:
            wrong.append(f"{role.value} is kept out of {call.method} {call.path} ({status})")
        if role not in call.expected and not kept_out:
            wrong.append(f"{role.value} is let into {call.method} {call.path} ({status})")
        if role not in call.expected and statements:
            wrong.append(f"{role.value} changes something by {call.method} {call.path}: {statements[0][:80]}")
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


@pytest.mark.parametrize("role", ROLES)
def test_no_call_ends_in_a_failure_of_ours(app: Flask, database: Database, role: Role) -> None:
    """Ids that do not exist, empty forms and empty bodies are refused, never a 500."""
    visitor = Visitor(app, database, role)
    broken = [f"{c.method} {c.path}" for c in calls(app) if c.endpoint != "health.ready" and visitor.send(c)[0] >= 500]
    assert broken == []


class Visitor:
    """Somebody of a role with a session at whichever door a route belongs to, so that only the role decides."""

    def __init__(self, app: Flask, database: Database, role: Role) -> None:
        self._app = app
        self._database = database
        self._account = None
        if role is not Role.ANONYMOUS:
            self._account = database.transact(Actor.system("test"), make_account, role)

    def send(self, call: Call, *, with_secret: bool = True) -> tuple[int, str]:
        """Status and place of the answer."""
        client = self._app.test_client()
        headers: dict[str, str] = {}
        if self._account is not None:
            door = Door.API if is_api(call.path) else door_of(call.path)
            token, csrf = self._database.transact(Actor.system("test"), make_sign_in, self._account, door)
            if door is Door.API:
                headers["Authorization"] = f"Bearer {token}"
            else:
                client.set_cookie(COOKIES[door], token)
        else:
            csrf = "a stranger's secret"
            client.set_cookie("linli_csrf", csrf)
        if with_secret:
            headers["X-CSRFToken"] = csrf
        body: dict[str, Any] = {"json": {}} if is_api(call.path) and call.method in UNSAFE else {}
        with client.open(call.path, method=call.method, headers=headers, **body) as response:
            return response.status_code, response.headers.get("Location", "")


@contextmanager
def written(database: Database) -> Iterator[list[str]]:
    """The writing statements that reach the database meanwhile; those of the test itself come before."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SELECT", "SET ", "INSERT INTO accounts_sign_in")):
            found.append(statement)

    before = fingerprint(database)
    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    if fingerprint(database) != before:
        found.append("the numbers of rows differ")


def fingerprint(database: Database) -> int:
    """Rows in all tables but that of sign-ins, in one statement."""
    tables = (
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'accounts_sign_in'"
    )
    with database.engine.connect() as connection:
        names = connection.execute(text(tables)).scalars().all()
        counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in names)
        return int(connection.scalar(text(f"SELECT {counts}")) or 0)
