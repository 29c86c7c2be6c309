"""What a resident was told."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.notifications import queries as notifications
from app.domains.notifications.service import inbox as service
from app.kernel.paging import PageAsk, decode_cursor
from app.web.context import actor_id, read, transact
from storefront.doors import mine
from storefront.messages import told

PER_PAGE = 20


@mine.get("/inbox")
def inbox() -> ResponseReturnValue:
    """A page of messages, newest first."""
    cursor = request.args.get("cursor")
    ask = PageAsk(PER_PAGE, decode_cursor(cursor) if cursor else None)
    page = read(notifications.inbox, actor_id(), ask)
    return render_template("storefront/inbox.html", page=page, rows=[(card, told(card)) for card in page.rows])


@mine.post("/inbox/read")
def read_all() -> ResponseReturnValue:
    """Mark everything as read."""
    transact(service.mark_read)
    return redirect(url_for("mine.inbox"), 303)
