"""The standing part of the demo city: places, people, goods and terms through the real importers; logins; trucks."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from uuid import UUID

from app.domains.accounts.service import accounts
from app.domains.accounts.values import OpenAccount
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.values import SkuCard, Zone
from app.domains.communities import queries as communities
from app.domains.logistics.service import slots, vehicles
from app.domains.logistics.values.routes import VehicleInput
from app.domains.scoring.service import policies
from app.domains.scoring.values import Measure, PolicyTerms, Weight
from app.factory import create_app, create_services
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.kernel.actors import Actor, Role
from app.web import context

DEMO = Path(__file__).parent.parent / "demo"
PASSWORD = "linli-demo"
LOGINS = (
    ("admin", Role.HQ_ADMIN, "总部管理员"),
    ("goods", Role.HQ_MERCHANDISER, "商品"),
    ("buyer", Role.HQ_BUYER, "采购"),
    ("night", Role.HQ_WAREHOUSE, "网格仓"),
    ("finance", Role.HQ_FINANCE, "财务"),
    ("service", Role.HQ_SERVICE, "客服"),
    ("community", Role.HQ_COMMUNITY, "团长运营"),
)
FILES = (
    ("hubs", "hubs.csv"),
    ("neighbourhoods", "neighbourhoods.geojson"),
    ("pickup-points", "pickup_points.csv"),
    ("leaders", "leaders.csv"),
    ("categories", "categories.csv"),
    ("suppliers", "suppliers.xlsx"),
    ("products", "products.xlsx"),
    ("residents", "residents.csv"),
)
VANS = 4


#: A city in its first month: few households have heard of Linli yet, so less reach and fewer returns earn all points.
YOUNG_CITY = (
    Weight(measure=Measure.PENETRATION, points=25, target_bps=450, prior_bps=250, prior_n=50),
    Weight(measure=Measure.REPURCHASE, points=25, target_bps=2_800, prior_bps=1_500, prior_n=10),
    Weight(measure=Measure.PICKUP_RATE, points=20, target_bps=9_800, worst_bps=7_000, prior_bps=9_700, prior_n=50),
    Weight(measure=Measure.ON_TIME, points=15, target_bps=9_500, worst_bps=5_000, prior_bps=9_000, prior_n=3),
    Weight(measure=Measure.CLAIM_RATE, points=15, target_bps=10, worst_bps=100, prior_bps=10, prior_n=300),
)


def import_city(say: Callable[[str], None], founded_at: datetime) -> None:
    """Import every file with the commands that an operator would use, then open the logins and the fleet.

    The clock stands at `founded_at`, so that leaders hold their posts, and residents their homes, from then on.
    """
    app = create_app(services=create_services(Settings.from_env(os.environ), SetClock(founded_at)))
    shell = app.test_cli_runner()
    with app.app_context():
        services = context.services()
    with ThreadPoolExecutor(1) as aside:
        logins = None
        for kind, name in FILES:
            with app.app_context():
                done = shell.invoke(args=["import", kind, str(DEMO / name)])
            if done.exit_code != 0:
                raise SystemExit(f"importing {name} failed: {done.output}{done.exception or ''}")
            say(kind)
            if kind == "leaders":  # passwords are slow to hash on purpose: that is done beside the rest
                logins = aside.submit(_people, services)
        if logins:
            logins.result()
    say("logins")
    shelves = shelves_of(services.database.read(catalogue.sku_cards).values())
    for hub in services.database.read(communities.hubs):
        fleet = [
            VehicleInput(code=f"{hub.code}-V{n}", name=f"{n}号车", capacity_ml=7_500_000, capacity_g=1_400_000,
                         cost_per_km_cents=180, fixed_cost_cents=9_000)
            for n in range(1, VANS + 1)
        ]  # fmt: skip
        services.database.transact(Actor.system("demo"), vehicles.save_vehicles, hub.id, fleet)
        services.database.transact(Actor.system("demo"), slots.save_shelves, hub.id, shelves)
    say("trucks")
    services.database.transact(Actor.system("demo"), policies.adopt, PolicyTerms(weights=YOUNG_CITY))


def shelves_of(skus: Iterable[SkuCard]) -> dict[UUID, str]:
    """Where a hub keeps its goods: heavy ones first on the way, six to a rack, each zone in racks of its own."""
    places: dict[UUID, str] = {}
    counts: Counter[Zone] = Counter()
    for sku in sorted(skus, key=lambda sku: (-sku.weight_g, sku.code)):
        rack, place = divmod(counts[sku.zone], 6)
        places[sku.id] = f"{sku.zone.value[0].upper()}{rack + 1:02}-{place + 1}"
        counts[sku.zone] += 1
    return places


def _people(services: Services) -> None:
    """HQ's desks and a password for every leader."""
    transact = services.database.transact
    for login, role, name in LOGINS:
        wish = OpenAccount(role=role, login=login, password=PASSWORD, name=name)
        transact(Actor.system("demo"), accounts.open_account, wish)
    for leader in services.database.read(communities.leader_cards):
        transact(Actor.system("demo"), accounts.set_password, leader.id, PASSWORD)
