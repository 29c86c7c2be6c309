"""Leaders' weeks: closed ones from their own lines, the one under way from the ledger."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, Subquery, case, cast, func, select
from sqlalchemy.orm import Session

from app.domains.aftersales.models import Claim
from app.domains.catalogue.models import Sku
from app.domains.communities import queries as communities
from app.domains.communities.models import Leader
from app.domains.communities.values import LeaderCard
from app.domains.communities.values.ground import Hub
from app.domains.ledger import queries as ledger
from app.domains.ledger.models import Journal, PostingRow
from app.domains.ledger.values import LedgerAccount
from app.domains.orders.models import Order, OrderLine
from app.domains.payouts.models import Payout
from app.domains.settlement.models import CommissionEntry
from app.domains.settlement.rules import effective_bps
from app.domains.statements import rules
from app.domains.statements.models import Week, WeekLineRow
from app.domains.statements.values import LEADER_ACCOUNTS, LineKind, WeekCard, WeekLine, WeekSheet
from app.kernel.errors import NotFound
from app.kernel.paging import Page, PageAsk, page_of


def weeks(
    session: Session, ask: PageAsk, leader_id: UUID | None = None, hub_id: UUID | None = None
) -> Page[WeekCard]:  # fmt: skip
    """Closed weeks, newest first; of one leader, one hub, or all."""
    equal = {Week.leader_id: leader_id, Week.hub_id: hub_id}
    conditions = [column == value for column, value in equal.items() if value is not None]
    if ask.after is not None:
        conditions.append(Week.id < ask.after)
    rows = session.execute(_cards(*conditions).order_by(Week.id.desc()).limit(ask.limit + 1)).mappings()
    cards = [WeekCard(**row) for row in rows]
    return page_of(cards, ask.limit, cards[ask.limit - 1].id if len(cards) > ask.limit else None)


def get_week(session: Session, week_id: UUID) -> WeekSheet:
    """A closed week with its lines, oldest first; it reads these and nothing older. Raises NotFound.

    Callers compare the leader.
    """
    row = session.execute(_cards(Week.id == week_id)).mappings().first()
    if row is None:
        raise NotFound("statement")
    card = WeekCard(**row)
    source = select(
        WeekLineRow.journal_id, WeekLineRow.journal_kind, WeekLineRow.cause_id, WeekLineRow.at,
        WeekLineRow.amount_cents,
    ).where(WeekLineRow.week_id == week_id).subquery("line")  # fmt: skip
    lines = _lines(session, source)
    return _sheet(card, (card.leader_id, card.leader_name, card.leader_code, card.hub_id), card, lines)


def running_week(session: Session, leader_id: UUID, at: datetime) -> WeekSheet:
    """The week under way: from the balance at its beginning to that of now. Raises NotFound.

    The opening is today's balance less what moved since Monday, so nothing older is read; both within one instant.
    """
    leader: LeaderCard = communities.get_leader(session, leader_id)
    hub: Hub = communities.get_hub(session, leader.hub_id)
    week_on = rules.monday_of(at.astimezone(ZoneInfo(hub.timezone)).date())
    since, _until = rules.week_span(week_on, hub.timezone)
    source = moved(hub.id, (since, None), leader_id).subquery("line")
    lines = _lines(session, select(source).where(source.c.currency == hub.currency).subquery("own"))
    held = [one for account in LEADER_ACCOUNTS for one in ledger.balances(session, account, leader_id, hub.id)]
    closing = -sum(one.amount_cents for one in held if one.currency == hub.currency)
    balance = _Balance(hub.currency, week_on, closing - sum(line.amount_cents for line in lines), closing)
    return _sheet(None, (leader.id, leader.name, leader.code, hub.id), balance, lines)


class _Balance:
    """Both ends of a week that has no row yet."""

    def __init__(self, currency: str, week_on: date, opening_cents: int, closing_cents: int) -> None:
        self.currency, self.week_on = currency, week_on
        self.opening_cents, self.closing_cents = opening_cents, closing_cents


def moved(
    hub_id: UUID, span: tuple[datetime, datetime | None], leader_id: UUID | None = None
) -> Select[*tuple[Any, ...]]:
    """What journals of a hub within a span changed of what leaders are owed, one row for each leader and journal."""
    cents = -func.sum(PostingRow.amount_cents)
    wanted = (
        select(
            PostingRow.owner_id.label("leader_id"), Journal.currency, Journal.id.label("journal_id"),
            case((func.bool_or(PostingRow.account == LedgerAccount.LEADER_CASH), "cash"),
                 else_=cast(Journal.kind, String)).label("journal_kind"), Journal.cause_id,
            Journal.at, cents.label("amount_cents"),
        )
        .join(PostingRow, PostingRow.journal_id == Journal.id)
        .where(Journal.hub_id == hub_id, Journal.at >= span[0], *_of_leaders(leader_id))
        .group_by(PostingRow.owner_id, Journal.id)
        .having(cents != 0)
    )  # fmt: skip
    return wanted if span[1] is None else wanted.where(Journal.at < span[1])


def balances_before(session: Session, hub_id: UUID, before: datetime) -> dict[tuple[UUID, str], int]:
    """What the ledger owed leaders of a hub at an instant, by leader and currency."""
    rows = session.execute(
        select(PostingRow.owner_id, Journal.currency, -func.sum(PostingRow.amount_cents))
        .join(Journal, Journal.id == PostingRow.journal_id)
        .where(Journal.hub_id == hub_id, Journal.at < before, *_of_leaders(None))
        .group_by(PostingRow.owner_id, Journal.currency)
    )
    return {(owner_id, currency): int(cents) for owner_id, currency, cents in rows if owner_id is not None}


def last_closings(session: Session, hub_id: UUID, before: date) -> dict[tuple[UUID, str], int]:
    """The closing balance of each leader's last closed week before a Monday: it has not changed since."""
    newest = (
        select(Week.leader_id, Week.currency, func.max(Week.week_on).label("week_on"))
        .where(Week.hub_id == hub_id, Week.week_on < before)
        .group_by(Week.leader_id, Week.currency)
        .subquery()
    )
    rows = session.execute(
        select(Week.leader_id, Week.currency, Week.closing_cents)
        .join(
            newest,
            (newest.c.leader_id == Week.leader_id)
            & (newest.c.currency == Week.currency)
            & (newest.c.week_on == Week.week_on),
        )
        .where(Week.hub_id == hub_id)
    )
    return {(leader_id, currency): closing for leader_id, currency, closing in rows}


def last_weeks_on(session: Session) -> dict[UUID, date]:
    """The Monday of each hub's last closed week; a hub without one is absent."""
    return {
        row[0]: row[1] for row in session.execute(select(Week.hub_id, func.max(Week.week_on)).group_by(Week.hub_id))
    }


def last_serial(session: Session, hub_id: UUID, year: int) -> int:
    """The last number that a hub has given to a week of a year; 0 before the first."""
    return session.scalar(select(func.max(Week.serial)).where(Week.hub_id == hub_id, Week.year == year)) or 0


def codes_of(session: Session, leader_ids: set[UUID]) -> dict[UUID, str]:
    """Leaders' codes."""
    return {row[0]: row[1] for row in session.execute(select(Leader.id, Leader.code).where(Leader.id.in_(leader_ids)))}


def _of_leaders(leader_id: UUID | None) -> list[ColumnElement[bool]]:
    owner = PostingRow.owner_id.is_not(None) if leader_id is None else PostingRow.owner_id == leader_id
    return [PostingRow.account.in_(LEADER_ACCOUNTS), owner]


def _cards(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Week.id, Week.no, Week.leader_id, Leader.name.label("leader_name"), Leader.code.label("leader_code"),
            Week.hub_id, Week.currency, Week.week_on, Week.opening_cents, Week.closing_cents, Week.closed_at,
        )
        .join(Leader, Leader.id == Week.leader_id)
        .where(*conditions)
    )  # fmt: skip


def _lines(session: Session, source: Subquery) -> list[WeekLine]:
    """Lines with what they came from: a commission entry and its claim, or a payout; one statement."""
    rows = session.execute(
        select(
            source.c.journal_id, source.c.journal_kind, source.c.at, source.c.amount_cents, Order.no.label("order_no"),
            Sku.name.label("sku_name"), Sku.name_en.label("sku_name_en"), CommissionEntry.net_cents,
            CommissionEntry.commission_bps, Claim.kind.label("claim_kind"), Claim.fault, Payout.no.label("payout_no"),
            Payout.fee_cents,
            func.coalesce(Claim.reason, Payout.reason, "").label("reason"),
        )
        .outerjoin(CommissionEntry, CommissionEntry.id == source.c.cause_id)
        .outerjoin(Order, Order.id == CommissionEntry.order_id)
        .outerjoin(OrderLine, OrderLine.id == CommissionEntry.order_line_id)
        .outerjoin(Sku, Sku.id == OrderLine.sku_id)
        .outerjoin(Claim, Claim.id == CommissionEntry.cause_id)
        .outerjoin(Payout, Payout.id == source.c.cause_id)
        .order_by(source.c.at, source.c.journal_id)
    )  # fmt: skip
    return [line for row in rows.mappings() for line in _told(dict(row))]


def _told(row: dict[str, Any]) -> list[WeekLine]:
    """A journal as a line; a withdrawal as two, its fee told apart from what arrives."""
    cents, fee = int(row.pop("amount_cents")), row.pop("fee_cents") or 0
    kind = rules.line_kind(row.pop("journal_kind"), cents)
    row["net_cents"] = row["net_cents"] or 0
    if kind is not LineKind.PAID_OUT:
        return [WeekLine(kind=kind, amount_cents=cents, **row)]
    parts = [(LineKind.PAID_OUT, cents + fee), (LineKind.FEE, -fee)]
    return [WeekLine(kind=part, amount_cents=share, **row) for part, share in parts if share]


def _sheet(card: WeekCard | None, who: tuple[UUID, str, str, UUID], balance: Any, lines: list[WeekLine]) -> WeekSheet:
    sums = rules.sums_of((line.kind, line.amount_cents) for line in lines)
    net = sum(line.net_cents for line in lines)
    earned = sums.get(LineKind.EARNED, 0) + sums.get(LineKind.TAKEN_BACK, 0)
    return WeekSheet(
        card=card, leader_id=who[0], leader_name=who[1], leader_code=who[2], hub_id=who[3], currency=balance.currency,
        week_on=balance.week_on, opening_cents=balance.opening_cents, closing_cents=balance.closing_cents,
        lines=tuple(lines), sums=sums, net_sales_cents=net, effective_bps=effective_bps(earned, net),
    )  # fmt: skip
