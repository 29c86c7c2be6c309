"""The storefront's open pages: the group-buy of a hub, the basket, signing in, and finding a pickup point."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app.domains.accounts import queries as accounts
from app.domains.communities import queries as communities
from app.domains.communities.service import leaders
from app.domains.communities.values import Home, HomeReason, LeaderStatus
from app.factory import create_app
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.ids import new_id
from storefront.basket import Basket, parse, write
from tests.factories.settlement import next_round
from tests.factories.shopper import Shopper, words
from tests.factories.world import CUTOFF_AT, World, make_world, to_another_hub

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=4)


@pytest.fixture
def visitor(client: FlaskClient, services: Services) -> Shopper:
    client.set_cookie("locale", "en")
    return Shopper(client, services)


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """What is asked of the database meanwhile, without the words that make a transaction read-only."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("SET TRANSACTION"):
            found.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(services.database.engine, "before_cursor_execute", note)


class TestHome:
    @pytest.mark.usefixtures("world")
    def test_a_stranger_sees_the_group_buy_of_the_first_hub(self, visitor: Shopper) -> None:
        page = visitor.get("/")
        assert "Linjiang test hub" in page
        assert "Choose your pickup point so that you see what your own neighbourhood orders." in page
        assert "Orders close today 23:00" in page
        assert "Pick up tomorrow" in page
        assert "All 4 Fruit and vegetables 2 Frozen 1 Pantry 1" in page
        assert "Gannan oranges one sold 0 · left 40 10 more pieces: ¥17.90 for everybody ¥ 19.90 Buy" in page
        assert "Bok choy Chilled one sold 0 · left 30 5 more pieces and it takes place ¥ 5.00 Buy" in page

    @pytest.mark.usefixtures("world")
    def test_a_button_is_named_by_what_stands_on_it(self, visitor: Shopper) -> None:
        """Who speaks to her device says the word that she sees (WCAG 2.5.3)."""
        assert 'aria-label="Buy: Gannan oranges">Buy</button>' in visitor.html("/")

    @pytest.mark.usefixtures("world")
    def test_without_scripts_the_time_of_the_cut_off_stands_there(self, visitor: Shopper) -> None:
        page = visitor.html("/")
        assert 'role="timer" aria-label="Time left to order"><b>until 23:00</b></span>' in page
        assert "--" not in words(page)

    def test_a_stranger_sees_another_hub_that_is_open_when_the_first_is_closed(
        self, visitor: Shopper, world: World
    ) -> None:
        to_another_hub(world)
        page = visitor.get("/")
        assert "Far hub" in page
        assert "Gannan oranges" in page
        assert "No group-buy is open now" in visitor.as_resident(world.residents[1]).get("/")

    def test_a_resident_sees_her_own_pickup_point(self, visitor: Shopper, world: World) -> None:
        page = visitor.as_resident(world.residents[1]).get("/")
        assert "Test compound 902 Leader 团长902 · 自提点902" in page
        assert "Pick up tomorrow from 16:00" in page
        assert "Choose your pickup point" not in page

    def test_in_chinese(self, visitor: Shopper, world: World) -> None:
        visitor.client.set_cookie("locale", "zh")
        page = visitor.as_resident(world.residents[0]).get("/")
        assert "测试小区901 团长 团长901 · 自提点901" in page
        assert "今天 23:00 截单" in page
        assert "赣南脐橙 一份 已团 0 · 剩 40 再团 10 份，全团 ¥17.90 ¥ 19.90 抢购" in page
        assert "还差 5 份成团" in page

    def test_counters_are_fresh_although_texts_are_kept(self, visitor: Shopper, world: World) -> None:
        visitor.get("/")
        world.place(0, orange=9, greens=5)
        page = visitor.get("/")
        assert "Gannan oranges one sold 9 · left 31 1 more piece: ¥17.90 for everybody ¥ 19.90" in page
        assert "Bok choy Chilled one sold 5 · left 25 ¥ 5.00" in page
        world.place(1, orange=1)
        assert "Gannan oranges Group price reached one sold 10 · left 30 ¥ 17.90" in visitor.get("/")

    def test_what_is_sold_out_says_so_and_stands_last(self, visitor: Shopper, world: World) -> None:
        for number in range(4):
            world.place(number, dumplings=5)
        page = visitor.get("/")
        assert "Pork dumplings Frozen one sold 20 · left 0 ¥ 25.00 Sold out" in page
        assert page.index("Northeast rice") < page.index("Pork dumplings")

    @pytest.mark.usefixtures("world")
    def test_search_and_category(self, visitor: Shopper) -> None:
        found = visitor.get("/?q=RICE")
        assert "Northeast rice" in found
        assert "Gannan oranges" not in found
        assert "Gannan oranges" in visitor.get("/?q=脐橙 江西")
        frozen = visitor.get("/?c=frozen")
        assert "Pork dumplings" in frozen
        assert "Bok choy" not in frozen
        assert "Nothing found" in visitor.get("/?q=zzz")

    @pytest.mark.usefixtures("world")
    def test_no_open_group_buy(self, visitor: Shopper, clock: SetClock) -> None:
        clock.move_to(CUTOFF_AT)
        assert "No group-buy is open now" in visitor.get("/")

    def test_an_empty_city(self, visitor: Shopper) -> None:
        assert "Linli is not open in this city yet" in visitor.get("/")

    @pytest.mark.parametrize(("signed_in", "number"), [(False, 3), (True, 6)])
    def test_the_number_of_statements_is_fixed(
        self, visitor: Shopper, world: World, signed_in: bool, number: int
    ) -> None:
        if signed_in:
            visitor.as_resident(world.residents[0])
        visitor.get("/")
        with statements(world.services) as found:
            visitor.get("/")
        assert len(found) == number, found

    def test_an_offer(self, visitor: Shopper, world: World) -> None:
        page = visitor.get(f"/offers/{world.offers['orange']}")
        assert "Start price ¥19.90 from 10 pieces of the whole group ¥17.90" in page
        assert "Per person at most 12 pieces Complaints within 24 hours after pickup" in page
        assert (
            "Origin 江西 Producer 邻里农场 Ingredients 赣南脐橙 Storage 阴凉处 Keeps for 7 days Weight 2.5 kg" in page
        )
        assert "Takes place from 5 pieces of the whole group" in visitor.get(f"/offers/{world.offers['greens']}")
        visitor.get(f"/offers/{new_id()}", status=404)

    def test_an_address_of_yesterday_leads_to_todays_offer(self, visitor: Shopper, world: World) -> None:
        later = next_round(world)
        moved = visitor.client.get(f"/offers/{world.offers['orange']}")
        assert (moved.status_code, moved.headers["Location"]) == (302, f"/offers/{later.offers['orange']}")


class TestBasket:
    def test_the_cookie_holds_any_basket_and_survives_nonsense(self) -> None:
        basket = Basket({new_id(): 1, new_id(): 999, new_id(): 12})
        assert parse(write(basket)) == basket
        assert parse("") == parse("x") == parse("....") == parse("!" * 26) == parse(write(basket)[:22]) == Basket({})
        one = new_id()
        assert parse(write(Basket({one: 5})) + ".bad." + "A" * 22 + "1000") == Basket({one: 5})
        full = Basket({new_id(): 1 for _ in range(60)})
        assert full.put(new_id(), 1) == full
        assert len(write(full)) < 3000

    def test_quantities_are_set_not_added(self, visitor: Shopper, world: World) -> None:
        visitor.put(world, orange=2, rice=1)
        visitor.put(world, orange=3)
        page = visitor.get("/basket")
        assert "Gannan oranges one · ¥19.90 3" not in page
        assert "¥ 59.70" in page
        assert "4 pieces ¥ 129.60 To the checkout" in page
        visitor.put(world, orange=0, rice=0)
        assert "Your basket is empty" in visitor.get("/basket")

    def test_the_basket_knows_the_price_that_it_reaches_itself(self, visitor: Shopper, world: World) -> None:
        world.place(0, orange=8)
        visitor.put(world, orange=2)
        assert "2 pieces ¥ 35.80" in visitor.get("/basket")

    def test_no_more_than_there_is_goes_in(self, visitor: Shopper, world: World) -> None:
        visitor.put(world, rice=7)
        assert "2 pieces ¥ 139.80" in visitor.get("/basket")

    @pytest.mark.parametrize("typed", ["", "-1", "1.5", "many", "²"])
    def test_what_is_no_number_changes_nothing(self, visitor: Shopper, world: World, typed: str) -> None:
        visitor.put(world, rice=2)
        visitor.post("/basket", offer_id=str(world.offers["rice"]), qty=typed)
        assert "2 pieces ¥ 139.80" in visitor.get("/basket")

    def test_a_fragment_renews_the_control_and_the_badge(self, visitor: Shopper, world: World) -> None:
        answer = visitor.post("/basket", 200, htmx=True, offer_id=str(world.offers["rice"]), to="1", view="card")
        told = json.loads(answer.headers["HX-Trigger"])
        assert told == {"ll:toast": {"text": "In the basket: Northeast rice × 1", "kind": "success"}}
        assert 'aria-label="Pieces of Northeast rice"' in answer.text
        assert '<hx-partial hx-target="#nav-badge-2" hx-swap="innerHTML">1</hx-partial>' in answer.text
        assert "<html" not in answer.text
        again = visitor.post("/basket", 200, htmx=True, offer_id=str(world.offers["rice"]), to="3", view="card")
        assert json.loads(again.headers["HX-Trigger"])["ll:toast"]["text"] == "No more than 2 pieces."

    def test_what_became_scarce_is_told_at_its_line(self, visitor: Shopper, world: World) -> None:
        visitor.put(world, dumplings=4)
        for number in range(3):
            world.place(number, dumplings=5)
        world.place(3, dumplings=3)
        page = visitor.get("/basket")
        assert "Only 2 pieces are left. Take 2 pieces" in page
        assert "Please look at the marked lines first." in page
        assert "To the checkout" not in page

    def test_earlier_orders_count_against_the_limit(self, visitor: Shopper, world: World) -> None:
        world.place(0, rice=1)
        visitor.as_resident(world.residents[0]).put(world, rice=2)
        page = visitor.get("/basket")
        assert "At most 2 per person; your earlier orders hold 1. Take 1 piece" in page

    def test_offers_of_another_group_buy_are_left_out_and_said(self, visitor: Shopper, world: World) -> None:
        visitor.post("/basket", offer_id=str(new_id()), qty=1)
        visitor.put(world, rice=1)
        page = visitor.get("/basket")
        assert "1 product of your basket is not on offer any more and was left out." in page
        assert "1 piece ¥ 69.90" in page

    def test_the_basket_waits_for_the_next_group_buy(self, visitor: Shopper, world: World, clock: SetClock) -> None:
        visitor.put(world, rice=1)
        clock.move_to(CUTOFF_AT)
        assert "Your basket is kept" in visitor.get("/basket")

    def test_a_form_without_its_secret_changes_nothing(self, visitor: Shopper, world: World) -> None:
        refused = visitor.client.post("/basket", data={"offer_id": str(world.offers["rice"]), "qty": 1})
        assert refused.status_code == 403
        assert "Your basket is empty" in visitor.get("/basket")


def sign_in(visitor: Shopper, phone: str = "137 0000 1234", place: str = "/") -> str:
    """Sign in through the forms; where the browser is sent afterwards."""
    asked = visitor.post("/sign-in", phone=phone, next=place)
    page = visitor.get(asked.headers["Location"])
    code = re.search(r"your code is (\d{6})", page)
    assert code is not None, page
    return str(visitor.post("/sign-in/code", code=code[1], next=place).headers["Location"])


def home_of(visitor: Shopper, services: Services) -> Home | None:
    cookie = visitor.client.get_cookie("linli_session")
    assert cookie is not None
    who = services.database.read(accounts.person_of_token, cookie.value, services.database.clock.now())
    assert who is not None
    return services.database.read(communities.home_of, who.account_id)


class TestSignIn:
    def test_a_newcomer_is_asked_where_she_lives(self, visitor: Shopper, world: World) -> None:
        visitor.put(world, rice=1)
        assert visitor.client.get("/checkout").headers["Location"] == "/sign-in?next=/checkout"
        assert sign_in(visitor, place="/checkout") == "/places?next=/checkout"
        assert home_of(visitor, world.services) is None
        assert "•••• 1234" in visitor.get("/me")
        assert "All pickup points" in visitor.get("/places?next=/checkout")

    def test_a_wrong_code_keeps_the_form(self, visitor: Shopper) -> None:
        visitor.post("/sign-in", phone="13700001234")
        page = visitor.get("/sign-in/code")
        right = re.search(r"your code is (\d{6})", page)
        assert right is not None
        wrong = "111111" if right[1] != "111111" else "222222"
        answer = visitor.post("/sign-in/code", 401, code=wrong)
        assert f'value="{wrong}"' in answer.text
        assert "4 tries left" in words(answer.text)
        assert visitor.post("/sign-in/code", 303, code=right[1]).headers["Location"] == "/places?next=/"

    def test_what_is_no_phone_number_stays_in_the_form(self, visitor: Shopper) -> None:
        answer = visitor.post("/sign-in", 422, phone="12")
        assert 'value="12"' in answer.text
        assert "This is not a phone number." in answer.text

    def test_asking_too_often_is_refused(self, visitor: Shopper) -> None:
        for _ in range(5):
            visitor.post("/sign-in", phone="13700001234")
        assert "Too many tries." in visitor.post("/sign-in", 429, phone="13700001234").text

    def test_a_code_before_a_phone_is_refused(self, visitor: Shopper) -> None:
        assert "Please ask for a code first." in visitor.post("/sign-in/code", 422, code="123456").text

    @pytest.mark.usefixtures("world")
    def test_only_our_own_pages_are_gone_back_to(self, visitor: Shopper) -> None:
        assert sign_in(visitor, place="https://evil.example/") == "/places?next=/"

    def test_signing_out_ends_the_session(self, visitor: Shopper, world: World) -> None:
        visitor.as_resident(world.residents[0])
        cookie = visitor.client.get_cookie("linli_session")
        assert cookie is not None
        visitor.post("/sign-out")
        visitor.client.set_cookie("linli_session", cookie.value)
        assert visitor.client.get("/orders").headers["Location"] == "/sign-in?next=/orders"

    def test_an_installation_without_text_messages_says_so(self, services: Services) -> None:
        live = replace(services, settings=replace(services.settings, mode="production"))
        visitor = Shopper(create_app(services=live).test_client(), live)
        visitor.client.set_cookie("locale", "en")
        answer = visitor.post("/sign-in", 503, phone="13700001234")
        assert "Text messages are not set up here yet, so no code can be sent." in answer.text
        assert 'value="13700001234"' in answer.text

    def test_a_gateway_sends_the_code_and_the_page_does_not_show_it(self, services: Services) -> None:
        class Carrier:
            def __init__(self) -> None:
                self.sent: list[tuple[str, str, str]] = []

            def send_code(self, phone: str, code: str, locale: str) -> None:
                self.sent.append((phone, code, locale))

        live = replace(services, settings=replace(services.settings, mode="production"))
        app, carrier = create_app(services=live), Carrier()
        app.extensions["linli-sms"] = carrier
        visitor = Shopper(app.test_client(), live)
        visitor.client.set_cookie("locale", "en")
        page = visitor.get(visitor.post("/sign-in", phone="137 0000 1234").headers["Location"])
        [(phone, code, locale)] = carrier.sent
        assert (phone, len(code), locale) == ("13700001234", 6, "en")
        assert code not in page
        assert "We have sent six digits to 13700001234." in page


class TestPlaces:
    def test_a_leaders_link_binds_a_newcomer_through_the_sign_in(self, visitor: Shopper, world: World) -> None:
        share_code = world.services.database.read(communities.get_leader, world.leaders["L902"]).share_code
        page = visitor.get(f"/s/{share_code}")
        assert "团长902 invites you" in page
        assert "This is what 自提点902 offers today." in visitor.get("/")
        assert sign_in(visitor) == "/"
        home = home_of(visitor, world.services)
        assert home is not None
        assert (home.pickup_point_id, home.leader_id, home.reason) == (
            world.points["P902"], world.leaders["L902"], HomeReason.LEADER_LINK,
        )  # fmt: skip
        assert "because you followed the leader's link." in visitor.get("/")

    @pytest.mark.usefixtures("world")
    def test_an_unknown_link_is_not_found(self, visitor: Shopper) -> None:
        visitor.get("/s/NOBODY", status=404)

    def test_the_link_of_a_leader_who_rests_leads_to_the_pickup_points(self, visitor: Shopper, world: World) -> None:
        leader = world.services.database.read(communities.get_leader, world.leaders["L902"])
        world.system(leaders.change_status, leader.id, LeaderStatus.RESTING, "holiday")
        moved = visitor.client.get(f"/s/{leader.share_code}")
        assert (moved.status_code, moved.headers["Location"]) == (302, "/places")
        assert f"{leader.name} does not hand out at the moment." in visitor.get("/places")

    def test_the_link_moves_a_settled_resident_only_when_she_says_so(self, visitor: Shopper, world: World) -> None:
        share_code = world.services.database.read(communities.get_leader, world.leaders["L902"]).share_code
        visitor.as_resident(world.residents[0])
        assert "At present you pick up at 自提点901." in visitor.get(f"/s/{share_code}")
        assert home_of(visitor, world.services).pickup_point_id == world.points["P901"]
        visitor.post("/places", share_code=f"http://localhost/s/{share_code}")
        assert home_of(visitor, world.services).pickup_point_id == world.points["P902"]

    @pytest.mark.usefixtures("world")
    def test_a_location_in_the_compound_says_why(self, visitor: Shopper) -> None:
        sign_in(visitor)
        answer = visitor.post("/places", lat="30.4009", lon="115.21", next="/basket")
        assert answer.headers["Location"] == "/basket"
        assert "because you live in Test compound 902 (100 m away)." in visitor.get("/basket")

    def test_a_place_out_of_reach_is_refused_with_the_way(self, visitor: Shopper, world: World) -> None:
        visitor.as_resident(world.residents[0])
        page = words(visitor.post("/places", 422, lat="31.0", lon="116.0").text)
        assert "Nobody hands out near you yet: the nearest pickup point is 100.8 km away." in page
        assert home_of(visitor, world.services).pickup_point_id == world.points["P901"]

    @pytest.mark.parametrize(("lat", "lon"), [("91", "0"), ("nan", "1"), ("x", "y"), ("1e999", "5")])
    def test_what_is_no_place_is_refused(self, visitor: Shopper, world: World, lat: str, lon: str) -> None:
        visitor.as_resident(world.residents[0])
        assert "That is not a place on the map." in visitor.post("/places", 422, lat=lat, lon=lon).text

    def test_the_list_is_searched_and_chosen_from(self, visitor: Shopper, world: World) -> None:
        visitor.as_resident(world.residents[0])
        page = visitor.get("/places?q=902")
        assert "Test compound 902 自提点902 · 16:00–21:00 Leader 团长902 Choose" in page
        assert "You pick up at 自提点901 from 团长901, as you chose." in page
        visitor.post("/places", pickup_point_id=str(world.points["P902"]))
        assert home_of(visitor, world.services).reason is HomeReason.CHOSEN
        assert "Nothing found" in visitor.get("/places?q=nowhere")

    def test_an_unknown_point_and_an_empty_form_are_refused(self, visitor: Shopper, world: World) -> None:
        visitor.as_resident(world.residents[0])
        visitor.post("/places", 404, pickup_point_id=str(new_id()))
        visitor.post("/places", 422)
        visitor.post("/places", 404, share_code="NOBODY")

    def test_a_strangers_choice_is_taken_after_the_sign_in(self, visitor: Shopper, world: World) -> None:
        place = visitor.post("/places", pickup_point_id=str(world.points["P901"]), next="/basket").headers["Location"]
        assert place == "/sign-in?next=/basket"
        assert sign_in(visitor, place="/basket") == "/basket"
        assert home_of(visitor, world.services).pickup_point_id == world.points["P901"]
