"""Claims on goods of the small world."""

import io
from uuid import UUID

from PIL import Image

from app.domains.aftersales import queries
from app.domains.aftersales.values import (
    AddToClaim,
    ClaimCard,
    ClaimFault,
    ClaimKind,
    DecideClaim,
    FileClaim,
)
from app.domains.logistics.values.handover import Fault
from app.domains.orders import queries as orders
from app.flows.claims import decide_claim, file_claim, give_evidence, upload_photo
from app.infra.storage import Pictures
from app.kernel.actors import Actor, Role
from app.kernel.ids import new_id
from tests.factories.world import World


def line_of(world: World, order_id: UUID, name: str) -> UUID:
    """The line of an order that has this SKU."""
    card = world.services.database.read(orders.get_order, order_id)
    return next(line.id for line in card.lines if line.sku_id == world.skus[name])


def make_claim(
    world: World, order_id: UUID, number: int = 0, key: str = "", kind: ClaimKind = ClaimKind.QUALITY,
    photos: tuple[str, ...] = (), **pieces: int,
) -> ClaimCard:  # fmt: skip
    """Let a resident claim pieces of one SKU: `make_claim(w, order, orange=2)`."""
    ((name, qty),) = pieces.items()
    wish = FileClaim(
        order_line_id=line_of(world, order_id, name), kind=kind, qty=qty, text="烂了",
        idempotency_key=key or str(new_id()), photos=photos,
    )  # fmt: skip
    return world.services.database.transact(world.resident(number), file_claim, wish)


def make_picture(red: int = 200) -> bytes:
    """A small PNG, another one for another shade."""
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (red, 90, 30)).save(out, "PNG")
    return out.getvalue()


def make_photo(world: World, actor: Actor, red: int = 200) -> str:
    """Let somebody upload a photo; returns its key."""
    pictures = Pictures(world.services.settings.var_dir)
    return upload_photo(world.run_as(actor), pictures, make_picture(red))


def make_evidence(world: World, claim_id: UUID, text: str = "我交货时是好的", *photos: str) -> ClaimCard:
    """Let the leader concerned tell her side."""
    claim = world.services.database.read(queries.get_claim, claim_id)
    wish = AddToClaim(claim_id=claim_id, text=text, idempotency_key=str(new_id()), photos=photos)
    return world.services.database.transact(Actor("leader", Role.LEADER, claim.leader_id), give_evidence, wish)


def make_decision(
    world: World, claim_id: UUID, fault: Fault | ClaimFault = ClaimFault.SUPPLIER, amount_cents: int | None = None, *,
    approve: bool = True,
) -> ClaimCard:  # fmt: skip
    """Let customer service decide a claim; a leader who shall be at fault is heard first."""
    whose = ClaimFault(fault.value)
    if whose is ClaimFault.LEADER and approve:
        make_evidence(world, claim_id)
    wish = DecideClaim(
        claim_id=claim_id, approve=approve, fault=whose, reason="照片清楚", amount_cents=amount_cents
    )  # fmt: skip
    return world.services.database.transact(Actor("阿芳", Role.HQ_SERVICE, new_id()), decide_claim, wish)
