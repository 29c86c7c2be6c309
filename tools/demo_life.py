"""Four weeks of a made-up city, lived by running the use-cases with the clock moved: nothing is inserted by hand.

`python -m tools.demo_life HUB…` imports what a life needs, then waits for a line on its standard input: the database
and the instant at which the lives end. Each hub's weeks are lived by a process of its own, which tells its steps.
"""

import gc
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import fpdf  # noqa: F401  shared by all lives, as everything that is imported here
from sqlalchemy.orm import Session

from app.documents.glyphs import FILES, face
from app.domains.aftersales.values import AddToClaim, ClaimFault, ClaimKind, DecideClaim, FileClaim
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import OfferCard, OfferInput, OfferRole, PlanGroupBuy, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault, HandoverCard
from app.domains.logistics.values.pickup import PickupCard, RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderItem, OrderStatus, PlaceOrder
from app.factory import create_services
from app.flows import checkout, claims, handover, leader_review, payment, pickup
from app.flows.pay_wish import PayWish
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.settings import Settings
from app.kernel.actors import Role
from app.kernel.errors import DomainError
from app.kernel.paging import PageAsk
from app.worker.tasks import lapse_orders, run_due
from tools import demo_goods, demo_leaders, demo_neighbours
from tools.demo_offers import read_offers
from tools.demo_stage import Progress, Stage

WEEKS = 4
CARD_TEST = PayWish(method="card_test")
ORDERS_PER_ROUND = 130
ORDERS_TODAY = 45
#: How far the last rounds of each hub are lived, counted from today: so that the board shows every stage.
LAST_STATION = {
    "LJ-E": {1: Station.DISPATCH, 2: Station.HANDOVER, 3: Station.REMIND},
    "LJ-W": {1: Station.RECEIVE, 2: Station.ROUTE, 3: Station.HANDOVER},
    "LJ-N": {1: Station.CUTOFF, 2: Station.SORT, 3: Station.REMIND},
}
#: Where HQ buys ahead, of whom, and so many days before the present.
BUYS_AHEAD = ("LJ-E", "S08", 9)
#: So many of the last days the drivers' stamps are lived too.
DRIVEN_DAYS = 3


@dataclass
class Life(Stage):
    """One hub's weeks, and what the people in it know."""

    residents: list[UUID] = field(default_factory=list)
    careless: set[UUID] = field(default_factory=set)
    weights: list[float] = field(default_factory=list)
    offers: tuple[OfferInput, ...] = ()
    #: Offers as people saw them a moment ago, by group-buy.
    shelf: dict[UUID, list[OfferCard]] = field(default_factory=dict)
    #: Whether a round is lived as far as its handovers.
    hands_over: dict[UUID, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        read = self.services.database.read
        skus = read(catalogue.sku_ids_by_code)
        self.offers = read_offers(skus)
        codes = read(communities.leader_ids_by_code)
        self.careless = {codes[code] for code in demo_leaders.CARELESS if code in codes}
        self.residents = read(communities.resident_ids_of_hub, self.hub.id)
        self.weights = [self.dice.paretovariate(1.3) for _ in self.residents]

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
        night = partial(self.local, day, plus_days=1)
        plan: list[tuple[Station, datetime, Callable[[], None]]] = [
            (Station.CUTOFF, cutoff + timedelta(minutes=1), lambda: self.station(group_buy_id, Station.CUTOFF)),
            (Station.RECEIVE, night(time(2, 30)), lambda: demo_goods.receive(self, group_buy_id)),
            (Station.SORT, night(time(4)), lambda: demo_goods.sort_and_weigh(self, group_buy_id)),
            (Station.ROUTE, night(time(5)), lambda: self.station(group_buy_id, Station.ROUTE, iterations=60)),
            (Station.DISPATCH, night(time(5, 30)), lambda: self.dispatch(group_buy_id, days_ago)),
            (Station.HANDOVER, night(time(11)), lambda: self.station(group_buy_id, Station.HANDOVER, as_expected=True)),
            (Station.REMIND, night(time(20)), lambda: self.station(group_buy_id, Station.REMIND)),
            (Station.SETTLE, self.local(day, time(12), 3), lambda: self.settle(group_buy_id)),
        ]
        names = [station for station, _, _ in plan]
        for _, when, what in plan[: names.index(last) + 1]:
            self.at(when, what)
        self.at(cutoff + timedelta(minutes=75), lambda: demo_goods.answer_orders(self, group_buy_id))
        self.hands_over[group_buy_id] = names.index(last) >= names.index(Station.HANDOVER)
        if self.hands_over[group_buy_id]:
            self.at(night(time(16)), lambda: self.pick_up(group_buy_id, share=0.6))
        if names.index(last) >= names.index(Station.REMIND):
            self.at(night(time(20, 30)), lambda: self.pick_up(group_buy_id, share=0.93))
            self.at(self.local(day, time(9), 2), lambda: self.complain(group_buy_id))

    def plan(self, day: date, opens: datetime, cutoff: datetime) -> UUID:
        """A draft of the group-buy of one day."""
        wish = PlanGroupBuy(
            hub_id=self.hub.id, round_on=day, title=f"{day.month}月{day.day}日团", title_en=f"Group-buy of {day:%d %b}",
            opens_at=opens, cutoff_at=cutoff, pickup_on=day + timedelta(days=1), offers=self.offers,
        )  # fmt: skip
        planned: UUID = self.run(plans.plan, wish)
        return planned

    def order(self, group_buy_id: UUID, number: int) -> None:
        """A resident fills a basket; nearly all of them pay."""
        resident = self.dice.choices(self.residents, self.weights)[0]
        if number % 15 == 0 or group_buy_id not in self.shelf:
            self.shelf[group_buy_id] = self.read(groupbuys.offer_cards, group_buy_id)
        cards = [o for o in self.shelf[group_buy_id] if o.sold_qty < o.quota]
        wanted = self.dice.choices(cards, [_liking(o) for o in cards], k=self.dice.choice((1, 2, 2, 3, 3, 4, 5)))
        picked = list(dict.fromkeys(wanted))
        items = tuple(self._item(o) for o in picked)
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

    def _item(self, offer: OfferCard) -> OrderItem:
        """Some pieces of an offer, and where it comes in boxes often one or two more to fill one."""
        qty = min(self.dice.choice((1, 1, 1, 2, 2, 3)), offer.per_resident_limit)
        spare = self.dice.choice((0, 1, 2)) if offer.pack_size > 1 else 0
        return OrderItem(offer_id=offer.id, qty=qty, tolerance_qty=min(spare, offer.per_resident_limit - qty))

    def dispatch(self, group_buy_id: UUID, days_ago: int) -> None:
        """The trucks leave; four leaders of five count when they arrive, the others later.

        Of a round that is lived no further the trucks are still on the road.
        """
        self.station(group_buy_id, Station.DISPATCH)
        if days_ago <= DRIVEN_DAYS:
            demo_goods.drive(self, group_buy_id, to_the_end=self.hands_over[group_buy_id])
        for card in self.read(logistics.handovers_of_round, group_buy_id):
            in_time = self.dice.random() < 0.88 and card.leader_id not in self.careless
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
        coming = [
            waiting for waiting in self.read(logistics.unclaimed, group_buy_id)
            if self.dice.random() <= (share / 3 if waiting.leader_id in self.careless else share)
        ]  # fmt: skip
        for waiting, code in zip(coming, self.read(_codes, coming), strict=True):
            event = RecordPickup(code=code, event_key=f"demo-{waiting.id}")
            pickup.hand_out(self.runner(waiting.leader_id, Role.LEADER), event)
        run_due(self.services)

    def complain(self, group_buy_id: UUID) -> None:
        """A few residents file a claim; HQ decides most of them the same day."""
        page = self.read(orders.orders_of_round, group_buy_id, PageAsk(limit=100), OrderStatus.PAID)
        for order in page.rows:
            is_recent = self.clock.now() > self.end - timedelta(hours=40)
            if self.dice.random() > (0.2 if is_recent else 0.025):  # the last ones are still on the desk
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


def _codes(session: Session, coming: list[PickupCard]) -> list[str]:
    """The code that each resident carries."""
    return [logistics.pickup_code_of_order(session, one.order_id, one.resident_id) or "" for one in coming]


def _liking(offer: OfferCard) -> float:
    """How likely an offer lands in a basket: those with a group price, a minimum or a box to fill are shared most."""
    is_shared = offer.breaks or offer.min_group_qty or offer.pack_size > 1
    return (6.0 if is_shared else 1.0) * (4.0 if offer.role is OfferRole.TRAFFIC else 1.0)


def live_hub(services: Services, clock: SetClock, hub_code: str, end: datetime, say: Progress) -> None:
    """Live one hub's four weeks up to `end` and open today's group-buy."""
    hub = services.database.read(communities.find_hub_by_code, hub_code)
    if hub is None:
        raise SystemExit(f"no hub {hub_code}: import the city first")
    life = Life(services, clock, hub, end, say)
    today = end.astimezone(ZoneInfo(hub.timezone)).date()
    past = [d for d in range(WEEKS * 7, 3, -1) if d % 7 in (1, 4)] + [3, 2, 1]
    for days_ago in past:
        day = today - timedelta(days=days_ago)
        life.at(life.local(day, time(4)), partial(life.plan_round, day, days_ago))
    for weeks_ago in range(WEEKS - 1, -1, -1):
        last_day = today - timedelta(days=7 * weeks_ago + 1)
        life.at(life.local(last_day, time(23, 30)), partial(life.review, last_day))
    if (story := demo_leaders.plan(life)) is not None:
        demo_neighbours.plan(story)
    if hub_code == BUYS_AHEAD[0]:
        day = today - timedelta(days=BUYS_AHEAD[2])
        goods_come = day + timedelta(days=1)
        life.at(life.local(day, time(10)), lambda: demo_goods.buy_ahead(life, BUYS_AHEAD[1], goods_come))
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
    for number in range(ORDERS_TODAY):
        life.clock.move_to(opens + (life.end - opens) * (number + 1) / (ORDERS_TODAY + 1))
        life.order(group_buy_id, number)
    life.clock.move_to(life.end)
    run_due(life.services)


def _live_apart(hub_code: str, end: datetime, log: Path) -> None:
    """One hub's weeks, in a process of its own; what goes wrong stands in its log."""
    with log.open("w") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
        clock = SetClock(demo_leaders.begins(hub_code, end, end - timedelta(days=WEEKS * 7 + 1)))
        services = create_services(Settings.from_env(os.environ), clock)
        live_hub(services, clock, hub_code, end, _tell)


def _tell(text: str) -> None:
    """One line in one piece: several lives share the pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(hubs: list[str]) -> int:
    """Live every hub, telling each step on standard output; 1 when one of them failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which then ends this process
    for style in FILES:
        face(style)  # every purchase order is drawn: the fonts are read once for all
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)  # short lives of many small objects
    asked = json.loads(sys.stdin.readline())
    os.environ["DATABASE_URL"], end = asked["url"], datetime.fromisoformat(asked["end"])
    var = Settings.from_env(os.environ).var_dir
    # What was imported is shared where the system allows it; elsewhere each life imports for itself.
    multiprocessing.set_start_method("fork" if sys.platform == "linux" else "spawn")
    lives = [
        multiprocessing.Process(target=_live_apart, args=(hub, end, var / f"demo-{hub}.log"), daemon=True)
        for hub in hubs
    ]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # only an exit ends its daemons
    for life in lives:
        life.start()
    for life in lives:
        life.join()
    # The worker's minute: whoever of today's residents did not pay in time.
    services = create_services(Settings.from_env(os.environ), SetClock(end))
    lapse_orders(services)
    run_due(services)
    return int(any(life.exitcode for life in lives))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
