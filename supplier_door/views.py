"""The order as its supplier sees it, and his answer. Every view first asks the link whether it still opens."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.supply.errors import AnswerTooLate, LinkDead
from app.domains.supply.queries import purchasing as reads
from app.domains.supply.service import changes
from app.domains.supply.values import PurchaseStatus
from app.domains.supply.values.purchasing import AnswerLine, AnswerOrder, OpenLink, PurchaseOrderSheet
from app.flows import purchasing as flow
from app.kernel.actors import Actor, Role
from app.kernel.errors import DomainError
from app.web.context import now, read, services
from app.web.filters import use_zone
from app.web.say import say
from app.web.words import gettext as _, tr

supplier = Blueprint("supplier", __name__, url_prefix="/supplier", template_folder="templates")

#: Characters of a reason and of the note.
MAX_REASON, MAX_NOTE = 120, 500
#: Orders that can still be answered.
_OPEN = frozenset({PurchaseStatus.SENT.value, PurchaseStatus.SEEN.value, PurchaseStatus.CONFIRMED.value})


@supplier.context_processor
def _words() -> dict[str, Any]:
    return {"tr": tr}


@supplier.after_request
def _for_nobody_else(response: Response) -> Response:
    """The address is a key: pages are neither kept nor listed anywhere."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@supplier.errorhandler(LinkDead)
def _dead(refusal: LinkDead) -> ResponseReturnValue:
    """The link opens nothing any more; which of the reasons it was is not told."""
    return render_template("supplier_door/dead.html"), refusal.status


@dataclass(frozen=True, slots=True)
class _Typed:
    """What the supplier typed, and what is wrong with it: sentences by line id, "note" or "" for the whole."""

    packs: dict[str, str]
    reasons: dict[str, str]
    note: str
    errors: dict[str, str]


@supplier.get("/<token>")
def order(token: str) -> ResponseReturnValue:
    """The order, with the form for an answer while one is possible."""
    link = _link(token)
    sheet = read(reads.purchase_order_sheet, link.purchase_order_id)
    return _page(token, sheet, _as_it_stands(sheet))


@supplier.post("/<token>/seen")
def seen(token: str) -> ResponseReturnValue:
    """Somebody looks at the order. Asked for by the page's script, so programs that only read links do not count."""
    link = _link(token)
    sheet = read(reads.purchase_order_sheet, link.purchase_order_id)
    _transact(sheet, changes.mark_seen, link.purchase_order_id, link.link_key)
    return "", 204


@supplier.post("/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Take in the answer: everything as ordered, or packs and reasons line by line."""
    link = _link(token)
    sheet = read(reads.purchase_order_sheet, link.purchase_order_id)
    everything = request.form.get("everything") == "1"
    typed = _as_it_stands(sheet) if everything else _typed(sheet)
    given = AnswerOrder(lines=(), note=_note()) if everything else _answer(sheet, typed)
    if len(given.note) > MAX_NOTE:
        typed.errors["note"] = _("At most %(most)s characters.", most=MAX_NOTE)
    if typed.errors:
        return _page(token, sheet, typed), 422
    try:
        is_new = _transact(sheet, flow.answer, link, given)
    except LinkDead:
        raise
    except AnswerTooLate:
        return redirect(url_for("supplier.order", token=token), 303)
    except DomainError as refusal:
        typed.errors[""] = say(refusal)
        return _page(token, sheet, typed), refusal.status
    flash(_("Thank you. Your answer has been sent.") if is_new else _("We have this answer already."), "success")
    return redirect(url_for("supplier.order", token=token), 303)


def _link(token: str) -> OpenLink:
    return flow.order_of_link(services().settings, read, token, now())


def _transact(sheet: PurchaseOrderSheet, use_case: Any, *args: Any) -> Any:
    """Act as the supplier whom the link names: a stranger with a name, who may only answer."""
    who = Actor(f"supplier {sheet.supplier_code} {sheet.supplier_name}", Role.ANONYMOUS)
    return services().database.transact(who, use_case, *args)


def _note() -> str:
    return request.form.get("note", "").replace("\r\n", "\n").strip()


def _as_it_stands(sheet: PurchaseOrderSheet) -> _Typed:
    packs = {
        str(line.line_id): str(line.packs if line.confirmed_packs is None else line.confirmed_packs)
        for line in sheet.lines
    }
    return _Typed(packs, {str(line.line_id): line.answer_reason for line in sheet.lines}, sheet.supplier_note, {})


def _typed(sheet: PurchaseOrderSheet) -> _Typed:
    ids = [str(line.line_id) for line in sheet.lines if line.packs]
    return _Typed(
        {one: request.form.get(f"packs-{one}", "").strip()[:12] for one in ids},
        {one: request.form.get(f"reason-{one}", "").strip() for one in ids},
        _note(),
        {},
    )


def _answer(sheet: PurchaseOrderSheet, typed: _Typed) -> AnswerOrder:
    """The answer that was typed; what is wrong is noted beside its line."""
    lines = []
    for line in sheet.lines:
        key = str(line.line_id)
        if not line.packs:
            continue
        told, reason = typed.packs[key], typed.reasons[key]
        if not (told.isascii() and told.isdigit() and int(told) <= line.packs):
            typed.errors[key] = _("A whole number of packs from 0 to %(most)s.", most=line.packs)
        elif int(told) == 0 and not reason:
            typed.errors[f"reason-{key}"] = _("Please say why nothing of this will come.")
        elif len(reason) > MAX_REASON:
            typed.errors[f"reason-{key}"] = _("At most %(most)s characters.", most=MAX_REASON)
        else:
            packs = int(told)
            lines.append(AnswerLine(line_id=UUID(key), packs=packs, reason=reason if packs < line.packs else ""))
    return AnswerOrder(lines=tuple(lines), note=typed.note)


def _page(token: str, sheet: PurchaseOrderSheet, typed: _Typed) -> Response:
    use_zone(sheet.timezone)
    html = render_template(
        "supplier_door/order.html", token=token, po=sheet, typed=typed, is_open=sheet.status in _OPEN,
        is_new=sheet.status == PurchaseStatus.SENT.value, amended=_amended(sheet),
    )  # fmt: skip
    return make_response(html)


def _amended(sheet: PurchaseOrderSheet) -> dict[str, int]:
    """Packs before the last amendment, by SKU code; empty for a first version."""
    events = read(reads.timeline, sheet.id) if sheet.version > 1 else []
    last = next((one for one in reversed(events) if one.kind.value == "amended"), None)
    return {str(one["sku"]): int(one["old_packs"]) for one in last.detail["lines"]} if last else {}
