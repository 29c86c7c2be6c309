"""Whatever happens to money, in any order that is allowed: nothing is made, nothing is lost, nobody gets too much.

Residents order, pay by redirect, with their balance or in cash, change their minds, pay late; news come late and twice;
goods come short, are lost at the doorstep, handed out in parts, claimed and given back; refunds bounce and are ordered
again; leaders withdraw what they earned. After every step the ledger balances and agrees with the provider's own
memory, and at the end with every row of the house.
"""

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

from app.domains.aftersales.values import ClaimFault, ClaimKind, DecideClaim, FileClaim
from app.domains.analytics import queries as analytics
from app.domains.catalogue import queries as catalogue
from app.domains.catalogue.service.products import set_taxes
from app.domains.communities.service import leaders
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.service import checkpoints
from app.domains.ledger.values import LedgerAccount
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.orders import queries as orders
from app.domains.payments import queries as payments
from app.domains.payments.errors import CashDue
from app.domains.payments.service import holds, refunds
from app.domains.payments.values import Method, PaymentStatus, RefundKind, RefundStatus, Route
from app.domains.payouts.service import payouts
from app.domains.settlement.service import commission
from app.domains.supply import queries as supply
from app.domains.supply.values import ReceiveLine
from app.flows import books, checkout, claims, handover, payment, pickup, receiving
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.worker.tasks import lapse_orders, run_due
from tests.conftest import START, SYSTEM
from tests.database import Sweeper
from tests.factories.aftersales import make_evidence
from tests.factories.kept import now_at
from tests.factories.payments import BACK
from tests.factories.payouts import Till, make_till
from tests.factories.provider import ApprovingProvider
from tests.factories.world import World, make_world

NAMES = ("orange", "greens", "dumplings", "rice")
WISHES = (PayWish(), PayWish(use_balance=True), PayWish(method=Method.CASH))
A = LedgerAccount
SERVICE = Actor("阿芳", Role.HQ_SERVICE, new_id())


class Money(RuleBasedStateMachine):
    """One round of one hub with three residents and two leaders, and a provider whose news may come late."""

    services: Services
    sweeper: Sweeper

    @initialize(refunds_to=st.lists(st.sampled_from([Route.SOURCE, Route.BALANCE]), min_size=3, max_size=3))
    def begin(self, refunds_to: list[Route]) -> None:
        now_at.empty(self.sweeper)
        clock = self.services.database.clock
        assert isinstance(clock, SetClock)
        clock.move_to(START)
        self.clock, self.database, self.read = clock, self.services.database, self.services.database.read
        self.provider = ApprovingProvider(at_once=False)
        self.house = Services(self.services.settings, self.database, self.provider)
        self.world: World = make_world(self.house)
        self.till: Till = make_till(self.world, 0)
        shelves = self.read(catalogue.categories)
        rates = {one.id: rate for one, rate in zip(shelves, (900, 1_300, 0), strict=True)}
        self.database.transact(SYSTEM, set_taxes, rates)
        for leader_id in self.world.leaders.values():
            self.database.transact(SYSTEM, leaders.set_takes_cash, leader_id, takes_cash=True)
        self.orders: list[tuple[UUID, int]] = []
        #: References of payments that were made, of which nobody has told us yet.
        self.unheard: list[str] = []
        self.events = 0
        self.at = "open"
        for who, to in enumerate(refunds_to):
            self.as_(self.world.resident(who), holds.choose_route, to)
        for who, way in enumerate(WISHES):
            self.order(who=who, way=way, pieces={"orange": 2 + who, "dumplings": 2})
        self.approve(nth=0, heard=1, off=0)

    def attempt(self, what: Callable[..., Any], *args: Any) -> Any:
        """A refusal is an answer too: it must change nothing, which the invariants see."""
        try:
            return what(*args)
        except DomainError:
            return None

    def as_(self, actor: Actor, use_case: Callable[..., Any], *args: Any) -> Any:
        return self.attempt(self.database.transact, actor, use_case, *args)

    def work(self) -> None:
        run_due(self.house)

    def tell(self, ref: str, kind: str, times: int = 1) -> None:
        """The provider's webhook, perhaps several times, each time as a new event or as a twin."""
        for copy in range(times):
            self.events += 1 - copy % 2
            body, signature = self.provider.event(f"evt_{self.events}", ref, kind)
            payment.handle_event(self.world.run_as(SYSTEM), self.provider, body, signature)
        self.work()

    # -- before the cut-off ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.at == "open" and len(self.orders) < 6)
    @rule(
        who=st.integers(0, 2), way=st.sampled_from(WISHES),
        pieces=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 7), min_size=1, max_size=3),
    )  # fmt: skip
    def order(self, who: int, way: PayWish, pieces: dict[str, int]) -> None:
        placed = self.attempt(lambda: self.world.place(who, **pieces))
        if placed is None:
            return
        self.orders.append((placed.id, who))
        run = self.world.run_as(self.world.resident(who))
        self.attempt(payment.start_payment, run, self.provider, placed.id, BACK, way)
        self.work()

    @precondition(lambda self: self._waiting())
    @rule(nth=st.integers(0, 30), heard=st.integers(0, 3), off=st.sampled_from([0, 0, 0, -10, None]))
    def approve(self, nth: int, heard: int, off: int | None) -> None:
        """The payer pays, now and then another sum than asked, or declines; the news comes 0 to 3 times."""
        waiting = self._waiting()
        if not waiting:
            return
        ref = waiting[nth % len(waiting)]
        if off is None:
            self.provider.decline(ref)
            self.tell(ref, "payment_intent.payment_failed")
            return
        self.provider.approve(ref, self.provider.amounts[ref] + off)
        if heard:
            self.tell(ref, "payment_intent.succeeded", heard)
        else:
            self.unheard.append(ref)

    @precondition(lambda self: self.unheard)
    @rule(nth=st.integers(0, 30), late=st.booleans())
    def hear(self, nth: int, late: bool) -> None:
        """Late news: honoured if it still can be, else given back; the order may have lapsed meanwhile."""
        if late and self.at == "open":
            self.clock.move_to(self.clock.now() + timedelta(minutes=45))
            lapse_orders(self.house)
            self.work()
        self.tell(self.unheard.pop(nth % len(self.unheard)), "payment_intent.succeeded", 2)

    @precondition(lambda self: self.at == "open" and self.orders)
    @rule(nth=st.integers(0, 30))
    def cancel(self, nth: int) -> None:
        order_id, who = self.orders[nth % len(self.orders)]
        self.as_(self.world.resident(who), checkout.cancel, order_id)
        self.work()

    # -- the night -------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.at == "open")
    @rule(nth=st.integers(0, 30), good=st.integers(0, 9), damaged=st.integers(0, 2), fault=st.sampled_from(Fault))
    def live_through_the_night(self, nth: int, good: int, damaged: int, fault: Fault) -> None:
        """One purchase line comes with `good` pieces only, a leader finds damage; the rest goes by itself."""
        self.world.station(Station.CUTOFF, early=True)
        waiting = self.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id, uncounted=True)
        if waiting:
            short = ReceiveLine(purchase_line_id=waiting[nth % len(waiting)].id, received_qty=good)
            self.as_(SYSTEM, receiving.count, short)
        self.world.station(Station.RECEIVE, as_ordered=True)
        self.world.station(Station.SORT, finish=True)
        self.world.station(Station.ROUTE, iterations=20)
        self.world.station(Station.DISPATCH)
        for card in self.read(logistics.handovers_of_round, self.world.group_buy_id):
            lost = [CountLine(sku_id=card.lines[0].sku_id, damaged_qty=damaged, fault=fault)] if damaged else []
            self.as_(SYSTEM, handover.count_handover, card.id, lost)
        self.world.station(Station.HANDOVER, as_expected=True)
        self.work()
        books.take_checkpoint(self.world.run_as(SYSTEM), self.read, looks=1)
        self.at = "doorstep"

    # -- the doorstep ----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.at == "doorstep")
    @rule(nth=st.integers(0, 30), part=st.one_of(st.none(), st.integers(1, 2)))
    def pick_up(self, nth: int, part: int | None) -> None:
        waiting = self.read(logistics.unclaimed, self.world.group_buy_id)
        if not waiting:
            return
        card = waiting[nth % len(waiting)]
        code = self.read(logistics.pickup_code_of_order, card.order_id, card.resident_id)
        lines = None if part is None else (PickLine(order_line_id=card.lines[0].order_line_id, qty=part),)
        run = self.world.run_as(Actor("leader", Role.LEADER, card.leader_id))
        wish = RecordPickup(code=code, event_key=str(new_id()), lines=lines)
        try:
            pickup.hand_out(run, wish)
        except CashDue as due:
            paid = RecordPickup(code=code, event_key=wish.event_key, lines=lines, cash_cents=due.cents)
            self.attempt(pickup.hand_out, run, paid)
        except DomainError:
            pass
        self.work()

    @precondition(lambda self: self.at != "open" and self.orders)
    @rule(
        nth=st.integers(0, 30), line=st.integers(0, 2), qty=st.integers(1, 2), fault=st.sampled_from(ClaimFault),
        approved=st.booleans(),
    )  # fmt: skip
    def claim(self, nth: int, line: int, qty: int, fault: ClaimFault, approved: bool) -> None:
        order_id, who = self.orders[nth % len(self.orders)]
        lines = self.read(orders.get_order, order_id).lines
        wish = FileClaim(
            order_line_id=lines[line % len(lines)].id, kind=ClaimKind.QUALITY, qty=qty, text="烂了",
            idempotency_key=str(new_id()),
        )  # fmt: skip
        filed = self.as_(self.world.resident(who), claims.file_claim, wish)
        if filed is not None:
            if fault is ClaimFault.LEADER:
                make_evidence(self.world, filed.id)
            verdict = DecideClaim(claim_id=filed.id, approve=approved, fault=fault, reason="照片清楚")
            self.as_(SERVICE, claims.decide_claim, verdict)
            self.work()

    @precondition(lambda self: self.at == "doorstep")
    @rule()
    def settle(self) -> None:
        """What nobody fetched is given back."""
        self.world.station(Station.REMIND)
        self.world.station(Station.SETTLE, early=True)
        self.work()
        self.at = "settled"

    @precondition(lambda self: self.at == "settled")
    @rule()
    def let_the_time_to_complain_end(self) -> None:
        """What is frozen becomes available."""
        self.clock.move_to(self.clock.now() + timedelta(hours=73))
        while self.database.transact(SYSTEM, commission.release_due):
            pass

    # -- at any time -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self._gone_back())
    @rule(nth=st.integers(0, 30), again=st.booleans())
    def bounce(self, nth: int, again: bool) -> None:
        """The payer's bank sends a refund back; HQ orders it again, or not yet."""
        gone = self._gone_back()
        ref = gone[nth % len(gone)]
        state = self.provider.refund_states[ref]
        self.provider.refund_states[ref] = type(state)(
            ref=ref, status=RefundStatus.FAILED, failure="account closed", refund_key=state.refund_key
        )
        del self.provider.refunds[str(state.refund_key)]  # the provider may give it back once more
        self.tell(ref, "refund.failed", 2)
        if again:
            self.as_(SYSTEM, refunds.retry, UUID(str(state.refund_key)[:36]))
            self.work()

    @precondition(lambda self: self.at != "open" and self.till.available() > 0)
    @rule(share=st.sampled_from([0.5, 1.0, 1.5]), then=st.sampled_from(["wait", "reject", "approve"]))
    def withdraw(self, share: float, then: str) -> None:
        available = self.till.available()
        cents = max(1_000, int(available * share))
        card = self.attempt(self.till.ask, cents)
        assert card is None or cents <= available, "more was withdrawn than there was"
        if card is not None and then == "reject":
            self.as_(self.till.finance[0], payouts.reject, card.id, "wrong account")
        elif card is not None and then == "approve":
            self.as_(self.till.finance[0], payouts.approve, card.id)
            self.as_(self.till.finance[1], payouts.approve, card.id)

    # -- what must hold --------------------------------------------------------------------------------------------

    def _waiting(self) -> list[str]:
        states = getattr(self, "provider", None)
        return [ref for ref, s in states.states.items() if s.status is PaymentStatus.WAITING] if states else []

    def _gone_back(self) -> list[str]:
        found = self.provider.refund_states.items() if hasattr(self, "provider") else ()
        return [
            ref for ref, s in found if s.status is RefundStatus.SUCCEEDED and str(s.refund_key) in self.provider.refunds
        ]

    def _sum(self, account: LedgerAccount) -> int:
        return sum(row.amount_cents for row in self.read(ledger.balances, account))

    @invariant()
    def books_balance_and_agree_with_the_provider(self) -> None:
        if not hasattr(self, "world"):
            return
        assert sum(row.amount_cents for row in self.read(ledger.balances)) == 0
        states = self.provider.states
        # Whoever cancels an order has its payment looked up, so some news is known before it is heard.
        unheard = [ref for ref in self.unheard if not self.read(payments.find_by_ref, ref).received_cents]
        unknown = sum(states[ref].amount_received_cents for ref in unheard)
        inside = self.provider.charged_cents - unknown - self.provider.refunded_cents
        assert self._sum(A.PROVIDER_CLEARING) == inside, "provider in = captured - refunded"
        for ref, state in states.items():
            back = sum(r.amount_cents for r in self.provider.refunds.values() if r.payment_ref == ref)
            assert back <= state.amount_received_cents, "more was refunded than was paid"
        assert self._sum(A.RESIDENT_BALANCE) <= 0, "a balance below nought"
        assert self._sum(A.PAYOUT_TRANSIT) <= 0

    def teardown(self) -> None:
        """Everything is heard, the round ends, every cent is where a row of the house says."""
        if not hasattr(self, "world"):
            return
        while self.unheard:
            self.hear(nth=0, late=False)
        if self.at == "doorstep":
            self.settle()
        self.books_balance_and_agree_with_the_provider()
        now = self.clock.now()
        found = self.database.read_snapshot(analytics.broken_invariants, now)
        allowed = {"overdue", "unpaid"} if self.at == "open" else set()
        assert [b for b in found if b.name not in allowed] == [], [(b.name, b.rows[:2]) for b in found]
        assert self._sum(A.TAX) <= 0, "tax that was never due"
        assert self.database.transact(SYSTEM, checkpoints.rebuild) == 0
        if self.at == "settled":
            late = self.read(payments.open_refunds, now + timedelta(days=1))
            owed = sum(refund.amount_cents for refund in late if refund.kind is RefundKind.BEFORE_PICKUP)
            assert self._sum(A.DEFERRED_SALES) == -owed, "a settled round owes no goods, only refunds that bounced"


def test_money_is_neither_made_nor_lost(services: Services, sweeper: Sweeper) -> None:
    Money.services, Money.sweeper = services, sweeper
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=8, stateful_step_count=24,
            phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
