"""`flask round STATION --hub CODE --date DAY`: every station of a round from the command line, safe to repeat."""

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask.cli import AppGroup
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import Station
from app.domains.logistics.gateways import osrm
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.supply.service import receiving as dock
from app.domains.supply.values import CountRow
from app.flows import call_off as calling_off, stations
from app.kernel.errors import DomainError
from app.kernel.money import format_cents
from app.web.context import read, services, transact
from app.web.notes import say_note
from app.web.say import say

group = AppGroup("round", help="Run the stations of a hub's round. Each may be repeated; a killed one continues.")

HUB = click.option("--hub", "hub_code", required=True, help="Code of the hub, e.g. LJ-E.")
UNWEIGHED = click.option(
    "--unweighed", is_flag=True, default=None, help="Lines that nobody weighed keep their price as ordered."
)
DAY = click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Local day of the cut-off.")


def find_round(hub_code: str, day: datetime) -> UUID:
    """The round of a hub and day, or a clear end."""
    hub = read(communities.find_hub_by_code, hub_code)
    if hub is None:
        raise click.ClickException(f"there is no hub {hub_code}; `flask export hubs -` lists them")
    found = read(groupbuys.find_round, hub.id, day.date())
    if found is None:
        raise click.ClickException(
            f"{hub_code} has no group-buy with its cut-off on {day.date()}; name that day, or import its offers first"
        )
    return found.id


def run_with_bar(group_buy_id: UUID, station: Station, options: dict[str, Any]) -> str:
    """Run one station with a progress bar; a refusal becomes a message and exit code 1."""
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(station.value, total=None, note="")

        def show(done: int, total: int, note: str) -> None:
            bar.update(task, completed=done, total=total or None, note=say_note(note))

        try:
            return stations.run_station(
                transact, read, group_buy_id, station, options, show,
                roads=osrm.roads_of(services().settings.osrm_url, services().settings.osrm_timeout_s),
            )  # fmt: skip
        except DomainError as refusal:
            raise click.ClickException(say(refusal)) from refusal


def _add(station: Station, text: str, *options: Callable[[Any], Any]) -> None:
    """Register one station as a command with its own options."""

    def command(hub_code: str, day: datetime, **chosen: Any) -> None:
        wanted = {k: v.value if isinstance(v, SharePolicy | Protect) else v for k, v in chosen.items() if v is not None}
        note = run_with_bar(find_round(hub_code, day), station, wanted)
        click.echo(f"{station.value}: {say_note(note)}")

    for option in (*options, DAY, HUB):
        command = option(command)
    group.command(station.value, help=text)(command)


_add(Station.OPEN, "Let residents order.")
_add(
    Station.CUTOFF,
    "Close, lapse, check minimums, settle prices, aggregate demand, send purchase orders.",
    click.option("--early", is_flag=True, default=None, help="Close although the cut-off lies ahead."),
)
_add(
    Station.RECEIVE,
    "Finish receiving: share out what is short and refund it.",
    click.option("--as-ordered", is_flag=True, default=None, help="Count every open line as delivered in full."),
    click.option(
        "--policy", type=click.Choice(SharePolicy, case_sensitive=False), help="How a shortage is shared out."
    ),
    click.option("--protect", type=click.Choice(Protect, case_sensitive=False), help="Whose lines a shortage spares."),
)
_add(
    Station.SORT,
    "Make the sorting sheets and crates.",
    click.option("--finish", is_flag=True, default=None, help="Mark every sheet as sorted."),
    UNWEIGHED,
)
_add(
    Station.ROUTE,
    "Plan the tours.",
    click.option("--seconds", type=click.FloatRange(0.1, 600), help="Time for the solver."),
    click.option("--iterations", type=click.IntRange(1), help="Iterations instead of time: the same plan every time."),
)
_add(Station.DISPATCH, "Send the trucks: fix the plan, tell leaders what comes.", UNWEIGHED)
_add(
    Station.HANDOVER,
    "Finish the handovers.",
    click.option("--as-expected", is_flag=True, default=None, help="Count every open handover as complete."),
)
_add(Station.REMIND, "Remind residents of goods that wait.")
_add(
    Station.SETTLE,
    "Close the round: unclaimed goods, facts, commission statements.",
    click.option("--unclaimed", type=click.Choice(["refund", "keep"]), help="What happens to goods nobody fetched."),
    click.option("--early", is_flag=True, default=None, help="Close although residents may still fetch their goods."),
)


@group.command("count")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def count(file: Path) -> None:
    """Enter the dock's counts from a CSV: po, sku, received, rejected, reason, lot, expires; all or nothing."""
    with file.open(encoding="utf-8-sig", newline="") as source:
        rows = [_count_row(at, row) for at, row in enumerate(csv.DictReader(source), start=2)]
    try:
        number = transact(dock.count_from_rows, rows)
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"counted {number} lines")


def _count_row(at: int, row: dict[str, str]) -> CountRow:
    """One row of a count sheet; a wrong cell ends with its row and column."""
    column = "po"
    try:
        values: dict[str, Any] = {"po": row["po"], "sku": row["sku"]}
        for column in ("received", "rejected"):
            values[column] = int(row.get(column) or 0)
        column = "expires"
        values["expires"] = date.fromisoformat(row["expires"]) if row.get("expires") else None
    except (ValueError, KeyError) as wrong:
        raise click.ClickException(f"row {at}, column {column}: {wrong}") from wrong
    return CountRow(**values, reason=row.get("reason") or "", lot=row.get("lot") or "")


@group.command("status")
@HUB
@DAY
def status(hub_code: str, day: datetime) -> None:
    """Show how far the round is."""
    found = read(groupbuys.get_round, find_round(hub_code, day))
    click.echo(f"{found.group_buy.code}  {found.group_buy.status.value}  pickup {found.group_buy.pickup_on}")
    for step in found.steps:
        click.echo(f"  {step.station.value:<9} {step.state.value:<8} {say_note(step.note)}")


@group.command("call-off")
@HUB
@DAY
@click.option("--reason", required=True, help="What residents, leaders and suppliers are told.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def call_off(hub_code: str, day: datetime, reason: str, *, yes: bool) -> None:
    """Let a whole group-buy not take place: cancel and refund its orders, take its purchase orders back.

    May be repeated; a killed run continues.
    """
    group_buy_id = find_round(hub_code, day)
    found = calling_off.consequences(read, group_buy_id)
    card = read(groupbuys.get_group_buy, group_buy_id)
    click.echo(
        f"{card.code}: {found.paid_orders} paid orders ({format_cents(found.paid_cents, card.currency)}"
        f" {card.currency} go back), {found.unpaid_orders} unpaid orders, {found.purchase_orders} purchase orders"
    )
    if not yes:
        click.confirm("Call this group-buy off? It cannot be undone.", abort=True)
    with Progress(TextColumn("call-off"), BarColumn(), TaskProgressColumn(), transient=True) as bar:
        task = bar.add_task("call-off", total=None)

        def show(done: int, total: int, _note: str) -> None:
            bar.update(task, completed=done, total=total or None)

        try:
            note = calling_off.call_off(transact, read, group_buy_id, reason, show)
        except DomainError as refusal:
            raise click.ClickException(say(refusal)) from refusal
    click.echo(f"call-off: {say_note(note)}")
