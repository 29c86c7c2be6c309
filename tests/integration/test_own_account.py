"""One's own account at the console and the portal, and who may sign out whom."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.domains.accounts import queries
from app.domains.accounts.models import Account
from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignedIn, SignInWithPassword
from app.infra.audit import AuditRow
from app.infra.uow import Database
from app.kernel.actors import HQ_ROLES, Actor, Role
from app.kernel.errors import Forbidden, NotFound
from app.kernel.ids import new_id
from tests.factories.accounts import PASSWORD, let_in, make_account, make_sign_in, person_of

Run = Callable[..., Any]
DOORS = [(Role.HQ_BUYER, "/hq", Door.CONSOLE), (Role.LEADER, "/leader", Door.PORTAL)]
#: Who may end the sessions of an account of each role, besides its owner.
MANAGERS = {
    Role.RESIDENT: {Role.HQ_ADMIN, Role.HQ_COMMUNITY},
    Role.LEADER: {Role.HQ_ADMIN, Role.HQ_COMMUNITY},
    **{role: {Role.HQ_ADMIN} for role in sorted(HQ_ROLES)},
}


@pytest.mark.parametrize("whose", list(MANAGERS))
def test_who_may_sign_out_whom(run: Run, read: Run, database: Database, whose: Role) -> None:
    wrong = []
    for role in set(Role) - {Role.SYSTEM}:
        account = run(make_account, whose)
        token, _ = run(make_sign_in, account, Door.API)
        try:
            ended = database.transact(Actor("x", role, new_id()), sign_ins.sign_out_everywhere, account.id)
        except Forbidden:
            ended = 0
        alive = read(queries.person_of_token, token, database.clock.now()) is not None
        if (ended, alive) != ((1, False) if role in MANAGERS[whose] else (0, True)):
            wrong.append(role)
    assert wrong == []


def test_signing_out_leaves_a_trace_and_needs_an_account(run: Run, database: Database) -> None:
    leader = run(make_account, Role.LEADER)
    run(make_sign_in, leader, Door.API)
    run(make_sign_in, leader, Door.PORTAL)
    admin = person_of(run(make_account, Role.HQ_ADMIN))
    assert database.transact(admin, sign_ins.sign_out_everywhere, leader.id) == 2
    assert database.transact(admin, sign_ins.sign_out_everywhere, leader.id) == 0
    with pytest.raises(NotFound):
        database.transact(admin, sign_ins.sign_out_everywhere, new_id())
    with database.engine.connect() as connection:
        wanted = select(AuditRow.actor_id, AuditRow.after).where(
            AuditRow.action == "accounts.sign_out_everywhere", AuditRow.entity_id == leader.id
        )
        assert connection.execute(wanted).all() == [(admin.id, {"ended": 2})]


class Own:
    """Somebody at the page of her own account, in English."""

    def __init__(self, client: FlaskClient, database: Database, role: Role, place: str) -> None:
        self.account: Account = database.transact(Actor.system("test"), make_account, role)
        self.client, self.place = client, place
        client.set_cookie("locale", "en")
        self.csrf = let_in(client, database, self.account)

    def change(self, old: str, new: str, again: str) -> Any:
        data = {"csrf_token": self.csrf, "old": old, "new": new, "again": again}
        return self.client.post(f"{self.place}/account/password", data=data)


def signs_in(database: Database, account: Account, password: str, door: Door) -> bool:
    wish = SignInWithPassword(login=account.login or "", password=password, door=door, address="1.2.3.4")
    return isinstance(database.transact(Actor.anonymous(), sign_ins.sign_in_with_password, wish), SignedIn)


@pytest.mark.parametrize(("role", "place", "door"), DOORS)
def test_a_new_password_ends_every_session(
    client: FlaskClient, database: Database, role: Role, place: str, door: Door
) -> None:
    me = Own(client, database, role, place)
    page = client.get(f"{place}/account")
    assert (page.status_code, "Present password" in page.text) == (200, True)
    done = me.change(PASSWORD, "kiwi-742", "kiwi-742")
    assert (done.status_code, done.location) == (303, f"{place}/sign-in")
    assert client.get(f"{place}/account").status_code == 303
    assert signs_in(database, me.account, "kiwi-742", door)
    assert not signs_in(database, me.account, PASSWORD, door)


@pytest.mark.parametrize(("role", "place", "door"), DOORS)
@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        (("wrong", "kiwi-742", "kiwi-742"), "old", "This is not your present password."),
        ((PASSWORD, "kiwi-742", "kiwi-743"), "again", "The two new passwords differ."),
        ((PASSWORD, "short", "short"), "new", "Choose a password of at least 8 characters that is hard to guess."),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_changes(
    client: FlaskClient, database: Database, role: Role, place: str, door: Door, typed: tuple[str, str, str],
    field: str, sentence: str,
) -> None:  # fmt: skip
    me = Own(client, database, role, place)
    answer = me.change(*typed)
    assert answer.status_code == 422
    at = answer.text.index(f'id="f-{field}-error"')
    assert sentence in answer.text[at : at + 400]
    assert client.get(f"{place}/account").status_code == 200
    assert signs_in(database, me.account, PASSWORD, door)


def test_guesses_at_the_old_password_are_counted(client: FlaskClient, database: Database) -> None:
    me = Own(client, database, Role.LEADER, "/leader")
    assert [me.change("wrong", "kiwi-742", "kiwi-742").status_code for _ in range(11)] == [422] * 10 + [429]
    assert me.change(PASSWORD, "kiwi-742", "kiwi-742").status_code == 429


@pytest.mark.parametrize(("role", "place", "door"), DOORS)
def test_all_devices_are_signed_out(
    client: FlaskClient, run: Run, read: Run, database: Database, role: Role, place: str, door: Door
) -> None:
    me = Own(client, database, role, place)
    elsewhere, _ = run(make_sign_in, me.account, Door.API)
    done = client.post(f"{place}/account/sign-out-everywhere", data={"csrf_token": me.csrf})
    assert (done.status_code, done.location) == (303, f"{place}/sign-in")
    assert read(queries.person_of_token, elsewhere, database.clock.now()) is None
    assert client.get(f"{place}/account").status_code == 303
