"""Posting journals. There is no way to change or delete one: a mistake is undone by a journal the other way round."""

from collections.abc import Sequence

from sqlalchemy import text

from app.domains.ledger import rules
from app.domains.ledger.values import PostJournal
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.ids import new_id

_POST = text(
    """
    WITH fresh AS (
      INSERT INTO ledger_journal (id, kind, cause_id, hub_id, currency, at, note)
      SELECT id, kind, cause_id, hub_id, currency, :at, note
      FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS varchar[]), CAST(:causes AS uuid[]), CAST(:hubs AS uuid[]),
                  CAST(:currencies AS varchar[]), CAST(:notes AS varchar[]))
        AS wish (id, kind, cause_id, hub_id, currency, note)
      ORDER BY kind, cause_id
      ON CONFLICT (kind, cause_id) DO NOTHING
      RETURNING id
    ), posted AS (
      INSERT INTO ledger_posting (journal_id, account, owner_id, amount_cents)
      SELECT side.* FROM fresh JOIN unnest(CAST(:journals AS uuid[]), CAST(:accounts AS varchar[]),
                                           CAST(:owners AS uuid[]), CAST(:amounts AS bigint[]))
        AS side (journal_id, account, owner_id, amount_cents) ON side.journal_id = fresh.id
    )
    SELECT count(*) FROM fresh
    """
)


def post(uow: UnitOfWork, journal: PostJournal) -> None:
    """Post one event of money; see `post_many`."""
    post_many(uow, [journal])


def post_many(uow: UnitOfWork, journals: Sequence[PostJournal]) -> int:
    """Post events of money with one statement, whatever their number; how many were new.

    A journal whose (kind, cause_id) stands already changes nothing, so posting may be repeated.
    Postings of 0 cents are left out. Raises Unbalanced when any journal does not add up to 0; then none is posted.
    """
    uow.require(Permission.LEDGER_POST)
    wishes = {new_id(): rules.clean(journal) for journal in journals}
    if not wishes:
        return 0
    sides = [(journal_id, side) for journal_id, wish in wishes.items() for side in wish.postings]
    fresh = uow.session.scalar(
        _POST,
        {
            "at": uow.now,
            "ids": list(wishes),
            "kinds": [wish.kind.value for wish in wishes.values()],
            "causes": [wish.cause_id for wish in wishes.values()],
            "hubs": [wish.hub_id for wish in wishes.values()],
            "currencies": [wish.currency for wish in wishes.values()],
            "notes": [wish.note for wish in wishes.values()],
            "journals": [journal_id for journal_id, _ in sides],
            "accounts": [side.account.value for _, side in sides],
            "owners": [side.owner_id for _, side in sides],
            "amounts": [side.amount_cents for _, side in sides],
        },
    )
    return int(fresh or 0)
