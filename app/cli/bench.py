"""`flask bench [row …] [--json]`: performance as ratios beside a limit of the same run."""

import subprocess
import sys

import click


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """Measure in a database of its own; without arguments all rows, written to bench/latest.json."""
    sys.exit(subprocess.run([sys.executable, "-m", "bench", *arguments], check=False).returncode)  # noqa: S603  our own module
