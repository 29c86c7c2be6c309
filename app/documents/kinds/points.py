"""For the leaders: the slip that comes with the truck, and the list of who fetches what.

The pickup list names residents as the leader knows them and the last four digits of their phones; it holds no
pickup codes, because a code is the resident's proof and would be worth nothing if it lay printed on the table.
"""

from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from app.documents.kinds.sorting import tour_of_points
from app.documents.layout import Blank, Cell, Column, Document, Fact, Note, Stamp, Table
from app.documents.scope import Scope
from app.documents.words import Words
from app.domains.communities import queries as communities
from app.domains.communities.values.ground import PickupPlace
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.handover import HandoverCard, HandoverState
from app.domains.logistics.values.pickup import PickupCard, PickupState


def handover_slips(session: Any, scope: Scope) -> list[Document]:
    """What each leader of a round gets from the truck, by planned arrival; an object is a handover."""
    cards = [card for card in logistics.handovers_of_round(session, scope.card.id) if scope.wants(card.id)]
    places = communities.places_by_id(session, [card.pickup_point_id for card in cards])
    tours = tour_of_points(session, scope)
    return [_slip(scope, card, places[card.pickup_point_id], tours.get(card.pickup_point_id)) for card in cards]


def pickup_lists(session: Any, scope: Scope) -> list[Document]:
    """Who fetches what at each pickup point of a round; an object is a pickup point."""
    by_point: dict[UUID, list[PickupCard]] = defaultdict(list)
    for card in logistics.pickups_of_round(session, scope.card.id):
        if scope.wants(card.pickup_point_id):
            by_point[card.pickup_point_id].append(card)
    places = communities.places_by_id(session, by_point.keys())
    return [
        pickup_list(scope.words, scope.stamp, place, scope.card.pickup_on, by_point[place.pickup_point_id])
        for place in sorted(places.values(), key=lambda place: place.pickup_point_code)
    ]


def _slip(scope: Scope, card: HandoverCard, place: PickupPlace, at: tuple[int, int] | None) -> Document:
    words, _ = scope.words, scope.words.gettext
    is_open = card.state is HandoverState.EXPECTED
    number = f"{scope.card.code}-{place.pickup_point_code}"
    way = _("tour %(no)s, stop %(stop)s", no=at[0], stop=at[1]) if at else "–"
    told = _("Count while the truck is there. The count that you enter in the portal is the one that holds.")
    counted = (Fact(_("Counted"), words.moment(card.counted_at)),) if card.counted_at else ()
    return Document(
        title=_("Handover slip"), name=card.pickup_point_name, number=number, stamp=scope.stamp, qr=number,
        facts=(
            Fact(_("Planned arrival"), words.moment(card.planned_at)), Fact(_("Crates"), card.crates),
            Fact(_("Leader"), place.leader_name or "–"), Fact(_("Address"), place.address),
            Fact(_("Tour and stop"), way), *counted,
        ),
        blocks=(_to_count(words, card), Note(told)) if is_open else (_counted(words, card),),
        keys=(Fact(_("Pickup point"), place.pickup_point_code), Fact(_("Name"), card.pickup_point_name)),
        signs=(_("Leader"), _("Driver"), _("Time")) if is_open else (),
    )  # fmt: skip


def _to_count(words: Words, card: HandoverCard) -> Table:
    """What the truck should bring, with room to write down what it did not."""
    _ = words.gettext
    columns = (
        Column(_("SKU"), 24), Column(_("Goods"), 84), Column(_("Pieces"), 20, is_number=True, is_strong=True),
        Column(_("Right"), 14), Column(_("Missing"), 20), Column(_("Damaged"), 20),
    )  # fmt: skip
    rows = [
        (line.sku_code, words.goods(line), line.expected_qty, Blank.BOX, Blank.LINE, Blank.LINE) for line in card.lines
    ]
    total = (None, _("Pieces in all"), sum(line.expected_qty for line in card.lines), None, None, None)
    return Table(columns=columns, rows=rows, totals=total, is_roomy=True)


def _counted(words: Words, card: HandoverCard) -> Table:
    """What was counted: a cell is filled only where something was wrong."""
    _ = words.gettext
    columns = (
        Column(_("SKU"), 24), Column(_("Goods"), 98), Column(_("Pieces"), 20, is_number=True, is_strong=True),
        Column(_("Missing"), 20, is_number=True), Column(_("Damaged"), 20, is_number=True),
    )  # fmt: skip
    rows = [
        (line.sku_code, words.goods(line), line.expected_qty, line.short_qty or None, line.damaged_qty or None)
        for line in card.lines
    ]
    sums = [sum(getattr(line, name) for line in card.lines) for name in ("expected_qty", "short_qty", "damaged_qty")]
    return Table(columns=columns, rows=rows, totals=(None, _("Pieces in all"), *sums))


def pickup_list(words: Words, stamp: Stamp, place: PickupPlace, on: date, cards: list[PickupCard]) -> Document:
    """One pickup point's list of a day: name, last digits of the phone, goods, and a box to tick."""
    _ = words.gettext
    due = [card for card in cards if card.state is not PickupState.VOID]
    columns = (
        Column(_("Phone ends"), 18, is_strong=True), Column(_("Resident"), 34), Column(_("Order"), 36),
        Column(_("Goods"), 70), Column(_("To fetch"), 16, is_number=True, is_strong=True), Column(_("Fetched"), 20),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for card in sorted(due, key=lambda card: (card.phone_tail, card.order_no)):
        whose = (card.phone_tail or "–", card.resident_name, card.order_no)
        for line in card.lines:
            left = line.due_qty - line.picked_qty
            rows.append((*whose, words.goods(line), left or None, Blank.BOX if left else _("Fetched")))
        if not card.lines:
            rows.append((*whose, words.head(card.state), None, None))
    pieces = sum(line.due_qty - line.picked_qty for card in due for line in card.lines)
    total = (None, None, None, _("Pieces to hand out"), pieces, None)
    return Document(
        title=_("Pickup list"), name=place.pickup_point_name, number=f"{stamp.round}-{place.pickup_point_code}",
        stamp=stamp,
        facts=(
            Fact(_("Pickup on"), words.day(on)), Fact(_("Open"), f"{place.opens:%H:%M}–{place.closes:%H:%M}"),
            Fact(_("Orders"), len(due)), Fact(_("Leader"), place.leader_name or "–"),
        ),
        blocks=(
            Table(columns=columns, rows=rows, totals=total, merged=3),
            Note(_("Ask for the pickup code before you hand out. Codes are not on this list: residents keep them.")),
        ),
        keys=(Fact(_("Pickup point"), place.pickup_point_code), Fact(_("Name"), place.pickup_point_name)),
    )  # fmt: skip
