"""Forecast: what the next round of a hub will want, SKU by SKU, and how far such forecasts were off."""

from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domains.analytics import queries as analytics
from app.domains.catalogue import queries as catalogue
from app.kernel.actors import Permission
from app.web.context import now, read
from app.web.filters import local
from app.web.guards import needs
from hq_console.doors import hq
from hq_console.lists import HubChoice


@hq.get("/forecast")
@needs(Permission.SUPPLY_READ)
def forecast() -> ResponseReturnValue:
    """All SKUs that were offered before the day, those that will be wanted most first."""
    choice = HubChoice(needed=True)
    on = _asked_day(local(now()).date() + timedelta(days=1))
    seen = read(analytics.outlook, choice.id, on) if choice.id else None
    rows = sorted(seen.forecasts, key=lambda f: (-f.expected_qty, f.sku_id)) if seen else []
    skus = read(catalogue.sku_cards, {f.sku_id for f in rows})
    return render_template(
        "hq_console/forecast.html", choice=choice, on=on, seen=seen, rows=rows, skus=skus,
        pieces=sum(f.expected_qty for f in rows), trusted=sum(f.uses_model for f in rows),
    )  # fmt: skip


def _asked_day(otherwise: date) -> date:
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return otherwise
