"""People who try routes, and a watch on what their calls write."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.accounts.values import Door
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.web.credentials import COOKIES, door_of, is_api
from tests.architecture.matrix import UNSAFE, Call
from tests.factories.accounts import make_account, make_sign_in


class Visitor:
    """Somebody with a session at whichever door a route belongs to, so that only role and ownership decide."""

    def __init__(self, app: Flask, database: Database, role: Role, account: Account | None = None) -> None:
        self._app = app
        self._database = database
        self._account = account
        self._sessions: dict[Door, tuple[str, str]] = {}
        if role is not Role.ANONYMOUS:
            self._account = account or database.transact(Actor.system("test"), make_account, role)
            for door in Door:
                self._session(door)

    def send(self, call: Call, *, with_secret: bool = True, **body: Any) -> TestResponse:
        """The answer; without a body, unsafe calls of the API carry an empty object."""
        client: FlaskClient = self._app.test_client()
        headers: dict[str, str] = body.pop("headers", {})
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
        if not body and is_api(call.path) and call.method in UNSAFE:
            body = {"json": {}}
        return client.open(call.path, method=call.method, headers=headers, buffered=True, **body)

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
