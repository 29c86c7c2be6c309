"""`flask accounts …`."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.domains.accounts import queries
from app.domains.accounts.service import sign_ins
from app.domains.accounts.values import Door, SignedIn, SignInWithPassword
from app.infra.uow import Database
from app.kernel.actors import Actor, Role


def command(app: Flask, *words: str, password: str = "kiwi-742") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["accounts", *words], env={"LINLI_PASSWORD": password})
    return result.exit_code, result.output


def test_a_life_of_an_account(app: Flask, database: Database, read: Callable[..., Any]) -> None:
    code, output = command(app, "open", "hq_buyer", "Wang", "--name", "王芳")
    card = read(queries.find_account_by_login, "wang")
    assert (code, output.strip()) == (0, str(card.account_id))
    assert (card.role, card.name) == (Role.HQ_BUYER, "王芳")
    assert command(app, "list", "hq_buyer") == (0, "wang\t王芳\tactive\n")
    assert command(app, "role", "wang", "hq_finance") == (0, "wang: hq_finance\n")
    assert read(queries.get_account, card.account_id).role is Role.HQ_FINANCE
    assert command(app, "password", "wang", password="plum-9321") == (0, "wang: password set\n")
    wish = SignInWithPassword(login="wang", password="plum-9321", door=Door.CONSOLE, address="1.1.1.1")
    assert isinstance(database.transact(Actor.anonymous(), sign_ins.sign_in_with_password, wish), SignedIn)
    assert command(app, "sign-out", "wang") == (0, "wang: 1 sign-ins ended\n")
    assert command(app, "sign-out", "wang") == (0, "wang: 0 sign-ins ended\n")
    assert command(app, "disable", "wang") == (0, "wang: disabled\n")
    assert command(app, "list", "hq_finance") == (0, "wang\t王芳\tdisabled\n")


def test_refusals_end_with_a_sentence_and_a_failure(app: Flask) -> None:
    assert command(app, "open", "hq_buyer", "wang", password="short") == (
        1,
        "Choose a password of at least 8 characters that is hard to guess.\n",
    )
    command(app, "open", "leader", "wang")
    assert command(app, "open", "leader", "wang") == (1, "The login wang is taken.\n")
    assert command(app, "role", "wang", "hq_admin") == (1, "Role: only HQ accounts change their role\n")
    assert command(app, "password", "nobody") == (1, "no account signs in as nobody\n")
