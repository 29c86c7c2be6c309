"""Files in and out: every import is rehearsed and shown before it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.accounts.rules import MAX_LOOK_NOTE
from app.domains.accounts.values import LookReason
from app.domains.communities import queries as communities
from app.flows.exports import EXPORTS, ExportFile, export_file
from app.flows.imports import KINDS, ImportFile, ImportReport, import_file
from app.infra.services import uploads_of
from app.infra.tables import RowError, RowErrors
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid
from app.kernel.geo import System
from app.web.context import actor, actor_id, now, read, services, transact
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console import names
from hq_console.doors import hq
from hq_console.forms import Form
from hq_console.views.points import system_names

_TYPES = {
    ".csv": "text/csv; charset=utf-8", ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

#: How long a rehearsed file waits for its import.
KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file as the page shows it."""

    code: str
    label: str
    may_import: bool
    exports: tuple[str, ...]
    #: Many people's data: they leave the house for a reason only.
    is_personal: bool


def _label(code: str) -> str:
    return {
        "hubs": _("Hubs"), "neighbourhoods": _("Neighbourhoods"), "pickup-points": _("Pickup points"),
        "leaders": _("Leaders"), "residents": _("Residents"), "categories": _("Categories"),
        "suppliers": _("Suppliers"), "products": _("Products"), "terms": _("Suppliers' terms"), "offers": _("Offers"),
    }.get(code, code)  # fmt: skip


def file_kinds() -> list[FileKind]:
    """Every kind, with what the signed-in desk may do with it. Offers are exported from their group-buy."""
    rights = actor().permissions
    endings = {"neighbourhoods": (".geojson",), "offers": ()}
    personal = {code for code, kind in EXPORTS.items() if kind.is_personal}
    return [
        FileKind(
            code, _label(code), kind.right in rights,
            endings.get(code, (".xlsx", ".csv")) if _may_export(code) else (), code in personal,
        )
        for code, kind in KINDS.items()
    ]  # fmt: skip


def _may_export(code: str) -> bool:
    kind, rights = EXPORTS.get(code), actor().permissions
    if kind is None or kind.right not in rights:
        return False
    return not kind.is_personal or Permission.PEOPLE_EXPORT in rights


@hq.get("/imports")
@needs(Permission.CATALOGUE_READ)
def imports() -> ResponseReturnValue:
    """What can be brought in and taken out."""
    return _page({"kind": request.args.get("kind", "products")}, {})


@hq.post("/imports")
@needs(Permission.CATALOGUE_READ)
def import_() -> ResponseReturnValue:
    """Rehearse a file and say what it would change; it is kept for a while, so that the next step is one button."""
    form = Form(request.form)
    upload = request.files.get("file")
    if not upload or not upload.filename:
        return _page(form.values, {"file": _("Please choose a file.")}), 422
    wanted = ImportFile(
        kind=form.values.get("kind", ""), name=upload.filename, content=upload.read(),
        hub=form.values.get("hub") or None, round_on=_day(form.values.get("round_on", "")), rehearse=True,
        system=_system(form.values),
    )  # fmt: skip
    try:
        report = import_file(transact, wanted)
    except RowErrors as refusal:
        return _page(form.values, {"file": say(refusal)}, faults=refusal.errors), 422
    except DomainError as refusal:
        return _page(form.values, _beside(refusal)), refusal.status
    return _page(form.values, {}, report=report, kept=_keep(wanted))


@hq.post("/imports/<token>")
@needs(Permission.CATALOGUE_READ)
def import_kept(token: str) -> ResponseReturnValue:
    """Take in the very file that was rehearsed, once; only who rehearsed it may. The use-case asks for the right."""
    shelf = uploads_of(services())
    entry = shelf.find(token)
    is_hers = entry is not None and entry.owner == str(actor_id()) and entry.at_instant >= now() - KEPT_FOR
    content = shelf.content(entry) if entry is not None and is_hers else None
    if entry is None or content is None:
        return _page({}, {"file": _("This file is not kept any more. Please choose it again.")}), 404
    about = entry.wanted
    wanted = ImportFile(
        kind=about["kind"], name=entry.name, content=content, hub=about["hub"] or None,
        round_on=_day(about["round_on"]), system=_system(about),
    )  # fmt: skip
    try:
        report = import_file(transact, wanted)
    except RowErrors as refusal:
        return _page(about, {"file": say(refusal)}, faults=refusal.errors), 422
    except DomainError as refusal:
        return _page(about, _beside(refusal)), refusal.status
    shelf.drop(entry)
    new, changed = (sum(getattr(part, what) for part in report.parts.values()) for what in ("created", "updated"))
    flash(_("%(name)s is imported: %(new)s new, %(changed)s changed.", name=report.name, new=new, changed=changed),
          "success")  # fmt: skip
    return redirect(url_for("hq.imports", kind=wanted.kind), 303)


def _beside(refusal: DomainError) -> dict[str, str]:
    """The refusal beside the field that it names, else beside the file."""
    named = refusal.field if isinstance(refusal, Invalid) else ""
    return {named if named in {"hub", "round_on", "system"} else "file": say(refusal)}


def _keep(rehearsed: ImportFile) -> str:
    """Lay a rehearsed file on the shelf for whoever rehearsed it; what lies there too long goes. Returns its token."""
    shelf, at = uploads_of(services()), now()
    shelf.tidy(at - KEPT_FOR)
    day = rehearsed.round_on.isoformat() if rehearsed.round_on else ""
    about = {"kind": rehearsed.kind, "hub": rehearsed.hub or "", "round_on": day, "system": rehearsed.system.value}
    entry = shelf.put(str(actor_id()), about, at)
    return shelf.finish(entry, rehearsed.name, "application/octet-stream", rehearsed.content).token


@hq.get("/exports/<name>")
@needs(Permission.CATALOGUE_READ)
def export(name: str) -> ResponseReturnValue:
    """A kind as a file; its ending says how it is written. The use-case asks for the right."""
    kind, dot, ending = name.partition(".")
    wanted = ExportFile(
        kind=kind, name=name, hub=request.args.get("hub"), round_on=_day(request.args.get("round_on", ""))
    )  # fmt: skip
    return _file(wanted, dot + ending)


@hq.post("/exports/<kind>")
@needs(Permission.PEOPLE_EXPORT)
def export_people(kind: str) -> ResponseReturnValue:
    """Many people's data as a file, for a reason that is written down."""
    form = Form(request.form)
    ending = ".csv" if form.values.get("ending") == ".csv" else ".xlsx"
    reason = form.one_of("reason", LookReason)
    wanted = ExportFile(kind=kind, name=kind + ending, reason=reason, note=form.text("note", MAX_LOOK_NOTE))
    if not form.ok:
        return _page({}, {}, export_errors={kind: _("Please say why.")}), 422
    try:
        return _file(wanted, ending)
    except Invalid as refusal:
        return _page({}, {}, export_errors={kind: say(refusal)}), refusal.status


def _file(wanted: ExportFile, ending: str) -> Response:
    content = transact(export_file, wanted)
    answer = Response(content, mimetype=_TYPES.get(ending, "application/octet-stream"))
    answer.headers.set("Content-Disposition", "attachment", filename=wanted.name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _system(values: Mapping[str, str]) -> System:
    """The coordinate system that was chosen; WGS-84 where none was."""
    chosen = values.get("system", "")
    return System(chosen) if chosen in set(System) else System.WGS84


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(
    values: Mapping[str, Any], errors: dict[str, str], report: ImportReport | None = None,
    faults: Sequence[RowError] = (), kept: str = "", export_errors: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    kinds = file_kinds()
    return render_template(
        "hq_console/imports.html", kinds=kinds, values=values, errors=errors, report=report, faults=faults, kept=kept,
        options=[(kind.code, kind.label) for kind in kinds if kind.may_import], label=_label,
        hubs=[("", "–"), *((h.code, tr(h)) for h in read(communities.hubs))], minutes=KEPT_FOR.seconds // 60,
        systems=system_names(), export_errors=export_errors or {}, reasons=[("", "–"), *names.choices(LookReason)],
    )  # fmt: skip
