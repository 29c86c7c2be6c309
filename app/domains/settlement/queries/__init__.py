"""Reads of the settlement room; nothing here writes."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.domains.aftersales.models import Claim
from app.domains.aftersales.values import ClaimFault, ClaimStatus
from app.domains.catalogue.models import Category, Sku
from app.domains.communities.models import Leader
from app.domains.groupbuys.models import GroupBuy
from app.domains.logistics.models import Pickup, PickupEvent, PickupEventLine, PickupLine
from app.domains.logistics.values.pickup import OPEN_PICKUPS
from app.domains.orders.models import LineCut, Order, OrderLine
from app.domains.orders.values import CutReason, OrderStatus
from app.domains.settlement import rules
from app.domains.settlement.models import CommissionEntry, Statement, TaxEntry
from app.domains.settlement.values import (
    Earnings,
    EntryCard,
    EntryKind,
    LeaderDue,
    LineEarning,
    LineTax,
    Posted,
    Releasable,
    StatementCard,
    Unclaimed,
)
from app.infra.bulk import any_of, one_of
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def _line_earnings() -> Select[*tuple[Any, ...]]:
    claimed = (
        select(func.coalesce(func.sum(LineCut.amount_cents), 0))
        .join(Claim, Claim.id == LineCut.cause_id)
        .where(LineCut.line_id == OrderLine.id, LineCut.reason == CutReason.CLAIM, Claim.fault == ClaimFault.LEADER)
        .scalar_subquery()
    )
    picked_at = (
        select(func.max(PickupEvent.at))
        .join(PickupEventLine, PickupEventLine.event_id == PickupEvent.id)
        .where(PickupEventLine.order_line_id == OrderLine.id)
        .scalar_subquery()
    )
    return (
        select(
            OrderLine.id.label("order_line_id"), OrderLine.order_id, Order.leader_id, Order.hub_id, Order.currency,
            func.coalesce(PickupLine.picked_qty, 0).label("picked_qty"), OrderLine.final_price_cents,
            claimed.label("claimed_cents"), OrderLine.commission_bps, OrderLine.commission_min_cents,
            (picked_at + func.make_interval(0, 0, 0, 0, Category.claim_hours)).label("claim_until"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .join(Category, Category.id == Sku.category_id)
        .outerjoin(PickupLine, PickupLine.order_line_id == OrderLine.id)
        .where(OrderLine.id == any_of("line_ids"))
        .order_by(OrderLine.id)
    )  # fmt: skip


def _line_taxes() -> Select[*tuple[Any, ...]]:
    back = (
        select(func.coalesce(func.sum(LineCut.amount_cents), 0))
        .where(LineCut.line_id == OrderLine.id, LineCut.qty == 0,
               LineCut.reason.in_([CutReason.CLAIM, CutReason.RECALL]))
        .scalar_subquery()
    )  # fmt: skip
    booked = (
        select(func.coalesce(func.sum(TaxEntry.amount_cents), 0))
        .where(TaxEntry.order_line_id == OrderLine.id)
        .scalar_subquery()
    )
    return (
        select(
            OrderLine.id, Order.hub_id, Order.currency, OrderLine.tax_bps,
            (func.coalesce(PickupLine.picked_qty, 0) * OrderLine.final_price_cents).label("picked"),
            back.label("back"), booked.label("booked"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(PickupLine, PickupLine.order_line_id == OrderLine.id)
        .where(OrderLine.id == any_of("line_ids"), OrderLine.tax_bps > 0)
        .order_by(OrderLine.id)
    )  # fmt: skip


#: Built once: every pickup asks these three.
_EARNINGS, _TAXES = _line_earnings(), _line_taxes()
_POSTED = (
    select(
        OrderLine.id.label("order_line_id"), OrderLine.group_buy_id,
        func.coalesce(func.sum(CommissionEntry.amount_cents), 0).label("amount_cents"),
        func.coalesce(func.sum(CommissionEntry.net_cents), 0).label("net_cents"),
        func.count(CommissionEntry.id).filter(CommissionEntry.released_at.is_(None)).label("frozen"),
    )
    .outerjoin(CommissionEntry, CommissionEntry.order_line_id == OrderLine.id)
    .where(OrderLine.id == any_of("line_ids"))
    .group_by(OrderLine.id)
)  # fmt: skip


def line_earnings(session: Session, line_ids: Collection[UUID]) -> list[LineEarning]:
    """Lines as their commission follows from them: handed out, final price, given back for the leader's fault, rate.

    By line id. What was given back for anybody else's fault costs the leader nothing.
    """
    rows = session.execute(_EARNINGS, {"line_ids": list(line_ids)})
    return [LineEarning(**{**row, "claimed_cents": int(row["claimed_cents"])}) for row in rows.mappings()]


def posted(session: Session, line_ids: Collection[UUID]) -> dict[UUID, Posted]:
    """What the entries of lines add up to, with the round of each line; lines that do not exist are missing."""
    return {
        row.order_line_id: Posted(order_line_id=row.order_line_id, group_buy_id=row.group_buy_id,
                                  amount_cents=int(row.amount_cents), net_cents=int(row.net_cents),
                                  is_frozen=row.frozen > 0)
        for row in session.execute(_POSTED, {"line_ids": list(line_ids)})
    }  # fmt: skip


def line_taxes(session: Session, line_ids: Collection[UUID]) -> list[LineTax]:
    """The taxed ones of some lines, by line id: handed out, less what was given back after that, whosever the fault."""
    return [
        LineTax(
            order_line_id=row.id, hub_id=row.hub_id, currency=row.currency, tax_bps=row.tax_bps,
            net_cents=max(0, int(row.picked) - int(row.back)), booked_cents=int(row.booked),
        )
        for row in session.execute(_TAXES, {"line_ids": list(line_ids)})
    ]  # fmt: skip


def lines_to_release(
    session: Session, now: datetime, limit: int, among: Collection[UUID] | None = None
) -> list[UUID]:  # fmt: skip
    """Lines whose commission is frozen though the time to complain is over and no claim about them is open.

    All such lines up to `limit`, or those of some lines.
    """
    is_open = select(Claim.id).where(
        Claim.order_line_id == CommissionEntry.order_line_id, Claim.status == ClaimStatus.OPEN
    )
    later = aliased(CommissionEntry)
    still = select(later.id).where(
        later.order_line_id == CommissionEntry.order_line_id, later.released_at.is_(None), later.frozen_until > now
    )
    wanted = (
        select(CommissionEntry.order_line_id)
        .where(
            CommissionEntry.released_at.is_(None), CommissionEntry.frozen_until <= now, ~is_open.exists(),
            ~still.exists(),
        )
        .distinct()
        .order_by(CommissionEntry.order_line_id)
        .limit(limit)
    )  # fmt: skip
    if among is not None:
        wanted = wanted.where(CommissionEntry.order_line_id == one_of(among))
    return list(session.scalars(wanted))


def frozen_by_leader(session: Session, line_ids: Collection[UUID]) -> list[Releasable]:
    """Frozen entries of lines by leader, hub and currency."""
    entry_ids = func.array_agg(CommissionEntry.id).label("entry_ids")
    rows = session.execute(
        select(
            CommissionEntry.leader_id, CommissionEntry.hub_id, CommissionEntry.currency,
            func.sum(CommissionEntry.amount_cents).label("amount_cents"), entry_ids,
        )
        .where(CommissionEntry.order_line_id.in_(line_ids), CommissionEntry.released_at.is_(None))
        .group_by(CommissionEntry.leader_id, CommissionEntry.hub_id, CommissionEntry.currency)
        .order_by(CommissionEntry.leader_id)
    )  # fmt: skip
    return [
        Releasable(leader_id=row.leader_id, hub_id=row.hub_id, currency=row.currency,
                   amount_cents=int(row.amount_cents), entry_ids=tuple(row.entry_ids))
        for row in rows
    ]  # fmt: skip


def stated_by(hub_id: UUID, group_buy_id: UUID) -> Select[UUID]:
    """Rounds whose entries a statement of this round may hold: its own and those picked up no later, in one hub."""
    this = select(GroupBuy.pickup_on).where(GroupBuy.id == group_buy_id).scalar_subquery()
    return select(GroupBuy.id).where(GroupBuy.hub_id == hub_id, GroupBuy.pickup_on <= this)


def leaders_due(session: Session, hub_id: UUID, group_buy_id: UUID) -> list[LeaderDue]:
    """Leaders with paid orders in a round who have entries that no statement holds, and no statement of the round."""
    of_round = select(Order.leader_id).where(Order.group_buy_id == group_buy_id, Order.status == OrderStatus.PAID)
    done = select(Statement.leader_id).where(Statement.group_buy_id == group_buy_id)
    rows = session.execute(
        select(
            CommissionEntry.leader_id, Leader.code.label("leader_code"), CommissionEntry.hub_id,
            CommissionEntry.currency,
        )
        .join(Leader, Leader.id == CommissionEntry.leader_id)
        .where(
            CommissionEntry.statement_id.is_(None),
            CommissionEntry.group_buy_id.in_(stated_by(hub_id, group_buy_id)),
            CommissionEntry.leader_id.in_(of_round),
            CommissionEntry.leader_id.not_in(done),
        )
        .distinct()
        .order_by(Leader.code)
    )  # fmt: skip
    return [LeaderDue(**row) for row in rows.mappings()]


def entry_sums(statement_ids: Collection[UUID]) -> Subquery:
    """What the entries of statements add up to, as a table to update from."""
    amount = CommissionEntry.amount_cents
    return (
        select(
            CommissionEntry.statement_id.label("statement_id"),
            func.coalesce(func.sum(amount).filter(CommissionEntry.kind == EntryKind.ACCRUAL), 0).label("accrued"),
            func.coalesce(-func.sum(amount).filter(CommissionEntry.kind == EntryKind.REVERSAL), 0).label("reversed"),
            func.sum(CommissionEntry.net_cents).label("net"),
        )
        .where(CommissionEntry.statement_id.in_(statement_ids))
        .group_by(CommissionEntry.statement_id)
        .subquery()
    )


def earnings(session: Session, leader_id: UUID, since: datetime, until: datetime) -> list[Earnings]:
    """What a leader earned from `since` to before `until`, by currency; no row when nothing changed in between."""
    amount = CommissionEntry.amount_cents
    rows = session.execute(
        select(
            CommissionEntry.currency,
            func.coalesce(func.sum(amount).filter(CommissionEntry.kind == EntryKind.ACCRUAL), 0).label("accrued"),
            func.coalesce(-func.sum(amount).filter(CommissionEntry.kind == EntryKind.REVERSAL), 0).label("reversed"),
            func.sum(CommissionEntry.net_cents).label("net"),
            func.count(CommissionEntry.order_id.distinct()).label("orders"),
        )
        .where(CommissionEntry.leader_id == leader_id, CommissionEntry.at >= since, CommissionEntry.at < until)
        .group_by(CommissionEntry.currency)
        .order_by(CommissionEntry.currency)
    )
    return [
        Earnings(
            leader_id=leader_id, currency=row.currency, accrued_cents=int(row.accrued),
            reversed_cents=int(row.reversed), net_sales_cents=int(row.net), orders=row.orders,
            effective_bps=rules.effective_bps(int(row.accrued) - int(row.reversed), int(row.net)),
        )
        for row in rows
    ]  # fmt: skip


def entries(
    session: Session, leader_id: UUID, ask: PageAsk, statement_id: UUID | None = None,
    period: tuple[datetime, datetime] | None = None,
) -> Page[EntryCard]:  # fmt: skip
    """A leader's commission entries, newest first; of one statement, of a period (from, before), or all."""
    wanted = (
        select(
            CommissionEntry.id, CommissionEntry.order_id, Order.no.label("order_no"), Sku.name.label("sku_name"),
            Sku.name_en.label("sku_name_en"), CommissionEntry.kind, CommissionEntry.amount_cents,
            CommissionEntry.net_cents, CommissionEntry.commission_bps, CommissionEntry.at,
        )
        .join(Order, Order.id == CommissionEntry.order_id)
        .join(OrderLine, OrderLine.id == CommissionEntry.order_line_id)
        .join(Sku, Sku.id == OrderLine.sku_id)
        .where(CommissionEntry.leader_id == leader_id)
        .order_by(CommissionEntry.id.desc())
        .limit(ask.limit + 1)
    )  # fmt: skip
    if statement_id is not None:
        wanted = wanted.where(CommissionEntry.statement_id == statement_id)
    if period is not None:
        wanted = wanted.where(CommissionEntry.at >= period[0], CommissionEntry.at < period[1])
    if ask.after:
        wanted = wanted.where(CommissionEntry.id < ask.after)
    rows = [EntryCard(**row) for row in session.execute(wanted).mappings()]
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def statements(
    session: Session, ask: PageAsk, leader_id: UUID | None = None, hub_id: UUID | None = None,
    group_buy_id: UUID | None = None,
) -> Page[StatementCard]:  # fmt: skip
    """Statements, newest first; of one leader, one hub, one round, or all."""
    equal = {Statement.leader_id: leader_id, Statement.hub_id: hub_id, Statement.group_buy_id: group_buy_id}
    conditions = [column == value for column, value in equal.items() if value is not None]
    if ask.after:
        conditions.append(Statement.id < ask.after)
    rows = _statements(session, and_(True, *conditions), ask.limit + 1)
    return page_of(rows, ask.limit, rows[ask.limit - 1].id if len(rows) > ask.limit else None)


def get_statement(session: Session, statement_id: UUID) -> StatementCard:
    """One statement; raises NotFound. Callers compare the leader."""
    found = _statements(session, Statement.id == statement_id, 1)
    if not found:
        raise NotFound("statement")
    return found[0]


def _statements(session: Session, condition: ColumnElement[bool], limit: int) -> list[StatementCard]:
    wanted: Select[*tuple[Any, ...]] = (
        select(
            Statement.id, Statement.leader_id, Leader.name.label("leader_name"), Statement.hub_id,
            Statement.group_buy_id, Statement.no, Statement.pickup_on, Statement.currency, Statement.accrued_cents,
            Statement.reversed_cents, (Statement.accrued_cents - Statement.reversed_cents).label("total_cents"),
            Statement.net_sales_cents, Statement.closed_at,
        )
        .join(Leader, Leader.id == Statement.leader_id)
        .where(condition)
        .order_by(Statement.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [StatementCard(**row) for row in session.execute(wanted).mappings()]


def statements_of_round(session: Session, group_buy_id: UUID) -> int:
    """How many statements a round's settlement closed."""
    return session.scalar(select(func.count(Statement.id)).where(Statement.group_buy_id == group_buy_id)) or 0


def unclaimed_of_round(session: Session, group_buy_id: UUID) -> Unclaimed:
    """What nobody fetched of a round."""
    waiting = select(func.count(Pickup.id)).where(Pickup.group_buy_id == group_buy_id, Pickup.state.in_(OPEN_PICKUPS))
    gone = session.execute(
        select(func.count(LineCut.order_id.distinct()).label("orders"), func.sum(LineCut.qty).label("pieces"))
        .join(OrderLine, OrderLine.id == LineCut.line_id)
        .where(OrderLine.group_buy_id == group_buy_id, LineCut.reason == CutReason.UNCLAIMED)
    ).one()
    return Unclaimed(
        waiting_orders=session.scalar(waiting) or 0, refunded_orders=gone.orders, refunded_pieces=gone.pieces or 0
    )
