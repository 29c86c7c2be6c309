"""A leader's weeks: what she earned, what was deducted and why, and the balance at both ends."""

from datetime import timedelta
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.statements.queries import weeks as queries
from app.domains.statements.values import WeekSheet
from app.flows.statement_papers import print_own_week
from app.kernel.errors import NotFound
from app.web.context import now, read, read_snapshot, transact
from app.web.downloads import asked_locale, attachment, form_of
from leader_portal.doors import asked_page, here, leader


@leader.get("/weeks")
def weeks() -> ResponseReturnValue:
    """The week under way, and those that are closed."""
    at = here()
    return render_template(
        "leader_portal/weeks.html", page=read(queries.weeks, asked_page(), at.id), days=timedelta,
        running=read_snapshot(queries.running_week, at.id, now()),
    )  # fmt: skip


@leader.get("/weeks/now")
def running_week() -> ResponseReturnValue:
    """The week under way, line by line."""
    return _page(read_snapshot(queries.running_week, here().id, now()))


@leader.get("/weeks/<uuid:week_id>")
def week(week_id: UUID) -> ResponseReturnValue:
    """A closed week, line by line."""
    sheet = read(queries.get_week, week_id)
    if sheet.leader_id != here().id:
        raise NotFound("statement")
    return _page(sheet)


@leader.get("/weeks/<uuid:week_id>.<any(pdf, xlsx):form>")
def week_file(week_id: UUID, form: str) -> ResponseReturnValue:
    """A closed week on paper."""
    return attachment(print_own_week(transact, here().id, week_id, form_of(form), asked_locale()))


def _page(sheet: WeekSheet) -> str:
    return render_template("leader_portal/week.html", week=sheet, until=sheet.week_on + timedelta(days=6))
