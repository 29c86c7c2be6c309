"""`flask claims …`: what residents complain of, and its decision."""

from uuid import UUID

import click

from app.domains.aftersales import queries
from app.domains.aftersales.values import ClaimFault, ClaimStatus, DecideClaim
from app.flows.claims import decide_claim
from app.kernel.errors import DomainError
from app.kernel.money import format_cents, parse_cents
from app.kernel.paging import PageAsk
from app.web.context import read, transact
from app.web.say import say

group = click.Group("claims", help="Claims of residents.")


@group.command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=50, show_default=True)
def list_(limit: int) -> None:
    """List open claims, those that are due first."""
    for claim in read(queries.claims, PageAsk(limit=limit), ClaimStatus.OPEN).rows:
        amount = format_cents(claim.claimed_cents)
        click.echo(f"{claim.id}\t{claim.order_no}\t{claim.sku_name}\t{claim.kind.value}\t{claim.qty}\t{amount}")


@group.command("decide")
@click.argument("claim_id", type=click.UUID)
@click.option("--approve/--reject", required=True)
@click.option(
    "--fault", type=click.Choice([fault.value for fault in ClaimFault]), required=True, help="Who answers for it."
)
@click.option("--reason", required=True, help="Told to the resident.")
@click.option("--amount", help="What is refunded; the whole claim when left out.")
def decide(*, claim_id: UUID, approve: bool, fault: str, reason: str, amount: str | None) -> None:
    """Approve or reject one claim; it is decided once."""
    try:
        cents = parse_cents(amount) if amount else None
        wish = DecideClaim(
            claim_id=claim_id, approve=approve, fault=ClaimFault(fault), reason=reason, amount_cents=cents
        )
        done = transact(decide_claim, wish)
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"{done.status.value}, refunded {format_cents(done.refunded_cents)}")
