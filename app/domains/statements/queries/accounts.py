"""What passed between a hub and a supplier, or on a hub's own account: the ledger's postings with what caused them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, String, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from app.domains.aftersales.models import Claim
from app.domains.catalogue.models import Sku
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import Hub
from app.domains.groupbuys.models import GroupBuy
from app.domains.ledger import queries as ledger
from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import JournalKind, LedgerAccount
from app.domains.logistics.models import Handover, HandoverLine, Route, RoutePlan, SortPut
from app.domains.orders.models import Order
from app.domains.payouts.models import Payout
from app.domains.statements import rules
from app.domains.statements.values import AccountLine, AccountSheet, DueLine, Owed
from app.domains.supply import queries as supply
from app.domains.supply.models import Difference, LossReport, Lot, PurchaseLine, PurchaseOrder, ReceiptLine

SUPPLIER_ACCOUNTS = (LedgerAccount.SUPPLIER_PAYABLE,)
#: What falls due by the supplier's terms, or a hub's, so many days after it was booked.
PAYABLE_LATER = (JournalKind.GOODS_RECEIVED, JournalKind.MINIMUM_BILLED, JournalKind.DELIVERY_BOOKED)
#: A hub is paid so many days after its tours were driven.
HUB_DAYS = 14
#: A hub gets its cost and bears its losses.
HUB_ACCOUNTS = (LedgerAccount.HUB_PAYABLE, LedgerAccount.HUB_LOSS)
#: Goods received longer ago than this beyond their due day are not looked at one by one: what is left is due.
OLDEST = timedelta(days=120)


def supplier_sheet(
    session: Session, supplier_id: UUID, hub_id: UUID, days: tuple[date, date], at: datetime
) -> AccountSheet:  # fmt: skip
    """A supplier's statement with one hub over some days, and when what is open now falls due. Raises NotFound."""
    supplier, hub = supply.get_supplier(session, supplier_id), communities.get_hub(session, hub_id)
    owner = (supplier.id, supplier.name, supplier.name_en, supplier.code)
    today = at.astimezone(ZoneInfo(hub.timezone)).date()
    owed = _balance(session, SUPPLIER_ACCOUNTS, supplier.id, hub)
    rises = _rises(session, hub, {supplier.id: supplier.payment_days}, today)[supplier.id]
    due = rules.ageing(rises, owed, today)
    return _sheet(session, hub, owner, days, (SUPPLIER_ACCOUNTS, supplier.payment_days, due))


def hub_sheet(session: Session, hub_id: UUID, days: tuple[date, date], at: datetime) -> AccountSheet:
    """A hub's own statement: what it gets for its work, the losses that it answers for, and when the rest is due.

    Raises NotFound.
    """
    hub = communities.get_hub(session, hub_id)
    today = at.astimezone(ZoneInfo(hub.timezone)).date()
    rises = _rises(session, hub, {hub.id: HUB_DAYS}, today, LedgerAccount.HUB_PAYABLE)[hub.id]
    due = rules.ageing(rises, _balance(session, HUB_ACCOUNTS, hub.id, hub), today)
    return _sheet(session, hub, (hub.id, hub.name, hub.name_en, hub.code), days, (HUB_ACCOUNTS, HUB_DAYS, due))


def owed_to_suppliers(session: Session, hub_id: UUID, at: datetime) -> list[Owed]:
    """What a hub owes each supplier now, how much of it is overdue and what falls due next; a few statements in all."""
    hub = communities.get_hub(session, hub_id)
    today = at.astimezone(ZoneInfo(hub.timezone)).date()
    cents: dict[UUID, int] = defaultdict(int)
    for balance in ledger.balances(session, LedgerAccount.SUPPLIER_PAYABLE, None, hub_id):
        if balance.owner_id is not None and balance.currency == hub.currency:
            cents[balance.owner_id] -= balance.amount_cents
    known = [supplier for supplier in supply.suppliers(session) if cents[supplier.id]]
    rises = _rises(session, hub, {supplier.id: supplier.payment_days for supplier in known}, today)
    found = []
    for one in known:
        due = rules.ageing(rises[one.id], cents[one.id], today)
        next_one = next((line for line in due if not line.is_overdue), None)
        found.append(
            Owed(supplier_id=one.id, code=one.code, name=one.name, name_en=one.name_en, hub_id=hub.id,
                 currency=hub.currency, payment_days=one.payment_days, owed_cents=cents[one.id],
                 overdue_cents=sum(line.open_cents for line in due if line.is_overdue),
                 next_due_on=next_one.due_on if next_one else None,
                 next_due_cents=next_one.open_cents if next_one else 0)
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.overdue_cents, -one.owed_cents, one.code))


def _sheet(
    session: Session, hub: Hub, owner: tuple[UUID, str, str, str], days: tuple[date, date],
    how: tuple[Sequence[LedgerAccount], int | None, list[DueLine]],
) -> AccountSheet:  # fmt: skip
    """Opening is today's balance less all that moved since the first day; only postings since then are read.

    Both must be read within one instant, or what is booked meanwhile stands in one of them only.
    """
    accounts, payment_days, due = how
    since, until = rules.day_span(*days, hub.timezone)
    rows = session.execute(_moved(accounts, owner[0], hub, since)).mappings().all()
    opening = _balance(session, accounts, owner[0], hub) - sum(int(row["amount_cents"]) for row in rows)
    lines = [_line(dict(row), hub, payment_days) for row in rows if row["at"] < until]
    return AccountSheet(
        owner_id=owner[0], owner_name=owner[1], owner_name_en=owner[2], owner_code=owner[3], hub_id=hub.id,
        currency=hub.currency, first=days[0], last=days[1], opening_cents=opening,
        closing_cents=opening + sum(line.amount_cents for line in lines), lines=tuple(lines),
        sums=rules.sums_of((line.kind, line.amount_cents) for line in lines), due=tuple(due),
    )  # fmt: skip


def _balance(session: Session, accounts: Sequence[LedgerAccount], owner_id: UUID, hub: Hub) -> int:
    found = [one for account in accounts for one in ledger.balances(session, account, owner_id, hub.id)]
    return -sum(one.amount_cents for one in found if one.currency == hub.currency)


def _moved(
    accounts: Sequence[LedgerAccount], owner_id: UUID, hub: Hub, since: datetime
) -> Select[*tuple[Any, ...]]:  # fmt: skip
    """Journals that changed what is owed to one owner, with the goods and the order that they are about."""
    cents = -func.sum(PostingRow.amount_cents)
    line = (
        select(
            Journal.id.label("journal_id"), Journal.kind, Journal.cause_id, Journal.at, cents.label("amount_cents"),
        )
        .join(PostingRow, PostingRow.journal_id == Journal.id)
        .where(
            PostingRow.account.in_(accounts), PostingRow.owner_id == owner_id, Journal.hub_id == hub.id,
            Journal.currency == hub.currency, Journal.at >= since,
        )
        .group_by(Journal.id)
        .having(cents != 0)
        .subquery("line")
    )  # fmt: skip
    fee, lost, missed = aliased(PurchaseOrder), aliased(Lot), aliased(GroupBuy)
    bought = func.coalesce(ReceiptLine.purchase_line_id, Difference.purchase_line_id)
    goods = func.coalesce(PurchaseLine.sku_id, HandoverLine.sku_id, SortPut.sku_id, Claim.sku_id, lost.sku_id)
    tour = case((Route.id.is_not(None), func.concat(GroupBuy.code, " · ", Route.no)))
    # A fee that was booked before it had a kind of its own has its order as its cause all the same.
    kind = case((fee.id.is_not(None), JournalKind.MINIMUM_BILLED.value), else_=cast(line.c.kind, String))
    return (
        select(
            line.c.journal_id, kind.label("journal_kind"), line.c.at, line.c.amount_cents,
            func.coalesce(PurchaseOrder.no, fee.no, Payout.no, tour, Order.no, missed.code, "").label("about"),
            Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"),
            func.coalesce(
                ReceiptLine.received_qty, Difference.qty, SortPut.moved_qty, LossReport.qty, Claim.qty
            ).label("qty"),
            func.coalesce(Claim.reason, Payout.reason, "").label("reason"),
        )
        .outerjoin(ReceiptLine, ReceiptLine.id == line.c.cause_id)
        .outerjoin(Difference, Difference.id == line.c.cause_id)
        .outerjoin(HandoverLine, HandoverLine.id == line.c.cause_id)
        .outerjoin(SortPut, SortPut.id == line.c.cause_id)
        .outerjoin(LossReport, LossReport.id == line.c.cause_id)
        .outerjoin(lost, lost.id == LossReport.lot_id)
        .outerjoin(fee, fee.id == line.c.cause_id)
        .outerjoin(Claim, Claim.id == line.c.cause_id)
        .outerjoin(Order, Order.id == Claim.order_id)
        .outerjoin(Handover, Handover.id == HandoverLine.handover_id)
        .outerjoin(missed, missed.id == Handover.group_buy_id)
        .outerjoin(Payout, Payout.id == line.c.cause_id)
        .outerjoin(Route, Route.id == line.c.cause_id)
        .outerjoin(RoutePlan, RoutePlan.id == Route.plan_id)
        .outerjoin(GroupBuy, GroupBuy.id == RoutePlan.group_buy_id)
        .outerjoin(PurchaseLine, PurchaseLine.id == bought)
        .outerjoin(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_order_id)
        .outerjoin(Sku, Sku.id == goods)
        .order_by(line.c.at, line.c.journal_id)
    )  # fmt: skip


def _line(row: dict[str, Any], hub: Hub, payment_days: int | None) -> AccountLine:
    cents, kind = int(row.pop("amount_cents")), row.pop("journal_kind")
    row |= {"sku_name": row["sku_name"] or "", "sku_name_en": row["sku_name_en"] or ""}
    on = row["at"].astimezone(ZoneInfo(hub.timezone)).date()
    is_due = kind in PAYABLE_LATER and payment_days is not None
    due_on = on + timedelta(days=payment_days or 0) if is_due else None
    return AccountLine(kind=rules.line_kind(kind, cents), amount_cents=cents, due_on=due_on, **row)


def _rises(
    session: Session, hub: Hub, payment_days: dict[UUID, int], today: date,
    account: LedgerAccount = LedgerAccount.SUPPLIER_PAYABLE,
) -> dict[UUID, list[tuple[date, int]]]:  # fmt: skip
    """What became payable to some owners and when it falls due, as far back as it is looked at one by one."""
    oldest = rules.day_span(today - OLDEST - timedelta(days=max(payment_days.values(), default=0)), today, hub.timezone)
    rows = session.execute(
        select(PostingRow.owner_id, Journal.at, PostingRow.amount_cents)
        .join(Journal, Journal.id == PostingRow.journal_id)
        .where(
            PostingRow.account == account, PostingRow.owner_id.in_(payment_days),
            PostingRow.amount_cents < 0, Journal.hub_id == hub.id, Journal.currency == hub.currency,
            Journal.kind.in_(PAYABLE_LATER), Journal.at >= oldest[0],
        )
    )  # fmt: skip
    found: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
    for owner_id, at, cents in rows:
        if owner_id is None:
            continue
        on = at.astimezone(ZoneInfo(hub.timezone)).date()
        found[owner_id].append((on + timedelta(days=payment_days[owner_id]), -cents))
    return found
