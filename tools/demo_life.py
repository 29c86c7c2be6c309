"""Four weeks of a made-up city, lived by running the use-cases with the clock moved: nothing is inserted by hand.

`python -m tools.demo_life HUB NOW` lives one hub's weeks; three hubs live side by side as processes.
"""

import gc
import heapq
import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.aftersales.values import AddToClaim, ClaimFault, ClaimKind, DecideClaim, FileClaim
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.values import Hub
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferCard, OfferInput, OfferRole, PlanGroupBuy, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault, HandoverCard
from app.domains.logistics.values.pickup import RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderItem, OrderStatus, PlaceOrder
from app.domains.supply import queries as supply
from app.domains.supply.values import ReceiveLine
from app.factory import create_services
from app.flows import checkout, claims, handover, leader_review, payment, pickup, receiving, stations
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.infra.uow import Run
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.kernel.paging import PageAsk
from app.worker.tasks import run_due
from tools.demo_offers import read_offers

WEEKS = 4
CARD_TEST = PayWish(method="card_test")
ORDERS_PER_ROUND = 80
#: How far the last rounds of each hub are lived, counted from today: so that the board shows every stage.
LAST_STATION = {
    "LJ-E": {1: Station.CUTOFF, 2: Station.DISPATCH, 3: Station.HANDOVER},
    "LJ-W": {1: Station.RECEIVE, 2: Station.ROUTE, 3: Station.HANDOVER},
    "LJ-N": {1: Station.CUTOFF, 2: Station.SORT, 3: Station.REMIND},
}
#: One leader of the city is careless: she counts late, and is often away when people come for their goods.
CARELESS = "L003"
Progress = Callable[[str], None]


@dataclass
class Life:
    """One hub's weeks: a queue of events in time, and what the people in it know."""

    services: Services
    clock: SetClock
    hub: Hub
    end: datetime
    say: Progress
    dice: random.Random = field(init=False)
    events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    residents: list[UUID] = field(default_factory=list)
    careless: UUID | None = None
    weights: list[float] = field(default_factory=list)
    offers: tuple[OfferInput, ...] = ()
    #: Offers as people saw them a moment ago, by group-buy.
    shelf: dict[UUID, list[OfferCard]] = field(default_factory=dict)
    #: Whether a round is lived as far as its handovers.
    hands_over: dict[UUID, bool] = field(default_factory=dict)
    events_made: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(f"linli {self.hub.code}")
        read = self.services.database.read
        skus = read(catalogue.sku_ids_by_code)
        self.offers = read_offers(skus)
        self.careless = read(communities.leader_ids_by_code).get(CARELESS)
        self.residents = read(communities.resident_ids_of_hub, self.hub.id)
        self.weights = [self.dice.paretovariate(1.3) for _ in self.residents]

    # -- the machinery -------------------------------------------------------------------------------------------

    def run(self, use_case: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One transaction of the system."""
        return self.services.database.transact(Actor.system("demo"), use_case, *args, **kwargs)

    def as_person(self, person: UUID, role: Role, use_case: Callable[..., Any], *args: Any) -> Any:
        """One transaction of a resident or a leader."""
        return self.services.database.transact(Actor("demo", role, person), use_case, *args)

    def runner(self, person: UUID, role: Role) -> Run:
        """The way in which one person runs use-cases, for flows of several transactions."""
        return lambda use_case, *args: self.as_person(person, role, use_case, *args)

    def read(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One read."""
        return self.services.database.read(query, *args, **kwargs)

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Put an event into the queue; nothing happens after the present."""
        self.events_made += 1
        heapq.heappush(self.events, (min(when, self.end), self.events_made, what))

    def local(self, day: date, clock: time, plus_days: int = 0) -> datetime:
        """An instant by the hub's clock."""
        return datetime.combine(day + timedelta(days=plus_days), clock, ZoneInfo(self.hub.timezone))

    def live(self) -> None:
        """Let everything happen in order of time."""
        while self.events:
            when, _, what = heapq.heappop(self.events)
            self.clock.move_to(max(when, self.clock.now()))
            what()
        self.clock.move_to(self.end)
        run_due(self.services)

    # -- a round -------------------------------------------------------------------------------------------------

    def plan_round(self, day: date, days_ago: int) -> None:
        """Plan a group-buy and queue everything that will happen in its round."""
        last = LAST_STATION.get(self.hub.code, {}).get(days_ago, Station.SETTLE)
        opens, cutoff = self.local(day, time(6)), self.local(day, self.hub.cutoff)
        self.clock.move_to(max(self.clock.now(), opens - timedelta(hours=2)))
        group_buy_id = self.plan(day, opens, cutoff)
        self.station(group_buy_id, Station.OPEN)
        for number in range(ORDERS_PER_ROUND + self.dice.randint(-12, 12)):
            minutes = int(self.dice.triangular(60, 16 * 60 + 40, 14 * 60))
            self.at(opens + timedelta(minutes=minutes), partial(self.order, group_buy_id, number))
        plan: list[tuple[Station, datetime, Callable[[], None]]] = [
            (Station.CUTOFF, cutoff + timedelta(minutes=1), lambda: self.station(group_buy_id, Station.CUTOFF)),
            (Station.RECEIVE, self.local(day, time(2, 30), 1), lambda: self.receive(group_buy_id)),
            (Station.SORT, self.local(day, time(4), 1), lambda: self.station(group_buy_id, Station.SORT, finish=True)),
            (
                Station.ROUTE,
                self.local(day, time(5), 1),
                lambda: self.station(group_buy_id, Station.ROUTE, iterations=60),
            ),
            (Station.DISPATCH, self.local(day, time(5, 30), 1), lambda: self.dispatch(group_buy_id)),
            (
                Station.HANDOVER,
                self.local(day, time(11), 1),
                lambda: self.station(group_buy_id, Station.HANDOVER, as_expected=True),
            ),
            (Station.REMIND, self.local(day, time(20), 1), lambda: self.station(group_buy_id, Station.REMIND)),
            (Station.SETTLE, self.local(day, time(12), 3), lambda: self.settle(group_buy_id)),
        ]
        names = [station for station, _, _ in plan]
        for _, when, what in plan[: names.index(last) + 1]:
            self.at(when, what)
        self.hands_over[group_buy_id] = names.index(last) >= names.index(Station.HANDOVER)
        if self.hands_over[group_buy_id]:
            self.at(self.local(day, time(16), 1), lambda: self.pick_up(group_buy_id, share=0.6))
        if names.index(last) >= names.index(Station.REMIND):
            self.at(self.local(day, time(20, 30), 1), lambda: self.pick_up(group_buy_id, share=0.93))
            self.at(self.local(day, time(9), 2), lambda: self.complain(group_buy_id))

    def plan(self, day: date, opens: datetime, cutoff: datetime) -> UUID:
        """A draft of the group-buy of one day."""
        wish = PlanGroupBuy(
            hub_id=self.hub.id, round_on=day, title=f"{day.month}月{day.day}日团", title_en=f"Group-buy of {day:%d %b}",
            opens_at=opens, cutoff_at=cutoff, pickup_on=day + timedelta(days=1), offers=self.offers,
        )  # fmt: skip
        planned: UUID = self.run(plans.plan, wish)
        return planned

    def station(self, group_buy_id: UUID, station: Station, **options: Any) -> None:
        """Run one station and the jobs that follow from it."""
        stations.run_station(self.run, self.services.database.read, group_buy_id, station, options)
        run_due(self.services)
        self.say(f"{self.hub.code} {self.clock.now():%m-%d} {station.value}")

    def order(self, group_buy_id: UUID, number: int) -> None:
        """A resident fills a basket; nearly all of them pay."""
        resident = self.dice.choices(self.residents, self.weights)[0]
        if number % 15 == 0 or group_buy_id not in self.shelf:
            self.shelf[group_buy_id] = self.read(groupbuys.offer_cards, group_buy_id)
        cards = [o for o in self.shelf[group_buy_id] if o.sold_qty < o.quota]
        wanted = self.dice.choices(cards, [_liking(o) for o in cards], k=self.dice.choice((1, 2, 2, 3, 3, 4, 5)))
        picked = list(dict.fromkeys(wanted))
        items = tuple(
            OrderItem(offer_id=o.id, qty=min(self.dice.choice((1, 1, 1, 2, 2, 3)), o.per_resident_limit))
            for o in picked
        )
        wish = PlaceOrder(group_buy_id=group_buy_id, items=items, idempotency_key=f"demo-{group_buy_id}-{number}")
        try:
            placed = self.as_person(resident, Role.RESIDENT, checkout.place, wish)
            if self.dice.random() < 0.96:
                payer = self.runner(resident, Role.RESIDENT)
                back = "http://127.0.0.1:8000/orders"
                payment.start_payment(payer, self.services.provider, placed.id, back, CARD_TEST)
                if self.dice.random() < 0.015:
                    self.as_person(resident, Role.RESIDENT, checkout.cancel, placed.id)
        except DomainError:
            return  # sold out or over the limit: she leaves it, as people do

    def receive(self, group_buy_id: UUID) -> None:
        """The dock counts: nearly everything is as ordered, two lines are short or partly refused."""
        lines = [line for line in self.read(supply.purchase_lines, group_buy_id=group_buy_id) if line.wanted_qty > 2]
        for line in self.dice.sample(lines, k=min(2, len(lines))):
            missing = self.dice.randint(1, max(1, line.wanted_qty // 3)) + line.ordered_qty - line.wanted_qty
            refused = self.dice.randint(0, 1)
            self.run(
                receiving.count,
                ReceiveLine(
                    purchase_line_id=line.id, rejected_qty=refused,
                    received_qty=max(0, line.ordered_qty - missing - refused),
                    reject_reason="压坏" if refused else "",
                ),
            )  # fmt: skip
        policy = self.dice.choice(("first_come", "pro_rata", "spread"))
        self.station(group_buy_id, Station.RECEIVE, as_ordered=True, policy=policy)

    def dispatch(self, group_buy_id: UUID) -> None:
        """The trucks leave; four leaders of five count when they arrive, the others later."""
        self.station(group_buy_id, Station.DISPATCH)
        for card in self.read(logistics.handovers_of_round, group_buy_id):
            in_time = self.dice.random() < 0.88 and card.leader_id != self.careless
            minutes = self.dice.triangular(2, 28, 8) if in_time else self.dice.uniform(40, 120)
            if self.hands_over[group_buy_id]:
                self.at(card.planned_at + timedelta(minutes=minutes), partial(self.count, card))

    def count(self, card: HandoverCard) -> None:
        """A leader counts what the truck brought; now and then a piece is damaged."""
        lines = []
        if self.dice.random() < 0.08:
            line = self.dice.choice(card.lines)
            fault = self.dice.choice((Fault.HUB, Fault.SUPPLIER, Fault.CARRIER))
            lines = [CountLine(sku_id=line.sku_id, damaged_qty=1, fault=fault, note="箱角压坏")]
        self.as_person(card.leader_id, Role.LEADER, handover.count_handover, card.id, lines)

    def pick_up(self, group_buy_id: UUID, share: float) -> None:
        """Residents come with their codes."""
        for waiting in self.read(logistics.unclaimed, group_buy_id):
            if self.dice.random() > (share / 3 if waiting.leader_id == self.careless else share):
                continue
            code = self.read(logistics.pickup_code_of_order, waiting.order_id, waiting.resident_id)
            event = RecordPickup(code=code, event_key=f"demo-{waiting.id}")
            pickup.hand_out(self.runner(waiting.leader_id, Role.LEADER), event)
        run_due(self.services)

    def complain(self, group_buy_id: UUID) -> None:
        """A few residents file a claim; HQ decides most of them the same day."""
        page = self.read(orders.orders_of_round, group_buy_id, PageAsk(limit=100), OrderStatus.PAID)
        for order in page.rows:
            is_recent = self.clock.now() > self.end - timedelta(hours=40)
            if self.dice.random() > (0.08 if is_recent else 0.025):  # the last ones are still on the desk
                continue
            line = self.dice.choice(order.lines)
            kind = self.dice.choice(tuple(ClaimKind))
            wish = FileClaim(
                order_line_id=line.id, kind=kind, qty=1, text="打开后发现有问题", idempotency_key=f"demo-{line.id}"
            )
            try:
                claim = self.as_person(order.resident_id, Role.RESIDENT, claims.file_claim, wish)
            except DomainError:
                continue  # not picked up, or too late for this category
            if not is_recent or self.dice.random() < 0.5:
                approve = self.dice.random() < 0.85
                fault = self.dice.choice((ClaimFault.SUPPLIER, ClaimFault.SUPPLIER, ClaimFault.HUB, ClaimFault.LEADER))
                if fault is ClaimFault.LEADER:
                    said = AddToClaim(claim_id=claim.id, text="交货时没有当面点清", idempotency_key=f"demo-{claim.id}")
                    self.as_person(claim.leader_id, Role.LEADER, claims.give_evidence, said)
                reason = "情况属实，已退款" if approve else "照片与描述不符"
                self.run(
                    claims.decide_claim, DecideClaim(claim_id=claim.id, approve=approve, fault=fault, reason=reason)
                )
        run_due(self.services)

    def settle(self, group_buy_id: UUID) -> None:
        """Close the round."""
        self.station(group_buy_id, Station.SETTLE)
        del self.shelf[group_buy_id]

    def review(self, last_day: date) -> None:
        """The leaders' scorecards of the four weeks up to a day."""
        self.run(leader_review.review, self.hub.id, last_day - timedelta(days=27), last_day)


def _liking(offer: OfferCard) -> float:
    """How likely an offer lands in a basket: those with a group price or a minimum are shared most."""
    return (6.0 if offer.breaks or offer.min_group_qty else 1.0) * (4.0 if offer.role is OfferRole.TRAFFIC else 1.0)


def live_hub(services: Services, clock: SetClock, hub_code: str, end: datetime, say: Progress) -> None:
    """Live one hub's four weeks up to `end` and open today's group-buy."""
    hub = services.database.read(communities.find_hub_by_code, hub_code)
    if hub is None:
        raise SystemExit(f"no hub {hub_code}: import the city first")
    life = Life(services, clock, hub, end, say)
    today = end.astimezone(ZoneInfo(hub.timezone)).date()
    past = [d for d in range(WEEKS * 7, 3, -1) if d % 7 in (1, 3, 5)] + [3, 2, 1]
    for days_ago in past:
        day = today - timedelta(days=days_ago)
        life.at(life.local(day, time(4)), partial(life.plan_round, day, days_ago))
    for weeks_ago in range(WEEKS - 1, -1, -1):
        last_day = today - timedelta(days=7 * weeks_ago + 1)
        life.at(life.local(last_day, time(23, 30)), partial(life.review, last_day))
    life.live()
    _open_today(life, today)


def _open_today(life: Life, today: date) -> None:
    """Today's group-buy, open until tonight - or tomorrow's when tonight's cut-off is near - with some real orders."""
    opens, cutoff = life.local(today, time(0)), life.local(today, life.hub.cutoff)
    if life.end > cutoff - timedelta(minutes=45):
        today += timedelta(days=1)
        opens, cutoff = life.end - timedelta(hours=2), life.local(today, life.hub.cutoff)
    opens = min(opens, life.end - timedelta(hours=1))
    life.clock.move_to(opens)
    group_buy_id = life.plan(today, opens, cutoff)
    life.station(group_buy_id, Station.OPEN)
    for number in range(40):
        life.clock.move_to(opens + (life.end - opens) * (number + 1) / 41)
        life.order(group_buy_id, number)
    life.clock.move_to(life.end)
    run_due(life.services)


def main(argv: list[str]) -> int:
    """Live one hub, telling each step on standard output."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # a short life of many small objects
    hub_code, end = argv[0], datetime.fromisoformat(argv[1])
    clock = SetClock(end - timedelta(days=WEEKS * 7 + 1))
    services = create_services(Settings.from_env(os.environ), clock)
    live_hub(services, clock, hub_code, end, lambda text: print(text, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
