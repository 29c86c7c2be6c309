"""A round at the sorting tables: sorters, a wall of many slots, and the whole work of one person."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert

from app.domains.catalogue.values import Zone
from app.domains.groupbuys.models import GroupBuy
from app.domains.groupbuys.values import GroupBuyStatus
from app.domains.logistics.models import Demand
from app.domains.logistics.service import sorting, tasks
from app.domains.logistics.values.tasks import Put, PutDone, ShortReason, TaskCard
from app.infra.uow import Database, UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.conftest import START
from tests.factories.catalogue import make_skus, sku_input
from tests.factories.communities import leader_input, make_city, neighbourhood_input, point_input
from tests.factories.rounds import CUTOFF

Run = Callable[..., object]


@dataclass(frozen=True)
class Sorter:
    """One person of the hub with a phone."""

    database: Database
    actor: Actor

    def claim(self, group_buy_id: UUID, zone: Zone = Zone.AMBIENT) -> TaskCard | None:
        """Take the next task of a zone."""
        return self.database.transact(self.actor, tasks.claim, group_buy_id, zone)

    def put(
        self, put_id: UUID, seen_qty: int, short: int = 0, reason: ShortReason | None = None, *, key: str = "",
        crate: str = "",
    ) -> PutDone:  # fmt: skip
        """Press the big button."""
        wish = Put(put_id=put_id, key=key or f"key-{new_id()}", seen_qty=seen_qty, short_qty=short, reason=reason,
                   crate_code=crate)  # fmt: skip
        return self.database.transact(self.actor, tasks.put, wish)

    def finish(self, task: TaskCard) -> None:
        """Put everything of a task that is still open."""
        for one in task.puts:
            if not one.is_done:
                self.put(one.id, one.qty)

    def drain(self, group_buy_id: UUID, zone: Zone) -> int:
        """Work until nothing is left for this person; returns the tasks."""
        done = 0
        while task := self.claim(group_buy_id, zone):
            self.finish(task)
            done += 1
        return done


def sorter(database: Database, name: str = "小王") -> Sorter:
    """A person of the hub."""
    return Sorter(database, Actor(name, Role.HQ_WAREHOUSE, new_id()))


def make_wall(run: Run, *, points: int, skus: int, every: int = 24) -> UUID:
    """A round with so many pickup points in one row of slots; SKU i is wanted twice at every n-th point from i on.

    With `every` = 24 a SKU has exactly one put in each full bay: 192 points and 50 SKUs are 400 tasks of one put.
    """
    codes = [f"P{n:03d}" for n in range(1, points + 1)]
    city = make_city(run, [neighbourhood_input()], [point_input(code) for code in codes], [leader_input()])
    ids = make_skus(run, *(sku_input(f"FR{n:03d}", weight_g=200, volume_ml=300) for n in range(1, skus + 1)))
    group_buy_id = new_id()
    rows = [
        {"group_buy_id": group_buy_id, "pickup_point_id": city.points[code], "sku_id": ids[f"FR{i + 1:03d}"],
         "hub_id": city.hub_id, "wanted_qty": 2, "due_qty": 2}
        for i in range(skus)
        for place, code in enumerate(codes)
        if place % every == i % every
    ]  # fmt: skip

    def fill(uow: UnitOfWork) -> None:
        uow.session.add(
            GroupBuy(id=group_buy_id, code="LJ-E-261120", hub_id=city.hub_id, title="今日团", title_en="Today",
                     round_on=START.date(), opens_at=START, cutoff_at=CUTOFF, pickup_on=CUTOFF.date(),
                     status=GroupBuyStatus.CLOSED, currency="CNY")
        )  # fmt: skip
        uow.session.flush()
        uow.session.execute(insert(Demand), rows)

    run(fill)
    run(sorting.make_sheets, group_buy_id)
    return group_buy_id
