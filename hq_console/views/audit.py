"""The audit: whether every invariant of the house holds, and who changed what."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.analytics import queries as analytics
from app.kernel.actors import Permission
from app.web.context import now, read, read_snapshot
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import ask_page, asked_id, asked_text


@hq.get("/audit")
@needs(Permission.AUDIT_READ)
def audit() -> ResponseReturnValue:
    """Changes, newest first, searched by what was done, by whom, or by the id of what it was done to.

    With `run` all invariants are checked; that reads everything, so it happens only when somebody asks for it.
    """
    text = asked_text()
    entity = asked_id("q")
    page = read(analytics.audit_rows, ask_page(30), "" if entity else text, entity)
    breaches = read_snapshot(analytics.broken_invariants, now()) if request.args.get("run") else None
    return render_template(
        "hq_console/audit.html", page=page, text=text, breaches=breaches, checks=analytics.CHECKS, at=now()
    )
