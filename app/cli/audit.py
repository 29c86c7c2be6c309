"""`flask audit`: check every invariant of the house and name the rows that break one."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.table import Table

from app.domains.analytics import queries
from app.domains.analytics.values import Breach
from app.web.context import read_snapshot, services


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Breaches as JSON instead of a table.")
@with_appcontext
def command(as_json: bool) -> None:
    """Check every invariant: stock, lines, money, commission, homes, leaders, notes. Exit code 1 on a breach."""
    breaches = read_snapshot(queries.broken_invariants, services().database.clock.now())
    if as_json:
        found = {"checks": len(queries.CHECKS), "breaches": [asdict(breach) for breach in breaches]}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif breaches:
        Console().print(_table(breaches))
    else:
        click.echo(f"{len(queries.CHECKS)} checks of 9 invariants hold")
    if breaches:
        sys.exit(1)


def _table(breaches: list[Breach]) -> Table:
    table = Table("no.", "check", "rows", "id", "detail", title="Broken invariants", show_lines=True)
    for breach in breaches:
        ids = "\n".join(row.id for row in breach.rows)
        details = "\n".join(row.detail for row in breach.rows)
        table.add_row(str(breach.invariant), f"{breach.name}\n{breach.what}", str(breach.count), ids, details)
    return table
