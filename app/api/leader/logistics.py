"""A leader's day: the truck, her count, and handing out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.api.schemas.logistics import (
    CountIn,
    HandoverOut,
    HandoversIn,
    PickupDoneOut,
    PickupOut,
    PickupsIn,
    RecordPickupIn,
    TodayOut,
)
from app.api.wire import FOREIGN, ApiBlueprint
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderCard
from app.domains.logistics import queries
from app.domains.logistics.errors import (
    AboveDue,
    AlreadyCounted,
    AlreadyPickedUp,
    CountAboveExpected,
    NotReady,
    PickupVoid,
    WrongCode,
)
from app.domains.logistics.values.handover import HandoverCard, HandoverState
from app.domains.logistics.values.pickup import OPEN_PICKUPS, PickupCard, PickupDone, PickupState, RecordPickup
from app.domains.notifications import queries as notifications
from app.domains.payments.errors import CashDue
from app.flows.handover import count_handover
from app.flows.pickup import hand_out
from app.kernel.actors import Role
from app.kernel.errors import Invalid, TooMany
from app.web.context import actor_id, now, read, transact

blueprint = ApiBlueprint("leader", "Leader", "/leader", roles={Role.LEADER})


@blueprint.get("/today")
@blueprint.gives(TodayOut, refuses=FOREIGN)
def today() -> dict[str, Any]:
    """The day at a glance: trucks to count, orders expected, waiting and handed out."""
    return read(_today, actor_id(), now())


@blueprint.get("/handovers")
@blueprint.gives(HandoverOut, many=True)
@blueprint.asks(HandoversIn)
def handovers(asked: dict[str, Any]) -> list[HandoverCard]:
    """What the truck brings to her point, newest first."""
    return read(queries.handovers_of_leader, actor_id(), asked["on"])


@blueprint.post("/handovers/<uuid:handover_id>/count")
@blueprint.gives(HandoverOut, refuses=(*FOREIGN, AlreadyCounted, CountAboveExpected, Invalid))
@blueprint.takes(CountIn)
def count(asked: dict[str, Any], handover_id: UUID) -> HandoverCard:
    """Her count, once: what is short or damaged and whose fault; refunds follow at once. The same again is harmless."""
    return transact(count_handover, handover_id, tuple(asked["lines"]))


@blueprint.get("/pickups")
@blueprint.gives(PickupOut, many=True, refuses=FOREIGN)
@blueprint.asks(PickupsIn)
def pickups(asked: dict[str, Any]) -> list[PickupCard]:
    """Orders of a day at her point, those still to be handed out first; without their codes."""
    return read(_pickups, actor_id(), asked["on"], asked["text"], now())


@blueprint.post("/pickups")
@blueprint.gives(
    PickupDoneOut, refuses=(WrongCode, NotReady, AlreadyPickedUp, PickupVoid, AboveDue, CashDue, TooMany, Invalid)
)  # fmt: skip
@blueprint.takes(RecordPickupIn)
def record(wish: RecordPickup) -> PickupDone:
    """Hand out against a code. Devices that were offline send it later; the same event_key again changes nothing.

    An order that is paid in cash needs the sum that was collected as `cash_cents`; `cash_due` tells what it is.
    """
    return hand_out(transact, wish)


def leader_and_day(session: Any, leader_id: UUID, at: datetime) -> tuple[LeaderCard, date]:
    """The leader and the local day of her hub; raises NotFound for an account without a leader's row."""
    card = communities.get_leader(session, leader_id)
    return card, at.astimezone(ZoneInfo(communities.get_hub(session, card.hub_id).timezone)).date()


def _pickups(session: Any, leader_id: UUID, on: date | None, text: str, at: datetime) -> list[PickupCard]:
    day = on or leader_and_day(session, leader_id, at)[1]
    return queries.pickups_of_leader(session, leader_id, day, text)


def _today(session: Any, leader_id: UUID, at: datetime) -> dict[str, Any]:
    card, day = leader_and_day(session, leader_id, at)
    states = [pickup.state for pickup in queries.pickups_of_leader(session, leader_id, day)]
    trucks = queries.handovers_of_leader(session, leader_id, day)
    return {
        "on": day, "leader_id": card.id, "name": card.name, "share_code": card.share_code,
        "pickup_point_id": card.pickup_point_id, "pickup_point_name": card.pickup_point_name,
        "residents": communities.residents_by_leader(session, ids=[leader_id]).get(leader_id, 0),
        "handovers_open": sum(truck.state is HandoverState.EXPECTED for truck in trucks),
        "pickups_expected": states.count(PickupState.EXPECTED),
        "pickups_waiting": sum(state in OPEN_PICKUPS for state in states),
        "pickups_done": states.count(PickupState.DONE),
        "unread": notifications.unread(session, leader_id),
    }  # fmt: skip
