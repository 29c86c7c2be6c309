"""Every route × every role: who is let in, who is kept out, and that nothing changes when somebody is kept out."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.infra.uow import Database
from app.kernel.actors import Role
from app.web.credentials import is_api
from tests.architecture.access import PUBLIC
from tests.architecture.matrix import MATRIX, UNSAFE, Call, calls, declared
from tests.architecture.visitors import Visitor, fingerprint, written

ROLES = [role for role in Role if role is not Role.SYSTEM]
#: Blueprints whose routes are for everybody and therefore have no guard.
UNGUARDED = frozenset({"health", "preferences", "static"})
#: Routes that end the session they came with.
LEAVING = ("sign_out", "sign_out_everywhere")


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
            answer = visitor.send(call)
        if not kept_out(call, answer):
            wrong.append(f"{role.value} is let into {call.method} {call.path} ({answer.status_code})")
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
        answer = visitor.send(call)
        leaving = call.endpoint.endswith(LEAVING) and answer.status_code == 303  # may lead to the sign-in page
        if kept_out(call, answer) and not leaving:
            wrong.append(f"{role.value} is kept out of {call.method} {call.path} ({answer.status_code})")
        if answer.status_code >= 500:
            wrong.append(f"{role.value} breaks {call.method} {call.path} ({answer.status_code})")
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
                answer = visitor.send(call, with_secret=False)
            if answer.status_code != 403 or statements:
                wrong.append(f"{call.method} {call.path} ({answer.status_code})")
    assert wrong == []


def kept_out(call: Call, answer: TestResponse) -> bool:
    """Whether an answer is that of a guard: refused, or sent to sign in; at an open route 401 is a wrong password."""
    if Role.ANONYMOUS in (call.expected or ()):
        return answer.status_code == 403
    sent_away = answer.status_code == 303 and "sign-in" in answer.headers.get("Location", "")
    return answer.status_code in {401, 403} or sent_away
