"""What logistics may refuse."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kernel.errors import Conflict, DomainError, NotFound


@dataclass(eq=False, kw_only=True)
class SheetsOpen(Conflict):
    """The round cannot leave: `open` of `total` sorting sheets are not sorted yet."""

    code: ClassVar[str] = "sheets_open"
    open: int
    total: int


@dataclass(eq=False, kw_only=True)
class LinesUnweighed(Conflict):
    """Lines that are sold by weight were not weighed; `goods` names pickup points and SKUs, the first twenty."""

    code: ClassVar[str] = "lines_unweighed"
    open: int
    goods: list[str]


@dataclass(eq=False, kw_only=True)
class NothingToSort(Conflict):
    """The round has no demand, so there is nothing to sort, route or hand over."""

    code: ClassVar[str] = "nothing_to_sort"


@dataclass(eq=False, kw_only=True)
class AlreadyDispatched(Conflict):
    """The trucks have left; sheets and plan of this round stand as they are."""

    code: ClassVar[str] = "already_dispatched"


@dataclass(eq=False, kw_only=True)
class NotEnoughTrucks(Conflict):
    """The hub's trucks cannot carry the round in time: how much is missing in volume (ml) and weight (g).

    Both are 0 when the trucks are big enough but the stops cannot all be served within their hours.
    """

    code: ClassVar[str] = "not_enough_trucks"
    trucks: int
    missing_ml: int
    missing_g: int


@dataclass(eq=False, kw_only=True)
class StopTooBig(Conflict):
    """One pickup point wants more than the largest truck can carry."""

    code: ClassVar[str] = "stop_too_big"
    pickup_point_id: UUID
    volume_ml: int
    weight_g: int


@dataclass(eq=False, kw_only=True)
class PlanWrong(DomainError):
    """A plan breaks a rule; `problem` is above_capacity, missing_stop, double_stop or unknown_stop."""

    code: ClassVar[str] = "plan_wrong"
    problem: str
    subject_id: UUID


@dataclass(eq=False, kw_only=True)
class PlanReplaced(Conflict):
    """Somebody else made another plan since this one was opened; look at it before it is replaced."""

    code: ClassVar[str] = "plan_replaced"


@dataclass(eq=False, kw_only=True)
class PlanOutdated(Conflict):
    """The sorting sheets changed after the routes were planned; plan the routes again."""

    code: ClassVar[str] = "plan_outdated"


@dataclass(eq=False, kw_only=True)
class NoPlan(Conflict):
    """The round has no route plan yet."""

    code: ClassVar[str] = "no_route_plan"


@dataclass(eq=False, kw_only=True)
class TruckAwaited(Conflict):
    """A leader counts a truck whose driver has not reported that he is there."""

    code: ClassVar[str] = "truck_awaited"


@dataclass(eq=False, kw_only=True)
class PointWithoutLeader(Conflict):
    """Nobody can take the goods at these pickup points; appoint a leader or a substitute first."""

    code: ClassVar[str] = "point_without_leader"
    pickup_points: list[str]


@dataclass(eq=False, kw_only=True)
class AlreadyCounted(Conflict):
    """The handover was counted before, with another result; a count is final."""

    code: ClassVar[str] = "already_counted"
    handover_id: UUID


@dataclass(eq=False, kw_only=True)
class CountAboveExpected(DomainError):
    """More pieces are said to be missing or damaged than were expected, or the SKU is not on this handover."""

    code: ClassVar[str] = "count_above_expected"
    sku_id: UUID
    expected_qty: int


@dataclass(eq=False, kw_only=True)
class HandoversOpen(Conflict):
    """`open` of `total` leaders have not counted yet."""

    code: ClassVar[str] = "handovers_open"
    open: int
    total: int


@dataclass(eq=False, kw_only=True)
class WrongCode(DomainError):
    """The code opens nothing at this leader's pickup point; `left` tries remain."""

    code: ClassVar[str] = "wrong_pickup_code"
    left: int


@dataclass(eq=False, kw_only=True)
class NotReady(Conflict):
    """The goods of this order have not been handed over to the leader yet."""

    code: ClassVar[str] = "pickup_not_ready"
    pickup_id: UUID


@dataclass(eq=False, kw_only=True)
class AlreadyPickedUp(Conflict):
    """Everything of this order, or of these lines, has been handed out before."""

    code: ClassVar[str] = "already_picked_up"
    pickup_id: UUID


@dataclass(eq=False, kw_only=True)
class PickupVoid(Conflict):
    """Nothing of this order is left to hand out: it was cancelled, refunded or not fetched in time."""

    code: ClassVar[str] = "pickup_void"
    pickup_id: UUID


@dataclass(eq=False, kw_only=True)
class AboveDue(DomainError):
    """More pieces of a line were to be handed out than are still due."""

    code: ClassVar[str] = "pickup_above_due"
    order_line_id: UUID
    left_qty: int


@dataclass(eq=False, kw_only=True)
class CodesExhausted(Conflict):
    """A pickup point has no free pickup codes for this day; that is a million orders."""

    code: ClassVar[str] = "codes_exhausted"
    pickup_point_id: UUID


@dataclass(eq=False, kw_only=True)
class TaskTaken(Conflict):
    """The lease of this sorting task ran out and somebody else holds it now, or it is done."""

    code: ClassVar[str] = "task_taken"
    worker: str


@dataclass(eq=False, kw_only=True)
class AlreadyPut(Conflict):
    """These pieces lie in their crate already; `worker` put them."""

    code: ClassVar[str] = "already_put"
    worker: str


@dataclass(eq=False, kw_only=True)
class PutChanged(Conflict):
    """The number changed while it stood on the phone: now it is `qty`."""

    code: ClassVar[str] = "put_changed"
    qty: int


@dataclass(eq=False, kw_only=True)
class WrongCrate(DomainError):
    """The scanned crate belongs to another pickup point or zone; these are the right ones."""

    code: ClassVar[str] = "wrong_crate"
    right: list[str]


@dataclass(eq=False, kw_only=True)
class SortingBegun(Conflict):
    """Goods lie in slots already, or sheets with their numbers are printed; the slots stand."""

    code: ClassVar[str] = "sorting_begun"


@dataclass(eq=False, kw_only=True)
class CrateNotFilled(Conflict):
    """Something is still to be put into the crates of this sheet, so they stay open."""

    code: ClassVar[str] = "crate_not_filled"
    open: int


@dataclass(eq=False, kw_only=True)
class TooManyEmpties(DomainError):
    """More empty crates are said to come back than stand at the pickup point."""

    code: ClassVar[str] = "too_many_empties"
    there: int


@dataclass(eq=False, kw_only=True)
class NightPlanDisagrees(Conflict):
    """Pick, load and deliver would not add up to the same; nothing is printed. `problem` says where."""

    code: ClassVar[str] = "night_plan_disagrees"
    problem: str


@dataclass(eq=False, kw_only=True)
class StopsUnplanned(Conflict):
    """Crates for these pickup points are on no truck; find room for them before the trucks leave."""

    code: ClassVar[str] = "stops_unplanned"
    pickup_points: list[str]


@dataclass(eq=False, kw_only=True)
class LinkEnded(NotFound):
    """The driver's link is over, was withdrawn, or was never made."""

    code: ClassVar[str] = "driver_link_ended"


@dataclass(eq=False, kw_only=True)
class RoadsUnknown(DomainError):
    """The server that knows the roads gave no answer that can be used; no plan is made on guessed distances."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "roads_unknown"
    reason: str


@dataclass(eq=False, kw_only=True)
class TooMuchSet(Conflict):
    """More pieces are set by hand than came; `skus` names the goods."""

    code: ClassVar[str] = "too_much_set"
    skus: list[str]


@dataclass(eq=False, kw_only=True)
class LotFrozen(Conflict):
    """Pieces of a recalled lot are or may be among these goods; they are not handed out, the others may be."""

    code: ClassVar[str] = "lot_frozen"
    goods: list[str]
