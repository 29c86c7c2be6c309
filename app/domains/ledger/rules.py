"""What makes a journal a journal."""

from dataclasses import replace

from app.domains.ledger.errors import Unbalanced
from app.domains.ledger.values import PostJournal


def clean(journal: PostJournal) -> PostJournal:
    """The journal without its postings of 0 cents; raises Unbalanced unless the rest has two sides that add up to 0."""
    postings = tuple(posting for posting in journal.postings if posting.amount_cents)
    left = sum(posting.amount_cents for posting in postings)
    if left or len(postings) < 2:
        raise Unbalanced(kind=journal.kind.value, cause_id=journal.cause_id, sum_cents=left)
    return replace(journal, postings=postings)
