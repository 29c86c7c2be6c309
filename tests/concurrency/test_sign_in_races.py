"""Guessing in parallel, signing in for the first time twice at once, and while the account changes."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import func, select

from app.domains.accounts.errors import WrongCode, WrongCredentials
from app.domains.accounts.models import Account
from app.domains.accounts.service import accounts, sign_ins
from app.domains.accounts.values import Door, SignInWithCode, SignInWithPassword
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, TooMany
from tests.conftest import SYSTEM
from tests.factories.accounts import PASSWORD, make_account
from tests.factories.meanwhile import during


def test_parallel_guesses_share_the_limit_of_ten(run: Callable[..., Any], database: Database) -> None:
    """Each guess looks before it counts; only the counting statement itself keeps the thirtieth guess out."""
    run(make_account, Role.LEADER, login="wang")

    def guess(n: int) -> str:
        wish = SignInWithPassword(login="wang", password="wrong", door=Door.PORTAL, address=f"10.0.0.{n}")
        try:
            answer = database.transact(Actor.anonymous(), sign_ins.sign_in_with_password, wish)
        except TooMany:
            return "too many"
        return "told" if isinstance(answer, WrongCredentials) else "in"

    with ThreadPoolExecutor(10) as pool:
        assert Counter(pool.map(guess, range(30))) == {"told": 10, "too many": 20}


def test_one_person_signing_in_twice_at_once_gets_one_account(database: Database) -> None:
    def come(_: int) -> Any:
        return database.transact(Actor.anonymous(), sign_ins.sign_in_with_openid, "o-1", "小李").account_id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(come, range(4)))) == 1
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Account)) == 1


@pytest.mark.parametrize("what", ["new password", "closed"])
def test_a_password_opens_nothing_while_it_is_changed_or_the_account_is_closed(
    what: str, run: Callable[..., Any], database: Database
) -> None:
    """Changing and closing end the sign-ins that there are: one that comes in meanwhile must not outlive that."""
    account_id = run(make_account, Role.LEADER, login="wang").id
    wish = SignInWithPassword(login="wang", password=PASSWORD, door=Door.PORTAL, address="10.0.0.1")

    def change(uow: UnitOfWork) -> None:
        if what == "new password":
            accounts.set_password(uow, account_id, "another long password 9")
        else:
            accounts.disable(uow, account_id)

    def come() -> Any:
        return database.transact(Actor.anonymous(), sign_ins.sign_in_with_password, wish)

    assert isinstance(during(database, SYSTEM, change, come), WrongCredentials)


@pytest.mark.parametrize("way", ["code", "platform"])
def test_a_resident_gets_no_session_in_an_account_that_is_being_closed(way: str, database: Database) -> None:
    def come() -> Any:
        if way == "platform":
            return database.transact(Actor.anonymous(), sign_ins.sign_in_with_openid, "o-1")
        return database.transact(Actor.anonymous(), sign_ins.sign_in_with_code, SignInWithCode(phone=phone, code=code))

    phone = "13700001234"
    code = database.transact(Actor.anonymous(), sign_ins.ask_code, phone, "10.0.0.1")
    account_id = come().account_id
    code = database.transact(Actor.anonymous(), sign_ins.ask_code, phone, "10.0.0.1")

    def close(uow: UnitOfWork) -> None:
        accounts.disable(uow, account_id)

    with pytest.raises(Forbidden) if way == "platform" else nullcontext():
        assert isinstance(during(database, SYSTEM, close, come), WrongCode)
