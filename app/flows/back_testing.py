"""A draft of the scorecard's policy tried on history, a period at a time, outside of any request."""

from datetime import timedelta
from uuid import UUID

from app.domains.scoring import queries
from app.domains.scoring.service import back_tests
from app.domains.scoring.values import BackTestCard
from app.infra.uow import Run


def try_draft(run: Run, read: Run, back_test_id: UUID) -> None:
    """Try the draft on one period after the other, the newest first, until all are done or somebody cancels.

    May be repeated: a killed worker's next one goes on where it was.
    """
    if not run(back_tests.begin, back_test_id):
        return
    card: BackTestCard = read(queries.get_back_test, back_test_id)
    for number in range(card.done, card.periods):
        last_on = card.last_on - timedelta(weeks=number)
        if not run(back_tests.keep, back_test_id, number, read(queries.trial, card.hub_id, card.terms, last_on)):
            return
