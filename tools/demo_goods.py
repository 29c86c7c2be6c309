"""The goods' side of the made-up life: suppliers answer, the dock counts, tables weigh, trucks drive, HQ buys ahead."""

from contextlib import suppress
from datetime import date, time, timedelta
from functools import partial
from uuid import UUID

from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.errors import NothingToSort
from app.domains.logistics.queries import weighing
from app.domains.logistics.service import driving, sorting
from app.domains.logistics.values.routes import PlanCard, StopCard
from app.domains.orders.values import RecordWeight
from app.domains.supply import queries as supply
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.service import purchasing
from app.domains.supply.values import ReceiveLine
from app.domains.supply.values.purchasing import AnswerLine, AnswerOrder, PreBuyLine, PurchaseOrderSheet
from app.flows import purchasing as buying, receiving
from app.flows.weighing import record_weights
from app.kernel.actors import Actor, Permission, Role
from app.worker.tasks import run_due
from tools.demo_stage import Stage

#: Of a hundred purchase orders so many stay without an answer, are cut by a pack, or lose a line.
SILENT, LOWERED, REFUSED = 0.10, 0.06, 0.04


def answer_orders(stage: Stage, group_buy_id: UUID) -> None:
    """Suppliers open the signed links of a round's orders: nearly all confirm, some bring less, some not everything."""
    for order_id in sorted(stage.read(supply.ordered_suppliers, group_buy_id).values()):
        if stage.dice.random() >= SILENT:
            _answer(stage, order_id)
    run_due(stage.services)


def _answer(stage: Stage, order_id: UUID) -> None:
    settings = stage.services.settings
    address = buying.supplier_link(settings, stage.read, order_id)
    if address is None:
        return  # it waits for HQ, or was cancelled
    link = buying.order_of_link(settings, stage.read, address.rpartition("/")[2], stage.clock.now())
    sheet: PurchaseOrderSheet = stage.read(reads.purchase_order_sheet, order_id)
    who = Actor(f"supplier {sheet.supplier_code} {sheet.supplier_name}", Role.ANONYMOUS)
    stage.services.database.transact(who, buying.answer, link, _words(stage, sheet))


def _words(stage: Stage, sheet: PurchaseOrderSheet) -> AnswerOrder:
    line, luck = stage.dice.choice(sheet.lines), stage.dice.random()
    if luck < LOWERED and line.packs > 1:
        less = AnswerLine(line_id=line.line_id, packs=line.packs - 1, reason="产地减产")
        return AnswerOrder(lines=(less,), note="其余照单送到")
    if luck < LOWERED + REFUSED and len(sheet.lines) > 1:
        none = AnswerLine(line_id=line.line_id, packs=0, reason="今日缺货")
        return AnswerOrder(lines=(none,), note="抱歉，明日可补")
    return AnswerOrder(lines=())


def receive(stage: Stage, group_buy_id: UUID) -> None:
    """The dock counts: nearly everything is as announced, two lines are short or partly refused."""
    lines = [line for line in stage.read(supply.purchase_lines, group_buy_id=group_buy_id) if line.wanted_qty > 2]
    for line in stage.dice.sample(lines, k=min(2, len(lines))):
        beyond = max(0, line.expected_qty - line.wanted_qty)
        missing, refused = stage.dice.randint(1, max(1, line.wanted_qty // 3)) + beyond, stage.dice.randint(0, 1)
        came = max(0, line.expected_qty - missing - refused)
        stage.run(
            receiving.count,
            ReceiveLine(purchase_line_id=line.id, received_qty=came, rejected_qty=refused,
                        reject_reason="压坏" if refused else ""),
        )  # fmt: skip
    policy = stage.dice.choice(("first_come", "pro_rata", "spread"))
    stage.station(group_buy_id, Station.RECEIVE, as_ordered=True, policy=policy)


def sort_and_weigh(stage: Stage, group_buy_id: UUID) -> None:
    """The scale says what fish, fruit and cabbages really weigh, then the crates are closed."""
    with suppress(NothingToSort):
        stage.run(sorting.make_sheets, group_buy_id)
    weights = [
        RecordWeight(line_id=line.line_id, weight_g=round(line.expected_g * stage.dice.uniform(0.9, 1.08)))
        for line in stage.read(weighing.scale_lines, group_buy_id)
    ]
    if weights:
        stage.run(record_weights, group_buy_id, weights)
    stage.station(group_buy_id, Station.SORT, finish=True)


def drive(stage: Stage, group_buy_id: UUID, *, to_the_end: bool) -> None:
    """The drivers of a round's trucks get their links and tell of every stop, or of the first half of them."""
    plan: PlanCard = stage.read(logistics.current_plan, group_buy_id)
    for route in plan.routes:
        link_id = stage.run(driving.issue_link, group_buy_id, route.vehicle_id)
        for stop in route.stops if to_the_end else route.stops[: len(route.stops) // 2]:
            stage.at(
                stop.arrive_at + timedelta(minutes=stage.dice.uniform(-3, 4)), partial(_stop, stage, link_id, stop)
            )


def _stop(stage: Stage, link_id: UUID, stop: StopCard) -> None:
    who, empties = Actor.by_link("driver", Permission.LOGISTICS_DRIVE), stage.dice.randint(0, 3)
    handed_to = stop.leader_name or "团长"
    stage.services.database.transact(
        who, driving.hand_over, link_id, stop.pickup_point_id, stop.first_crate, handed_to, empties
    )


def buy_ahead(stage: Stage, supplier_code: str, deliver_on: date) -> None:
    """HQ buys what three rounds will need of one supplier by forecast; it comes on its day and lies in stock."""
    wanted = buying.propose(stage.read, stage.hub.id, deliver_on, 3, supplier_code)
    lines = [PreBuyLine(sku_id=one.sku.sku_id, packs=one.packs) for one in wanted if one.packs]
    if not lines:
        return
    order_ids = stage.run(purchasing.send_pre_buy, stage.hub.id, deliver_on, lines)
    for order_id in order_ids:
        if order_id in stage.read(reads.waiting_for_decision):
            stage.run(buying.decide, order_id, None)
        _answer(stage, order_id)
    run_due(stage.services)
    stage.at(stage.local(deliver_on, time(14)), lambda: _take_in(stage, order_ids))


def _take_in(stage: Stage, order_ids: list[UUID]) -> None:
    for order_id in order_ids:
        for line in stage.read(supply.purchase_lines, purchase_order_id=order_id, uncounted=True):
            stage.run(receiving.count, ReceiveLine(purchase_line_id=line.id, received_qty=line.expected_qty))
    run_due(stage.services)
