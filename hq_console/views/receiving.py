"""The dock: what was ordered, what has come, and the form that counts a line."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import Station
from app.domains.logistics.values.shortage import Protect
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.supply import queries as supply
from app.domains.supply.values import ReceiveLine
from app.flows import receiving as flow
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.guards import needs
from app.web.refusals import refusals_to
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import round_page


@hq.get("/rounds/<uuid:group_buy_id>/receiving")
@needs(Permission.SUPPLY_READ)
def receiving(group_buy_id: UUID) -> ResponseReturnValue:
    """Lines of a round, those still expected first."""
    return _page(group_buy_id, None, Form({}))


@hq.post("/rounds/<uuid:group_buy_id>/receiving/<uuid:line_id>")
@needs(Permission.SUPPLY_RECEIVE)
def count(group_buy_id: UUID, line_id: UUID) -> ResponseReturnValue:
    """Take in one count of one line."""
    form = Form(request.form)
    wish = ReceiveLine(
        purchase_line_id=line_id, received_qty=form.whole("received_qty"),
        rejected_qty=form.whole("rejected_qty", otherwise=0), reject_reason=form.text("reject_reason", 200),
        lot_code=form.text("lot_code", 60), expires_on=form.maybe_day("expires_on"),
        is_final=not form.values.get("more"),
    )  # fmt: skip
    if form.ok:
        with refusals_to(form.refuse):
            transact(flow.count, wish)
            flash(_("Counted."), "success")
            return redirect(url_for("hq.receiving", group_buy_id=group_buy_id), 303)
    return _page(group_buy_id, line_id, form), 422


def _page(group_buy_id: UUID, line_id: UUID | None, form: Form) -> str:
    page: dict[str, Any] = round_page(group_buy_id)
    lines = read(supply.purchase_lines, group_buy_id=group_buy_id)
    return render_template(
        "hq_console/receiving.html", **page, waiting=[one for one in lines if not one.is_counted],
        counted=[one for one in lines if one.is_counted], total=len(lines), form_of=line_id, form=form,
        step=read(groupbuys.get_round, group_buy_id).step(Station.RECEIVE), policies=names.choices(SharePolicy),
        protections=names.choices(Protect),
        sums=(sum(one.ordered_qty for one in lines), sum(one.received_qty for one in lines),
              sum(one.rejected_qty for one in lines)),
    )  # fmt: skip
