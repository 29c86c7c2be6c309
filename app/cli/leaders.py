"""`flask leaders …`: the review of a hub's leaders."""

from datetime import datetime

import click
from flask.cli import AppGroup

from app.cli.fleet import hub_id_of
from app.flows.leader_review import review as review_leaders, withdraw
from app.kernel.errors import DomainError
from app.web.context import transact
from app.web.say import say

DAY = click.DateTime(["%Y-%m-%d"])

group = AppGroup("leaders", help="How leaders do.")


@group.command("review")
@click.option("--hub", "hub_code", required=True)
@click.option("--from", "first", type=DAY, required=True, help="First pickup day.")
@click.option("--to", "last", type=DAY, required=True, help="Last pickup day.")
def review(hub_code: str, first: datetime, last: datetime) -> None:
    """Score every leader of a hub over a period; repeating it changes nothing further."""
    try:
        verdicts = transact(review_leaders, hub_id_of(hub_code), first.date(), last.date())
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    for verdict in verdicts:
        click.echo(f"{verdict.leader_code}\t{verdict.total_centi / 100:.2f}\t{verdict.step.value}")


@group.command("withdraw-review")
@click.option("--hub", "hub_code", required=True)
@click.option("--from", "first", type=DAY, required=True, help="First pickup day of the review.")
@click.option("--to", "last", type=DAY, required=True, help="Last pickup day of the review.")
@click.option("--reason", required=True, help="What the leaders are told.")
def withdraw_review(hub_code: str, first: datetime, last: datetime, reason: str) -> None:
    """Take a review back: the scores before it count again, and statuses that it changed return."""
    try:
        back = transact(withdraw, hub_id_of(hub_code), first.date(), last.date(), reason)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"withdrawn; {back} statuses given back")
