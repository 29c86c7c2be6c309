"""Documents of a round: one by one where its page is, all of a kind by the worker, with progress."""

from dataclasses import dataclass
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.documents.catalogue import KINDS, Form
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import Station, StepState
from app.flows import documents as flow
from app.infra.services import shelf_of
from app.infra.shelf import Entry, Making
from app.kernel.actors import Permission
from app.web.context import actor, actor_id, now, read, services, transact
from app.web.downloads import asked_locale, attachment, form_of
from app.web.guards import needs
from app.web.refusals import flash_refusal, refusals_to
from app.web.words import gettext as _
from hq_console.doors import hq
from hq_console.lists import round_page

#: Files of a person that the page lists.
SHOWN = 12


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of document as the page offers it; `waits_for` is the station that must be done first."""

    code: str
    label: str
    hint: str
    forms: tuple[Form, ...]
    waits_for: Station | None


def labels() -> dict[str, tuple[str, str, Station]]:
    """What each kind is called and for, and the station after which there is something to print."""
    return {
        "purchase-order": (_("Purchase orders"), _("One for each supplier, as it was sent"), Station.CUTOFF),
        "receiving-sheet": (_("Receiving sheets"), _("To count and note at the dock"), Station.CUTOFF),
        "pick-list": (_("Pick lists"), _("Shelf by shelf for the whole round, one a zone"), Station.SORT),
        "sorting-sheet": (_("Sorting sheets"), _("One for each pickup point and zone"), Station.SORT),
        "delta-sheet": (_("Delta sheets"), _("Only what changed after the print"), Station.SORT),
        "crate-labels": (_("Crate labels"), _("A6, one for each crate; or four on A4"), Station.SORT),
        "load-list": (_("Load lists"), _("Last stop first into the truck"), Station.ROUTE),
        "route-sheet": (_("Route sheets"), _("Stops in the order of the tour"), Station.ROUTE),
        "handover-slip": (_("Handover slips"), _("What each leader gets from the truck"), Station.DISPATCH),
        "pickup-list": (_("Pickup lists"), _("Names, ends of phone numbers, goods; no codes"), Station.CUTOFF),
    }


@hq.get("/rounds/<uuid:group_buy_id>/documents")
@needs(Permission.LOGISTICS_READ)
def documents(group_buy_id: UUID) -> ResponseReturnValue:
    """Every kind of document of a round, and the files that this person had made."""
    page = round_page(group_buy_id)
    found, rights = read(groupbuys.get_round, group_buy_id), actor().permissions
    offered = [
        Offered(code, label, hint, KINDS[code].forms,
                None if found.step(station).state is StepState.DONE else station)
        for code, (label, hint, station) in labels().items()
        if KINDS[code].right in rights
    ]  # fmt: skip
    return render_template(
        "hq_console/documents.html", **page, offered=offered, lang=asked_locale(), **_files(group_buy_id)
    )


@hq.get("/rounds/<uuid:group_buy_id>/documents/files")
@needs(Permission.LOGISTICS_READ)
def document_files(group_buy_id: UUID) -> ResponseReturnValue:
    """The list of files alone; the page asks for it every second while one is made."""
    return render_template("hq_console/_files.html", **round_page(group_buy_id), **_files(group_buy_id))


@hq.post("/rounds/<uuid:group_buy_id>/documents")
@needs(Permission.LOGISTICS_READ)
def make_documents(group_buy_id: UUID) -> ResponseReturnValue:
    """Let the worker make all documents of a kind. The use-case asks for the kind's own right."""
    round_page(group_buy_id)
    with refusals_to(flash_refusal):
        wanted = flow.Print(
            kind=request.form.get("kind", ""), group_buy_id=group_buy_id, form=form_of(request.form.get("form", "")),
            locale=asked_locale(),
        )  # fmt: skip
        flow.start(transact, shelf_of(services()), wanted, str(actor_id()), now())
    return redirect(url_for("hq.documents", group_buy_id=group_buy_id, lang=asked_locale(), _anchor="files"), 303)


@hq.get("/rounds/<uuid:group_buy_id>/documents/<kind>/<uuid:object_id>.<any(pdf, xlsx):form>")
@needs(Permission.LOGISTICS_READ)
def document(group_buy_id: UUID, kind: str, object_id: UUID, form: str) -> ResponseReturnValue:
    """One document at once. The use-case asks for the kind's own right."""
    wanted = flow.Print(
        kind=kind, group_buy_id=group_buy_id, form=form_of(form), locale=asked_locale(), object_id=object_id
    )
    return attachment(flow.print_now(transact, wanted))


@hq.get("/purchase-orders/<uuid:purchase_order_id>/<kind>.<any(pdf, xlsx):form>")
@needs(Permission.SUPPLY_READ)
def purchase_order_file(purchase_order_id: UUID, kind: str, form: str) -> ResponseReturnValue:
    """A purchase order or its receiving sheet at once, also of one for stock, which belongs to no round."""
    return attachment(flow.print_of_order(transact, kind, purchase_order_id, form_of(form), asked_locale()))


@hq.get("/documents/<token>")
@needs(Permission.LOGISTICS_READ)
def document_file(token: str) -> ResponseReturnValue:
    """A finished file, for the person who had it made."""
    return attachment(transact(flow.fetch, shelf_of(services()), token, str(actor_id())))


def _files(group_buy_id: UUID) -> dict[str, object]:
    """This person's files of a round, newest first, and whether one of them is still to be made."""
    mine: list[Entry] = [
        entry for entry in shelf_of(services()).of(str(actor_id()))
        if entry.wanted["group_buy_id"] == str(group_buy_id)
    ]  # fmt: skip
    busy = any(entry.state in {Making.WAITING, Making.RUNNING} for entry in mine)
    return {"files": mine[:SHOWN], "is_busy": busy, "kinds": labels(), "forms": form_names(), "whys": reasons()}


def reasons() -> dict[str, str]:
    """Why a file could not be made, by the code of the refusal."""
    return {
        "not_found": _("There is nothing to print yet."),
        "plan_outdated": _("Some pickup points are on no tour. Plan the tours anew first."),
    }


def form_names() -> dict[str, str]:
    """What the forms are called on buttons."""
    return {
        Form.PDF.value: _("One PDF"), Form.ZIP.value: _("ZIP of PDFs"), Form.XLSX.value: _("Excel"),
        Form.PDF_A4.value: _("Four on A4"),
    }  # fmt: skip
