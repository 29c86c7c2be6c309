"""The small world of the tests stands as its table says, and people can order and pay in it."""

from app.domains.groupbuys import queries as groupbuys
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.domains.payments.values import PaymentStatus
from app.infra.services import Services
from tests.factories.world import make_world


def test_the_small_world_takes_and_pays_an_order(services: Services) -> None:
    world = make_world(services)
    read = services.database.read
    offers = {o.id: o for o in read(groupbuys.offer_cards, world.group_buy_id)}
    assert [(n, offers[i].price_cents, offers[i].quota, offers[i].cost_cents) for n, i in world.offers.items()] == [
        ("orange", 1_990, 40, 1_620), ("greens", 500, 30, 350), ("dumplings", 2_500, 20, 1_900),
        ("rice", 6_990, 10, 5_800),
    ]  # fmt: skip
    placed = world.place(1, orange=2, rice=1)
    assert (placed.total_cents, placed.status) == (2 * 1_990 + 6_990, OrderStatus.PLACED)
    assert world.pay(placed.id, 1).status is PaymentStatus.SUCCEEDED
    card = read(orders.get_order, placed.id)
    assert (card.status, card.leader_id, card.pickup_point_id) == (
        OrderStatus.PAID, world.leaders["L902"], world.points["P902"],
    )  # fmt: skip
