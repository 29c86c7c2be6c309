"""What many tests begin with is put back as it was lived, and only where nobody else has written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.domains.communities import queries as communities
from app.domains.communities.service import leaders
from app.domains.orders import queries as orders
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from tests.conftest import START
from tests.database import Sweeper
from tests.factories.accounts import make_account
from tests.factories.kept import kept, now_at
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import move_clock
from tests.factories.world import World, make_world

Call = Callable[..., Any]


@pytest.fixture
def lived() -> list[str]:
    """The names of those who were lived."""
    return []


@pytest.fixture
def make(lived: list[str]) -> Callable[..., Any]:
    """A factory of its own: an order paid, a file left, and an hour gone."""

    @kept
    def bought(services: Services, *, oranges: int) -> tuple[World, Any]:
        lived.append(f"{oranges} oranges")
        world = make_world(services)
        (services.settings.var_dir / "left").write_text("here")
        order_id = world.buy(0, orange=oranges)
        move_clock(world, hours=1)
        return world, order_id

    return bought


def begin_again(database: Database, sweeper: Sweeper, services: Services) -> None:
    """As between two tests."""
    now_at.empty(sweeper)
    assert isinstance(database.clock, SetClock)
    database.clock.move_to(START)
    (services.settings.var_dir / "left").unlink()
    vars(services.provider).update(vars(ApprovingProvider()))


def test_what_was_lived_once_is_put_back(
    services: Services, database: Database, sweeper: Sweeper, make: Call, lived: list[str]
) -> None:
    first, order_id = make(services, oranges=2)
    before = database.read(orders.get_order, order_id)
    paid = services.provider.charged_cents
    begin_again(database, sweeper, services)
    second, same = make(services, oranges=2)
    assert (lived, same) == (["2 oranges"], order_id)
    assert database.read(orders.get_order, order_id) == before
    assert database.clock.now() == START + timedelta(hours=1)
    assert services.provider.charged_cents == paid > 0
    assert (services.settings.var_dir / "left").read_text() == "here"
    assert second == first
    assert second.services is services
    second.offers.clear()  # a test's own copy
    begin_again(database, sweeper, services)
    assert make(services, oranges=2)[0] == first
    begin_again(database, sweeper, services)
    make(services, oranges=3)
    assert lived == ["2 oranges", "3 oranges"]


@pytest.mark.parametrize("how", ["use-case", "statement", "word"])
def test_after_somebody_else_everything_is_lived(
    services: Services, database: Database, sweeper: Sweeper, make: Call, lived: list[str], run: Call, how: str
) -> None:
    make(services, oranges=2)
    begin_again(database, sweeper, services)
    if how == "use-case":
        run(make_account, Role.HQ_ADMIN)
    elif how == "statement":
        with database.engine.begin() as connection:
            connection.execute(text("DELETE FROM accounts_account"))
    else:
        now_at.forget()
    make(services, oranges=2)
    assert lived == ["2 oranges", "2 oranges"]


def test_who_only_reads_changes_nothing(services: Services, read: Call, run: Call) -> None:
    world = make_world(services)
    here = now_at.here
    read(communities.find_hub_by_code, "LJ-T")
    assert now_at.here == here is not None
    run(leaders.set_takes_cash, world.leaders["L901"], takes_cash=True)
    assert now_at.here is None
