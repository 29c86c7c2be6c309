"""Unit economics: what every order, SKU, leader, tour and round brought, from the ledger; as a page and as a file."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.documents.making import File
from app.domains.analytics import queries as analytics
from app.domains.analytics.values import By, Contribution, ContributionAsk
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import GroupBuyStatus
from app.infra.tables import write_xlsx
from app.kernel.actors import Permission
from app.kernel.money import format_cents
from app.kernel.paging import PageAsk
from app.web.context import read
from app.web.downloads import attachment
from app.web.guards import needs
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.lists import HubChoice, asked_id, chips_of

PER_PAGE = 50
#: Settled rounds that are looked at together when no single one is chosen: before, goods are booked and sales are not.
ROUNDS = 7
#: Rounds that may be chosen.
CHOICES = 30
#: Rows of a file.
MOST = 100_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def columns() -> dict[str, str]:
    """What each part of the contribution is called."""
    return {
        "price_cents": _("Price"), "refunds_cents": _("Refunds after pickup"), "goods_cents": _("Purchase"),
        "commission_cents": _("Commission"), "promotions_cents": _("Coupons"), "delivery_cents": _("Delivery"),
        "loss_cents": _("Loss"), "fees_cents": _("Payment fees"), "contribution_cents": _("Contribution"),
    }  # fmt: skip


@hq.get("/economics")
@needs(Permission.LEDGER_READ)
def economics() -> ResponseReturnValue:
    """Contribution of the last rounds of a hub, or of one round, sorted by any of its parts."""
    choice, rounds, ask = _asked()
    found = read(analytics.contribution, ask)
    return render_template(
        "hq_console/economics.html", choice=choice, found=found, ask=ask, columns=columns(), rounds=rounds,
        by_chips=_turned(chips_of("by", names.choices(By), "")[1:], ask), heads=_heads(ask),
        currency=choice.hub.currency if choice.hub else "", page_no=ask.offset // PER_PAGE,
        pages=-(-found.many // PER_PAGE), label=_label,
        under_way=[card.code for card in rounds if card.id in ask.rounds and card.status is not GroupBuyStatus.SETTLED],
    )  # fmt: skip


@hq.get("/economics.xlsx")
@needs(Permission.LEDGER_READ)
def economics_file() -> Response:
    """The whole list as a workbook, sums last."""
    choice, _rounds, ask = _asked()
    found = read(analytics.contribution, replace(ask, limit=MOST, offset=0))
    currency, heads = choice.hub.currency if choice.hub else "", columns()
    name, orders = names.name(ask.by), _("Number of orders")
    rows: list[dict[str, Any]] = [
        {name: _label(row), orders: row.orders} | {heads[k]: _money(getattr(row, k), currency) for k in heads}
        for row in found.rows
    ]
    rows.append({name: _("Sum"), orders: None} | {heads[k]: _money(found.total[k], currency) for k in heads})
    content = write_xlsx(_("Unit economics"), [name, orders, *heads.values()], rows)
    return attachment(File(f"economics-{ask.by.value}.xlsx", content, _XLSX))


def _asked() -> tuple[HubChoice, list[Any], ContributionAsk]:
    """The hub, its last rounds, and what the address asks of them; what cannot be is left out."""
    choice = HubChoice(needed=True)
    rounds = read(groupbuys.group_buys, PageAsk(CHOICES), choice.id).rows if choice.id else []
    one = asked_id("round")
    settled = [card.id for card in rounds if card.status is GroupBuyStatus.SETTLED][:ROUNDS]
    wanted = [card.id for card in rounds if card.id == one] or settled
    by = next((b for b in By if b.value == request.args.get("by")), By.ORDER)
    page = request.args.get("page", "")
    offset = PER_PAGE * (int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 0)
    sort = request.args.get("sort", "")
    ask = ContributionAsk(
        rounds=tuple(wanted), by=by, sort=sort if sort in {*columns(), "name"} else "contribution_cents",
        ascending=request.args.get("dir") == "asc", limit=PER_PAGE, offset=offset,
    )  # fmt: skip
    return choice, list(rounds), ask


def _turned(chips: list[dict[str, Any]], ask: ContributionAsk) -> list[dict[str, Any]]:
    for chip, by in zip(chips, By, strict=True):
        chip["active"] = by is ask.by
    return chips


def _heads(ask: ContributionAsk) -> list[dict[str, Any]]:
    """The headings: a click sorts by it, another one turns the order round."""
    kept: dict[str, Any] = {k: v for k, v in request.args.items() if k not in {"sort", "dir", "page"}}
    return [
        {
            "key": key, "label": label, "sorted": key == ask.sort and ("ascending" if ask.ascending else "descending"),
            "href": url_for(
                "hq.economics", **kept, sort=key, dir="asc" if key == ask.sort and not ask.ascending else None
            ),
        }
        for key, label in {"name": names.name(ask.by), **columns()}.items()
    ]  # fmt: skip


def _label(row: Contribution) -> str:
    return tr(row) if row.name else _("borne by no order")


def _money(cents: int, currency: str) -> Decimal:
    return Decimal(format_cents(cents, currency))
