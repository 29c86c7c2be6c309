"""What a leader earned."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.api.leader.logistics import leader_and_day
from app.api.schemas.settlement import EarningsIn, EarningsOut
from app.api.wire import FOREIGN, ApiBlueprint, page_ask
from app.domains.communities import queries as communities
from app.domains.settlement import queries
from app.kernel.actors import Role
from app.kernel.errors import Invalid
from app.kernel.paging import PageAsk
from app.web.context import actor_id, now, read

blueprint = ApiBlueprint("leader_earnings", "Leader", "/leader", roles={Role.LEADER})
LONGEST = timedelta(days=366)


@blueprint.get("/earnings")
@blueprint.gives(EarningsOut, refuses=(*FOREIGN, Invalid))
@blueprint.asks(EarningsIn)
def earnings(asked: dict[str, Any]) -> dict[str, Any]:
    """Commission of a period by currency, and its entries with the orders they come from, newest first."""
    return read(_earnings, actor_id(), (asked["first"], asked["last"]), page_ask(asked), now())


def _earnings(
    session: Any, leader_id: UUID, days: tuple[date | None, date | None], ask: PageAsk, at: datetime
) -> dict[str, Any]:
    card, today = leader_and_day(session, leader_id, at)
    zone = ZoneInfo(communities.get_hub(session, card.hub_id).timezone)
    last = days[1] or today
    first = days[0] or last.replace(day=1)
    if not timedelta() <= last - first <= LONGEST or last.year >= date.max.year:
        raise Invalid(field="first", reason="must lie at most a year before the last day")
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    page = queries.entries(session, leader_id, ask, period=(since, until))
    return {
        "first": first, "last": last, "totals": queries.earnings(session, leader_id, since, until),
        "items": page.rows, "next_cursor": page.next_cursor,
    }  # fmt: skip
