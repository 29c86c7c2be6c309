"""Pure decisions of the dock: what a count does to its line, temperatures, surplus, differences from the bill."""

from dataclasses import replace
from datetime import date, timedelta

from app.domains.catalogue.values import Zone
from app.domains.supply.errors import LineCounted, OverDelivered
from app.domains.supply.values import ExpectedLine, ReceiveLine
from app.domains.supply.values.dock import Surplus
from app.kernel.errors import Invalid

#: Tenths of a degree Celsius between which goods of a zone are taken in without a word. Chilled goods travel at 0 to
#: 8 °C; frozen ones at -18 °C or colder, and a warm door may cost them three degrees (Directive 89/108/EEC, article 5).
ZONE_LIMITS_DC: dict[Zone, tuple[int, int]] = {Zone.CHILLED: (0, 80), Zone.FROZEN: (-400, -150)}
#: Thermometers of a dock show nothing beyond.
THERMOMETER_DC = (-600, 600)
#: More pieces than this on one line are a slip of the finger.
MOST_PIECES = 1_000_000


def is_out_of_range(zone: Zone, temperature_dc: int | None) -> bool:
    """Whether goods of a zone were measured outside its limits; ambient goods and goods nobody measured never are."""
    if temperature_dc is None or zone not in ZONE_LIMITS_DC:
        return False
    low, high = ZONE_LIMITS_DC[zone]
    return not low <= temperature_dc <= high


def check_count(line: ExpectedLine, count: ReceiveLine) -> None:
    """Raise Invalid for a count that says nothing, rejects without a reason, or leaves a temperature unexplained."""
    pieces = (count.received_qty, count.rejected_qty, count.billed_qty or 0)
    if min(pieces) < 0:
        raise Invalid(field="qty", reason="must not be negative")
    if max(pieces) > MOST_PIECES:
        raise Invalid(field="qty", reason="is too large")
    if count.received_qty + count.rejected_qty == 0 and not count.is_final:
        raise Invalid(field="qty", reason="a count that is not the last one must count something")
    if count.rejected_qty and not count.reject_reason.strip():
        raise Invalid(field="reject_reason", reason="say why goods were rejected")
    _check_temperature(line, count)


def _check_temperature(line: ExpectedLine, count: ReceiveLine) -> None:
    if count.temperature_dc is None:
        return
    if not THERMOMETER_DC[0] <= count.temperature_dc <= THERMOMETER_DC[1]:
        raise Invalid(field="temperature", reason="no thermometer shows that")
    taken_in = is_out_of_range(line.zone, count.temperature_dc) and count.received_qty > 0
    if taken_in and not count.temperature_note.strip():
        raise Invalid(field="temperature_note", reason="outside the limits of the zone: say why the goods are taken in")


def without_surplus(line: ExpectedLine, count: ReceiveLine) -> ReceiveLine:
    """The count after somebody has decided about pieces beyond the order; those sent back are rejected ones.

    Raises OverDelivered while nobody has.
    """
    room = max(0, line.ordered_qty - line.received_qty)
    over = count.received_qty - room
    if over <= 0 or count.surplus is Surplus.TO_STOCK:
        return count
    if count.surplus is Surplus.ASK:
        raise OverDelivered(purchase_order_no=line.purchase_order_no, sku_code=line.sku_code, room_qty=room)
    return replace(
        count,
        received_qty=room,
        rejected_qty=count.rejected_qty + over,
        reject_reason=count.reject_reason.strip() or "over-delivered",
    )


def settled_count(line: ExpectedLine, count: ReceiveLine) -> ReceiveLine:
    """The count as it is written down.

    Raises LineCounted when the line is complete and the count is not about surplus, Invalid, OverDelivered.
    """
    if line.is_counted and count.surplus is Surplus.ASK:
        raise LineCounted(purchase_order_no=line.purchase_order_no, sku_code=line.sku_code)
    check_count(line, count)
    return without_surplus(line, count)


def after_count(line: ExpectedLine, count: ReceiveLine) -> ExpectedLine:
    """The line after one more count. Raises what `settled_count` raises."""
    count = settled_count(line, count)
    received = line.received_qty + count.received_qty
    return replace(
        line,
        received_qty=received,
        rejected_qty=line.rejected_qty + count.rejected_qty,
        billed_qty=line.billed_qty if count.billed_qty is None else count.billed_qty,
        is_counted=line.is_counted or count.is_final or received >= line.ordered_qty,
    )


def owed_difference(billed_qty: int, received_qty: int, settled_qty: int) -> int:
    """Pieces that are still to be charged to the supplier (+) or credited to him (-).

    The bill's surplus over the good pieces, less what was settled of it before.
    """
    return billed_qty - received_qty - settled_qty


def rest_as_ordered(line: ExpectedLine) -> ReceiveLine:
    """The count that says: what had not come or been refused yet came in full, as the supplier had confirmed it."""
    expected = line.ordered_qty if line.confirmed_qty is None else line.confirmed_qty
    rest = max(0, expected - line.received_qty - line.rejected_qty)
    return ReceiveLine(purchase_line_id=line.id, received_qty=rest)


def lot_code(line: ExpectedLine, given: str) -> str:
    """The mark on the crate, or one made of order number and SKU."""
    return given.strip() or f"{line.purchase_order_no}-{line.sku_code}"


def expiry(line: ExpectedLine, given: date | None) -> date:
    """The printed date, or the day of delivery plus the SKU's shelf days."""
    return given or line.deliver_on + timedelta(days=line.shelf_days)
