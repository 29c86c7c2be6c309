"""The end of the sorting: nothing leaves unweighed by oversight, and what sorters did not find is refunded once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.catalogue.values import Zone
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import AlreadyDispatched, LinesUnweighed
from app.domains.logistics.service import scales, sorting, tasks
from app.domains.logistics.values.tasks import ShortReason
from app.domains.orders import queries as orders
from app.domains.orders.values import CutReason, RecordWeight
from app.flows.sorting import give_up_short
from app.flows.weighing import record_weights
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from tests.factories.boxes import weigh_goods
from tests.factories.settlement import run_to
from tests.factories.sorting import Sorter, sorter
from tests.factories.world import World, make_world

Read = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    """Ann (0) and Cem (2) fetch at P901, Bo (1) at P902."""
    return make_world(services)


@pytest.fixture
def person(services: Services) -> Sorter:
    return sorter(services.database)


def sound(world: World) -> bool:
    database = world.services.database
    return database.read(broken_invariants, database.clock.now()) == []


def refunds(world: World) -> list[tuple[Any, ...]]:
    wanted = "SELECT order_id, amount_cents, reason, status FROM payments_refund ORDER BY amount_cents, order_id"
    with world.services.database.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(wanted))]


class TestUnweighed:
    @pytest.fixture
    def lines(self, world: World, read: Read) -> list[UUID]:
        """Ann's and Bo's greens, about 480 g each; not weighed."""
        weigh_goods(world, greens=480)
        bought = [world.buy(0, greens=3, rice=1), world.buy(1, greens=2)]
        run_to(world, Station.SORT, finish=False, unweighed=False)
        cards = [read(orders.get_order, order_id) for order_id in bought]
        return [line.id for card in cards for line in card.lines if line.sku_code == "T002"]

    def test_nothing_is_finished_or_leaves_until_it_was_weighed(
        self, world: World, person: Sorter, run: Read, read: Read, lines: list[UUID]
    ) -> None:
        (point,) = [p.id for p in read(logistics.sheets, world.group_buy_id) if p.pickup_point_code == "P902"]
        for ask in (lambda: run(sorting.finish_all, world.group_buy_id), lambda: run(sorting.finish_sheet, point)):
            with pytest.raises(LinesUnweighed):
                ask()
        for zone in Zone:  # a phone finishes sheets one by one
            person.drain(world.group_buy_id, zone)
        world.station(Station.ROUTE, iterations=20)
        with pytest.raises(LinesUnweighed) as refused:
            world.station(Station.DISPATCH)
        assert (refused.value.open, refused.value.goods) == (2, ["P901 T002", "P902 T002"])
        run(record_weights, world.group_buy_id, [RecordWeight(line_id=lines[0], weight_g=1_440)])
        with pytest.raises(LinesUnweighed) as refused:
            world.station(Station.DISPATCH)
        assert (refused.value.open, refused.value.goods) == (1, ["P902 T002"])
        run(record_weights, world.group_buy_id, [RecordWeight(line_id=lines[1], weight_g=960)])
        assert world.station(Station.DISPATCH) == "2 pickup points on the way"
        assert sound(world)

    def test_hq_may_let_lines_go_as_ordered_and_they_may_still_be_weighed(
        self, world: World, run: Read, lines: list[UUID]
    ) -> None:
        assert run(scales.leave_unweighed, world.group_buy_id) == 2
        assert run(scales.leave_unweighed, world.group_buy_id) == 0
        assert run(sorting.finish_all, world.group_buy_id) == 3
        world.station(Station.ROUTE, iterations=20)
        assert world.station(Station.DISPATCH) == "2 pickup points on the way"
        (done,) = run(record_weights, world.group_buy_id, [RecordWeight(line_id=lines[0], weight_g=1_301)])
        assert (done.price_cents, done.back_cents) == (451, 147)
        assert sound(world)

    @pytest.mark.usefixtures("lines")
    def test_the_option_of_the_station_says_so_too(self, world: World, person: Sorter) -> None:
        for zone in Zone:
            person.drain(world.group_buy_id, zone)
        world.station(Station.ROUTE, iterations=20)
        with pytest.raises(LinesUnweighed):
            run_to(world, Station.DISPATCH)
        with pytest.raises(Forbidden):
            world.services.database.transact(Actor("leader", Role.LEADER), scales.leave_unweighed, world.group_buy_id)
        assert world.station(Station.DISPATCH, unweighed=True) == "2 pickup points on the way"


class TestShort:
    def short_by(self, world: World, person: Sorter, zone: Zone, *short: int) -> list[UUID]:
        """Sort a zone with its one task so many pieces short, point by point; returns the puts."""
        task = person.claim(world.group_buy_id, zone)
        assert task is not None
        for one, less in zip(task.puts, short, strict=True):
            person.put(one.id, one.qty, less, ShortReason.NOT_FOUND if less else None)
        return [one.id for one in task.puts]

    def test_given_up_pieces_are_refunded_at_once_and_never_again(
        self, world: World, person: Sorter, run: Read, read: Read, work: Callable[[], int]
    ) -> None:
        ann, bo, cem = world.buy(0, dumplings=3, orange=1), world.buy(1, dumplings=2), world.buy(2, dumplings=1)
        run_to(world, Station.SORT, finish=False)
        person.drain(world.group_buy_id, Zone.AMBIENT)
        puts = self.short_by(world, person, Zone.FROZEN, 2, 0)
        world.station(Station.ROUTE, iterations=20)
        assert refunds(world) == []
        assert run(give_up_short, world.group_buy_id) == 2
        assert run(give_up_short, world.group_buy_id) == 0
        work()
        # Cem paid last and loses her one piece, Ann one of three.
        assert refunds(world) == [(order_id, 2_500, "sort_short", "succeeded") for order_id in sorted((ann, cem))]
        cuts = [(c.qty, c.amount_cents, c.reason) for c in read(orders.cuts_of_order, ann)]
        assert cuts == [(1, 2_500, CutReason.SORT_SHORT)]
        assert read(logistics.short_cards, world.group_buy_id) == []
        assert read(logistics.sheet_totals, world.group_buy_id).waiting == 0
        states = [read(logistics.pickup_of_order, order_id).state.value for order_id in (ann, bo, cem)]
        assert states == ["expected", "expected", "void"]
        hub = (
            "SELECT p.amount_cents FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id"
            " WHERE j.kind = 'hub_charged' AND j.cause_id = :put AND p.account = 'hub_loss'"
        )
        with world.services.database.engine.connect() as connection:
            assert connection.scalars(text(hub), {"put": puts[0]}).all() == [3_800]
        assert world.station(Station.DISPATCH) == "2 pickup points on the way"
        dumplings = world.skus["dumplings"]
        expected = {
            h.leader_id: [ln.expected_qty for ln in h.lines if ln.sku_id == dumplings]
            for h in read(logistics.handovers_of_round, world.group_buy_id)
        }
        assert expected == {world.leaders["L901"]: [2], world.leaders["L902"]: [2]}
        run_to(world, Station.HANDOVER)
        work()
        assert len(refunds(world)) == 2
        assert sound(world)

    def test_only_what_hq_names_is_given_up_and_the_rest_can_be_searched(
        self, world: World, person: Sorter, run: Read, read: Read
    ) -> None:
        world.buy(0, dumplings=3)
        world.buy(1, dumplings=2)
        run_to(world, Station.SORT, finish=False)
        first, second = self.short_by(world, person, Zone.FROZEN, 1, 1)
        assert run(give_up_short, world.group_buy_id, {first}) == 1
        assert [card.put_id for card in read(logistics.short_cards, world.group_buy_id)] == [second]
        assert run(tasks.search_again, world.group_buy_id, [first, second]) == 1
        again = person.claim(world.group_buy_id, Zone.FROZEN)
        assert again is not None
        assert again.pieces == 1
        assert run(give_up_short, world.group_buy_id) == 0

    def test_finishing_the_station_refunds_what_was_short_but_a_truck_that_left_does_not(
        self, world: World, person: Sorter, run: Read, read: Read
    ) -> None:
        ann = world.buy(0, dumplings=3)
        run_to(world, Station.RECEIVE)
        run(sorting.make_sheets, world.group_buy_id)
        self.short_by(world, person, Zone.FROZEN, 1)
        assert world.station(Station.SORT, finish=True) == "1 sheets, 1 crates, 2 pieces"
        assert [c.amount_cents for c in read(orders.cuts_of_order, ann)] == [2_500]
        run_to(world, Station.DISPATCH)
        assert sound(world)

    def test_after_the_trucks_left_the_count_decides(self, world: World, person: Sorter, run: Read) -> None:
        world.buy(0, dumplings=3)
        run_to(world, Station.SORT, finish=False)
        self.short_by(world, person, Zone.FROZEN, 1)
        world.station(Station.ROUTE, iterations=20)
        world.station(Station.DISPATCH)
        with pytest.raises(AlreadyDispatched):
            run(give_up_short, world.group_buy_id)
        assert refunds(world) == []

    def test_who_may(self, world: World) -> None:
        with pytest.raises(Forbidden):
            world.services.database.transact(Actor("l", Role.LEADER, new_id()), give_up_short, world.group_buy_id)
