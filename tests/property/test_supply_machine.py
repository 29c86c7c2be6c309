"""Whatever people do between order and pickup, in any order that is allowed: the invariants of the house hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.domains.analytics import queries as analytics
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault, HandoverState
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.domains.supply import queries as supply
from app.domains.supply.service import stock, stocktakes
from app.domains.supply.values import ReceiveLine
from app.domains.supply.values.stock import LoseStock, LossReason
from app.flows import checkout, handover, pickup, receiving
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.worker.tasks import run_due
from tests.conftest import START, SYSTEM
from tests.database import Sweeper
from tests.factories.kept import now_at
from tests.factories.logistics import picked_of
from tests.factories.world import World, make_world

NAMES = ("orange", "greens", "dumplings", "rice")
#: The stations in their order; every rule says between which of them it may happen.
LINE = (Station.OPEN, Station.CUTOFF, Station.RECEIVE, Station.SORT, Station.ROUTE, Station.DISPATCH, Station.SETTLE)


class Night(RuleBasedStateMachine):
    """One round of one hub with three residents and two leaders."""

    services: Services
    sweeper: Sweeper

    @initialize()
    def begin(self) -> None:
        now_at.empty(self.sweeper)
        clock = self.services.database.clock
        assert isinstance(clock, SetClock)
        clock.move_to(START)
        self.clock, self.read = clock, self.services.database.read
        self.world: World = make_world(self.services)
        self.orders: list[tuple[UUID, int]] = []
        self.at = Station.OPEN
        self.refused = 0

    def attempt(self, actor: Actor, what: Callable[..., Any], *args: Any) -> Any:
        """A refusal is an answer too: it must change nothing, which the invariants see."""
        try:
            return self.services.database.transact(actor, what, *args)
        except DomainError:
            self.refused += 1
            return None

    def step_to(self, station: Station, **options: Any) -> None:
        self.world.station(station, **options)
        run_due(self.services)
        self.at = station

    # -- before the cut-off ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.at is Station.OPEN)
    @rule(
        who=st.integers(0, 2),
        pieces=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 7), min_size=1),
        pays=st.booleans(),
    )
    def order(self, who: int, pieces: dict[str, int], pays: bool) -> None:
        try:
            placed = self.world.place(who, **pieces)
        except DomainError:
            self.refused += 1
            return
        self.orders.append((placed.id, who))
        if pays:
            self.world.pay(placed.id, who)

    @precondition(lambda self: self.at is Station.OPEN and self.orders)
    @rule(nth=st.integers(0, 30))
    def cancel(self, nth: int) -> None:
        order_id, who = self.orders[nth % len(self.orders)]
        self.attempt(self.world.resident(who), checkout.cancel, order_id)

    @precondition(lambda self: self.at is Station.OPEN)
    @rule()
    def cut_off(self) -> None:
        self.step_to(Station.CUTOFF, early=True)

    # -- the dock --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.at is Station.CUTOFF)
    @rule(nth=st.integers(0, 30), good=st.integers(0, 60), bad=st.integers(0, 9), ends=st.booleans())
    def receive(self, nth: int, good: int, bad: int, ends: bool) -> None:
        waiting = self.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id, uncounted=True)
        if waiting:
            line = waiting[nth % len(waiting)]
            reason = "squashed" if bad else ""
            count = ReceiveLine(
                purchase_line_id=line.id, received_qty=good, rejected_qty=bad, reject_reason=reason, is_final=ends
            )
            self.attempt(SYSTEM, receiving.count, count)

    @precondition(lambda self: self.at is Station.CUTOFF)
    @rule(policy=st.sampled_from(SharePolicy))
    def allocate(self, policy: SharePolicy) -> None:
        self.step_to(Station.RECEIVE, as_ordered=True, policy=policy.value)

    @precondition(lambda self: self.at is not Station.OPEN)
    @rule(nth=st.integers(0, 30), qty=st.integers(1, 4))
    def lose(self, nth: int, qty: int) -> None:
        lots = self.read(supply.stock, self.world.hub_id)
        if lots:
            wish = LoseStock(lot_id=lots[nth % len(lots)].lot_id, qty=qty, reason=LossReason.BROKEN)
            self.attempt(SYSTEM, stock.lose, wish)

    @precondition(lambda self: self.at is not Station.OPEN)
    @rule(off=st.integers(-2, 2))
    def take_stock(self, off: int) -> None:
        taken = self.attempt(SYSTEM, stocktakes.open_count, self.world.hub_id)
        if taken is None:
            return
        found = {lot.lot_id: max(0, lot.qty + off) for lot in self.read(supply.stock, self.world.hub_id)}
        self.attempt(SYSTEM, stocktakes.count_lots, taken, found)
        self.attempt(SYSTEM, stocktakes.ask_review, taken)
        if self.attempt(SYSTEM, stocktakes.post, taken, "counted twice") is None:
            self.attempt(SYSTEM, stocktakes.drop, taken)

    # -- the tables, the trucks, the doorstep ----------------------------------------------------------------------

    @precondition(lambda self: self.at is Station.RECEIVE)
    @rule()
    def sort(self) -> None:
        self.step_to(Station.SORT, finish=True)

    @precondition(lambda self: self.at is Station.SORT)
    @rule()
    def load(self) -> None:
        self.step_to(Station.ROUTE, iterations=20)
        self.step_to(Station.DISPATCH)

    @precondition(lambda self: self.at is Station.DISPATCH)
    @rule(nth=st.integers(0, 30), short=st.integers(0, 3), damaged=st.integers(0, 3), fault=st.sampled_from(Fault))
    def hand_over(self, nth: int, short: int, damaged: int, fault: Fault) -> None:
        waiting = [
            h
            for h in self.read(logistics.handovers_of_round, self.world.group_buy_id)
            if h.state is HandoverState.EXPECTED
        ]
        if waiting:
            card = waiting[nth % len(waiting)]
            lines = [CountLine(sku_id=card.lines[0].sku_id, short_qty=short, damaged_qty=damaged, fault=fault)]
            leader = Actor("leader", Role.LEADER, card.leader_id)
            self.attempt(leader, handover.count_handover, card.id, lines if short + damaged else [])
            run_due(self.services)

    @precondition(lambda self: self.at is Station.DISPATCH)
    @rule(nth=st.integers(0, 30), part=st.one_of(st.none(), st.integers(1, 3)))
    def pick_up(self, nth: int, part: int | None) -> None:
        waiting = self.read(logistics.unclaimed, self.world.group_buy_id)
        if not waiting:
            return
        card = waiting[nth % len(waiting)]
        code = self.read(logistics.pickup_code_of_order, card.order_id, card.resident_id)
        lines = None if part is None else (PickLine(order_line_id=card.lines[0].order_line_id, qty=part),)
        run = self.world.run_as(Actor("leader", Role.LEADER, card.leader_id))
        try:
            pickup.hand_out(run, RecordPickup(code=code, event_key=str(new_id()), lines=lines))
        except DomainError:
            self.refused += 1

    @precondition(lambda self: self.at is Station.DISPATCH)
    @rule()
    def give_back(self) -> None:
        """What nobody fetched is refunded; whoever has not counted is taken to have got everything."""
        self.world.station(Station.HANDOVER, as_expected=True)
        self.clock.move_to(self.clock.now() + timedelta(days=2))
        self.world.station(Station.REMIND)
        self.step_to(Station.SETTLE)

    # -- what must hold --------------------------------------------------------------------------------------------

    @invariant()
    def looked_after(self) -> None:
        """Every other step: what is broken stays broken, and all the checks of a step take longer than the step."""
        self.steps = getattr(self, "steps", 0) + 1
        if hasattr(self, "world") and self.steps % 2:
            self.house_stands()

    def house_stands(self) -> None:
        """Nothing contradicts anything."""
        found = self.read(analytics.broken_invariants, self.clock.now())
        assert found == [], [(breach.name, breach.rows[:2]) for breach in found]

    def teardown(self) -> None:
        """Drive the round to its end: nobody is left with paid goods that neither came nor were paid back."""
        if not hasattr(self, "world"):
            return
        rest = {
            Station.CUTOFF: {"early": True}, Station.RECEIVE: {"as_ordered": True}, Station.SORT: {"finish": True},
            Station.ROUTE: {"iterations": 20},
        }  # fmt: skip
        for station in LINE[LINE.index(self.at) + 1 : -1]:
            self.step_to(station, **rest.get(station, {}))
        if self.at is not Station.SETTLE:
            self.give_back()
        run_due(self.services)
        self.house_stands()
        for order_id, _ in self.orders:
            card = self.read(orders.get_order, order_id)
            if card.status is not OrderStatus.PAID:
                continue
            picked = self.read(picked_of, [line.id for line in card.lines])
            for line in card.lines:
                assert picked.get(line.id, 0) == line.effective_qty, (line, picked)


def test_nothing_appears_and_nothing_disappears(services: Services, sweeper: Sweeper) -> None:
    Night.services, Night.sweeper = services, sweeper
    run_state_machine_as_test(
        Night,
        settings=settings(
            max_examples=14, stateful_step_count=24,
            phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
