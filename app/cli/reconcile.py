"""`flask reconcile`: compare a day with the payment provider's books."""

from datetime import datetime, timedelta

import click
from flask.cli import with_appcontext

from app.domains.payments.gateways.provider import ProviderRefused, ProviderUnreachable
from app.domains.reconciliation import queries
from app.flows import reconciliation
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import now, read, services, transact
from app.web.say import say


@click.command("reconcile")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day in UTC; yesterday unless given.")
@with_appcontext
def command(on: datetime | None) -> None:
    """Fetch what the payment provider booked on a day and name every difference from our books."""
    day = on.date() if on else now().date() - timedelta(days=1)
    try:
        card = reconciliation.reconcile(transact, services().provider, day)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    except (ProviderUnreachable, ProviderRefused) as failure:
        raise click.ClickException(str(failure)) from failure
    click.echo(f"{card.on}\t{card.bookings} bookings\t{card.matched} matched\t{card.open} open")
    for one in read(queries.differences, day):
        ours, theirs = (format_cents(cents, one.currency) for cents in (one.ours_cents, one.theirs_cents))
        click.echo(f"{one.kind.value}\t{one.type_name}\tours {ours}\ttheirs {theirs}\t{one.ref}\t{one.state.value}")
