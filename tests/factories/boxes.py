"""Offers in full boxes and goods by weight, made out of those of the world."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.domains.orders.values import OrderItem, PlaceOrder
from app.flows import checkout
from app.infra.uow import UnitOfWork
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.world import World

SYSTEM = Actor.system("test")


def pack(world: World, **pack_sizes: int) -> None:
    """Let offers be ordered in boxes: `pack(world, dumplings=6)`. Before anybody orders."""

    def change(uow: UnitOfWork) -> None:
        for name, size in pack_sizes.items():
            uow.session.execute(
                text("UPDATE groupbuys_offer SET pack_size = :size WHERE id = :id"),
                {"size": size, "id": world.offers[name]},
            )

    world.services.database.transact(SYSTEM, change)


def weigh_goods(world: World, **grams: int) -> None:
    """Sell goods by weight, a piece estimated at so many grams: `weigh_goods(world, greens=500)`."""

    def change(uow: UnitOfWork) -> None:
        for name, estimate in grams.items():
            uow.session.execute(
                text("UPDATE catalogue_sku SET estimate_g = :grams WHERE id = :id"),
                {"grams": estimate, "id": world.skus[name]},
            )

    world.services.database.transact(SYSTEM, change)


def items(world: World, **pieces: int | tuple[int, int]) -> tuple[OrderItem, ...]:
    """Lines of a basket by name, as pieces or as (wanted, tolerated)."""
    both = {name: qty if isinstance(qty, tuple) else (qty, 0) for name, qty in pieces.items()}
    return tuple(
        OrderItem(offer_id=world.offers[name], qty=wanted, tolerance_qty=tolerance)
        for name, (wanted, tolerance) in both.items()
    )


def place(world: World, number: int = 0, *, expected: int | None = None, **pieces: int | tuple[int, int]) -> Any:
    """Let a resident order: `place(world, 0, dumplings=(2, 2))` is "2, up to 4 if it fills a box"."""
    wish = PlaceOrder(
        group_buy_id=world.group_buy_id, items=items(world, **pieces), idempotency_key=f"test-{new_id()}",
        expected_total_cents=expected,
    )  # fmt: skip
    return world.services.database.transact(world.resident(number), checkout.place, wish)


def buy(world: World, number: int = 0, **pieces: int | tuple[int, int]) -> UUID:
    """Order and pay; returns the order's id."""
    order_id: UUID = place(world, number, **pieces).id
    world.pay(order_id, number)
    return order_id
