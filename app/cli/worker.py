"""`flask worker …`: run the jobs and what happens by the clock."""

import click
from flask.cli import AppGroup

from app.web.context import services
from app.worker import runtime

group = AppGroup("worker", help="Jobs: facts, refunds, stations of rounds, and what happens by the clock.")


@group.command("run")
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Jobs at once.")
def run_(concurrency: int) -> None:
    """Work until SIGTERM or Ctrl-C. Any number of workers may run side by side."""
    found = services()
    most = found.settings.pool_size
    if concurrency > most:
        raise click.BadParameter(
            f"at most LINLI_POOL_SIZE ({most}) jobs can have a connection", param_hint="--concurrency"
        )
    runtime.run(found, concurrency)
