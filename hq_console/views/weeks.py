"""Leaders' weekly statements at HQ."""

from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.statements.queries import weeks as queries
from app.flows.statement_papers import print_week
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.downloads import asked_locale, attachment, form_of
from app.web.filters import use_zone
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import HubChoice, ask_page, asked_id


@hq.get("/weeks")
@needs(Permission.LEDGER_READ)
def weeks() -> ResponseReturnValue:
    """Closed weeks, newest first; of one hub or one leader."""
    choice = HubChoice()
    page = read(queries.weeks, ask_page(), asked_id("leader"), choice.id)
    return render_template("hq_console/weeks.html", page=page, choice=choice, days=timedelta)


@hq.get("/weeks/<uuid:week_id>")
@needs(Permission.LEDGER_READ)
def week(week_id: UUID) -> ResponseReturnValue:
    """One leader's week, line by line."""
    sheet = read(queries.get_week, week_id)
    hub = read(communities.get_hub, sheet.hub_id)
    use_zone(hub.timezone)
    return render_template("hq_console/week.html", week=sheet, hub=hub, until=sheet.week_on + timedelta(days=6))


@hq.get("/weeks/<uuid:week_id>.<any(pdf, xlsx):form>")
@needs(Permission.LEDGER_READ)
def week_file(week_id: UUID, form: str) -> ResponseReturnValue:
    """One leader's week on paper."""
    return attachment(print_week(transact, week_id, form_of(form), asked_locale()))
