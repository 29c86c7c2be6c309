"""What HQ asks a leader to do: her tasks by day, the script to copy, the picture to save, the tick."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.tasks import queries
from app.domains.tasks.values import Tick, TodoCard, TodoState
from app.flows.tasks import script_for, tick as done
from app.kernel.errors import DomainError, Invalid, NotFound
from app.web import photos as pages
from app.web.context import now, read, services, transact
from app.web.say import say
from app.web.words import gettext as _
from leader_portal.doors import here, leader


@leader.get("/tasks")
def tasks() -> ResponseReturnValue:
    """Her tasks: late ones first, then today's, what is done, and tomorrow's."""
    at = here()
    cards = read(queries.todos_of_leader, at.id, now(), at.day)
    groups = [
        (_("Late"), [c for c in cards if c.state is TodoState.OVERDUE]),
        (_("Today"), [c for c in cards if c.state is TodoState.OPEN]),
        (_("Done"), [c for c in cards if c.done_at is not None]),
        (_("Tomorrow"), [c for c in cards if c.state is TodoState.AHEAD]),
    ]
    return render_template("leader_portal/tasks.html", groups=[(title, rows) for title, rows in groups if rows])


@leader.get("/tasks/<uuid:todo_id>")
def task(todo_id: UUID) -> ResponseReturnValue:
    """One task: what to do until when, the script with her own names in it, the picture, the tick."""
    return _page(_mine(todo_id), "", {})


@leader.post("/tasks/<uuid:todo_id>")
def tick(todo_id: UUID) -> ResponseReturnValue:
    """Tick it; what was typed and the photo stay when something is wrong."""
    card, text = _mine(todo_id), request.form.get("text", "").strip()
    keys, wrong_photo = pages.sent_photos()
    errors = {"photos": wrong_photo} if wrong_photo else {}
    if not errors:
        try:
            transact(done, Tick(todo_id=todo_id, text=text, photo=keys[0] if keys else ""))
        except DomainError as refusal:
            errors[refusal.field if isinstance(refusal, Invalid) else ""] = say(refusal)
        else:
            flash(_("Done. Thank you!"), "success")
            return redirect(url_for("leader.tasks"), 303)
    return _page(card, text, errors, keys), 422


@leader.get("/tasks/<uuid:todo_id>/picture")
def task_picture(todo_id: UUID) -> ResponseReturnValue:
    """The picture that belongs to one of her tasks."""
    card = _mine(todo_id)
    if not card.asset:
        abort(404)
    return pages.photo(card.asset)


def _mine(todo_id: UUID) -> TodoCard:
    at = here()
    card = read(queries.get_todo, todo_id, now(), at.day)
    if card.leader_id != at.id:
        raise NotFound("task")
    return card


def _page(card: TodoCard, text: str, errors: dict[str, str], keys: tuple[str, ...] = ()) -> str:
    link = services().settings.public_url + url_for("shop.leader_link", share_code=here().leader.share_code)
    proof = url_for("leader.claim_photo", key=card.proof_photo) if card.proof_photo else ""
    return render_template(
        "leader_portal/task.html", task=card, script=read(script_for, card, link) if card.script else "", typed=text,
        errors=errors, kept=pages.shown(keys, "leader.claim_photo"), proof=proof,
        may_tick=card.done_at is None and card.state is not TodoState.AHEAD,
    )  # fmt: skip
