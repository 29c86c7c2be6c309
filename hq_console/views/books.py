"""The books: what every account means and holds."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.ledger import queries as ledger_room
from app.domains.ledger.values import LedgerAccount
from app.domains.ledger.values.chart import CHART
from app.kernel.actors import Permission
from app.web.context import read
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import HubChoice


@hq.get("/ledger/chart")
@needs(Permission.LEDGER_READ)
def chart() -> ResponseReturnValue:
    """Every account with its meaning and what it holds, on the side on which it grows."""
    choice = HubChoice()
    sums: dict[LedgerAccount, dict[str, int]] = {}
    for one in read(ledger_room.balances, None, None, choice.id):
        of_account = sums.setdefault(one.account, {})
        sign = 1 if CHART[one.account].is_debit else -1
        of_account[one.currency] = of_account.get(one.currency, 0) + sign * one.amount_cents
    return render_template("hq_console/chart.html", choice=choice, chart=CHART.values(), sums=sums)
