"""Statements: a round's commission of each leader, fixed once."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.domains.groupbuys import queries as groupbuys
from app.domains.settlement import queries, rules
from app.domains.settlement.events import StatementClosed
from app.domains.settlement.models import CommissionEntry, Statement
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id


def close_round(uow: UnitOfWork, group_buy_id: UUID) -> int:
    """Give each leader of a round one statement over all her entries that no earlier statement holds.

    So late reversals of earlier rounds stand in the next statement; entries of rounds picked up later wait for theirs.
    A leader with nothing new gets none, for the rounds of a hub are closed one after the other. Returns how many were
    closed; repeating closes none. Six statements in all.
    """
    uow.require(Permission.SETTLEMENT_CLOSE)
    this = groupbuys.get_group_buy(uow.session, group_buy_id)
    uow.lock(f"statements of hub {this.hub_id}")
    due = {new_id(): leader for leader in queries.leaders_due(uow.session, this.hub_id, group_buy_id)}
    if not due:
        return 0
    uow.session.execute(
        insert(Statement).returning(Statement.id),
        [
            {
                "id": statement_id, "no": rules.statement_no(leader.leader_code, f"{this.round_on:%y%m%d}"),
                "leader_id": leader.leader_id, "hub_id": leader.hub_id, "group_buy_id": group_buy_id,
                "pickup_on": this.pickup_on, "currency": leader.currency, "accrued_cents": 0, "reversed_cents": 0,
                "net_sales_cents": 0, "closed_at": uow.now,
            }
            for statement_id, leader in due.items()
        ],
    ).all()  # fmt: skip
    _take_entries(uow, this.hub_id, group_buy_id, list(due))
    _add_up(uow, list(due))
    return len(due)


def _take_entries(uow: UnitOfWork, hub_id: UUID, group_buy_id: UUID, statement_ids: list[UUID]) -> None:
    """Put the loose entries of each leader under her new statement."""
    uow.session.execute(
        update(CommissionEntry)
        .where(
            CommissionEntry.statement_id.is_(None),
            CommissionEntry.leader_id == Statement.leader_id,
            CommissionEntry.currency == Statement.currency,
            CommissionEntry.group_buy_id.in_(queries.stated_by(hub_id, group_buy_id)),
            Statement.id.in_(statement_ids),
        )
        .values(statement_id=Statement.id)
        .execution_options(synchronize_session=False)
    )


def _add_up(uow: UnitOfWork, statement_ids: list[UUID]) -> None:
    """Write the sums of what a statement holds, and tell its leader."""
    sums = queries.entry_sums(statement_ids)
    closed = uow.session.execute(
        update(Statement)
        .where(Statement.id == sums.c.statement_id)
        .values(accrued_cents=sums.c.accrued, reversed_cents=sums.c.reversed, net_sales_cents=sums.c.net)
        .returning(
            Statement.id, Statement.leader_id, Statement.no, Statement.pickup_on, Statement.accrued_cents,
            Statement.reversed_cents, Statement.currency,
        )
        .execution_options(synchronize_session=False)
    ).all()  # fmt: skip
    for row in sorted(closed, key=lambda statement: statement.no):
        total = row.accrued_cents - row.reversed_cents
        after = {"no": row.no, "accrued_cents": row.accrued_cents, "reversed_cents": row.reversed_cents}
        uow.audit("settlement.close_statement", row.id, None, after)
        uow.emit(StatementClosed(row.id, row.leader_id, row.no, row.pickup_on, total, row.currency))
