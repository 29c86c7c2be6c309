"""Who listens to which fact. Listeners run at least once per fact, each in its own transaction; see `tell`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.infra.events import Fact, from_body
from app.infra.idempotency import first_delivery
from app.infra.uow import UnitOfWork

#: A listener's stable name (it is stored; never rename it) and what it does with (uow, fact).
Listener = tuple[str, Callable[[UnitOfWork, Any], None]]

LISTENERS: dict[type[Fact], tuple[Listener, ...]] = {}


def listeners_of(topic: str) -> list[tuple[type[Fact], Listener]]:
    """The listeners of a topic with the kind of fact they read; none for a fact that nobody listens to."""
    return [(kind, listener) for kind, listening in LISTENERS.items() if kind.topic == topic for listener in listening]


def tell(uow: UnitOfWork, fact_id: UUID, kind: type[Fact], body: dict[str, Any], listener: Listener) -> bool:
    """Let one listener act on one fact; False when it had done so before. Both commit together."""
    name, react = listener
    if not first_delivery(uow.session, fact_id, name, uow.now):
        return False
    react(uow, from_body(kind, body))
    return True
