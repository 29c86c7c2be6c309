"""Goods sold by weight: what the scale shows is paid, never more than ordered, and the rest goes back at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.groupbuys.values import Station
from app.domains.logistics.errors import AlreadyPickedUp
from app.domains.logistics.queries import weighing as scale
from app.domains.orders import queries as orders
from app.domains.orders.errors import NotByWeight, WeightOnlyFalls, WeightUnlikely
from app.domains.orders.values import CutReason, LineCard, RecordWeight, Weighed
from app.flows.weighing import record_weights
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from tests.factories.boxes import weigh_goods
from tests.factories.settlement import pick_up, run_to
from tests.factories.world import World, make_world

Read = Callable[..., Any]
SORTER = Actor("老周", Role.HQ_WAREHOUSE, new_id())


@pytest.fixture
def world(services: Services) -> World:
    """Greens at 5.00 for about 480 g, oranges at 19.90 (17.90 from 10) for about 2,500 g."""
    made = make_world(services)
    weigh_goods(made, greens=480, orange=2500)
    return made


def weigh(world: World, *wishes: RecordWeight, actor: Actor = SORTER) -> list[Weighed]:
    done: list[Weighed] = world.services.database.transact(actor, record_weights, world.group_buy_id, wishes)
    return done


def line_of(read: Read, order_id: UUID, code: str = "T002") -> LineCard:
    (found,) = [line for line in read(orders.get_order, order_id).lines if line.sku_code == code]
    return found


def weights(read: Read, order_id: UUID) -> list[int]:
    return [cut.amount_cents for cut in read(orders.cuts_of_order, order_id) if cut.reason is CutReason.WEIGHT]


def sound(services: Services) -> bool:
    return services.database.read(broken_invariants, services.database.clock.now()) == []


def test_lighter_goods_cost_their_weight_and_the_payer_gets_the_difference(
    world: World, services: Services, read: Read, clock: SetClock, work: Callable[[], int]
) -> None:
    ann, bo = world.buy(0, greens=3), world.buy(1, greens=2)
    run_to(world, Station.SORT)
    one, two = line_of(read, ann), line_of(read, bo)
    done = weigh(
        world, RecordWeight(line_id=one.id, weight_g=1_301), RecordWeight(line_id=two.id, weight_g=1_000)
    )  # fmt: skip
    # 1,301 g × 5.00 ÷ (3 × 480 g) = 4.517 a piece, rounded down to 4.51; 1,000 g are more than 2 × 480 g.
    assert [(d.price_cents, d.back_cents, d.is_new) for d in done] == [(451, 147, True), (500, 0, True)]
    after = line_of(read, ann)
    assert (after.final_price_cents, after.net_cents, after.weight_g) == (451, 1_353, 1_301)
    assert (line_of(read, bo).net_cents, weights(read, bo)) == (1_000, [])
    work()
    with services.database.engine.connect() as connection:
        refund = "SELECT order_id, amount_cents, reason, status FROM payments_refund"
        assert connection.execute(text(refund)).all() == [(ann, 147, "weight", "succeeded")]
        posted = (
            "SELECT p.account, p.amount_cents FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id"
            " WHERE j.kind = 'refund_paid' ORDER BY 1"
        )
        assert connection.execute(text(posted)).all() == [("deferred_sales", 147), ("provider_clearing", -147)]
        told = (
            "SELECT account_id, params ->> 'reason', params ->> 'amount_cents' FROM notifications_message"
            " WHERE kind = 'line_cut'"
        )
        assert connection.execute(text(told)).all() == [(world.residents[0], "weight", "147")]
    assert sound(services)


def test_the_same_weight_again_changes_nothing_and_a_correction_only_lowers(
    world: World, services: Services, read: Read
) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT)
    line = line_of(read, ann)

    def entered(grams: int) -> tuple[int, list[int]]:
        weigh(world, RecordWeight(line_id=line.id, weight_g=grams))
        return line_of(read, ann).final_price_cents, weights(read, ann)

    assert entered(2_352) == (490, [50])
    assert entered(2_352) == (490, [50])
    assert entered(2_304) == (480, [50, 50])
    with pytest.raises(WeightOnlyFalls) as refused:
        entered(2_352)
    assert (refused.value.weight_g, refused.value.known_g) == (2_352, 2_304)
    assert entered(2_304) == (480, [50, 50])
    assert (line_of(read, ann).weight_g, line_of(read, ann).net_cents) == (2_304, 2_400)
    with services.database.engine.connect() as connection:
        noted = (
            "SELECT after ->> 'weight_g', after ->> 'price_cents' FROM infra_audit"
            " WHERE action = 'orders.weigh' ORDER BY id"
        )
        assert connection.execute(text(noted)).all() == [("2352", "490"), ("2304", "480")]
    assert sound(services)


def test_weight_counts_after_the_price_break(world: World, services: Services, read: Read) -> None:
    ann, bo = world.buy(0, orange=6), world.buy(1, orange=4)
    run_to(world, Station.SORT)
    first = line_of(read, ann, "T001")
    assert (first.unit_price_cents, first.final_price_cents) == (1_990, 1_790)
    weigh(world, RecordWeight(line_id=first.id, weight_g=14_250))  # 95 % of 15 kg
    assert line_of(read, ann, "T001").net_cents == 6 * 1_700  # 17.005 rounded down
    assert line_of(read, bo, "T001").net_cents == 4 * 1_790
    assert sound(services)


def test_an_unlikely_weight_must_be_meant(world: World, read: Read) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT)
    line = line_of(read, ann)
    for grams in (240, 1_199, 4_801):
        with pytest.raises(WeightUnlikely) as refused:
            weigh(world, RecordWeight(line_id=line.id, weight_g=grams))
        assert refused.value.expected_g == 2_400
    assert line_of(read, ann).weight_g is None
    weigh(world, RecordWeight(line_id=line.id, weight_g=1_199, is_sure=True))
    assert line_of(read, ann).final_price_cents == 249


def test_all_of_an_entry_or_nothing(world: World, read: Read) -> None:
    ann, bo = world.buy(0, greens=3), world.buy(1, greens=2, rice=1)
    run_to(world, Station.SORT)
    good, other = line_of(read, ann), line_of(read, bo, "T004")
    good_wish = RecordWeight(line_id=good.id, weight_g=1_400)
    for wrong, refusal in (
        (RecordWeight(line_id=other.id, weight_g=5_000), NotByWeight),
        (RecordWeight(line_id=new_id(), weight_g=500), NotByWeight),
        (RecordWeight(line_id=good.id, weight_g=1_300), Invalid),
        (RecordWeight(line_id=line_of(read, bo).id, weight_g=0), Invalid),
        (RecordWeight(line_id=line_of(read, bo).id, weight_g=100_001), Invalid),
    ):
        with pytest.raises(refusal):
            weigh(world, good_wish, wrong)
    with pytest.raises(Invalid):
        weigh(world)
    assert (line_of(read, ann).weight_g, weights(read, ann)) == (None, [])


def test_before_the_sheets_and_after_the_pickup_the_scale_is_silent(
    world: World, services: Services, read: Read
) -> None:
    ann = world.buy(0, greens=5)
    line = line_of(read, ann)
    with pytest.raises(NotByWeight):
        weigh(world, RecordWeight(line_id=line.id, weight_g=2_300))
    run_to(world, Station.HANDOVER)
    weigh(world, RecordWeight(line_id=line.id, weight_g=2_352))
    pick_up(world, ann)
    with pytest.raises(AlreadyPickedUp):
        weigh(world, RecordWeight(line_id=line.id, weight_g=2_304))
    assert weigh(world, RecordWeight(line_id=line.id, weight_g=2_352))[0].is_new is False
    assert (line_of(read, ann).net_cents, weights(read, ann)) == (2_450, [50])
    with services.database.engine.connect() as connection:
        earned = "SELECT net_cents, amount_cents FROM settlement_commission_entry"
        assert connection.execute(text(earned)).all() == [(2_450, 196)]  # 8 % of what it cost in the end
    assert sound(services)


def test_only_who_sorts_may_weigh(world: World, read: Read) -> None:
    ann = world.buy(0, greens=5)
    run_to(world, Station.SORT)
    wish = RecordWeight(line_id=line_of(read, ann).id, weight_g=2_300)
    for actor in (world.resident(0), world.leader(), Actor("finance", Role.HQ_FINANCE, new_id())):
        with pytest.raises(Forbidden):
            weigh(world, wish, actor=actor)
    assert line_of(read, ann).weight_g is None


def test_how_far_the_scale_is(world: World, read: Read) -> None:
    ann = world.buy(0, greens=3, rice=1)
    world.buy(1, greens=2, orange=1)
    assert read(scale.scale_points, world.group_buy_id) == []
    run_to(world, Station.SORT)
    weigh(world, RecordWeight(line_id=line_of(read, ann).id, weight_g=1_440))
    assert [(p.code, p.lines, p.weighed) for p in read(scale.scale_points, world.group_buy_id)] == [
        ("P901", 1, 1), ("P902", 2, 0),
    ]  # fmt: skip
    here = read(scale.scale_lines, world.group_buy_id, world.points["P902"])
    assert [(x.sku_code, x.due_qty, x.expected_g, x.weight_g) for x in here] == [
        ("T001", 1, 2_500, None), ("T002", 2, 960, None),
    ]  # fmt: skip
