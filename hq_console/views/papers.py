"""Receipts, invoices and credit notes at HQ: a list to search and to take out, each as PDF."""

from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.domains.receipts import queries
from app.domains.receipts.values import PaperFilter, PaperKind
from app.flows.receipts import export, print_any
from app.kernel.actors import Permission
from app.web.context import read, transact
from app.web.downloads import asked_locale, attachment
from app.web.guards import needs
from app.web.words import gettext as _
from hq_console import names
from hq_console.doors import hq
from hq_console.lists import HubChoice, ask_page, asked_id, asked_text, chips_of

_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@hq.get("/receipts")
@needs(Permission.RECEIPTS_READ)
def papers() -> ResponseReturnValue:
    """Papers, newest first; by number, order or buyer, hub and kind."""
    choice = HubChoice()
    wanted = _asked(choice)
    return render_template(
        "hq_console/papers.html", page=read(queries.papers, wanted, ask_page()), choice=choice, text=wanted.text,
        kind_chips=chips_of("kind", names.choices(PaperKind), _("All")),
    )  # fmt: skip


@hq.get("/receipts.<any(csv, xlsx):form>")
@needs(Permission.RECEIPTS_READ)
def papers_file(form: str) -> ResponseReturnValue:
    """The same list as a file."""
    answer = Response(transact(export, _asked(HubChoice()), form), mimetype=_TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"receipts.{form}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@hq.get("/receipts/<uuid:paper_id>.pdf")
@needs(Permission.RECEIPTS_READ)
def paper_file(paper_id: UUID) -> ResponseReturnValue:
    """One paper as PDF; each time the same."""
    return attachment(print_any(transact, paper_id, asked_locale()))


def _asked(choice: HubChoice) -> PaperFilter:
    kind = next((k for k in PaperKind if k.value == request.args.get("kind")), None)
    return PaperFilter(hub_id=choice.id, kind=kind, order_id=asked_id("order"), text=asked_text())
