"""A leader's balance at ten million postings, beside the read of one row by its key."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from app.domains.communities.models import Leader
from app.domains.ledger import queries
from app.domains.ledger.values import LedgerAccount
from app.flows import books
from app.kernel.actors import Actor
from bench.figures import Row, row
from bench.stage import Stage

#: Postings in all; two to a journal, most of them leaders' commission.
POSTINGS = int(os.environ.get("LINLI_BENCH_POSTINGS", "10000000"))
#: Postings above the checkpoint: an hour of a city in which every leader hands out.
TAIL = 20_000
READS = 400

_INDEXES = {
    "ix_ledger_posting_account_owner_id_id": "ledger_posting (account, owner_id, id)",
    "ix_ledger_posting_journal_id": "ledger_posting (journal_id)",
    "ix_ledger_journal_hub_id_at": "ledger_journal (hub_id, at)",
}
#: Journals with their two sides, shared out evenly over all leaders.
_FILL = """
    WITH leader AS (
      SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS many FROM communities_leader
    ),
    fresh AS (
      SELECT gen_random_uuid() AS id, leader.id AS leader_id, 1 + series.no % 900 AS cents
      FROM generate_series(1, {journals}) AS series (no) JOIN leader ON leader.n = series.no % leader.many
    ),
    kept AS (
      INSERT INTO ledger_journal (id, kind, cause_id, hub_id, currency, at)
      SELECT id, 'commission_changed', id, (SELECT id FROM communities_hub LIMIT 1), 'CNY', now() FROM fresh
    )
    INSERT INTO ledger_posting (journal_id, account, owner_id, amount_cents)
    SELECT id, account, leader_id, sign * cents
    FROM fresh, (VALUES ('commission', 1), ('leader_payable', -1)) AS side (account, sign)
"""


def balances(stage: Stage) -> Iterator[Row]:
    """How long a balance takes at the median, against one row by its key, read in turns."""
    database = stage.services.database
    _fill(stage.url, POSTINGS // 2 - TAIL // 2)
    run = _as_system(database)
    start = time.perf_counter()
    taken = books.take_checkpoint(run, database.read)
    yield row("checkpoint", (taken or 0) / (time.perf_counter() - start), "postings/s")
    with psycopg.connect(stage.url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        link.execute(_FILL.format(journals=TAIL // 2))
        link.execute("ANALYZE ledger_posting, ledger_journal, ledger_balance")
    leaders: list[UUID] = database.read(lambda session: list(session.scalars(select(Leader.id))))
    spent: dict[str, list[float]] = {"balance": [], "row": []}
    for number in range(READS):
        leader_id = leaders[number * 7 % len(leaders)]
        for name, query, args in (
            ("balance", queries.balances, (LedgerAccount.LEADER_PAYABLE, leader_id)),
            ("row", _one_row, (leader_id,)),
        ):
            start = time.perf_counter()
            database.read(query, *args)
            spent[name].append(time.perf_counter() - start)
    balance, one = (1000 * statistics.median(spent[name]) for name in ("balance", "row"))
    yield row("balance", balance, "ms", one, balance / one)


def _one_row(session: Any, leader_id: UUID) -> Any:
    return session.execute(select(Leader.name).where(Leader.id == leader_id)).one()


def _as_system(database: Any) -> Callable[..., Any]:
    return lambda use_case, *args: database.transact(Actor.system("bench"), use_case, *args)


def _fill(url: str, journals: int) -> None:
    """Rows as posting makes them, without asking the triggers for each; indexes are made once they are all there."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        link.execute("SET maintenance_work_mem = '512MB'")
        for name in _INDEXES:
            link.execute(f"DROP INDEX {name}")
        for start in range(0, journals, 500_000):
            link.execute(_FILL.format(journals=min(500_000, journals - start)))
        for name, place in _INDEXES.items():
            link.execute(f"CREATE INDEX {name} ON {place}")
        link.execute("VACUUM ANALYZE ledger_posting, ledger_journal")
