"""Shortages in a living round: previewed, protected, set by hand, shared out in one go, refunded and told."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.domains.accounts.models import Account
from app.domains.accounts.service import vips
from app.domains.groupbuys.values import Station
from app.domains.logistics.errors import TooMuchSet
from app.domains.logistics.queries import shortages as reads
from app.domains.logistics.service import shortages as service
from app.domains.logistics.values.shortage import Protect, SetShare
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.notifications import queries as notifications
from app.domains.notifications.values import MessageKind
from app.domains.orders import queries as orders
from app.domains.supply import queries as supply
from app.domains.supply.errors import GoodsReleased
from app.domains.supply.values import ReceiveLine
from app.flows import receiving
from app.infra.services import Services
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.kept import kept
from tests.factories.world import World, make_world

Call = Callable[..., Any]
SYSTEM, DESK = Actor.system("test"), Actor("Chen", Role.HQ_WAREHOUSE, new_id())
#: Dumplings at 25.00 that four residents paid for, in this order; seven of ten came.
WANTED, CAME = [3, 4, 1, 2], 7


class Short:
    """The tests' world after its cut-off, with seven dumplings of ten counted."""

    def __init__(self, services: Services) -> None:
        self.world: World = make_world(services, residents=4)
        self.orders = [self.world.buy(n, dumplings=qty) for n, qty in enumerate(WANTED)]
        self.world.station(Station.CUTOFF, early=True)
        self.read, self.db = services.database.read, services.database
        (line,) = self.read(supply.purchase_lines, group_buy_id=self.world.group_buy_id)
        count = ReceiveLine(purchase_line_id=line.id, received_qty=CAME)
        self.db.transact(SYSTEM, receiving.count, count)
        self.sku = self.world.skus["dumplings"]

    def is_vip(self, number: int) -> None:
        community = Actor("Ma", Role.HQ_COMMUNITY, new_id())
        self.db.transact(community, vips.set_vip, self.world.residents[number], is_vip=True)

    def is_leader(self, number: int) -> None:
        """Give a resident the phone number of a leader: it is her own order then."""

        def mark(uow: UnitOfWork) -> None:
            wanted = update(Account).where(Account.id == self.world.residents[number])
            uow.session.execute(wanted.values(phone="19900009901"))

        self.db.transact(SYSTEM, mark)

    def by_hand(self, qty: int, *, order: int | None = None, point: str | None = None, who: Actor = DESK) -> None:
        wish = SetShare(
            group_buy_id=self.world.group_buy_id, sku_id=self.sku, qty=qty,
            order_id=self.orders[order] if order is not None else None,
            pickup_point_id=self.world.points[point] if point else None, note="promised",
        )  # fmt: skip
        self.db.transact(who, service.set_share, wish)

    def shown(self, policy: SharePolicy, protect: Protect = Protect.NOBODY) -> list[int]:
        """What the preview says each order gets, in the order of payment."""
        lines = self.read(reads.preview_lines, self.world.group_buy_id, self.sku, protect)
        given = {line.order_id: line.given[policy] for line in lines}
        return [given[order_id] for order_id in self.orders]

    def left(self) -> list[int]:
        found = [self.read(orders.get_order, order_id) for order_id in self.orders]
        return [order.lines[0].effective_qty for order in found]

    def refunded(self) -> list[int]:
        return [self.read(orders.get_order, order_id).refunded_cents for order_id in self.orders]


@pytest.fixture
@kept
def short(services: Services) -> Short:
    return Short(services)


@pytest.mark.parametrize(
    ("policy", "protect", "expected"),
    [
        (SharePolicy.FIRST_COME, Protect.NOBODY, [3, 4, 0, 0]),
        (SharePolicy.PRO_RATA, Protect.NOBODY, [2, 3, 1, 1]),
        (SharePolicy.SPREAD, Protect.NOBODY, [2, 2, 1, 2]),
        (SharePolicy.FIRST_COME, Protect.VIP, [3, 2, 0, 2]),
        (SharePolicy.PRO_RATA, Protect.VIP, [2, 2, 1, 2]),
        (SharePolicy.SPREAD, Protect.LEADERS, [2, 2, 1, 2]),
        (SharePolicy.FIRST_COME, Protect.LEADERS, [3, 3, 1, 0]),
        (SharePolicy.FIRST_COME, Protect.BOTH, [3, 1, 1, 2]),
    ],
)
def test_what_is_previewed_is_what_is_applied(
    short: Short, policy: SharePolicy, protect: Protect, expected: list[int]
) -> None:
    short.is_vip(3)
    short.is_leader(2)
    assert short.shown(policy, protect) == expected
    (card,) = short.read(reads.preview, short.world.group_buy_id, protect)
    outcome = card.outcomes[policy]
    assert (card.came_qty, card.wanted_qty, outcome.given_qty, outcome.missing_qty) == (7, 10, 7, 3)
    assert outcome.refund_cents == 3 * 2_500
    assert short.left() == WANTED
    note = short.world.station(Station.RECEIVE, policy=policy.value, protect=protect.value)
    assert note == "1 lines counted, 1 SKUs short, 3 pieces refunded, 7 pieces to sort"
    assert short.left() == expected
    assert short.refunded() == [(a - b) * 2_500 for a, b in zip(WANTED, expected, strict=True)]
    assert short.read(reads.preview, short.world.group_buy_id, protect) == []


def test_what_is_set_by_hand_stays_under_every_policy_and_survives_another_run(short: Short) -> None:
    short.by_hand(1, order=2)
    short.by_hand(0, order=0)
    assert [short.shown(policy) for policy in SharePolicy] == [[0, 4, 1, 2], [0, 4, 1, 2], [0, 4, 1, 2]]
    short.by_hand(2, order=1)
    assert short.shown(SharePolicy.FIRST_COME) == [0, 2, 1, 2]
    run = short.world.run_as(SYSTEM)
    assert run(receiving.share_out_shortages, short.world.group_buy_id, SharePolicy.FIRST_COME) == (1, 5)
    assert run(receiving.share_out_shortages, short.world.group_buy_id, SharePolicy.SPREAD) == (0, 0)
    assert short.left() == [0, 2, 1, 2]


def test_a_pickup_point_gets_what_was_set_for_it(short: Short) -> None:
    """Orders 0 and 2 fetch at P901, 1 and 3 at P902."""
    short.by_hand(1, point="P901")
    assert short.shown(SharePolicy.FIRST_COME) == [1, 4, 0, 2]
    short.by_hand(4, point="P901")
    assert short.shown(SharePolicy.SPREAD) == [3, 2, 1, 1]


def test_a_quantity_set_by_hand_can_be_taken_back(short: Short) -> None:
    short.by_hand(1, order=2)
    (fix,) = short.read(reads.fixes, short.world.group_buy_id, short.sku)
    assert (fix.qty, fix.note, fix.set_by) == (1, "promised", "Chen")
    short.db.transact(DESK, service.drop_share, short.world.group_buy_id, fix.id)
    assert short.shown(SharePolicy.FIRST_COME) == [3, 4, 0, 0]


def test_more_by_hand_than_came_is_named_and_nothing_is_decided(short: Short) -> None:
    short.by_hand(4, order=1)
    short.by_hand(4, point="P901")
    (card,) = short.read(reads.preview, short.world.group_buy_id, Protect.NOBODY)
    assert (card.is_overset, card.fixed_qty) == (True, 8)
    with pytest.raises(TooMuchSet) as refusal:
        short.world.station(Station.RECEIVE)
    assert refusal.value.skus == ["T003"]
    assert short.left() == WANTED


def test_what_cannot_be_set(short: Short) -> None:
    with pytest.raises(Invalid) as refusal:
        short.by_hand(5, order=1)
    assert refusal.value.field == "qty"
    with pytest.raises(Invalid):
        short.by_hand(1)
    strange = SetShare(group_buy_id=short.world.group_buy_id, sku_id=short.sku, qty=1, order_id=UUID(int=9))
    with pytest.raises(NotFound):
        short.db.transact(DESK, service.set_share, strange)
    with pytest.raises(Forbidden):
        short.by_hand(1, order=2, who=Actor("leader", Role.LEADER, new_id()))
    assert short.read(reads.fixes, short.world.group_buy_id) == []
    short.world.station(Station.RECEIVE)
    with pytest.raises(GoodsReleased):
        short.by_hand(1, order=0)


def test_residents_are_told_what_is_missing_and_what_comes_back(short: Short, work: Call) -> None:
    short.world.station(Station.RECEIVE, policy="first_come")
    work()
    told = {}
    for number, resident_id in enumerate(short.world.residents):
        inbox = short.read(notifications.inbox, resident_id, PageAsk())
        told[number] = [(m.params["reason"], m.params["qty"], m.params["amount_cents"]) for m in inbox.rows
                        if m.kind is MessageKind.LINE_CUT]  # fmt: skip
    assert told == {0: [], 1: [], 2: [("shortage", 1, 2_500)], 3: [("shortage", 2, 5_000)]}
