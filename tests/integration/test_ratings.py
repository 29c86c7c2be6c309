"""Ratings: who may say what, once, until when; the leader's one answer; words that HQ hides."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text, update

from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.domains.notifications import queries as notifications
from app.domains.notifications.values import MessageKind
from app.domains.ratings import queries
from app.domains.ratings.errors import AlreadyAnswered, NothingToRate, OwnRating, RatingTooLate
from app.domains.ratings.service.ratings import answer, hide_words, rate, show_words
from app.domains.ratings.values import GiveRating, HideReason, HideWords, Shown, Stars, Tag
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.paging import PageAsk
from app.worker.tasks import run_due
from tests.factories.ratings import make_fetched, make_rating
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.world import PICKUP_ON, World, make_world

SERVICE = Actor("service", Role.HQ_SERVICE)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def order(world: World) -> UUID:
    return make_fetched(world)


def audited(world: World, rating_id: UUID) -> list[str]:
    with world.services.database.engine.connect() as connection:
        found = connection.execute(text("SELECT action FROM infra_audit WHERE entity_id = :id ORDER BY at, id"),
                                   {"id": rating_id})  # fmt: skip
        return [action for (action,) in found]


def test_an_order_is_rated_after_its_pickup_only(world: World) -> None:
    order_id = world.buy(0, orange=2)
    with pytest.raises(NothingToRate):
        make_rating(world, order_id)
    run_to(world, Station.HANDOVER)
    with pytest.raises(NothingToRate):
        make_rating(world, order_id)
    assert world.services.database.read(queries.rating_of_order, order_id) is None
    pick_up(world, order_id, orange=1)
    rating_id = make_rating(world, order_id, text="  很好  ")
    card = world.services.database.read(queries.get_rating, rating_id)
    now = world.services.database.clock.now()
    assert (card.leader_stars, card.goods_stars, card.tags, card.text) == (5, 5, (Tag.FRIENDLY,), "很好")
    assert (card.leader_id, card.pickup_on, card.given_at, card.changed_at) == (
        world.leaders["L901"], PICKUP_ON, now, None,
    )  # fmt: skip
    assert card.initial == "居**"


def test_once_per_order_and_changed_while_it_is_open(world: World, order: UUID) -> None:
    first = make_rating(world, order, leader_stars=2, text="等了很久", tags=(Tag.LONG_WAIT,))
    move_clock(world, days=7)
    assert make_rating(world, order, leader_stars=4) == first
    card = world.services.database.read(queries.get_rating, first)
    assert (card.leader_stars, card.text, card.tags, card.changed_at) == (
        4, "", (Tag.FRIENDLY,), world.services.database.clock.now(),
    )  # fmt: skip
    move_clock(world, seconds=1)
    with pytest.raises(RatingTooLate) as late:
        make_rating(world, order, leader_stars=1)
    assert late.value.until == card.changed_at
    assert world.services.database.read(queries.get_rating, first) == card
    assert audited(world, first) == ["ratings.rate", "ratings.change"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"leader_stars": 0}, "leader_stars"),
        ({"goods_stars": 6}, "goods_stars"),
        ({"tags": (Tag.FRESH, Tag.NOT_FRESH)}, "tags"),
        ({"text": "很" * 301}, "text"),
    ],
)
def test_what_no_rating_holds(world: World, order: UUID, said: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        make_rating(world, order, **said)
    assert wrong.value.field == field
    assert world.services.database.read(queries.rating_of_order, order) is None


def test_nobody_rates_for_others_or_herself(world: World, order: UUID) -> None:
    with pytest.raises(NotFound):
        make_rating(world, order, number=1)
    wish = GiveRating(order_id=order, leader_stars=5, goods_stars=5)
    for actor in (world.leader(), SERVICE, Actor("admin", Role.HQ_ADMIN)):
        with pytest.raises(Forbidden):
            world.services.database.transact(actor, rate, wish)
    with world.services.database.engine.begin() as connection:
        hers = text("SELECT phone FROM communities_leader WHERE id = :id")
        phone = connection.execute(hers, {"id": world.leaders["L901"]}).scalar_one()
        for person in (world.residents[0], world.leaders["L901"]):
            connection.execute(update(Account).where(Account.id == person).values(phone=phone))
    with pytest.raises(OwnRating):
        make_rating(world, order)
    read = world.services.database.read
    assert read(queries.to_rate, world.residents[0], world.services.database.clock.now()) is None
    assert read(queries.rating_of_order, order) is None


def test_she_is_asked_for_what_she_may_still_rate(world: World, order: UUID) -> None:
    read, clock = world.services.database.read, world.services.database.clock
    asked = read(queries.to_rate, world.residents[0], clock.now())
    assert asked is not None
    assert asked.order_id == order
    assert read(queries.to_rate, world.residents[1], clock.now()) is None
    assert read(queries.to_rate, world.residents[0], clock.now() + timedelta(days=8)) is None
    make_rating(world, order)
    assert read(queries.to_rate, world.residents[0], clock.now()) is None


def test_the_leader_answers_once_and_deletes_nothing(world: World, order: UUID) -> None:
    rating_id, transact = make_rating(world, order, text="菜不新鲜"), world.services.database.transact
    read = world.services.database.read
    assert read(queries.unanswered, world.leaders["L901"]) == 1
    with pytest.raises(NotFound):
        transact(world.leader("L902"), answer, rating_id, "谢谢")
    with pytest.raises(Invalid):
        transact(world.leader(), answer, rating_id, "  ")
    transact(world.leader(), answer, rating_id, " 已转告网格仓 ")
    with pytest.raises(AlreadyAnswered):
        transact(world.leader(), answer, rating_id, "再说一句")
    card = read(queries.get_rating, rating_id)
    assert (card.answer, card.answered_at) == ("已转告网格仓", world.services.database.clock.now())
    assert read(queries.unanswered, world.leaders["L901"]) == 0
    with pytest.raises(Forbidden):
        transact(world.leader(), hide_words, HideWords(rating_id=rating_id, reason=HideReason.ABUSE))
    run_due(world.services)
    inbox = read(notifications.inbox, world.residents[0], PageAsk(50)).rows
    assert [m.params["order_id"] for m in inbox if m.kind is MessageKind.RATING_ANSWERED] == [str(order)]


def test_hidden_words_go_and_the_stars_stay(world: World, order: UUID) -> None:
    rating_id, transact = make_rating(world, order, leader_stars=1, text="打我电话"), world.services.database.transact
    transact(world.leader(), answer, rating_id, "好")
    wish = HideWords(rating_id=rating_id, reason=HideReason.PERSONAL_DATA, note="号码")
    transact(SERVICE, hide_words, wish)
    transact(SERVICE, hide_words, wish)
    read, leader_id = world.services.database.read, world.leaders["L901"]
    (public,) = read(queries.ratings_of_leader, leader_id, PageAsk()).rows
    assert (public.text, public.answer, public.leader_stars) == ("", "", 1)
    assert read(queries.stars_of_leader, leader_id) == Stars(number=1, leader_stars=1, goods_stars=5)
    (full,) = read(queries.ratings, PageAsk(), Shown.HIDDEN, world.hub_id).rows
    assert (full.text, full.hidden_by, full.hidden_reason) == ("打我电话", "service", HideReason.PERSONAL_DATA)
    make_rating(world, order, leader_stars=1, text="又打我电话")
    assert read(queries.get_rating, rating_id).hidden_at is not None
    transact(SERVICE, show_words, rating_id)
    assert read(queries.ratings_of_leader, leader_id, PageAsk()).rows[0].text == "又打我电话"
    assert audited(world, rating_id) == [
        "ratings.rate", "ratings.answer", "ratings.hide", "ratings.change", "ratings.show",
    ]  # fmt: skip


def test_words_that_are_not_there_cannot_be_hidden(world: World, order: UUID) -> None:
    rating_id = make_rating(world, order)
    with pytest.raises(Invalid):
        world.services.database.transact(SERVICE, hide_words, HideWords(rating_id=rating_id, reason=HideReason.ABUSE))


def test_the_stars_of_a_leader_are_added_up_ever_or_since_a_day(services: Services) -> None:
    world = make_world(services, residents=4)
    bought = [world.buy(n, orange=1) for n in range(4)]
    run_to(world, Station.HANDOVER)
    for number, order_id in enumerate(bought):
        pick_up(world, order_id, f"L90{1 + number % 2}")
    for number, stars in ((0, 5), (1, 2), (2, 4)):
        make_rating(world, bought[number], number, leader_stars=stars)
    read = services.database.read
    first = world.leaders["L901"]
    stars = read(queries.stars_of_leader, first)
    assert (stars.number, stars.leader_stars) == (2, 9)
    assert read(queries.stars_of_leader, first, PICKUP_ON + timedelta(1)).number == 0
