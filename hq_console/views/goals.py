"""Goals of HQ as a whole and of each hub by month, beside what the leaders' facts say, and setting them."""

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.goals import queries, rules
from app.domains.goals.service.goals import set_goals
from app.domains.goals.values import Counted, Kpi, SetGoals
from app.kernel.actors import Permission
from app.web.context import now, read, transact
from app.web.filters import local, qty
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.scores import percent
from app.web.words import ngettext
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import HubChoice

#: Months that are offered before and after this one.
BACK, AHEAD = 3, 1


@hq.get("/goals")
@needs(Permission.ORDERS_READ)
def goals() -> ResponseReturnValue:
    """One month: goals of HQ or of a hub with their progress, and all hubs beside each other."""
    choice = HubChoice()
    return _page(choice, _month(request.args.get("month", "")), {}, {})


@hq.post("/goals")
@needs(Permission.GOALS_SET)
def save_goals() -> ResponseReturnValue:
    """Set a month's goals of HQ or of a hub; an empty field takes a goal away."""
    form, choice = Form(request.form), HubChoice(code=request.form.get("hub", ""))
    month = _month(form.values.get("month", ""))
    wanted = {kpi: _target(form, kpi) for kpi in Kpi}
    if form.ok:
        with refusals_to(form.refuse):
            many = transact(
                set_goals,
                SetGoals(hub_id=choice.id, month=month, targets=wanted, seen=form.values.get("seen", "")),
            )
            flash(ngettext("Saved: %(num)s goal changed.", "Saved: %(num)s goals changed.", many), "success")
            return redirect(url_for("hq.goals", hub=choice.code or None, month=f"{month:%Y-%m}"), 303)
    return _page(choice, month, form.values, form.errors), 422


def _target(form: Form, kpi: Kpi) -> int | None:
    if kpi not in rules.COUNTS:
        return form.bps(kpi.value, needed=False)
    return form.whole(kpi.value, 1) if form.values.get(kpi.value) else None


def _month(typed: str) -> date:
    """The first day of the month that somebody asks for; of this one when it is none."""
    try:
        month = date.fromisoformat(f"{typed}-01")
        rules.last_day(month)
    except (ValueError, OverflowError):
        return local(now()).date().replace(day=1)
    return month


def shown(kpi: Kpi, value: int | None) -> str:
    """A count or a rate for people."""
    if value is None:
        return "–"
    return qty(value) if kpi in rules.COUNTS else f"{percent(value / rules.ALL_BPS)} %"


def _page(choice: HubChoice, month: date, typed: dict[str, str], errors: dict[str, str]) -> str:
    today = local(now()).date()
    wanted, facts = read(queries.goals, month), read(queries.counted, month)
    whole = rules.add(facts.values())
    found = facts.get(choice.id, Counted()) if choice.id else whole
    own = wanted.get(choice.id, {})
    values = {kpi.value: _typed(kpi, own[kpi].target) for kpi in own} | typed
    return render_template(
        "hq_console/goals.html", choice=choice, month=month, months=_chips(choice, month, today), values=values,
        seen=rules.fingerprint({kpi: card.target for kpi, card in own.items()}), errors=errors, facts=found,
        rows=rules.progress(own, found, month, today), shown=shown, kpis=list(Kpi),
        heads=[(names.name(kpi), "num") for kpi in Kpi],
        counts=rules.COUNTS, is_over=rules.last_day(month) < today, has_goals=bool(own),
        hubs=[(hub, rules.progress(wanted.get(hub.id, {}), facts.get(hub.id, Counted()), month, today))
              for hub in choice.all],
    )  # fmt: skip


def _typed(kpi: Kpi, target: int) -> str:
    return str(target) if kpi in rules.COUNTS else percent(target / rules.ALL_BPS)


def _chips(choice: HubChoice, month: date, today: date) -> list[dict[str, Any]]:
    first = today.replace(day=1)
    for _step in range(BACK):
        first = (first - timedelta(days=1)).replace(day=1)
    offered = [first]
    for _step in range(BACK + AHEAD):
        offered.append(rules.last_day(offered[-1]) + timedelta(days=1))
    return [
        {"label": f"{one:%Y-%m}", "active": one == month,
         "href": url_for("hq.goals", hub=choice.code or None, month=f"{one:%Y-%m}")}
        for one in sorted({*offered, month}, reverse=True)
    ]  # fmt: skip
