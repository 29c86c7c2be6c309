"""Purchase orders in depth: three ways below a minimum, the supplier's link, amendments, pre-buy, stock first."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.analytics import queries as analytics
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.orders import queries as orders
from app.domains.orders.models import LineCut
from app.domains.orders.values import CutReason
from app.domains.payments import queries as payments
from app.domains.supply import queries
from app.domains.supply.errors import AlreadyDecided, AmendTooLate, AnswerTooLate, LinkDead
from app.domains.supply.models import PurchaseOrder
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.service import changes, purchasing, receiving, terms
from app.domains.supply.values import PurchaseLineCard, PurchaseOrderCard, PurchaseStatus, ReceiveLine
from app.domains.supply.values.purchasing import (
    AmendOrder,
    AnswerLine,
    AnswerOrder,
    BelowMinimum,
    OpenLink,
    PreBuyLine,
    PurchaseEventKind,
    PurchasePurpose,
    SupplierAnswer,
)
from app.flows import purchasing as flow
from app.flows.cutoff import buy
from app.infra import links
from app.infra.audit import AuditRow
from app.infra.clock import SetClock
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.conftest import START
from tests.factories.kept import kept
from tests.factories.supply import supplier_input
from tests.factories.world import CUTOFF_AT, PICKUP_ON, World, make_world

Call = Callable[..., Any]
ALL = PageAsk(limit=100)
SUPPLIER = Actor("supplier S91", Role.ANONYMOUS)
KINDS = PurchaseEventKind


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def patient(run: Call, usual: BelowMinimum = BelowMinimum.FEE, minutes: int = 30, code: str = "S91") -> None:
    run(terms.set_minimum_rule, code, usual, minutes)


def cut_off(world: World, clock: SetClock) -> str:
    clock.move_to(CUTOFF_AT)
    return world.station(Station.CUTOFF)


def order_of(read: Call, world: World, code: str = "S91") -> PurchaseOrderCard:
    found = read(queries.purchase_orders, ALL, group_buy_id=world.group_buy_id).rows
    return next(o for o in found if o.supplier_code == code)


def lines_of(read: Call, order_id: UUID) -> dict[str, PurchaseLineCard]:
    return {line.sku_code: line for line in read(queries.purchase_lines, purchase_order_id=order_id)}


def owed(read: Call) -> int:
    return -sum(b.amount_cents for b in read(ledger.balances, LedgerAccount.SUPPLIER_PAYABLE))


def link_of(read: Call, order_id: UUID) -> OpenLink:
    found: OpenLink | None = read(reads.open_link, order_id)
    assert found is not None
    return found


def timeline(read: Call, order_id: UUID) -> list[PurchaseEventKind]:
    return [one.kind for one in read(reads.timeline, order_id)]


# --- below a minimum ----------------------------------------------------------------------------------------------
# Five greens at 5.00 are one pack of ten at 3.50: 35.00 of the 100.00 that S91 wants. Rice of S92 has no minimum.


@pytest.fixture
def small(world: World, run: Call, clock: SetClock) -> World:
    """A round in which S91's order waits; resident 0 paid 25.00 for greens and 69.90 for rice."""
    patient(run)
    world.buy(0, greens=5, rice=1)
    assert cut_off(world, clock).endswith("6 pieces wanted, 2 purchase orders, 1 waiting for a decision")
    return world


def test_an_order_below_the_minimum_waits_and_the_costs_of_each_choice_are_shown(small: World, read: Call) -> None:
    order = order_of(read, small)
    assert (order.status, order.sent_at, order.total_cents) == (PurchaseStatus.DECISION, None, 3_500)
    assert order.decide_by == CUTOFF_AT + timedelta(minutes=30)
    assert order_of(read, small, "S92").status is PurchaseStatus.SENT
    found = flow.preview(read, order.id)
    assert (found.goods_cents, found.min_order_cents, found.usual) == (3_500, 10_000, BelowMinimum.FEE)
    assert [(one.packs, one.qty, one.cents) for one in found.extra] == [(2, 20, 7_000)]
    assert (found.extra_cents, found.extra_qty, found.rest_fee_cents) == (7_000, 20, 0)
    assert (found.refund_cents, found.refund_qty, found.refund_orders) == (2_500, 5, 1)
    assert (found.saved_cents, found.is_whole_order, found.fee_cents) == (3_500, True, 6_500)
    assert timeline(read, order.id) == [KINDS.WAITING]


def test_paying_the_fee(small: World, run: Call, read: Call) -> None:
    order_id = order_of(read, small).id
    assert run(flow.decide, order_id, BelowMinimum.FEE) == 0
    order = order_of(read, small)
    assert (order.status, order.decision, order.decide_by) == (PurchaseStatus.SENT, BelowMinimum.FEE, None)
    assert (order.total_cents, order.top_up_cents, order.ordered_qty, order.sent_at) == (10_000, 6_500, 10, CUTOFF_AT)
    with pytest.raises(AlreadyDecided):
        run(flow.decide, order_id, BelowMinimum.DROP)
    run(receiving.count_line, ReceiveLine(purchase_line_id=lines_of(read, order_id)["T002"].id, received_qty=10))
    assert owed(read) == 10_000
    assert timeline(read, order_id) == [KINDS.WAITING, KINDS.DECIDED, KINDS.SENT]


def test_ordering_more_packs_whose_surplus_is_planned_to_stock(small: World, run: Call, read: Call) -> None:
    order_id = order_of(read, small).id
    run(flow.decide, order_id, BelowMinimum.TOP_UP)
    order = order_of(read, small)
    assert (order.total_cents, order.top_up_cents, order.ordered_qty) == (10_500, 0, 30)
    line = lines_of(read, order_id)["T002"]
    assert (line.packs, line.wanted_qty, line.surplus_qty, line.short_qty) == (3, 5, 25, 0)
    small.station(Station.RECEIVE, as_ordered=True)
    assert owed(read) == 10_500 + 4 * 5_800
    stock = {s.sku_code: s.qty for s in read(queries.stock, small.hub_id)}
    assert stock == {"T002": 25, "T004": 3}


def test_dropping_gives_residents_their_money_back_at_once(
    small: World, run: Call, read: Call, database: Database, work: Call
) -> None:
    order_id = order_of(read, small).id
    assert run(flow.decide, order_id, BelowMinimum.DROP) == 5
    order = order_of(read, small)
    assert (order.status, order.total_cents, order.ordered_qty, order.short_qty) == (PurchaseStatus.CANCELLED, 0, 0, 0)
    with database.engine.connect() as connection:
        cut = connection.execute(select(LineCut.qty, LineCut.amount_cents, LineCut.reason, LineCut.cause_id)).all()
    assert cut == [(5, 2_500, CutReason.SUPPLIER_MINIMUM, order_id)]
    (card,) = read(orders.orders_of_resident, small.residents[0], ALL).rows
    (back,) = read(payments.refunds_of_order, card.id)
    assert (back.amount_cents, back.reason) == (2_500, "supplier_minimum")
    work()
    assert {b.account: b.amount_cents for b in read(ledger.balances)} == {
        LedgerAccount.PROVIDER_CLEARING: 6_990, LedgerAccount.DEFERRED_SALES: -6_990,
    }  # fmt: skip
    small.station(Station.RECEIVE, as_ordered=True)
    assert owed(read) == 4 * 5_800
    assert read(analytics.broken_invariants, START + timedelta(days=1)) == []


def test_lines_below_their_own_packs_go_alone_where_the_rest_reaches_the_minimum(
    world: World, run: Call, read: Call, clock: SetClock
) -> None:
    """Two oranges need one pack of the two that S91 sells at least; 30 greens alone are worth 105.00."""
    patient(run)
    for number in range(3):
        world.buy(number, greens=10, **({"orange": 2} if number == 0 else {}))
    cut_off(world, clock)
    order = order_of(read, world)
    assert (order.status, order.total_cents) == (PurchaseStatus.DECISION, 2 * 8 * 1_620 + 10_500)
    found = flow.preview(read, order.id)
    assert (found.is_whole_order, found.saved_cents, found.refund_cents) == (False, 25_920, 3_980)
    run(flow.decide, order.id, BelowMinimum.DROP)
    order = order_of(read, world)
    assert (order.status, order.total_cents, order.top_up_cents) == (PurchaseStatus.SENT, 10_500, 0)
    lines = lines_of(read, order.id)
    assert {code: (line.packs, line.is_counted) for code, line in lines.items()} == {
        "T001": (0, True),
        "T002": (3, False),
    }


@pytest.mark.parametrize(
    ("usual", "status", "total"),
    [
        (BelowMinimum.FEE, PurchaseStatus.SENT, 10_000),
        (BelowMinimum.TOP_UP, PurchaseStatus.SENT, 10_500),
        (BelowMinimum.DROP, PurchaseStatus.CANCELLED, 0),
    ],
)
def test_the_usual_choice_is_taken_when_time_is_over(
    small: World, run: Call, read: Call, clock: SetClock, usual: BelowMinimum, status: PurchaseStatus, total: int
) -> None:
    patient(run, usual)
    order_id = order_of(read, small).id
    clock.move_to(CUTOFF_AT + timedelta(minutes=29))
    assert flow.decide_due(run, read, now=clock.now()) == 0
    clock.move_to(CUTOFF_AT + timedelta(minutes=30))
    assert flow.decide_due(run, read, now=clock.now()) == 1
    order = read(queries.get_purchase_order, order_id)
    assert (order.status, order.total_cents) == (status, total)
    assert flow.decide_due(run, read, now=clock.now()) == 0


def test_a_round_never_hangs_on_a_choice(small: World, read: Call) -> None:
    small.station(Station.RECEIVE, as_ordered=True)
    assert (order_of(read, small).decision, owed(read)) == (BelowMinimum.FEE, 10_000 + 4 * 5_800)


def test_without_patience_dropping_happens_at_the_cut_off(world: World, run: Call, read: Call, clock: SetClock) -> None:
    patient(run, BelowMinimum.DROP, 0)
    world.buy(0, greens=5)
    cut_off(world, clock)
    assert order_of(read, world).status is PurchaseStatus.CANCELLED
    (card,) = read(orders.orders_of_resident, world.residents[0], ALL).rows
    assert card.refunded_cents == 2_500


def test_only_the_buyer_chooses(small: World, database: Database, read: Call) -> None:
    order_id = order_of(read, small).id
    for role in (Role.HQ_WAREHOUSE, Role.ANONYMOUS, Role.LEADER):
        with pytest.raises(Forbidden):
            database.transact(Actor("x", role, new_id()), flow.decide, order_id, BelowMinimum.FEE)
    assert order_of(read, small).status is PurchaseStatus.DECISION


def test_an_import_does_not_change_the_rule(world: World, run: Call, read: Call) -> None:
    patient(run, BelowMinimum.TOP_UP, 45)
    run(terms.save_suppliers, [supplier_input("S91", min_order_cents=20_000)])
    found = next(s for s in read(queries.suppliers) if s.code == "S91")
    assert (found.min_order_cents, found.below_minimum, found.decide_minutes) == (20_000, BelowMinimum.TOP_UP, 45)
    with pytest.raises(Invalid):
        patient(run, BelowMinimum.TOP_UP, 241)


# --- the supplier's link ------------------------------------------------------------------------------------------


@pytest.fixture
@kept
def sent(world: World, clock: SetClock) -> World:
    """S91 is to bring 8 × 2 oranges (of which 10 are wanted) and one pack of greens (5): 294.20."""
    world.buy(0, orange=10, greens=5)
    cut_off(world, clock)
    return world


def test_the_life_of_an_order(sent: World, read: Call, database: Database) -> None:
    order = order_of(read, sent)
    assert (order.status, order.total_cents, order.top_up_cents) == (PurchaseStatus.SENT, 29_420, 0)
    link = link_of(read, order.id)
    for _ in range(2):
        database.transact(SUPPLIER, changes.mark_seen, order.id, link.link_key)
    assert order_of(read, sent).status is PurchaseStatus.SEEN
    assert database.transact(SUPPLIER, flow.answer, link, AnswerOrder(lines=(), note=" 5 点到 ")) is True
    order = order_of(read, sent)
    assert (order.status, order.answer, order.supplier_note) == (
        PurchaseStatus.CONFIRMED,
        SupplierAnswer.FULL,
        "5 点到",
    )
    assert database.transact(SUPPLIER, flow.answer, link, AnswerOrder(lines=(), note="5 点到")) is False
    sent.station(Station.RECEIVE, as_ordered=True)
    assert order_of(read, sent).status is PurchaseStatus.RECEIVED
    assert timeline(read, order.id) == [KINDS.SENT, KINDS.SEEN, KINDS.ANSWERED]
    with pytest.raises(AnswerTooLate):
        database.transact(SUPPLIER, flow.answer, link, AnswerOrder(lines=(), note="late"))


def test_what_the_supplier_lowers_is_expected_and_the_shortage_is_seen_before_the_truck(
    sent: World, read: Call, database: Database
) -> None:
    order = order_of(read, sent)
    link, lines = link_of(read, order.id), lines_of(read, order.id)
    given = AnswerOrder(
        lines=(
            AnswerLine(line_id=lines["T001"].id, packs=1),
            AnswerLine(line_id=lines["T002"].id, packs=0, reason="雨"),
        )
    )
    database.transact(SUPPLIER, flow.answer, link, given)
    order, lines = order_of(read, sent), lines_of(read, order.id)
    assert (order.answer, order.ordered_qty, order.expected_qty, order.short_qty) == (SupplierAnswer.CHANGED, 26, 8, 7)
    assert (lines["T001"].expected_qty, lines["T001"].short_qty) == (8, 2)
    assert (lines["T002"].expected_qty, lines["T002"].short_qty, lines["T002"].answer_reason) == (0, 5, "雨")
    with database.engine.connect() as connection:
        noted = connection.execute(
            select(AuditRow.actor_name, AuditRow.after).filter_by(action="supply.answer_purchase_order")
        ).all()
    assert noted == [
        ("supplier S91", {"answer": "changed", "note": "", "lines": [
            {"sku": "T001", "ordered_packs": 2, "packs": 1, "reason": ""},
            {"sku": "T002", "ordered_packs": 1, "packs": 0, "reason": "雨"}]}),
    ]  # fmt: skip
    sent.station(Station.RECEIVE, as_ordered=True)
    assert {code: line.received_qty for code, line in lines_of(read, order.id).items()} == {"T001": 8, "T002": 0}
    assert owed(read) == 8 * 1_620


def test_the_supplier_may_change_his_mind_until_the_count(sent: World, read: Call, database: Database) -> None:
    order = order_of(read, sent)
    link, lines = link_of(read, order.id), lines_of(read, order.id)
    fewer = AnswerOrder(lines=(AnswerLine(line_id=lines["T001"].id, packs=1),))
    assert database.transact(SUPPLIER, flow.answer, link, fewer) is True
    assert database.transact(SUPPLIER, flow.answer, link, AnswerOrder(lines=())) is True
    assert order_of(read, sent).answer is SupplierAnswer.FULL
    assert lines_of(read, order.id)["T001"].expected_qty == 16


def test_a_wrong_answer_changes_nothing(sent: World, read: Call, database: Database) -> None:
    order = order_of(read, sent)
    link, lines = link_of(read, order.id), lines_of(read, order.id)
    other = lines_of(read, order_of(read, sent).id)["T001"].id
    for wrong, refusal in (
        (AnswerLine(line_id=lines["T001"].id, packs=3), Invalid),
        (AnswerLine(line_id=lines["T001"].id, packs=-1), Invalid),
        (AnswerLine(line_id=other, packs=0, reason="  "), Invalid),
        (AnswerLine(line_id=new_id(), packs=0, reason="x"), NotFound),
    ):
        with pytest.raises(refusal):
            database.transact(SUPPLIER, flow.answer, link, AnswerOrder(lines=(wrong,)))
    assert order_of(read, sent).status is PurchaseStatus.SENT
    assert {line.confirmed_packs for line in lines_of(read, order.id).values()} == {None}


def test_a_link_opens_one_order_until_it_ends_and_not_when_it_was_touched(
    sent: World, read: Call, services: Services
) -> None:
    order, settings = order_of(read, sent), services.settings
    address = flow.supplier_link(settings, read, order.id)
    assert address is not None
    assert address.startswith("http://localhost/supplier/")
    token = address.rpartition("/")[2]
    ends = CUTOFF_AT.replace(day=24, hour=0)
    assert flow.order_of_link(settings, read, token, ends - timedelta(seconds=1)).purchase_order_id == order.id
    words = {"order": str(order.id), "key": link_of(read, order.id).link_key}
    for wrong in (
        token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:],
        "",
        "x.y",
        links.sign(settings, "else", words, ends),
    ):
        with pytest.raises(LinkDead):
            flow.order_of_link(settings, read, wrong, START)
    with pytest.raises(LinkDead):
        flow.order_of_link(settings, read, token, ends)


# --- amendments ---------------------------------------------------------------------------------------------------


def test_an_amendment_makes_a_new_version_and_kills_the_old_link(
    sent: World, run: Call, read: Call, database: Database
) -> None:
    order = order_of(read, sent)
    old, lines = link_of(read, order.id), lines_of(read, order.id)
    database.transact(SUPPLIER, flow.answer, old, AnswerOrder(lines=()))
    wish = AmendOrder(purchase_order_id=order.id, packs={lines["T001"].id: 0, lines["T002"].id: 1}, reason="退单")
    assert run(changes.amend, wish) == 2
    order = order_of(read, sent)
    assert (order.status, order.version, order.answer, order.hq_note) == (PurchaseStatus.SENT, 2, None, "退单")
    assert (order.total_cents, order.top_up_cents) == (10_000, 6_500)
    with pytest.raises(LinkDead):
        database.transact(SUPPLIER, flow.answer, old, AnswerOrder(lines=()))
    fresh = link_of(read, order.id)
    assert database.transact(SUPPLIER, flow.answer, fresh, AnswerOrder(lines=())) is True
    last = read(reads.timeline, order.id)
    assert [one.kind for one in last] == [KINDS.SENT, KINDS.ANSWERED, KINDS.AMENDED, KINDS.ANSWERED]
    assert last[2].detail["lines"] == [{"sku": "T001", "old_packs": 2, "packs": 0}]
    assert lines_of(read, order.id)["T001"].short_qty == 10


def test_an_order_only_shrinks_with_a_reason_and_not_after_the_count(sent: World, run: Call, read: Call) -> None:
    order_id = order_of(read, sent).id
    lines = lines_of(read, order_id)
    for packs, reason in (({lines["T001"].id: 3}, "x"), ({lines["T001"].id: 2}, "x"), ({lines["T001"].id: 1}, " ")):
        with pytest.raises(Invalid):
            run(changes.amend, AmendOrder(purchase_order_id=order_id, packs=packs, reason=reason))
    run(receiving.count_line, ReceiveLine(purchase_line_id=lines["T002"].id, received_qty=10))
    with pytest.raises(AmendTooLate):
        run(changes.amend, AmendOrder(purchase_order_id=order_id, packs={lines["T001"].id: 1}, reason="x"))
    assert order_of(read, sent).version == 1


def test_a_cancelled_order_is_a_shortage_of_the_round(sent: World, run: Call, read: Call) -> None:
    order_id = order_of(read, sent).id
    run(changes.cancel, order_id, "supplier burnt down")
    order = order_of(read, sent)
    assert (order.status, order.total_cents, order.short_qty) == (PurchaseStatus.CANCELLED, 0, 15)
    assert read(reads.open_link, order_id) is None
    note = sent.station(Station.RECEIVE, as_ordered=True)
    assert "15 pieces refunded" in note
    (card,) = read(orders.orders_of_resident, sent.residents[0], ALL).rows
    assert card.refunded_cents == card.total_cents == 10 * 1_790 + 5 * 500


# --- stock first, pre-buy -----------------------------------------------------------------------------------------


def test_goods_bought_ahead_go_to_stock_and_the_next_round_uses_them_first(
    world: World, run: Call, read: Call, clock: SetClock
) -> None:
    (order_id,) = run(
        purchasing.send_pre_buy, world.hub_id, PICKUP_ON, [PreBuyLine(sku_id=world.skus["dumplings"], packs=2)]
    )
    order = read(queries.get_purchase_order, order_id)
    assert (order.purpose, order.group_buy_id, order.status) == (PurchasePurpose.PRE_BUY, None, PurchaseStatus.SENT)
    assert (order.total_cents, order.ordered_qty) == (12 * 1_900, 12)
    assert read(reads.on_order, world.hub_id) == {world.skus["dumplings"]: 12}
    run(receiving.count_line, ReceiveLine(purchase_line_id=lines_of(read, order_id)["T003"].id, received_qty=12))
    assert read(reads.on_order, world.hub_id) == {}
    for number in range(3):
        world.buy(number, dumplings=5)
    assert "12 pieces from stock, 1 purchase orders" in cut_off(world, clock)
    line = lines_of(read, order_of(read, world, "S92").id)["T003"]
    assert (line.wanted_qty, line.packs) == (3, 1)
    world.station(Station.RECEIVE, as_ordered=True)
    assert {s.sku_code: s.qty for s in read(queries.stock, world.hub_id)} == {"T003": 3}
    assert read(analytics.broken_invariants, CUTOFF_AT) == []


def test_pre_buy_respects_lead_time_packs_and_minimum(world: World, run: Call, read: Call) -> None:
    oranges, greens = world.skus["orange"], world.skus["greens"]
    for day, packs, wrong in (
        (date(2026, 11, 20), 2, "deliver_on"), (date(9999, 12, 31), 2, "deliver_on"), (PICKUP_ON, 1, "packs"),
        (PICKUP_ON, 0, "packs"), (PICKUP_ON, 999_999_999, "packs"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refusal:
            run(purchasing.send_pre_buy, world.hub_id, day, [PreBuyLine(sku_id=oranges, packs=packs)])
        assert refusal.value.field == wrong
    (order_id,) = run(purchasing.send_pre_buy, world.hub_id, PICKUP_ON, [PreBuyLine(sku_id=greens, packs=1)])
    order = read(queries.get_purchase_order, order_id)
    assert (order.status, order.decide_by, order.total_cents) == (PurchaseStatus.DECISION, None, 3_500)
    assert flow.decide_due(run, read, now=START + timedelta(days=9)) == 0
    run(flow.decide, order_id, BelowMinimum.DROP)
    assert read(queries.get_purchase_order, order_id).status is PurchaseStatus.CANCELLED


def test_the_proposal_takes_the_forecast_less_what_is_here_or_coming(
    world: World, run: Call, read: Call, clock: SetClock
) -> None:
    world.buy(0, dumplings=5, rice=1)
    world.buy(1, dumplings=4)
    cut_off(world, clock)
    next_week = PICKUP_ON + timedelta(days=7)
    found = {p.sku.sku_code: p for p in flow.propose(read, world.hub_id, next_week, 2)}
    assert (found["T003"].expected_qty, found["T003"].rounds, found["T003"].needed_qty) == (9, 1, 18)
    assert (found["T003"].packs, found["T001"].packs, found["T004"].packs) == (3, 0, 1)
    assert all(p.rounds == 0 for p in flow.propose(read, world.hub_id, PICKUP_ON, 1))
    run(purchasing.send_pre_buy, world.hub_id, next_week, [PreBuyLine(sku_id=world.skus["dumplings"], packs=2)])
    found = {p.sku.sku_code: p for p in flow.propose(read, world.hub_id, next_week, 2)}
    assert (found["T003"].on_order_qty, found["T003"].needed_qty, found["T003"].packs) == (12, 6, 1)


def test_no_order_is_made_twice(small: World, run: Call, read: Call, database: Database) -> None:
    run(buy, small.group_buy_id)
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(PurchaseOrder)) == 2
