"""Checkpoints of balances: what was posted up to a mark is added up once, so reading adds only what came since.

Postings get their ids before their transactions commit, so a posting may appear below others that are long visible. A
mark is therefore set in three transactions of its own (`flows.books.take_checkpoint`): look at the newest posting, wait
until every transaction that was older than the look has ended, take in what lies below. Nobody is locked out meanwhile.
"""

from sqlalchemy import text

from app.domains.ledger import queries
from app.domains.ledger.values import Horizon
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission

#: In this order: the transaction's own number must be taken after the newest posting was seen.
_NEWEST = text("SELECT coalesce(max(id), 0) FROM ledger_posting")
_OWN = text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
_SUMS = """
    SELECT p.account, p.owner_id, j.hub_id, j.currency, sum(p.amount_cents) AS cents, count(*) AS postings
    FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal_id
    WHERE p.id > :since AND p.id <= :upto GROUP BY 1, 2, 3, 4
"""
_TAKE_IN = text(
    f"""
    WITH sums AS ({_SUMS}), kept AS (
      INSERT INTO ledger_balance AS held (account, owner_id, hub_id, currency, amount_cents)
      SELECT account, owner_id, hub_id, currency, cents FROM sums ORDER BY account, owner_id, hub_id, currency
      ON CONFLICT (account, owner_id, hub_id, currency)
      DO UPDATE SET amount_cents = held.amount_cents + excluded.amount_cents
    )
    INSERT INTO ledger_balance_mark (upto_id, at, postings)
    SELECT :upto, :now, coalesce(sum(postings), 0) FROM sums RETURNING postings
    """  # noqa: S608  a constant of this module
)
_WRONG = text(
    f"""
    WITH right_ones AS ({_SUMS}), healed AS (
      INSERT INTO ledger_balance AS held (account, owner_id, hub_id, currency, amount_cents)
      SELECT coalesce(r.account, h.account), coalesce(r.owner_id, h.owner_id), coalesce(r.hub_id, h.hub_id),
             coalesce(r.currency, h.currency), coalesce(r.cents, 0)
      FROM right_ones r FULL JOIN ledger_balance h
        ON h.account = r.account AND coalesce(h.owner_id, h.hub_id) = coalesce(r.owner_id, r.hub_id)
        AND (h.owner_id IS NULL) = (r.owner_id IS NULL) AND h.hub_id = r.hub_id AND h.currency = r.currency
      WHERE coalesce(r.cents, 0) <> coalesce(h.amount_cents, 0)
      ON CONFLICT (account, owner_id, hub_id, currency) DO UPDATE SET amount_cents = excluded.amount_cents
      RETURNING 1
    )
    SELECT count(*) FROM healed
    """  # noqa: S608  a constant of this module
)


def look(uow: UnitOfWork) -> Horizon:
    """The newest posting, and this transaction's number; must be all that its transaction does."""
    uow.require(Permission.LEDGER_POST)
    newest = uow.session.execute(_NEWEST).scalar_one()
    return Horizon(posting_id=newest, xid=uow.session.execute(_OWN).scalar_one())


def take_in(uow: UnitOfWork, horizon: Horizon) -> int:
    """Add what was posted since the last mark to the balances and set the mark at the horizon; how many postings.

    Only for a horizon that is settled (`queries.is_settled`). Repeating it takes in nothing.
    """
    uow.require(Permission.LEDGER_POST)
    uow.lock("ledger checkpoint")
    since = queries.checkpoint(uow.session)
    if horizon.posting_id <= since:
        return 0
    values = {"since": since, "upto": horizon.posting_id, "now": uow.now}
    return int(uow.session.execute(_TAKE_IN, values).scalar_one())


def rebuild(uow: UnitOfWork) -> int:
    """Add up all postings below the mark anew and put right what differs; how many sums were wrong (0 as it should).

    The mark stays where it is. Written to the audit when anything was wrong.
    """
    uow.require(Permission.LEDGER_POST)
    uow.lock("ledger checkpoint")
    wrong = int(
        uow.session.execute(_WRONG, {"since": 0, "upto": queries.checkpoint(uow.session)}).scalar_one()
    )  # fmt: skip
    if wrong:
        uow.audit("ledger.rebuild_balances", None, None, {"wrong": wrong})
    return wrong
