"""`flask fleet …`: the trucks of a hub."""

from uuid import UUID

import click

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
@click.option("--fixed", default="90.00", show_default=True, help="Cost of one tour besides.")
def save(code: str, hub_code: str, name: str, litres: int, kg: int, per_km: str, fixed: str) -> None:  # noqa: PLR0913, PLR0917  one option each
    """Add the truck CODE to a hub, or change it."""
    try:
        truck = VehicleInput(
            code=code, name=name, capacity_ml=litres * 1000, capacity_g=kg * 1000,
            cost_per_km_cents=parse_cents(per_km), fixed_cost_cents=parse_cents(fixed),
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
