"""The sorter's phone: one task at a time, one put at a time; every post may come again and changes nothing twice."""

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.catalogue.values import Zone
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import tasks
from app.domains.logistics.values.tasks import Put, PutDone, ShortReason, TaskState
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid
from app.kernel.ids import new_token
from app.kernel.reasons import Reason
from app.web.context import actor_id, now, read, transact
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.say import say
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.lists import round_page


@hq.get("/rounds/<uuid:group_buy_id>/sort")
@needs(Permission.LOGISTICS_SORT)
def sort(group_buy_id: UUID) -> ResponseReturnValue:
    """Choose a zone to sort in, with what is left in each."""
    return _zones("hq_console/sort_zones.html", group_buy_id)


@hq.get("/rounds/<uuid:group_buy_id>/sort/zones")
@needs(Permission.LOGISTICS_SORT)
def sort_zones(group_buy_id: UUID) -> ResponseReturnValue:
    """What is left in each zone, alone; the page asks for it every few seconds while others go on working."""
    return _zones("hq_console/_sort_zones.html", group_buy_id)


def _zones(template: str, group_buy_id: UUID) -> str:
    page = round_page(group_buy_id)
    return render_template(template, **page, progress=read(logistics.sort_progress, group_buy_id, now()))


@hq.post("/rounds/<uuid:group_buy_id>/sort/<zone>")
@needs(Permission.LOGISTICS_SORT)
def claim_task(group_buy_id: UUID, zone: str) -> ResponseReturnValue:
    """Take the next task of a zone, or go on with the one in hand."""
    page = round_page(group_buy_id)
    wanted = Zone(zone) if zone in list(Zone) else Zone.AMBIENT
    task = transact(tasks.claim, page["card"].id, wanted)
    if task is None:
        flash(_("Nothing is left to sort in this zone: %(zone)s.", zone=names.name(wanted)), "success")
        return redirect(url_for("hq.sort", group_buy_id=group_buy_id), 303)
    return redirect(url_for("hq.sort_task", task_id=task.id), 303)


@hq.get("/sort/<uuid:task_id>")
@needs(Permission.LOGISTICS_SORT)
def sort_task(task_id: UUID) -> ResponseReturnValue:
    """One task, put by put, in large type."""
    task = read(logistics.get_task, task_id)
    page = round_page(task.group_buy_id)
    mine = task.worker_id == actor_id()
    return render_template(
        "hq_console/sort_task.html", **page, task=task, mine=mine and task.state is not TaskState.OPEN, fresh=new_token,
        reasons=names.choices(ShortReason), last=read(logistics.last_put_of, task.group_buy_id, actor_id()),
        error=request.args.get("error", "")[:200],
    )  # fmt: skip


@hq.post("/sort/puts/<uuid:put_id>")
@needs(Permission.LOGISTICS_SORT)
def put_pieces(put_id: UUID) -> ResponseReturnValue:
    """The big button: the pieces lie in the crate, or some were short."""
    form = Form(request.form)
    seen = form.values.get("seen_qty", "")
    short = form.whole("short_qty") if "short_qty" in form.values else 0
    wish = Put(
        put_id=put_id, key=form.text("key", 80),
        seen_qty=int(seen) if seen.removeprefix("-").isdecimal() and len(seen) < 8 else 0, short_qty=short,
        reason=form.one_of("reason", ShortReason) if short and form.values.get("reason") else None,
        crate_code=form.text("crate_code", 40),
    )  # fmt: skip

    def put() -> PutDone:
        if "short_qty" in form.errors:  # an emptied box says nothing; it is no 0
            raise Invalid(field="short_qty", reason=Reason.NOT_WHOLE)
        return transact(tasks.put, wish)

    return _answer(put_id, put)


@hq.post("/sort/puts/<uuid:put_id>/undo")
@needs(Permission.LOGISTICS_SORT)
def undo_put(put_id: UUID) -> ResponseReturnValue:
    """Take the last put back."""
    return _answer(put_id, lambda: transact(tasks.undo, put_id, Form(request.form).text("key", 80)))


def _answer(put_id: UUID, act: Callable[[], PutDone]) -> ResponseReturnValue:
    """To the page's script what it asked for; to a plain form the task again, or the next one."""
    plain = "application/json" not in request.headers.get("Accept", "")
    try:
        done = act()
    except DomainError as refusal:
        if not plain:
            return jsonify(error=refusal.code, message=say(refusal), **_number(refusal)), refusal.status
        task_id = read(logistics.task_of_put, put_id)
        if task_id is None:
            raise
        return redirect(url_for("hq.sort_task", task_id=task_id, error=say(refusal)), 303)
    if not plain:
        return jsonify({key: str(value) if isinstance(value, UUID) else value for key, value in asdict(done).items()})
    return redirect(url_for("hq.sort_task", task_id=done.task_id), 303)


def _number(refusal: DomainError) -> dict[str, object]:
    """The number that counts now, when the refusal is that it changed."""
    detail = refusal.detail()
    return {"qty": detail["qty"]} if "qty" in detail else {}


@hq.post("/sort/<uuid:task_id>/<any(pause, back):what>")
@needs(Permission.LOGISTICS_SORT)
def leave_task(task_id: UUID, what: str) -> ResponseReturnValue:
    """Keep the task through a break, or give it back to the queue."""
    task = read(logistics.get_task, task_id)
    with refusals_to(flash_refusal):
        transact(tasks.pause if what == "pause" else tasks.put_back, task_id)
        words = (
            _("The task waits for you for half an hour.") if what == "pause" else _("The task is in the queue again.")
        )
        flash(words, "info")
    return redirect(url_for("hq.sort", group_buy_id=task.group_buy_id), 303)
