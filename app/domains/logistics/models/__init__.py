"""Tables of the logistics room, from demand to the doorstep, one module a subject."""

from app.domains.logistics.models.demand import Demand, ShareFix
from app.domains.logistics.models.fleet import DeliveryWindow, RouteRules, Vehicle
from app.domains.logistics.models.handover import Handover, HandoverLine
from app.domains.logistics.models.pickup import Pickup, PickupEvent, PickupEventLine, PickupLine
from app.domains.logistics.models.routes import DriverLink, PlanRun, Route, RoutePlan, Stop
from app.domains.logistics.models.sheets import Crate, CrateReturn, Sheet, SheetChange, SheetLine
from app.domains.logistics.models.sorting import LeftUnweighed, Shelf, SortError, SortPut, SortTask

__all__ = [
    "Crate",
    "CrateReturn",
    "DeliveryWindow",
    "Demand",
    "DriverLink",
    "Handover",
    "HandoverLine",
    "LeftUnweighed",
    "Pickup",
    "PickupEvent",
    "PickupEventLine",
    "PickupLine",
    "PlanRun",
    "Route",
    "RoutePlan",
    "RouteRules",
    "ShareFix",
    "Sheet",
    "SheetChange",
    "SheetLine",
    "Shelf",
    "SortError",
    "SortPut",
    "SortTask",
    "Stop",
    "Vehicle",
]
