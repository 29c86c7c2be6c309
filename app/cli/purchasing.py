"""`flask purchasing …`: orders that wait for a choice below their supplier's minimum, and the choice itself."""

import click
from flask.cli import AppGroup

from app.domains.supply import queries as supply
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.values.purchasing import BelowMinimum
from app.flows import purchasing as flow
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import read, transact
from app.web.say import say

group = AppGroup("purchasing", help="Purchase orders below their supplier's minimum.")


@group.command("waiting")
def waiting() -> None:
    """List orders that wait for a choice: number, supplier, and what each choice costs."""
    for order_id in read(reads.waiting_for_decision):
        order, found = read(supply.get_purchase_order, order_id), flow.preview(read, order_id)
        sums = {
            "top_up": found.extra_cents + found.rest_fee_cents, "drop": -found.saved_cents, "fee": found.fee_cents,
        }  # fmt: skip
        costs = "\t".join(f"{choice} {format_cents(cents, order.currency)}" for choice, cents in sums.items())
        until = order.decide_by.isoformat() if order.decide_by else "-"
        click.echo(f"{order.no}\t{order.supplier_code}\t{until}\t{found.usual.value}\t{costs}")


@group.command("decide")
@click.argument("no")
@click.argument("choice", type=click.Choice(BelowMinimum, case_sensitive=False))
def decide(no: str, choice: BelowMinimum) -> None:
    """Choose for one order: top_up orders more packs, drop refunds the residents, fee pays the difference."""
    order_id = read(reads.find_order_by_no, no)
    if order_id is None:
        raise click.ClickException(f"there is no purchase order {no}")
    try:
        refunded = transact(flow.decide, order_id, choice)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    order = read(supply.get_purchase_order, order_id)
    click.echo(f"{no}: {order.status.value}, {format_cents(order.total_cents, order.currency)}, {refunded} refunded")
