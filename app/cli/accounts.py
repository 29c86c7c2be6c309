"""`flask accounts …`: open accounts, move people of HQ to another desk, set passwords."""

import sys

import click
from flask.cli import AppGroup

from app.domains.accounts import queries
from app.domains.accounts.rules import tail
from app.domains.accounts.service import accounts as service, sign_ins
from app.domains.accounts.values import AccountCard, OpenAccount
from app.kernel.actors import Role
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.say import say

ROLES = [role.value for role in Role if role not in {Role.ANONYMOUS, Role.SYSTEM}]


group = AppGroup("accounts", help="Accounts of HQ, leaders and residents.")


@group.command("open")
@click.argument("role", type=click.Choice(ROLES))
@click.argument("login")
@click.option("--name", help="Display name; the login when left out.")
@click.option("--phone")
@click.option("--locale", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.password_option(envvar="LINLI_PASSWORD", help="Asked for when left out; or the variable LINLI_PASSWORD.")
def open_(role: str, login: str, name: str | None, phone: str | None, locale: str, password: str) -> None:
    """Open an account of ROLE that signs in as LOGIN."""
    wish = OpenAccount(
        role=Role(role), login=login, name=name or login, phone=phone, locale=locale, password=password
    )  # fmt: skip
    try:
        click.echo(transact(service.open_account, wish))
    except DomainError as refusal:
        _refuse(refusal)


@group.command("role")
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
def role_(login: str, role: str) -> None:
    """Move the HQ account LOGIN to another desk; its sign-ins end."""
    try:
        transact(service.change_role, _account(login).account_id, Role(role))
    except DomainError as refusal:
        _refuse(refusal)
    click.echo(f"{login}: {role}")


@group.command("password")
@click.argument("login")
@click.password_option(envvar="LINLI_PASSWORD", help="Asked for when left out; or the variable LINLI_PASSWORD.")
def password_(login: str, password: str) -> None:
    """Set a new password for LOGIN; its sign-ins end."""
    try:
        transact(service.set_password, _account(login).account_id, password)
    except DomainError as refusal:
        _refuse(refusal)
    click.echo(f"{login}: password set")


@group.command("disable")
@click.argument("login")
def disable_(login: str) -> None:
    """Lock LOGIN out at once."""
    transact(service.disable, _account(login).account_id)
    click.echo(f"{login}: disabled")


@group.command("sign-out")
@click.argument("login")
def sign_out_(login: str) -> None:
    """End every session and token of LOGIN at once; it may sign in again."""
    ended = transact(sign_ins.sign_out_everywhere, _account(login).account_id)
    click.echo(f"{login}: {ended} sign-ins ended")


@group.command("list")
@click.argument("role", type=click.Choice(ROLES))
def list_(role: str) -> None:
    """List the accounts of ROLE."""
    for card in read(queries.accounts_by_role, Role(role)):
        state = "disabled" if card.is_disabled else "active"
        click.echo(f"{card.login or tail(card.phone) or card.account_id}\t{card.name}\t{state}")


def _account(login: str) -> AccountCard:
    card = read(queries.find_account_by_login, login)
    if card is None:
        click.echo(f"no account signs in as {login}", err=True)
        sys.exit(1)
    return card


def _refuse(refusal: DomainError) -> None:
    click.echo(say(refusal), err=True)
    sys.exit(1)
