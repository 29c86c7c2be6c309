"""Worked money cases: every line of tests/data/money_cases.csv is lived through the real use-cases, round by round.

Each case is an offer of its own with orders of its own, so that all cases of a round share its stations and still do
not touch each other. What came of a case is read from the ledger: the journals that its orders and goods caused.
"""

import csv
import itertools
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domains.aftersales.values import ClaimFault, ClaimKind, DecideClaim, FileClaim
from app.domains.catalogue.service.products import save_skus
from app.domains.catalogue.values import SkuInput, Zone
from app.domains.communities.service.leaders import set_takes_cash
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import STATIONS, OfferInput, PlanGroupBuy, PriceBreak, Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import CountLine, Fault
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import AmendOrder, OrderItem, PlaceOrder, RecordWeight
from app.domains.payments.values import Method
from app.domains.scoring.values import Tier
from app.domains.supply import queries as supply
from app.domains.supply.service.terms import save_suppliers, save_terms
from app.domains.supply.values import ReceiveLine, SupplierInput, TermsInput
from app.flows import checkout, claims, payment, receiving, weighing
from app.flows.handover import count_handover
from app.flows.pay_wish import PayWish
from app.flows.pickup import hand_out
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from app.kernel.money import parse_cents
from app.worker.tasks import run_due
from tests.factories.aftersales import make_evidence
from tests.factories.provider import ApprovingProvider
from tests.factories.scoring import make_tier
from tests.factories.settlement import SMOOTH, move_clock
from tests.factories.world import World

CASES = Path(__file__).parents[1] / "data" / "money_cases.csv"
#: What a case must come to, in the words of the file.
SUMS = ("charged", "refunded", "sales", "given_back", "commission", "goods", "supplier", "hub_loss")
SYSTEM = Actor.system("test")
DESK = Actor("阿芳", Role.HQ_SERVICE, new_id())
#: Residents of the first pickup point, whose leader is L901; a case's orders are theirs, one each, in this order.
PEOPLE = (0, 2, 4)

_MEASURED = text(
    """
    WITH mine AS (SELECT CAST(:sku AS uuid) AS sku),
    line AS (SELECT l.id, l.order_id FROM orders_line l, mine WHERE l.sku_id = mine.sku),
    cause AS (
      SELECT p.id FROM payments_payment p JOIN line ON line.order_id = p.order_id
      UNION SELECT r.id FROM payments_refund r JOIN line ON line.order_id = r.order_id
      UNION SELECT e.id FROM logistics_pickup_event e JOIN logistics_pickup k ON k.id = e.pickup_id
        JOIN line ON line.order_id = k.order_id
      UNION SELECT c.id FROM settlement_commission_entry c JOIN line ON line.id = c.order_line_id
      UNION SELECT t.id FROM supply_receipt_line t JOIN supply_purchase_line q ON q.id = t.purchase_line_id, mine
        WHERE q.sku_id = mine.sku
      UNION SELECT d.id FROM supply_difference d JOIN supply_purchase_line q ON q.id = d.purchase_line_id, mine
        WHERE q.sku_id = mine.sku
      UNION SELECT q.purchase_order_id FROM supply_purchase_line q, mine WHERE q.sku_id = mine.sku
        AND NOT EXISTS (SELECT FROM supply_purchase_line other
                        WHERE other.purchase_order_id = q.purchase_order_id AND other.sku_id <> q.sku_id)
      UNION SELECT h.id FROM logistics_handover_line h, mine WHERE h.sku_id = mine.sku
      UNION SELECT a.id FROM aftersales_claim a, mine WHERE a.sku_id = mine.sku
    )
    SELECT s.account, j.kind, sum(s.amount_cents)::bigint AS cents
    FROM ledger_journal j JOIN cause ON cause.id = j.cause_id JOIN ledger_posting s ON s.journal_id = j.id
    GROUP BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the file: what happens, and what it must come to (minor units)."""

    id: str
    round: str
    told: dict[str, str]
    expected: dict[str, int]

    def cents(self, name: str) -> int:
        """An amount of the case."""
        return parse_cents(self.told[name])

    @property
    def pieces(self) -> list[int]:
        """What each resident orders."""
        return [int(part) for part in self.told["pieces"].split("+")]


@dataclass
class Running:
    """A case in a round: its goods, its offer and its orders."""

    case: Case
    sku_id: UUID
    offer_id: UUID = field(default_factory=new_id)
    order_ids: list[UUID] = field(default_factory=list)


def read_cases() -> list[Case]:
    """Every line of the file."""
    with CASES.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                row["case"], row["round"], row,
                {name: _signed(row[name]) for name in SUMS},
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def _signed(amount: str) -> int:
    return -parse_cents(amount[1:]) if amount.startswith("-") else parse_cents(amount)


def measured(session: Session, sku_id: UUID) -> dict[str, int]:
    """What a case came to, as its journals say; credit balances of liabilities and income are positive."""
    by: dict[str, int] = defaultdict(int)
    money: dict[str, int] = defaultdict(int)
    for row in session.execute(_MEASURED, {"sku": sku_id}):
        by[row.account] += row.cents
        money[row.kind] += row.cents if row.account in {"provider_clearing", "leader_cash", "resident_balance"} else 0
    return {
        "charged": money["payment_captured"], "refunded": -money["refund_paid"], "sales": -by["sales"],
        "given_back": by["refunds"], "commission": by["commission"], "goods": by["goods"],
        "supplier": -by["supplier_payable"], "hub_loss": by["hub_loss"],
        "unsettled": -by["deferred_sales"], "leader": -by["leader_frozen"] - by["leader_payable"],
    }  # fmt: skip


class MoneyRound:
    """One round with an offer for each of its cases."""

    def __init__(self, world: World, cases: list[Case], day: int, policy: str) -> None:
        self.policy = policy
        #: Each scorecard is newer than the one before.
        self._days = itertools.count(day * 100)
        self._database = world.services.database
        provider = world.services.provider
        assert isinstance(provider, ApprovingProvider)
        self._provider = provider
        move_clock(world, days=1)
        skus = self._database.transact(SYSTEM, _save_goods, cases)
        self.running = [Running(case, skus[f"M{case.id}"]) for case in cases]
        now = self._database.clock.now()
        group_buy_id = self._database.transact(SYSTEM, plans.plan, _plan(world, self.running, now))
        self.world = replace(world, group_buy_id=group_buy_id)
        self.world.station(Station.OPEN)
        offers = {o.sku_id: o.id for o in self._database.read(groupbuys.offer_cards, group_buy_id)}
        for one in self.running:
            one.offer_id = offers[one.sku_id]

    def live(self) -> None:
        """From the first order to the last claim."""
        for one in self.running:
            self._order(one)
        for station in STATIONS[1 : STATIONS.index(Station.HANDOVER) + 1]:
            self._prepare(station)
            wanted = dict(SMOOTH.get(station, {}))
            if station is Station.RECEIVE:
                wanted["policy"] = self.policy
            self.world.station(station, **wanted)
            if station is Station.SORT:
                self._weigh()
        run_due(self.world.services)
        for one in self.running:
            self._fetch(one)
            self._complain(one)
        self.world.station(Station.REMIND)
        self.world.station(Station.SETTLE, early=True)
        run_due(self.world.services)

    def _order(self, one: Running) -> None:
        extra = one.case.told["extra"]
        if extra.startswith("tier "):
            self._order_by_tiers(one, extra.removeprefix("tier ").split(" then "))
            return
        for number, qty in zip(PEOPLE, one.case.pieces, strict=False):
            one.order_ids.append(self._place(one, number, qty))
        if extra.startswith("late"):
            self._pay_late(one, sold_out=extra == "late, sold out")
            return
        for number, order_id in zip(PEOPLE, one.order_ids, strict=False):
            if extra != "unpaid":
                self._pay(number, order_id, Method.CASH if extra == "cash" else Method.ALIPAY)
        first = one.order_ids[0]
        if extra == "cancels":
            self._as(PEOPLE[0])(checkout.cancel, first)
        elif extra.startswith("takes only "):
            item = OrderItem(offer_id=one.offer_id, qty=int(extra.removeprefix("takes only ")))
            wish = AmendOrder(order_id=first, items=(item,), expected_total_cents=None)
            self._as(PEOPLE[0])(checkout.amend, wish)

    def _order_by_tiers(self, one: Running, tiers: list[str]) -> None:
        for number, qty, tier in zip(PEOPLE, one.case.pieces, tiers, strict=False):
            make_tier(self.world, "L901", Tier(tier), days=next(self._days))
            order_id = self._place(one, number, qty)
            self._pay(number, order_id)
            one.order_ids.append(order_id)

    def _pay_late(self, one: Running, *, sold_out: bool) -> None:
        """The payer approves after the order has lapsed; the goods are still there, or not any more."""
        self._provider.at_once = False
        begun = [self._pay(number, id_) for number, id_ in zip(PEOPLE, one.order_ids, strict=False)]
        self._provider.at_once = True
        move_clock(self.world, minutes=31)
        self.world.run_as(SYSTEM)(checkout.lapse)
        if sold_out:
            self._set("UPDATE groupbuys_offer SET quota = greatest(sold_qty, 1) WHERE id = :id", one.offer_id)
            self._place(one, PEOPLE[2], 1)
        for number, card in zip(PEOPLE, begun, strict=False):
            self._provider.approve(card.provider_ref or "")
            payment.sync_payment(self._as(number), self._provider, card.id)

    def _place(self, one: Running, number: int, qty: int) -> UUID:
        wish = PlaceOrder(
            group_buy_id=self.world.group_buy_id, items=(OrderItem(offer_id=one.offer_id, qty=qty),),
            idempotency_key=f"{one.case.id}-{number}-{new_id()}",
        )  # fmt: skip
        found: UUID = self._as(number)(checkout.place, wish).id
        return found

    def _pay(self, number: int, order_id: UUID, method: Method = Method.ALIPAY) -> Any:
        if method is Method.CASH:
            self.world.run_as(SYSTEM)(set_takes_cash, self.world.leaders["L901"], takes_cash=True)
        wish = PayWish(method=method)
        return payment.start_payment(self._as(number), self._provider, order_id, "http://localhost/", wish)

    def _prepare(self, station: Station) -> None:
        if station is Station.RECEIVE:
            self._count_dock()
        if station is Station.HANDOVER:
            self._count_truck()

    def _count_dock(self) -> None:
        bought = self._database.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id)
        lines = {line.sku_id: line for line in bought}
        for one in self.running:
            arrived = one.case.told["arrived"]
            if arrived:
                wish = ReceiveLine(purchase_line_id=lines[one.sku_id].id, received_qty=int(arrived))
                self.world.run_as(SYSTEM)(receiving.count, wish)

    def _count_truck(self) -> None:
        """Count what the truck brought to L901: "1 damaged hub", "2 short supplier"."""
        counted = []
        for one in self.running:
            if one.case.told["truck"]:
                qty, what, fault = one.case.told["truck"].split()
                pieces = {f"{what}_qty": int(qty)}
                counted.append(CountLine(sku_id=one.sku_id, fault=Fault(fault), **pieces))
        if counted:
            cards = self._database.read(logistics.handovers_of_round, self.world.group_buy_id)
            card = next(card for card in cards if card.leader_id == self.world.leaders["L901"])
            self.world.run_as(Actor("hub", Role.HQ_WAREHOUSE, new_id()))(count_handover, card.id, counted)

    def _weigh(self) -> None:
        """Lines by weight: "weighs 1301" is the whole line on the scale, in grams."""
        found = []
        for one in self.running:
            if one.case.told["extra"].startswith("weighs "):
                (line,) = self._database.read(orders.get_order, one.order_ids[0]).lines
                found.append(RecordWeight(line_id=line.id, weight_g=int(one.case.told["extra"].split()[1])))
        if found:
            self.world.run_as(SYSTEM)(weighing.record_weights, self.world.group_buy_id, found)

    def _fetch(self, one: Running) -> None:
        told = one.case.told["fetched"].split("+")
        for at, order_id in enumerate(one.order_ids):
            card = self._database.read(logistics.pickup_of_order, order_id)
            wanted = told[at] if at < len(told) else "all"
            if card is None or wanted == "0" or not any(line.due_qty for line in card.lines):
                continue
            code = self._database.read(logistics.pickup_code_of_order, order_id, card.resident_id)
            lines = None if wanted == "all" else (PickLine(order_line_id=card.lines[0].order_line_id, qty=int(wanted)),)
            order = self._database.read(orders.get_order, order_id)
            cash = order.total_cents - order.refunded_cents if one.case.told["extra"] == "cash" else None
            if code:
                wish = RecordPickup(code=code, event_key=str(new_id()), lines=lines, cash_cents=cash)
                hand_out(self.world.run_as(self.world.leader()), wish)

    def _complain(self, one: Running) -> None:
        """Claims on the first order, one after another: "1 supplier; 1 leader 5.00; 1 declined"."""
        for wanted in filter(None, one.case.told["claims"].split("; ")):
            qty, verdict, *amount = wanted.split()
            (line,) = self._database.read(orders.get_order, one.order_ids[0]).lines
            wish = FileClaim(order_line_id=line.id, kind=ClaimKind.QUALITY, qty=int(qty), text="烂了",
                             idempotency_key=str(new_id()))  # fmt: skip
            claim = self._as(PEOPLE[0])(claims.file_claim, wish)
            fault = ClaimFault(verdict) if verdict != "declined" else ClaimFault.NOBODY
            if fault is ClaimFault.LEADER:
                make_evidence(self.world, claim.id)
            decision = DecideClaim(
                claim_id=claim.id, approve=verdict != "declined", fault=fault, reason="照片清楚",
                amount_cents=parse_cents(amount[0]) if amount else None,
            )  # fmt: skip
            self.world.run_as(DESK)(claims.decide_claim, decision)

    def _as(self, number: int) -> Any:
        return self.world.run_as(self.world.resident(number))

    def _set(self, statement: str, id_: UUID) -> None:
        self._database.transact(SYSTEM, lambda uow: uow.session.execute(text(statement), {"id": id_}))


def _save_goods(uow: UnitOfWork, cases: list[Case]) -> dict[str, UUID]:
    """A SKU of its own for each case, bought by the piece from one supplier; who has a minimum brings nothing else."""
    save_skus(
        uow,
        [
            SkuInput(
                code=f"M{case.id}", name=f"例{case.id}", name_en=f"Case {case.id}", category=case.told["category"],
                spec="一份", spec_en="one", unit="份", unit_en="piece", weight_g=500, volume_ml=500, zone=Zone.AMBIENT,
                shelf_days=7, barcode="", origin="江西", producer="邻里农场", ingredients="见包装", storage="阴凉处",
                picture="navel-orange.svg", description="", description_en="",
                estimate_g=500 if case.told["extra"].startswith("weighs") else None,
            )
            for case in cases
        ],
    )  # fmt: skip
    save_suppliers(uow, [_supplier(case) for case in cases if _minimum(case)])
    save_terms(
        uow,
        [
            TermsInput(
                sku=f"M{case.id}",
                supplier=f"SM{case.id}" if _minimum(case) else "S92",
                cost_cents=case.cents("cost"),
                pack_size=1,
                min_packs=1,
            )
            for case in cases
        ],
    )
    uow.session.flush()
    rows = uow.session.execute(text("SELECT code, id FROM catalogue_sku WHERE code LIKE 'M%'"))
    return {row.code: row.id for row in rows}


def _minimum(case: Case) -> int:
    """What a supplier wants to bring at least: "minimum 30.00"."""
    extra = case.told["extra"]
    return parse_cents(extra.removeprefix("minimum ")) if extra.startswith("minimum ") else 0


def _supplier(case: Case) -> SupplierInput:
    return SupplierInput(
        code=f"SM{case.id}", name=f"例{case.id}供应商", name_en=f"Supplier of case {case.id}", contact="老王",
        phone="13800000000", email="", min_order_cents=_minimum(case), lead_days=1,
    )  # fmt: skip


def _plan(world: World, running: list[Running], now: datetime) -> PlanGroupBuy:
    return PlanGroupBuy(
        hub_id=world.hub_id, round_on=now.date(), title="例题团", title_en="Worked cases",
        opens_at=now - timedelta(minutes=1), cutoff_at=now + timedelta(hours=12),
        pickup_on=(now + timedelta(days=1)).date(),
        offers=tuple(
            OfferInput(
                sku_id=one.sku_id, price_cents=one.case.cents("price"),
                commission_bps=int(parse_cents(one.case.told["rate"])), quota=200, per_resident_limit=100,
                min_group_qty=int(one.case.told["least"] or 0),
                breaks=tuple(
                    PriceBreak(from_qty=int(part.split(":")[0]), price_cents=parse_cents(part.split(":")[1]))
                    for part in one.case.told["breaks"].split(" ") if part
                ),
            )
            for one in running
        ),
    )  # fmt: skip
