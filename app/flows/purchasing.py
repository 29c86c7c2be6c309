"""Purchase orders across rooms: choices below a minimum with their refunds, the supplier's link, what to buy ahead."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domains.analytics import queries as analytics
from app.domains.logistics.rules import share_out
from app.domains.logistics.values.sorting import SharePolicy, ShareWish
from app.domains.orders import queries as orders
from app.domains.orders.values import CutLine, CutReason, OpenLine
from app.domains.supply import queries as supply, rules as supply_rules
from app.domains.supply.errors import AlreadyDecided, LinkDead
from app.domains.supply.queries import lots, purchasing as reads
from app.domains.supply.rules import purchasing as rules
from app.domains.supply.service import changes, purchasing, stock
from app.domains.supply.values import Want
from app.domains.supply.values.purchasing import AnswerOrder, BelowMinimum, DraftLine, ExtraPacks, OpenLink, PreBuySku
from app.flows.refund import cut_and_refund
from app.infra import links
from app.infra.settings import Settings
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission

#: What a supplier's link is signed for; a token for anything else opens nothing here.
LINK = "supplier purchase order"


# --- buying for a round -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bought:
    """What buying for a round came to: its orders, and pieces that stock gives instead of a supplier."""

    order_ids: tuple[UUID, ...]
    from_stock_qty: int
    waiting: int


def buy_for_round(uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, on: date, wants: Sequence[Want]) -> Bought:
    """Cover a round's demand: first with free stock, first expired first, then with purchase orders.

    Repeating buys nothing again. Raises SupplierMissing.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    given = stock.take(uow, hub_id, group_buy_id, wants, on)
    left = [Want(sku_id=w.sku_id, qty=w.qty - given.get(w.sku_id, 0)) for w in wants]
    ids = purchasing.send_purchase_orders(uow, hub_id, group_buy_id, on, left)
    for order_id in reads.waiting_for_decision(uow.session, due_at=uow.now, group_buy_id=group_buy_id):
        decide(uow, order_id, None)
    waiting = len(reads.waiting_for_decision(uow.session, group_buy_id=group_buy_id))
    return Bought(tuple(ids), sum(given.values()), waiting)


# --- below a minimum ----------------------------------------------------------------------------------------------


def decide(uow: UnitOfWork, purchase_order_id: UUID, choice: BelowMinimum | None) -> int:
    """Choose what happens to an order below its supplier's minimum; None takes the supplier's usual choice.

    What a DROP takes off is cut from the residents' orders and refunded in the same transaction, and they are told.
    Returns the pieces refunded. Raises NotFound, AlreadyDecided.
    """
    uow.require(Permission.SUPPLY_MANAGE)
    order = supply.get_purchase_order(uow.session, purchase_order_id)
    if order.group_buy_id is not None:
        uow.lock(f"shortages of {order.group_buy_id}")  # before the order itself, as whoever shares out takes them
    dropped = changes.decide(uow, purchase_order_id, choice)
    if not dropped or order.group_buy_id is None:
        return 0
    cuts = _cuts(_within(uow), order.group_buy_id, purchase_order_id, dropped)
    cut_and_refund(uow.as_system("purchasing"), cuts)
    return sum(cut.qty for cut in cuts)


def _within(uow: UnitOfWork) -> Run:
    """Queries in the transaction under way."""
    return lambda query, *args, **kwargs: query(uow.session, *args, **kwargs)


def _cuts(read: Run, group_buy_id: UUID, purchase_order_id: UUID, dropped: Sequence[DraftLine]) -> list[CutLine]:
    """What residents lose by lines that are not bought; pieces that stock gives stay with those who paid first."""
    here = read(lots.allotted_by_sku, group_buy_id)
    by_sku: dict[UUID, list[OpenLine]] = {}
    for line in read(orders.open_lines, group_buy_id, sku_ids=[line.sku_id for line in dropped]):
        by_sku.setdefault(line.sku_id, []).append(line)
    cuts = []
    for sku_id, lines in by_sku.items():
        price = {line.line_id: line.final_price_cents for line in lines}
        wishes = [ShareWish(line_id=line.line_id, qty=line.effective_qty, rank=at) for at, line in enumerate(lines)]
        cuts += [
            CutLine(line_id=share.line_id, qty=less, amount_cents=less * price[share.line_id],
                    reason=CutReason.SUPPLIER_MINIMUM, cause_id=purchase_order_id)
            for share in share_out(SharePolicy.FIRST_COME, wishes, here.get(sku_id, 0))
            if (less := share.wanted_qty - share.given_qty) > 0
        ]  # fmt: skip
    return cuts


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What each choice would cost, in minor units, and what it would mean."""

    goods_cents: int
    min_order_cents: int
    usual: BelowMinimum
    #: TOP_UP: packs more, pieces more for stock, what they cost, and the fee that would still be left.
    extra: tuple[ExtraPacks, ...]
    extra_cents: int
    extra_qty: int
    rest_fee_cents: int
    #: DROP: what residents get back, how many pieces and orders, what is not bought, and the fee of the rest.
    refund_cents: int
    refund_qty: int
    refund_orders: int
    saved_cents: int
    is_whole_order: bool
    drop_fee_cents: int
    #: FEE: the difference to the minimum.
    fee_cents: int


def preview(read: Run, purchase_order_id: UUID) -> Preview:
    """What each choice for an order below its minimum would cost; changes nothing. Raises NotFound."""
    order = read(supply.get_purchase_order, purchase_order_id)
    lines = read(reads.draft_lines, purchase_order_id)
    goods = rules.goods_of(lines)
    extra = rules.top_up(lines, order.min_order_cents)
    extra_cents = sum(one.cents for one in extra)
    dropped = rules.lines_to_drop(lines, order.min_order_cents)
    cuts = _cuts(read, order.group_buy_id, order.id, dropped) if order.group_buy_id else []
    residents = read(orders.lines_by_id, [cut.line_id for cut in cuts])
    saved = rules.goods_of(dropped)
    is_whole = len(dropped) == len(lines)
    return Preview(
        goods_cents=goods, min_order_cents=order.min_order_cents,
        usual=next(s.below_minimum for s in read(supply.suppliers) if s.id == order.supplier_id),
        extra=tuple(extra), extra_cents=extra_cents, extra_qty=sum(one.qty for one in extra),
        rest_fee_cents=supply_rules.top_up_cents(order.min_order_cents, goods + extra_cents),
        refund_cents=sum(cut.amount_cents for cut in cuts), refund_qty=sum(cut.qty for cut in cuts),
        refund_orders=len({line.order_id for line in residents.values()}), saved_cents=saved, is_whole_order=is_whole,
        drop_fee_cents=0 if is_whole else supply_rules.top_up_cents(order.min_order_cents, goods - saved),
        fee_cents=supply_rules.top_up_cents(order.min_order_cents, goods),
    )  # fmt: skip


def decide_due(run: Run, read: Run, group_buy_id: UUID | None = None, now: datetime | None = None) -> int:
    """Take the usual choice for orders of a round that can wait no longer, or for all whose time is over at `now`.

    Each order is a transaction of its own, so a killed run goes on where it stopped. Returns how many there were.
    """
    waiting: list[UUID] = read(reads.waiting_for_decision, due_at=now, group_buy_id=group_buy_id)
    for order_id in waiting:
        with suppress(AlreadyDecided):  # somebody chose at this moment
            run(decide, order_id, None)
    return len(waiting)


# --- the supplier's link ------------------------------------------------------------------------------------------


def supplier_link(settings: Settings, read: Run, purchase_order_id: UUID) -> str | None:
    """The address at which the supplier answers an order without an account; None while there is nothing to answer."""
    found = read(reads.open_link, purchase_order_id)
    if found is None:
        return None
    words = {"order": str(found.purchase_order_id), "key": found.link_key}
    return f"{settings.public_url}/supplier/{links.sign(settings, LINK, words, rules.link_ends_at(found.deliver_on))}"


def order_of_link(settings: Settings, read: Run, token: str, now: datetime) -> OpenLink:
    """The order that a link opens.

    Raises LinkDead for a token that was tampered with, signed for something else, is too old, or was replaced.
    """
    words = links.read(settings, LINK, token, now)
    found: OpenLink | None = read(reads.open_link, UUID(words["order"])) if words else None
    if words is None or found is None or found.link_key != words["key"]:
        raise LinkDead("purchase_order")
    return found


def answer(uow: UnitOfWork, link: OpenLink, given: AnswerOrder) -> bool:
    """Take in a supplier's answer by his link; False when it was known. Raises LinkDead, AnswerTooLate, Invalid."""
    uow.require(Permission.SUPPLY_ANSWER)
    return changes.answer(uow, link.purchase_order_id, link.link_key, given)


# --- buying ahead -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One SKU on the pre-buy page."""

    sku: PreBuySku
    expected_qty: int
    rounds: int
    here_qty: int
    on_order_qty: int
    needed_qty: int
    packs: int


def propose(read: Run, hub_id: UUID, on: date, times: int, supplier_code: str = "") -> list[Proposal]:
    """What to buy ahead for `times` rounds like those picked up on a day: forecast less what is free or on order.

    The forecast is the model's where it was closer than plain repetition in the last rounds, else the repetition.

    Only suppliers with a lead time, unless one is named.
    """
    skus = read(reads.pre_buy_skus, supplier_code, least_lead_days=0 if supplier_code else 1)
    ids = [sku.sku_id for sku in skus]
    expected = {f.sku_id: f for f in read(analytics.outlook, hub_id, on).forecasts}
    coming = read(reads.on_order, hub_id)
    here: dict[UUID, int] = {}
    for lot in read(lots.free_lots, hub_id, on, ids):
        here[lot.sku_id] = here.get(lot.sku_id, 0) + lot.qty
    found = []
    for sku in skus:
        guess = expected.get(sku.sku_id)
        have, due = here.get(sku.sku_id, 0), coming.get(sku.sku_id, 0)
        needed = max(0, (guess.expected_qty if guess else 0) * times - have - due)
        found.append(
            Proposal(
                sku=sku, expected_qty=guess.expected_qty if guess else 0, rounds=len(guess.history) if guess else 0,
                here_qty=have, on_order_qty=due, needed_qty=needed,
                packs=rules.proposed_packs(needed, sku.pack_size, sku.min_packs),
            )
        )  # fmt: skip
    return found
