"""A leader writes to a resident through the app; she never learns the number that she would have called."""

from uuid import UUID

from app.domains.accounts.service import throttle
from app.domains.communities import queries as communities
from app.domains.logistics import queries as logistics
from app.domains.notifications.service import inbox
from app.domains.notifications.values import MessageKind, SendMessage
from app.domains.orders import queries as orders
from app.infra.uow import UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id

MAX_TEXT = 300
#: Messages of one leader about one order, and about all, in a day.
MOST_ABOUT_ONE, MOST_A_DAY, DAY_S = 3, 60, 86_400


def write_to_resident(uow: UnitOfWork, order_id: UUID, text: str) -> None:
    """Send a message to whoever placed an order that this leader hands out. What was sent stands in the audit.

    Raises NotFound for an order of another leader, Invalid, TooMany.
    """
    uow.require(Permission.RESIDENTS_WRITE)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.RESIDENTS_WRITE.value)
    order = orders.get_order(uow.session, order_id)
    if order.leader_id != uow.actor.id and not logistics.serves(uow.session, uow.actor.id, order.pickup_point_id):
        raise NotFound("order")
    words = text.strip()
    if not 1 <= len(words) <= MAX_TEXT:
        raise Invalid(field="text", reason=f"must have 1 to {MAX_TEXT} characters")
    system = uow.as_system("message")
    throttle.count_try(system, f"write:{uow.actor.id}:{order_id}", MOST_ABOUT_ONE, DAY_S)
    throttle.count_try(system, f"write:{uow.actor.id}", MOST_A_DAY, DAY_S)
    leader = communities.get_leader(uow.session, uow.actor.id)
    message_id = new_id()
    params = {"text": words, "leader": leader.name, "order_id": str(order_id), "order_no": order.no}
    told = SendMessage(account_id=order.resident_id, kind=MessageKind.LEADER_WROTE, about_id=message_id, params=params)
    inbox.send(system, [told])
    uow.audit("residents.write", order_id, None, {"text": words})
