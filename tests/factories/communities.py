"""Typed makers of hubs, neighbourhoods, pickup points, leaders and residents with homes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Any
from uuid import UUID

from app.domains.accounts.service.accounts import open_account
from app.domains.accounts.values import OpenAccount
from app.domains.communities import queries
from app.domains.communities.service.homes import assign_home
from app.domains.communities.service.leaders import save_leaders
from app.domains.communities.service.places import save_hubs, save_neighbourhoods, save_pickup_points
from app.domains.communities.values import ChooseHome, Home, LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.communities.values.ground import HubInput, NeighbourhoodInput, PickupPointInput
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from tests.factories.kept import kept

Run = Callable[..., Any]
#: The middle of the little test city; a hundredth of a degree is about a kilometre.
LAT, LON = 30.30, 115.10
HUB = HubInput(
    code="LJ-E", name="临江东网格仓", name_en="Linjiang East hub", lat=LAT, lon=LON, timezone="Asia/Shanghai",
    currency="CNY", cutoff=time(23, 0),
)  # fmt: skip


def square(lat: float, lon: float, half: float = 0.002) -> dict[str, Any]:
    """A GeoJSON square around a point; `half` is half its side in degrees."""
    west, south, east, north = lon - half, lat - half, lon + half, lat + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def neighbourhood_input(code: str = "N001", lat: float = LAT, lon: float = LON, **other: Any) -> NeighbourhoodInput:
    """A square compound of 500 households."""
    fields: dict[str, Any] = {"geometry": square(lat, lon)} | other
    return NeighbourhoodInput(
        code=code, name=f"小区{code}", name_en=f"Compound {code}", hub="LJ-E", households=500, **fields
    )


def point_input(
    code: str = "P001", neighbourhood: str = "N001", lat: float = LAT, lon: float = LON, **other: Any
) -> PickupPointInput:
    """A pickup point with room for 100 that reaches 800 metres."""
    fields: dict[str, Any] = {"capacity_orders": 100, "reach_m": 800, "opens": time(16, 0), "closes": time(21, 0)}
    return PickupPointInput(
        code=code,
        neighbourhood=neighbourhood,
        name=f"自提点{code}",
        address="临江市1号",
        lat=lat,
        lon=lon,
        **(fields | other),
    )


def leader_input(
    code: str = "L001", neighbourhood: str = "N001", pickup_point: str = "P001", **other: Any
) -> LeaderInput:
    """An active primary leader."""
    fields: dict[str, Any] = {
        "name": "李叔",
        "phone": f"199000{int(code[1:]):05}",
        "kind": LeaderKind.HOME,
        "role": PostRole.PRIMARY,
        "status": LeaderStatus.ACTIVE,
    }
    return LeaderInput(code=code, neighbourhood=neighbourhood, pickup_point=pickup_point, **(fields | other))


@dataclass(frozen=True)
class City:
    """Ids by code of what `make_city` saved."""

    hub_id: UUID
    neighbourhoods: dict[str, UUID]
    points: dict[str, UUID]
    leaders: dict[str, UUID]


@kept
def make_city(
    run: Run,
    neighbourhoods: list[NeighbourhoodInput] | None = None,
    points: list[PickupPointInput] | None = None,
    leaders: list[LeaderInput] | None = None,
) -> City:
    """One hub; by default two compounds a kilometre apart, each with a point and an active primary leader."""
    away = LON + 0.01
    hoods = (
        neighbourhoods if neighbourhoods is not None else [neighbourhood_input(), neighbourhood_input("N002", lon=away)]
    )
    spots = points if points is not None else [point_input(), point_input("P002", "N002", lon=away)]
    people = leaders if leaders is not None else [leader_input(), leader_input("L002", "N002", "P002")]

    def use_case(uow: UnitOfWork) -> City:
        save_hubs(uow, [HUB])
        save_neighbourhoods(uow, hoods)
        save_pickup_points(uow, spots)
        save_leaders(uow, people)
        uow.session.flush()
        hub = queries.find_hub_by_code(uow.session, HUB.code)
        assert hub is not None
        return City(
            hub_id=hub.id,
            neighbourhoods=queries.neighbourhood_ids_by_code(uow.session),
            points={place.pickup_point_code: place.pickup_point_id for place in queries.places(uow.session)},
            leaders=queries.leader_ids_by_code(uow.session),
        )

    city: City = run(use_case)
    return city


def make_resident(run: Run, number: int = 1, name: str = "林阿姨") -> UUID:
    """A resident's account without a home."""
    made: UUID = run(open_account, OpenAccount(role=Role.RESIDENT, name=name, phone=f"138{number:08}"))
    return made


def make_home(run: Run, resident_id: UUID, pickup_point_id: UUID) -> Home:
    """Give a resident a home at a pickup point."""
    home: Home = run(assign_home, resident_id, ChooseHome(pickup_point_id=pickup_point_id))
    return home


def resident(resident_id: UUID) -> Actor:
    """The resident as an actor."""
    return Actor("resident", Role.RESIDENT, resident_id)


def leader(leader_id: UUID) -> Actor:
    """The leader as an actor."""
    return Actor("leader", Role.LEADER, leader_id)
