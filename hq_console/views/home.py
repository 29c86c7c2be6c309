"""The console's first page: where every hub's rounds stand, and what needs somebody."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyStatus
from app.kernel.actors import Permission
from app.kernel.paging import PageAsk
from app.web.context import read
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.views.rounds import current_step


@hq.get("/")
@needs(Permission.ORDERS_READ)
def home() -> ResponseReturnValue:
    """Rounds that are under way."""
    found = read(groupbuys.rounds, PageAsk(limit=30)).rows
    under_way = [r for r in found if r.group_buy.status is not GroupBuyStatus.SETTLED]
    hubs = {h.id: h for h in read(communities.hubs)}
    return render_template("hq_console/home.html", rounds=under_way, hubs=hubs, current=current_step)
