"""`flask ledger …`: the chart of accounts, checkpoints of balances, closing months, corrections."""

from datetime import datetime
from uuid import UUID

import click
from flask.cli import AppGroup

from app.domains.communities import queries as communities
from app.domains.ledger import queries
from app.domains.ledger.service import checkpoints, reversals
from app.domains.ledger.values import ReverseJournal
from app.domains.ledger.values.chart import CHART
from app.flows import books
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import read, transact
from app.web.say import say

group = AppGroup("ledger", help="The books.")


@group.command("chart")
def chart() -> None:
    """Print every account with its meaning and its balance, debit positive."""
    sums: dict[tuple[str, str], int] = {}
    for row in read(queries.balances):
        key = (row.account.value, row.currency)
        sums[key] = sums.get(key, 0) + row.amount_cents
    for account in CHART.values():
        held = [
            f"{format_cents(cents, money)} {money}" for (code, money), cents in sums.items() if code == account.code
        ]
        click.echo(f"{account.code.value}\t{account.kind.value}\t{account.meaning_en}\t{', '.join(held) or '-'}")


@group.command("checkpoint")
@click.option("--rebuild", is_flag=True, help="Add up everything anew and put right what differs.")
def checkpoint(rebuild: bool) -> None:
    """Add up what was posted since the last checkpoint, so that balances are read fast."""
    taken = books.take_checkpoint(transact, read)
    click.echo("a long transaction is in the way, try again" if taken is None else f"{taken} postings taken in")
    if rebuild:
        click.echo(f"{transact(checkpoints.rebuild)} sums were wrong")


@group.command("close")
@click.option("--hub", "code", required=True, help="Code of the hub.")
@click.option("--month", required=True, type=click.DateTime(["%Y-%m"]), help="The month, e.g. 2026-10.")
def close(code: str, month: datetime) -> None:
    """Close a month of a hub for good."""
    hub = next((one for one in read(communities.hubs) if one.code == code), None)
    if hub is None:
        raise click.ClickException(f"there is no hub {code}")
    try:
        card = transact(books.close_month, hub.id, month.date())
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    for row in read(queries.period_sums, card.id):
        click.echo(f"{row.account.value}\t{format_cents(row.closing_cents, row.currency)} {row.currency}")
    click.echo(f"{card.month:%Y-%m} of {code} is closed")


@group.command("reverse")
@click.argument("journal_id", type=click.UUID)
@click.option("--reason", required=True, help="Why; kept with the reversal.")
def reverse(journal_id: UUID, reason: str) -> None:
    """Undo a journal by one the other way round."""
    try:
        back = transact(reversals.reverse, ReverseJournal(journal_id=journal_id, reason=reason))
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"{back.id}: {journal_id} is reversed")
