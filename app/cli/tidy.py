"""`flask tidy`: the nightly tidy-up, now."""

from datetime import timedelta

import click
from flask.cli import with_appcontext

from app.flows import tidying
from app.infra.settings import KEEP_DAYS
from app.infra.storage import Pictures
from app.web.context import now, services, transact


@click.command("tidy")
@click.option(
    "--keep-days", type=click.IntRange(*KEEP_DAYS), help="Instead of LINLI_KEEP_DAYS: what is older is forgotten."
)
@with_appcontext
def command(keep_days: int | None) -> None:
    """Forget old keys of requests, deliveries of facts, provider events, sign-ins, tries, and photos of claims."""
    keep = timedelta(days=keep_days or services().settings.keep_days)
    settings = services().settings
    for kind, number in tidying.tidy(transact, now(), keep).items():
        click.echo(f"{kind}: {number}")
    before = now() - timedelta(days=settings.keep_photo_days)
    click.echo(f"photos of claims: {tidying.tidy_photos(transact, Pictures(settings.var_dir), before)}")
