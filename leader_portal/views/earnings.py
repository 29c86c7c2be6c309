"""What a leader earns: a period, every line, and the statements that fix it."""

from datetime import date, timedelta
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.ledger import queries as ledger
from app.domains.ledger.values import LedgerAccount
from app.domains.settlement import queries, rules
from app.domains.settlement.queries import rates
from app.domains.settlement.values import Earnings
from app.kernel.errors import NotFound
from app.kernel.paging import PageAsk
from app.web.context import read
from app.web.words import gettext as _
from leader_portal.doors import asked_page, here, leader


@leader.get("/earnings")
def earnings() -> ResponseReturnValue:
    """Commission of a period, and the lines from which it comes."""
    at = here()
    periods = _periods(at.day)
    chosen = request.args.get("period", "month")
    chosen = chosen if chosen in periods else "month"
    _label, first, last = periods[chosen]
    span = at.span(first, last)
    nothing = Earnings(
        leader_id=at.id, currency=at.hub.currency, accrued_cents=0, reversed_cents=0, net_sales_cents=0,
        effective_bps=0, orders=0,
    )  # fmt: skip
    chips = [
        {"label": label, "href": url_for("leader.earnings", period=key), "active": key == chosen}
        for key, (label, _first, _last) in periods.items()
    ]
    return render_template(
        "leader_portal/earnings.html", totals=read(queries.earnings, at.id, *span) or [nothing], first=first,
        last=last, page=read(queries.entries, at.id, asked_page(), None, span), chips=chips, currency=at.hub.currency,
        statements=read(queries.statements, PageAsk(3), at.id).rows,
        cash=[row for row in read(ledger.balances, LedgerAccount.LEADER_CASH, at.id) if row.amount_cents],
        frozen=read(rates.frozen, at.id),
    )  # fmt: skip


@leader.get("/statements")
def statements() -> ResponseReturnValue:
    """A page of statements, newest first."""
    page = read(queries.statements, asked_page(), here().id)
    return render_template("leader_portal/statements.html", page=page, effective=rules.effective_bps)


@leader.get("/statements/<uuid:statement_id>")
def statement(statement_id: UUID) -> ResponseReturnValue:
    """One statement with its lines and the rate that it comes to."""
    at = here()
    card = read(queries.get_statement, statement_id)
    if card.leader_id != at.id:
        raise NotFound("statement")
    page = read(queries.entries, at.id, asked_page(50), card.id)
    effective = rules.effective_bps(card.total_cents, card.net_sales_cents)
    return render_template("leader_portal/statement.html", card=card, page=page, effective=effective)


def _periods(today: date) -> dict[str, tuple[str, date, date]]:
    """Label, first and last day by key."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        "today": (_("Today"), today, today),
        "week": (_("7 days"), today - timedelta(days=6), today),
        "month": (_("This month"), month, today),
        "last": (_("Last month"), before.replace(day=1), before),
    }
