"""Files in and out: every import is rehearsed and shown before it is done."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domains.communities import queries as communities
from app.flows.exports import EXPORTS, ExportFile, export_file
from app.flows.imports import KINDS, ImportFile, import_file
from app.infra.tables import RowErrors
from app.kernel.actors import Permission
from app.kernel.errors import DomainError
from app.web.context import actor, read, transact
from app.web.guards import needs
from app.web.say import say
from app.web.words import gettext as _, tr
from hq_console.doors import hq
from hq_console.forms import Form

_TYPES = {
    ".csv": "text/csv; charset=utf-8", ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file as the page shows it."""

    code: str
    label: str
    may_import: bool
    exports: tuple[str, ...]


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
    return [
        FileKind(
            code, _label(code), kind.right in rights,
            endings.get(code, (".xlsx", ".csv")) if code in EXPORTS and EXPORTS[code].right in rights else (),
        )
        for code, kind in KINDS.items()
    ]  # fmt: skip


@hq.get("/imports")
@needs(Permission.CATALOGUE_READ)
def imports() -> ResponseReturnValue:
    """What can be brought in and taken out."""
    return _page({"kind": request.args.get("kind", "products")}, {}, None, [])


@hq.post("/imports")
@needs(Permission.CATALOGUE_READ)
def import_() -> ResponseReturnValue:
    """Rehearse a file and say what it would change; only with `commit` is it taken in. The use-case asks the right."""
    form = Form(request.form)
    upload = request.files.get("file")
    if not upload or not upload.filename:
        return _page(form.values, {"file": _("Please choose a file.")}, None, []), 422
    rehearse = form.values.get("commit") != "1"
    wanted = ImportFile(
        kind=form.values.get("kind", ""), name=upload.filename, content=upload.read(),
        hub=form.values.get("hub") or None, round_on=_day(form.values.get("round_on", "")), rehearse=rehearse,
    )  # fmt: skip
    try:
        report = import_file(transact, wanted)
    except RowErrors as refusal:
        return _page(form.values, {"file": say(refusal)}, None, refusal.errors), 422
    except DomainError as refusal:
        return _page(form.values, {"file": say(refusal)}, None, []), refusal.status
    if rehearse:
        return _page(form.values, {}, report, [])
    new, changed = (sum(getattr(part, what) for part in report.parts.values()) for what in ("created", "updated"))
    flash(_("%(name)s is imported: %(new)s new, %(changed)s changed.", name=report.name, new=new, changed=changed),
          "success")  # fmt: skip
    return redirect(url_for("hq.imports", kind=wanted.kind), 303)


@hq.get("/exports/<name>")
@needs(Permission.CATALOGUE_READ)
def export(name: str) -> ResponseReturnValue:
    """A kind as a file; its ending says how it is written. The use-case asks for the right."""
    kind, dot, ending = name.partition(".")
    wanted = ExportFile(
        kind=kind, name=name, hub=request.args.get("hub"), round_on=_day(request.args.get("round_on", ""))
    )  # fmt: skip
    content = transact(export_file, wanted)
    answer = Response(content, mimetype=_TYPES.get(dot + ending, "application/octet-stream"))
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(values: dict[str, str], errors: dict[str, str], report: Any, faults: list[Any]) -> str:
    kinds = file_kinds()
    return render_template(
        "hq_console/imports.html", kinds=kinds, values=values, errors=errors, report=report, faults=faults,
        options=[(kind.code, kind.label) for kind in kinds if kind.may_import], label=_label,
        hubs=[("", "–"), *((h.code, tr(h)) for h in read(communities.hubs))],
    )  # fmt: skip
