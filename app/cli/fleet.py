"""`flask fleet …`: the trucks of a hub."""

from datetime import time
from typing import Any
from uuid import UUID

import click

from app.domains.catalogue.values import Zone
from app.domains.communities import queries as communities
from app.domains.logistics import queries
from app.domains.logistics.service import vehicles
from app.domains.logistics.values.routes import VehicleInput
from app.kernel.errors import DomainError
from app.kernel.money import parse_cents
from app.web.context import read, transact
from app.web.say import say

group = click.Group("fleet", help="The trucks of a hub.")


def hub_id_of(code: str) -> UUID:
    """The hub of a code, or a clear end."""
    hub = read(communities.find_hub_by_code, code)
    if hub is None:
        raise click.ClickException(f"there is no hub {code}; `flask export hubs -` lists them")
    return hub.id


@group.command("save")
@click.argument("code")
@click.option("--hub", "hub_code", required=True)
@click.option("--name", required=True)
@click.option("--litres", type=click.IntRange(1), required=True, help="What it holds.")
@click.option("--kg", type=click.IntRange(1), required=True, help="What it may carry.")
@click.option("--per-km", default="1.80", show_default=True, help="Cost of a kilometre.")
@click.option("--fixed", default="90.00", show_default=True, help="Cost of a day besides.")
@click.option("--per-stop", default="0.00", show_default=True, help="Cost of a stop.")
@click.option("--zones", default="ambient,chilled,frozen", show_default=True, help="Zones whose crates may ride along.")
@click.option(
    "--shift", default="05:00-18:00", show_default=True, help="When it leaves and is back, in the hub's time."
)
@click.option("--tours", type=click.IntRange(1, 9), default=1, show_default=True, help="Tours that it may drive a day.")
def save(code: str, hub_code: str, name: str, litres: int, kg: int, **other: Any) -> None:
    """Add the truck CODE to a hub, or change it."""
    try:
        zones = {Zone(zone.strip()) for zone in other["zones"].split(",")}
        begins, _, ends = other["shift"].partition("-")
        truck = VehicleInput(
            code=code, name=name, capacity_ml=litres * 1000, capacity_g=kg * 1000,
            cost_per_km_cents=parse_cents(other["per_km"]), fixed_cost_cents=parse_cents(other["fixed"]),
            cost_per_stop_cents=parse_cents(other["per_stop"]), carries_ambient=Zone.AMBIENT in zones,
            carries_chilled=Zone.CHILLED in zones, carries_frozen=Zone.FROZEN in zones,
            shift_from=time.fromisoformat(begins), shift_until=time.fromisoformat(ends), max_tours=other["tours"],
        )  # fmt: skip
        changes = transact(vehicles.save_vehicles, hub_id_of(hub_code), [truck])
    except ValueError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except DomainError as refusal:
        raise click.ClickException(say(refusal)) from refusal
    click.echo(f"created {changes.created}, updated {changes.updated}, unchanged {changes.unchanged}")


@group.command("list")
@click.option("--hub", "hub_code", required=True)
def list_(hub_code: str) -> None:
    """List the trucks of a hub."""
    for truck in read(queries.vehicles, hub_id_of(hub_code)):
        click.echo(f"{truck.code}\t{truck.name}\t{truck.capacity_ml // 1000} l\t{truck.capacity_g // 1000} kg")
