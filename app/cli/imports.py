"""`flask import KIND FILE [--dry-run]` and `flask export KIND FILE`: files into rooms and back."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.domains.accounts.values import LookReason
from app.flows.exports import EXPORTS, ExportFile, export_file
from app.flows.imports import KINDS, PLACED, ImportFile, ImportReport, import_file
from app.infra.tables import RowErrors
from app.kernel.errors import DomainError
from app.kernel.geo import System
from app.web.context import transact
from app.web.say import say

SHOWN_ERRORS = 200

import_ = AppGroup("import", help="Import a CSV, XLSX or GeoJSON file: all of it or nothing.")
export = AppGroup("export", help="Export to CSV, XLSX or GeoJSON; FILE - writes CSV (GeoJSON) to the terminal.")


def _run_import(kind: str, file: Path, about: dict[str, Any], *, dry_run: bool) -> None:
    day: datetime | None = about.get("day")
    wanted = ImportFile(
        kind=kind, name=file.name, content=file.read_bytes(), hub=about.get("hub"),
        round_on=day.date() if day else None, rehearse=dry_run, system=System(about.get("crs") or System.WGS84),
    )  # fmt: skip
    try:
        report = import_file(transact, wanted)
    except RowErrors as refusal:
        for error in refusal.errors[:SHOWN_ERRORS]:
            where = f"row {error.row}, " if error.row else ""
            given = f" [{error.given}]" if error.given else ""
            click.echo(f"{where}{error.column or 'the file'}: {error.reason}{given}", err=True)
        many = "1 error" if len(refusal.errors) == 1 else f"{len(refusal.errors)} errors"
        raise click.ClickException(f"{file.name}: {many}, nothing was imported") from refusal
    except DomainError as refusal:
        raise click.ClickException(f"{file.name}: {say(refusal)}") from refusal
    _tell(report)


def _tell(report: ImportReport) -> None:
    word = "would be " if report.is_rehearsal else ""
    for part, changes in report.parts.items():
        click.echo(
            f"{part}: {report.rows} found; {word}created {changes.created}, {word}updated {changes.updated},"
            f" unchanged {changes.unchanged}"
        )
    if report.system is not System.WGS84:
        click.echo(f"places were read as {report.system.value} and {word or 'are '}kept in wgs84")
    if report.is_rehearsal:
        click.echo("dry run: nothing was changed")


def _run_export(kind: str, file: str, about: dict[str, Any]) -> None:
    name = {"neighbourhoods": "-.geojson"}.get(kind, "-.csv") if file == "-" else Path(file).name
    day: datetime | None = about.get("day")
    reason = LookReason(about["reason"]) if about.get("reason") else None
    wanted = ExportFile(
        kind=kind, name=name, hub=about.get("hub"), round_on=day.date() if day else None, reason=reason,
        note=about.get("note") or "",
    )  # fmt: skip
    try:
        content = transact(export_file, wanted)
    except DomainError as refusal:
        raise click.ClickException(f"{name}: {say(refusal)}") from refusal
    if file == "-":
        sys.stdout.write(content.decode("utf-8-sig"))
    else:
        Path(file).write_bytes(content)


HUB = click.option("--hub", "hub", required=True, help="Code of the hub, e.g. LJ-E.")
DAY = click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Local day of the cut-off.")

CRS = click.option("--crs", type=click.Choice([one.value for one in System]), default=System.WGS84.value,
                   show_default=True, help="Coordinate system of the places; kept in WGS-84.")  # fmt: skip
WHY = click.option("--reason", type=click.Choice([one.value for one in LookReason]), required=True,
                   help="Why people's data leave the house; it is written down.")  # fmt: skip
NOTE = click.option("--note", help="More words on why.")


def _add_import(kind: str) -> None:
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
    def command(file: Path, *, dry_run: bool, **about: Any) -> None:
        _run_import(kind, file, about, dry_run=dry_run)

    wrapped = HUB(DAY(command)) if kind == "offers" else CRS(command) if kind in PLACED else command
    import_.command(kind, help=f"Import {kind}.")(wrapped)


def _add_export(kind: str) -> None:
    @click.argument("file")
    def command(file: str, **about: Any) -> None:
        _run_export(kind, file, about)

    wrapped = HUB(DAY(command)) if kind == "offers" else command
    if EXPORTS[kind].is_personal:
        wrapped = WHY(NOTE(wrapped))
    export.command(kind, help=f"Export {kind}.")(wrapped)


for _kind in KINDS:
    _add_import(_kind)
for _kind in EXPORTS:
    _add_export(_kind)
