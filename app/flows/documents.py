"""Printed documents: one at once, a whole round by the worker with progress, and the leader's own two."""

import time
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.documents.catalogue import KINDS, Form, Kind
from app.documents.kinds.buying import own_stamp, purchase_order, receiving_sheet
from app.documents.kinds.points import pickup_list
from app.documents.layout import Printed, Stamp
from app.documents.making import Batch, File, make
from app.documents.scope import scope_of
from app.documents.words import Words
from app.domains.communities import queries as communities
from app.domains.logistics import queries as logistics
from app.domains.logistics.service import sorting
from app.domains.supply.queries import purchasing
from app.domains.supply.values.purchasing import PurchaseOrderSheet
from app.infra.events import Job
from app.infra.shelf import Entry, Shelf
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import DomainError, Invalid, NotFound

#: Documents in words, and what is to be made of them.
Described = tuple[Batch, list[Printed]]
#: How long finished files are kept.
KEPT_FOR = timedelta(hours=24)
#: Seconds between two notes of progress.
_NOTE_EVERY_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What is to be printed: a kind of document of a round, or of one thing of it, in a form and a language."""

    kind: str
    group_buy_id: UUID
    form: Form = Form.PDF
    locale: str = "zh"
    object_id: UUID | None = None
    #: Sheets count as printed; set by the use-case, by the rights of who asks.
    marks: bool = False


def kind_of(wanted: Print) -> Kind:
    """The kind of document; raises NotFound for one that there is not, Invalid for a form that it does not have."""
    kind = KINDS.get(wanted.kind)
    if kind is None:
        raise NotFound("document")
    if wanted.form not in kind.forms:
        raise Invalid(field="form", reason="this document does not exist in this form")
    return kind


def print_now(run: Run, wanted: Print) -> File:
    """One document of a round, or all of a kind, made while the caller waits; drawn when the transaction is over."""
    return make(*run(ask, wanted))


def ask(uow: UnitOfWork, wanted: Print) -> Described:
    """Documents in words; raises NotFound when there is none.

    The right is that of the kind; personal data leave an audit row. Nothing else is changed.
    """
    kind = kind_of(wanted)
    uow.require(kind.right)
    _note_personal(uow, kind, wanted)
    described = describe_and_mark(uow, replace(wanted, marks=_may_mark(uow, kind)))
    return _watermarked(described, uow.actor.name)


def _watermarked(described: Described, who: str) -> Described:
    """With who had it made and when on every page, where the documents hold personal data."""
    batch, printed = described
    if not batch.kind.is_personal:
        return described
    return replace(batch, mark=f"{who} · {batch.words.moment(batch.at)}"), printed


def _may_mark(uow: UnitOfWork, kind: Kind) -> bool:
    """Whether a print counts: sheets printed by a desk that sorts; what others print is a copy to look at."""
    return kind.is_sheet and Permission.LOGISTICS_SORT in uow.actor.permissions


def describe_and_mark(uow: UnitOfWork, wanted: Print) -> Described:
    """The documents in words; sheets are noted as printed just as they are described, nothing changes in between."""
    uow.require(kind_of(wanted).right)
    if not wanted.marks:
        return describe(uow.session, wanted, uow.now)
    uow.lock(f"logistics.sort:{wanted.group_buy_id}")
    described = describe(uow.session, wanted, uow.now)
    sorting.mark_printed(uow, wanted.group_buy_id, _printed(uow, wanted))
    return described


def _printed(uow: UnitOfWork, wanted: Print) -> list[UUID] | None:
    """The sheets that a print brings to paper; None for all. A delta sheet leaves alone what was never printed."""
    if wanted.object_id:
        return [wanted.object_id]
    if wanted.kind == "delta-sheet":
        return [sheet.sheet_id for sheet in logistics.delta_sheets(uow.session, wanted.group_buy_id)]
    return None


def describe(session: Any, wanted: Print, at: datetime) -> Described:
    """The documents in words, ready to be drawn; raises NotFound when there is none."""
    kind = kind_of(wanted)
    scope = scope_of(session, wanted.group_buy_id, wanted.locale, at, wanted.object_id)
    printed = list(kind.describe(session, scope))
    if not printed:
        raise NotFound("document")
    whose = printed[0].number if wanted.object_id else scope.card.code
    return Batch(kind, wanted.form, scope.words, at, f"{kind.code}-{whose}"), printed


#: What is printed of one order, for its supplier and for the dock.
_OF_ORDER = {"purchase-order": purchase_order, "receiving-sheet": receiving_sheet}


def print_of_order(run: Run, kind: str, purchase_order_id: UUID, form: Form, locale: str) -> File:
    """A purchase order or its receiving sheet at once, also of an order for stock, which belongs to no round."""
    return make(*run(ask_of_order, kind, purchase_order_id, form, locale))


def ask_of_order(uow: UnitOfWork, kind: str, purchase_order_id: UUID, form: Form, locale: str) -> Described:
    """An order's document in words; raises NotFound (order, kind), Invalid (it is one document: no ZIP)."""
    uow.require(Permission.SUPPLY_READ)
    _check_single(form)
    if kind not in _OF_ORDER:
        raise NotFound("document")
    sheet = purchasing.purchase_order_sheet(uow.session, purchase_order_id)
    return of_sheet(sheet, form, locale, uow.now, kind)


def of_sheet(
    sheet: PurchaseOrderSheet, form: Form, locale: str, at: datetime, code: str = "purchase-order"
) -> Described:
    """An order's document in words, from what its supplier reads; also what a supplier's e-mail carries."""
    words, stamp = own_stamp(sheet, locale, at)
    document = _OF_ORDER[code](sheet, words, stamp)
    kind = KINDS[code]
    return Batch(kind, form, words, at, f"{kind.code}-{document.number}-v{sheet.version}"), [document]


def start(run: Run, shelf: Shelf, wanted: Print, owner: str, at: datetime) -> Entry:
    """Let the worker make all documents of a kind; the entry tells how far it is. Nothing stays when it is refused."""
    entry = shelf.put(owner, _told(wanted), at)
    try:
        run(order, wanted, entry.token)
    except Exception:
        shelf.drop(entry)
        raise
    return entry


def order(uow: UnitOfWork, wanted: Print, token: str) -> None:
    """Queue the making of an entry of the shelf, once the kind's right is asked for."""
    kind = kind_of(wanted)
    uow.require(kind.right)
    _note_personal(uow, kind, wanted)
    uow.defer(Job("make_documents", {"token": token, "marks": _may_mark(uow, kind), "who": uow.actor.name}))


def work_off(run: Run, shelf: Shelf, token: str, *, marks: bool, who: str = "") -> None:
    """Make the file of an entry. May be repeated: a killed worker's half is begun anew, a finished file is left alone.

    Drawing needs no database. What is refused (the round has nothing to print) would be refused again: it ends here.
    """
    entry = shelf.find(token)
    if entry is None or entry.name:
        return
    entry = shelf.progress(entry, 0, 0)
    try:
        batch, printed = _watermarked(run(describe_and_mark, replace(_asked(entry.wanted), marks=marks)), who)
        entry = shelf.progress(entry, 0, len(printed))
        file = make(batch, printed, _Notes(shelf, entry).note)
    except DomainError as refusal:
        shelf.fail(entry, refusal.code)
        return
    except Exception:
        shelf.fail(entry, "")
        raise
    shelf.finish(entry, file.name, file.media_type, file.content)


class _Notes:
    """Writes progress down a few times a second, however fast documents are made."""

    def __init__(self, shelf: Shelf, entry: Entry) -> None:
        self._shelf, self._entry, self._last = shelf, entry, time.monotonic()

    def note(self, done: int, total: int) -> None:
        """So many of so many are made."""
        if time.monotonic() - self._last >= _NOTE_EVERY_S:
            self._shelf.progress(self._entry, done, total)
            self._last = time.monotonic()


def find_own(shelf: Shelf, token: str, owner: str) -> Entry:
    """A person's own entry; raises NotFound for another's, and for one that was tidied away."""
    entry = shelf.find(token)
    if entry is None or entry.owner != owner:
        raise NotFound("document")
    return entry


def fetch(uow: UnitOfWork, shelf: Shelf, token: str, owner: str) -> File:
    """A finished file, for its owner while she still has the right to it; raises NotFound otherwise."""
    entry = find_own(shelf, token, owner)
    uow.require(kind_of(_asked(entry.wanted)).right)
    content = shelf.content(entry) if entry.name else None
    if content is None:
        raise NotFound("document")
    return File(entry.name, content, entry.media_type)


def print_slip(run: Run, handover_id: UUID, leader_id: UUID, form: Form, locale: str) -> File:
    """The leader's slip of a truck, drawn when the transaction is over."""
    return make(*run(own_slip, handover_id, leader_id, form, locale))


def print_list(run: Run, leader_id: UUID, on: date, form: Form, locale: str) -> File:
    """The leader's list of a day, drawn when the transaction is over."""
    return make(*run(own_list, leader_id, on, form, locale))


def own_slip(uow: UnitOfWork, handover_id: UUID, leader_id: UUID, form: Form, locale: str) -> Described:
    """The slip of a truck that a leader takes; raises NotFound for any other."""
    uow.require(Permission.LOGISTICS_HAND_OVER)
    _check_single(form)
    card = logistics.get_handover(uow.session, handover_id)
    if not logistics.takes_handover(uow.session, leader_id, card.id):
        raise NotFound("handover")
    wanted = Print(kind="handover-slip", group_buy_id=card.group_buy_id, form=form, locale=locale,
                   object_id=handover_id)  # fmt: skip
    return describe(uow.session, wanted, uow.now)


def own_list(uow: UnitOfWork, leader_id: UUID, on: date, form: Form, locale: str) -> Described:
    """Who fetches what on a day at the point that a leader serves; raises NotFound when nobody does."""
    uow.require(Permission.LOGISTICS_PICK_UP)
    _check_single(form)
    kind = KINDS["pickup-list"]
    cards = logistics.with_paid_lines(uow.session, logistics.pickups_of_leader(uow.session, leader_id, on))
    if not cards:
        raise NotFound("document")
    place = communities.get_place(uow.session, cards[0].pickup_point_id)
    hub = communities.get_hub(uow.session, place.hub_id)
    words = Words(locale, hub.timezone)
    stamp = Stamp(hub=f"{hub.code} {words.tr(hub)}", round=f"{on:%Y-%m-%d}", printed=words.moment(uow.now))
    printed = pickup_list(words, stamp, place, on, cards)
    batch = Batch(kind, form, words, uow.now, f"{kind.code}-{printed.number}")
    return _watermarked((batch, [printed]), uow.actor.name)


def _check_single(form: Form) -> None:
    """One document is a print or a workbook; raises Invalid for the forms of many."""
    if form not in {Form.PDF, Form.XLSX}:
        raise Invalid(field="form", reason="this document does not exist in this form")


def _note_personal(uow: UnitOfWork, kind: Kind, wanted: Print) -> None:
    if kind.is_personal:
        told = {name: value for name, value in _told(wanted).items() if name != "group_buy_id"}
        uow.audit("documents.print", wanted.group_buy_id, None, told)


def _told(wanted: Print) -> dict[str, Any]:
    """A wish as JSON."""
    return {name: str(value) for name, value in asdict(wanted).items() if value is not None and name != "marks"}


def _asked(told: dict[str, Any]) -> Print:
    """A wish from its JSON."""
    return Print(
        kind=told["kind"], group_buy_id=UUID(told["group_buy_id"]), form=Form(told["form"]), locale=told["locale"],
        object_id=UUID(told["object_id"]) if "object_id" in told else None,
    )  # fmt: skip
