"""`flask leaders …`: the scorecards of a hub's leaders."""

from datetime import datetime

import click
from flask.cli import AppGroup

from app.cli.fleet import hub_id_of
from app.domains.communities import queries as communities
from app.domains.scoring import queries as scoring
from app.flows.leader_review import review as review_leaders, withdraw
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.say import say

DAY = click.DateTime(["%Y-%m-%d"])

group = AppGroup("leaders", help="How leaders do.")


@group.command("review")
@click.option("--hub", "hub_code", required=True)
@click.option("--from", "first", type=DAY, required=True, help="First pickup day.")
@click.option("--to", "last", type=DAY, required=True, help="Last pickup day.")
def review(hub_code: str, first: datetime, last: datetime) -> None:
    """Score every leader of a hub over a period, best first; repeating replaces the scores. Nobody is moved by it."""
    hub_id = hub_id_of(hub_code)
    try:
        transact(review_leaders, hub_id, first.date(), last.date())
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    codes = {one.id: one.code for one in read(communities.leader_cards, hub_id)}
    for card in read(scoring.scorecards_of_period, hub_id, first.date(), last.date()):
        click.echo(f"{codes[card.leader_id]}\t{card.total_centi / 100:.2f}\t{card.tier.value}")


@group.command("withdraw-review")
@click.option("--hub", "hub_code", required=True)
@click.option("--from", "first", type=DAY, required=True, help="First pickup day.")
@click.option("--to", "last", type=DAY, required=True, help="Last pickup day.")
@click.option("--reason", required=True, help="What the leaders are told.")
def withdraw_review(hub_code: str, first: datetime, last: datetime, reason: str) -> None:
    """Take the scorecards of a period back: the ones before count again."""
    try:
        many = transact(withdraw, hub_id_of(hub_code), first.date(), last.date(), reason)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"withdrawn; {many} scorecards")
