"""What a leader was told."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.domains.notifications import queries
from app.domains.notifications.service import inbox as service
from app.web.context import read, transact
from leader_portal.doors import asked_page, here, leader
from leader_portal.messages import told


@leader.get("/inbox")
def inbox() -> ResponseReturnValue:
    """A page of messages, newest first."""
    page = read(queries.inbox, here().id, asked_page())
    return render_template("leader_portal/inbox.html", page=page, rows=[(card, told(card)) for card in page.rows])


@leader.post("/inbox/read")
def read_all() -> ResponseReturnValue:
    """Mark everything as read."""
    transact(service.mark_read)
    return redirect(url_for("leader.inbox"), 303)
