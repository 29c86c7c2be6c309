"""`flask refunds …`: money that should have gone back and has not, and ordering it again."""

from datetime import timedelta
from uuid import UUID

import click
from flask.cli import AppGroup

from app.domains.payments import queries
from app.domains.payments.service import refunds
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import now, read, transact
from app.web.say import say

group = AppGroup("refunds", help="Refunds that have not arrived.")


@group.command("list")
@click.option("--minutes", type=click.IntRange(0), default=60, show_default=True, help="Leave out younger ones.")
def list_(minutes: int) -> None:
    """List refunds that failed or are still under way, oldest first."""
    for one in read(queries.open_refunds, now() - timedelta(minutes=minutes)):
        amount = f"{format_cents(one.amount_cents, one.currency)} {one.currency}"
        click.echo(f"{one.id}\t{one.order_id}\t{amount}\t{one.reason}\t{one.status.value}\t{one.failure or ''}")


@group.command("retry")
@click.argument("refund_id", type=click.UUID)
def retry(refund_id: UUID) -> None:
    """Order a failed refund again; the worker sends it."""
    try:
        transact(refunds.retry, refund_id)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"{refund_id}: ordered again")
