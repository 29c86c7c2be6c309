"""Corrections: a journal the other way round, and where it helps what should have been booked in its place."""

from dataclasses import replace

from app.domains.ledger import queries
from app.domains.ledger.errors import AlreadyReversed, FollowsRow
from app.domains.ledger.service import journals
from app.domains.ledger.values import REVERSIBLE, JournalCard, JournalKind, Posting, PostJournal, ReverseJournal
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Invalid

#: The longest reason.
REASON = 300


def reverse(uow: UnitOfWork, wish: ReverseJournal) -> JournalCard:
    """Undo a journal, once, for a reason; it stays as it is, and its reversal names it as its cause.

    Both belong to the time at which they are posted, so a closed month does not change. With `instead_cents` the same
    two sides are booked anew with that amount. Raises NotFound, FollowsRow, AlreadyReversed, Invalid.
    """
    uow.require(Permission.LEDGER_CLOSE)
    reason = wish.reason.strip()
    if not reason or len(reason) > REASON:
        raise Invalid(field="reason", reason=f"must have 1 to {REASON} characters")
    wrong = queries.get_journal(uow.session, wish.journal_id)
    if wrong.kind not in REVERSIBLE:
        raise FollowsRow(kind=wrong.kind.value)
    system = uow.as_system("ledger")
    sides = [Posting(side.account, -side.amount_cents, side.owner_id) for side in wrong.postings]
    back = PostJournal(
        kind=JournalKind.REVERSED, cause_id=wrong.id, hub_id=wrong.hub_id, currency=wrong.currency,
        postings=tuple(sides), note=reason,
    )  # fmt: skip
    if not journals.post_many(system, [back]):
        raise AlreadyReversed(journal_id=wrong.id)
    if wish.instead_cents is not None:
        journals.post(system, _instead(wrong, wish.instead_cents, back))
    after = {"reason": reason, "instead_cents": wish.instead_cents}
    uow.audit("ledger.reverse", wrong.id, {"kind": wrong.kind.value}, after)
    return queries.answers_to(uow.session, wrong.id)[0]


def _instead(wrong: JournalCard, cents: int, back: PostJournal) -> PostJournal:
    if cents <= 0:
        raise Invalid(field="instead_cents", reason="must be above 0")
    if len(wrong.postings) != 2:
        raise Invalid(field="instead_cents", reason="only for a journal with two sides")
    sides = tuple(
        Posting(side.account, cents if side.amount_cents > 0 else -cents, side.owner_id) for side in wrong.postings
    )
    return replace(back, kind=JournalKind.CORRECTED, postings=sides)
