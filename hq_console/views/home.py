"""The console's first page: sales, where every hub's rounds stand, and what needs somebody."""

from datetime import date, timedelta
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from app.domains.accounts import queries as accounts
from app.domains.aftersales import queries as aftersales
from app.domains.appraisal import queries as appraisal
from app.domains.catalogue import queries as catalogue
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyStatus, Round, StepState
from app.domains.orders import queries as orders
from app.domains.orders.values import SalesDay
from app.domains.payments import queries as payments
from app.domains.payouts import queries as payouts
from app.domains.payouts.values import PayoutStatus
from app.domains.reconciliation import queries as reconciliation
from app.kernel.actors import Permission
from app.kernel.paging import PageAsk
from app.web.context import now, read
from app.web.filters import local, use_zone
from app.web.guards import needs
from app.web.words import gettext as _
from hq_console.doors import hq, may
from hq_console.lists import HubChoice
from hq_console.views.rounds import current_step

CHART_DAYS = 21
BEST = 6
#: So long the page speaks of a payout that came back.
LATELY = timedelta(days=7)
_OVER = {GroupBuyStatus.SETTLED, GroupBuyStatus.CANCELLED}


@hq.get("/")
@needs(Permission.ORDERS_READ)
def home() -> ResponseReturnValue:
    """Sales of three weeks, rounds that are under way, and what waits for a desk."""
    choice = HubChoice()
    zone = choice.hub or next(iter(choice.all), None)
    if zone:
        use_zone(zone.timezone)
    found = read(groupbuys.rounds, PageAsk(limit=40), choice.id).rows
    under_way = [r for r in found if r.group_buy.status not in _OVER]
    today = local(now()).date()
    days = _full(read(orders.sales_by_day, now() - timedelta(days=CHART_DAYS + 1), choice.id), today)
    return render_template(
        "hq_console/home.html", choice=choice, rounds=under_way, hubs={h.id: h for h in choice.all},
        current=current_step, days=days, today=days[-1], yesterday=days[-2], chart=_chart(days),
        leaders=_leaders(choice), waiting=_waiting(under_way, choice), best=_best_sellers(under_way),
        currency=zone.currency if zone else "CNY",
    )  # fmt: skip


def _full(known: list[SalesDay], today: date) -> list[SalesDay]:
    """Every day of the chart, quiet ones with noughts, today last."""
    by_day = {d.on_date: d for d in known}
    wanted = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    return [by_day.get(on, SalesDay(on_date=on, orders=0, net_cents=0, leaders=0)) for on in wanted]


def _chart(days: list[SalesDay]) -> dict[str, Any]:
    """Sales as bars and orders as a line on a scale of their own."""
    return {
        "xAxis": {"type": "category", "data": [f"{d.on_date:%m-%d}" for d in days]},
        "yAxis": [{"type": "value"}, {"type": "value", "splitLine": {"show": False}}],
        "series": [
            {"type": "bar", "name": _("Sales"), "data": [round(d.net_cents / 100, 2) for d in days]},
            {"type": "line", "name": _("Orders"), "yAxisIndex": 1, "data": [d.orders for d in days]},
        ],
    }


def _best_sellers(under_way: list[Round]) -> dict[str, Any] | None:
    """What sells best in the group-buy that closes next; None while none is open."""
    open_now = [r.group_buy for r in under_way if r.group_buy.status is GroupBuyStatus.OPEN]
    if not open_now:
        return None
    card = min(open_now, key=lambda one: (one.cutoff_at, one.code))
    offers = sorted(read(groupbuys.offer_cards, card.id), key=lambda one: -one.sold_qty)[:BEST]
    return {"card": card, "offers": offers, "skus": read(catalogue.sku_cards, [one.sku_id for one in offers])}


def _leaders(choice: HubChoice) -> tuple[int, int, int]:
    """(serving, of all that are not removed, on probation)."""
    counts = read(communities.leaders_by_status, choice.id)
    probation = counts.get(LeaderStatus.PROBATION, 0)
    present = sum(number for status, number in counts.items() if status is not LeaderStatus.REMOVED)
    return counts.get(LeaderStatus.ACTIVE, 0) + probation, present, probation


def _waiting(under_way: list[Round], choice: HubChoice) -> dict[str, Any]:
    """What needs somebody; only what this desk may see."""
    failed = [(r.group_buy, step) for r in under_way for step in r.steps if step.state is StepState.FAILED]
    claims = read(aftersales.open_and_late, now(), choice.id) if may(Permission.CLAIMS_READ) else None
    alerts = read(aftersales.alerts, choice.id) if may(Permission.CLAIMS_READ) else []
    refunds = None
    if may(Permission.PAYMENTS_READ):
        refunds = read(payments.count_open_refunds, now() - timedelta(hours=1))
    money = None
    if may(Permission.LEDGER_READ):
        since = now() - LATELY
        money = {
            "asked": read(payouts.counts, choice.id).get(PayoutStatus.ASKED, (0, 0))[0],
            "returned": read(payouts.count_returned, since, choice.id),
            "differences": read(reconciliation.count_open, date.min, date.max, choice.id),
        }
    drafts = [r.group_buy for r in under_way if r.group_buy.status is GroupBuyStatus.DRAFT]
    curious = read(accounts.curious, now()) if may(Permission.PEOPLE_LOG) else []
    cycles = read(appraisal.waiting_cycles, now(), choice.id) if may(Permission.SCORING_JUDGE) else []
    return {
        "cycles": cycles,
        "curious": curious,
        "failed": failed,
        "claims": claims,
        "alerts": alerts,
        "refunds": refunds,
        "money": money,
        "drafts": drafts,
    }
