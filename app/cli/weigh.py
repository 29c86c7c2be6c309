"""`flask weigh …`: goods sold by weight, from a scale that writes files."""

import csv
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from app.cli.round import DAY, HUB, find_round
from app.domains.logistics.queries import weighing
from app.domains.orders.values import RecordWeight
from app.flows.weighing import record_weights
from app.kernel.errors import DomainError
from app.web.context import read, transact
from app.web.say import say

group = click.Group("weigh", help="Goods sold by weight: what is to be weighed, and what the scale showed.")


@group.command("list")
@HUB
@DAY
def list_(hub_code: str, day: datetime) -> None:
    """List the lines of a round's sheets that are weighed, as a CSV that `record` reads: fill in the grams."""
    click.echo("order,sku,grams,expected_g,pieces,pickup_point")
    for line in read(weighing.scale_lines, find_round(hub_code, day)):
        grams = line.weight_g or ""
        click.echo(f"{line.order_no},{line.sku_code},{grams},{line.expected_g},{line.due_qty},{line.pickup_point_code}")


@group.command("record")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sure", is_flag=True, help="Weights far from what was estimated are meant.")
@HUB
@DAY
def record(file: Path, sure: bool, hub_code: str, day: datetime) -> None:
    """Enter weights from a CSV with order, sku and grams; all or nothing. Rows without grams are passed over."""
    group_buy_id = find_round(hub_code, day)
    lines = {(line.order_no, line.sku_code): line.line_id for line in read(weighing.scale_lines, group_buy_id)}
    with file.open(encoding="utf-8-sig", newline="") as source:
        found = [_wish(at, row, lines, sure) for at, row in enumerate(csv.DictReader(source), start=2)]
    wishes = [wish for wish in found if wish]
    try:
        done = transact(record_weights, group_buy_id, wishes)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    fresh = [one for one in done if one.is_new]
    click.echo(
        f"weighed {len(fresh)} lines, unchanged {len(done) - len(fresh)}, back {sum(d.back_cents for d in fresh)}"
    )


def _wish(at: int, row: dict[str, str], lines: dict[tuple[str, str], UUID], sure: bool) -> RecordWeight | None:
    """One row; None without grams. A wrong cell ends with its row and column."""
    grams = (row.get("grams") or "").strip()
    if not grams:
        return None
    if not (grams.isascii() and grams.isdigit()):
        raise click.ClickException(f"row {at}, column grams: {grams!r} is not a whole number")
    line_id = lines.get((row.get("order") or "", row.get("sku") or ""))
    if line_id is None:
        raise click.ClickException(f"row {at}, column order: no line of this round is weighed under it")
    return RecordWeight(line_id=line_id, weight_g=int(grams), is_sure=sure)
