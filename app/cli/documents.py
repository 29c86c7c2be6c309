"""`flask documents KIND --hub CODE --date DAY --out DIR`: all documents of a kind of a round, into files."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from app.cli.round import DAY, HUB, find_round
from app.documents.catalogue import KINDS, Form
from app.documents.making import make
from app.documents.words import LOCALES
from app.flows import documents as flow
from app.kernel.errors import DomainError
from app.web.context import transact
from app.web.say import say


@click.command("documents", help="Print a round: purchase orders, sheets, labels, lists and slips as PDF or XLSX.")
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@HUB
@DAY
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the file.")
@click.option("--xlsx", "form", flag_value=Form.XLSX.value, help="One workbook instead of one PDF.")
@click.option("--zip", "form", flag_value=Form.ZIP.value, help="A ZIP with a PDF for each document.")
@click.option("--a4", "form", flag_value=Form.PDF_A4.value, help="Labels: four on a page of A4.")
@click.option("--lang", type=click.Choice(LOCALES), default="zh", show_default=True, help="Language of the print.")
@with_appcontext
def command(
    kind: str, hub_code: str, day: datetime, out: Path, form: str | None, lang: str
) -> None:  # fmt: skip
    """Describe in one transaction, draw with a progress bar, write one file."""
    wanted = flow.Print(kind=kind, group_buy_id=find_round(hub_code, day), form=Form(form or "pdf"), locale=lang)
    try:
        batch, printed = transact(flow.ask, wanted)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.completed}"))
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(kind, total=len(printed))
        file = make(batch, printed, lambda done, total: bar.update(task, completed=done, total=total))
    out.mkdir(parents=True, exist_ok=True)
    (out / file.name).write_bytes(file.content)
    click.echo(f"{out / file.name}: {len(printed)} documents, {len(file.content) // 1024} KiB")
