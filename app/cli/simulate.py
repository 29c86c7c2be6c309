"""`flask simulate leaders`: appraisal cycles on a made-up city in a database of its own."""

import subprocess
import sys

import click
from flask.cli import AppGroup

group = AppGroup("simulate", help="What if: made-up cities in a database of their own.")


@group.command("leaders", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def leaders(arguments: tuple[str, ...]) -> None:
    """Cycles of leaders whose quality is known: precision and recall of finding them; see --help."""
    command = [sys.executable, "-m", "tools.simulate_leaders", *arguments]
    sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603  our own module
