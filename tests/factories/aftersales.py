"""Claims on goods of the small world."""

from uuid import UUID

from app.domains.aftersales.values import ClaimCard, ClaimKind, DecideClaim, FileClaim
from app.domains.logistics.values.handover import Fault
from app.domains.orders import queries as orders
from app.flows.claims import decide_claim, file_claim
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.world import World


def line_of(world: World, order_id: UUID, name: str) -> UUID:
    """The line of an order that has this SKU."""
    card = world.services.database.read(orders.get_order, order_id)
    return next(line.id for line in card.lines if line.sku_id == world.skus[name])


def make_claim(world: World, order_id: UUID, number: int = 0, key: str = "", **pieces: int) -> ClaimCard:
    """Let a resident claim pieces of one SKU: `make_claim(w, order, orange=2)`."""
    ((name, qty),) = pieces.items()
    wish = FileClaim(
        order_line_id=line_of(world, order_id, name),
        kind=ClaimKind.QUALITY,
        qty=qty,
        text="烂了",
        idempotency_key=key or str(new_id()),
    )
    return world.services.database.transact(world.resident(number), file_claim, wish)


def make_decision(
    world: World,
    claim_id: UUID,
    fault: Fault = Fault.SUPPLIER,
    amount_cents: int | None = None,
    *,
    approve: bool = True,
) -> ClaimCard:
    """Let customer service decide a claim."""
    wish = DecideClaim(
        claim_id=claim_id, approve=approve, fault=fault, reason="照片清楚", amount_cents=amount_cents
    )  # fmt: skip
    return world.services.database.transact(Actor("阿芳", Role.HQ_SERVICE, new_id()), decide_claim, wish)
