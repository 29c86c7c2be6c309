"""The storefront's own pages of a resident: checkout, payment, the order's life, claims and messages."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.communities.service import leaders
from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.values import Station
from app.domains.logistics.queries import pickups
from app.domains.logistics.values.pickup import PickLine, RecordPickup
from app.domains.orders import queries as orders
from app.domains.orders.values import OrderStatus
from app.domains.payments.errors import CashMissed
from app.domains.payments.gateways.provider import ProviderUnreachable
from app.flows import checkout
from app.flows.pickup import hand_out
from app.flows.stations import run_station
from app.infra.clock import SetClock
from app.infra.services import Services
from app.kernel.actors import Actor
from app.kernel.ids import new_id
from tests.factories.provider import ApprovingProvider
from tests.factories.settlement import next_round
from tests.factories.shopper import Shopper, words
from tests.factories.world import CUTOFF_AT, World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=6)


@pytest.fixture
def shopper(client: FlaskClient, services: Services, world: World) -> Shopper:
    """Resident 0, who picks up at P901, in English."""
    client.set_cookie("locale", "en")
    return Shopper(client, services).as_resident(world.residents[0])


@pytest.fixture
def bank(services: Services) -> ApprovingProvider:
    assert isinstance(services.provider, ApprovingProvider)
    return services.provider


def told(page: str) -> list[str]:
    """The titles of an order's story, newest first."""
    return re.findall(r'class="ll-timeline__title">([^<]*)<', page)


def status_of(world: World, order_id: UUID) -> OrderStatus:
    return world.services.database.read(orders.get_order, order_id).status


def sold(world: World, name: str) -> int:
    cards = world.services.database.read(groupbuys.offer_cards, world.group_buy_id)
    return next(card.sold_qty for card in cards if card.id == world.offers[name])


def buy(shopper: Shopper, world: World, **pieces: int) -> UUID:
    """Order and pay through the pages."""
    order_id = shopper.order(world, **pieces)
    shopper.post(f"/orders/{order_id}/pay")
    return order_id


def live_until(world: World, run: Call, work: Call, last: Station) -> None:
    """Run the stations of the round after its cut-off, up to and including `last`."""
    options = {
        "receive": {"as_ordered": True}, "sort": {"finish": True}, "route": {"iterations": 20},
        "handover": {"as_expected": True},
    }  # fmt: skip
    for station in list(Station)[1 : list(Station).index(last) + 1]:
        run_station(run, world.services.database.read, world.group_buy_id, station, options.get(station.value, {}))
        work()


class TestCheckout:
    def test_it_shows_where_when_and_how_much(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, orange=2, rice=1)
        page = shopper.get("/checkout")
        assert "自提点901 Test compound 901 · 临江市901号 Leader 团长901 · pick up tomorrow 16:00–21:00" in page
        assert "Gannan oranges one · ¥19.90 × 2 ¥ 39.80" in page
        assert "3 pieces ¥ 109.70 Place the order" in page

    def test_it_places_what_was_shown_and_empties_the_basket(self, shopper: Shopper, world: World) -> None:
        order_id = shopper.order(world, orange=2, rice=1)
        order = world.services.database.read(orders.get_order, order_id)
        assert (order.status, order.total_cents, order.resident_id, order.pickup_point_id) == (
            OrderStatus.PLACED, 10_970, world.residents[0], world.points["P901"],
        )  # fmt: skip
        assert "Your basket is empty" in shopper.get("/basket")
        page = shopper.get(f"/orders/{order_id}")
        assert "Time left to pay" in page
        assert "Pay ¥109.70" in page

    def test_a_basket_of_the_last_group_buy_is_filled_with_what_is_offered_now(
        self, shopper: Shopper, world: World
    ) -> None:
        shopper.put(world, orange=2, rice=1)
        later = next_round(world)
        assert "3 pieces ¥ 109.70" in shopper.get("/basket")
        shopper.put(later, orange=3)
        order_id = shopper.order(later)
        order = later.services.database.read(orders.get_order, order_id)
        assert (order.group_buy_id, order.total_cents) == (later.group_buy_id, 3 * 1_990 + 6_990)
        assert "Your basket is empty" in shopper.get("/basket")

    def test_sending_the_page_again_leads_to_the_same_order(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, orange=2)
        form = shopper.checkout_form()
        first = shopper.post("/checkout", **form).headers["Location"]
        assert shopper.post("/checkout", **form).headers["Location"] == first
        assert sold(world, "orange") == 2

    def test_a_note_reaches_the_order(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, rice=1)
        place = shopper.post("/checkout", note="  my  daughter fetches it ", **shopper.checkout_form())
        assert "Note for your leader: my daughter fetches it" in shopper.get(place.headers["Location"])

    def test_a_note_that_is_too_long_is_refused_not_cut(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, rice=1)
        assert 'name="note" type="text" value="" aria-describedby="f-note-hint" maxlength="200"' in shopper.html(
            "/checkout"
        )
        form, note = shopper.checkout_form(), "n" * 201
        answer = shopper.post("/checkout", 422, note=note, **form)
        assert "At most 200 characters; these are 201." in words(answer.text)
        assert f'value="{note}"' in answer.text
        assert sold(world, "rice") == 0
        place = shopper.post("/checkout", note=note[1:], **form)
        assert f"Note for your leader: {note[1:]} " in shopper.get(place.headers["Location"])

    def test_a_moved_price_is_shown_and_asked_again(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, orange=2)
        form = shopper.checkout_form()
        world.place(1, orange=8)
        answer = shopper.post("/checkout", 409, note="still here", **form)
        page = words(answer.text)
        assert "the total was ¥39.80 and is ¥35.80 now. Nothing was ordered yet" in page
        assert 'value="still here"' in answer.text
        assert f'name="key" value="{form["key"]}"' in answer.text
        again = shopper.post("/checkout", **form | {"total_cents": "3580"})
        assert "/orders/" in again.headers["Location"]
        assert sold(world, "orange") == 10

    def test_sold_out_meanwhile_is_told_at_the_line(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, dumplings=4, rice=1)
        form = shopper.checkout_form()
        for number in (1, 2, 3):
            world.place(number, dumplings=5)
        world.place(4, dumplings=2)
        page = words(shopper.post("/checkout", 409, **form).text)
        assert "Pork dumplings one · ¥25.00 × 4 Only 3 pieces are left. Take 3 pieces" in page
        assert "Place the order" not in page
        shopper.put(world, dumplings=3)
        assert "Place the order" in shopper.get("/checkout")
        assert sold(world, "rice") == 0

    def test_above_the_limit_is_told_at_the_line(self, shopper: Shopper, world: World) -> None:
        shopper.put(world, rice=2)
        form = shopper.checkout_form()
        world.place(0, rice=1)
        page = words(shopper.post("/checkout", 409, **form).text)
        assert "At most 2 per person; your earlier orders hold 1. Take 1 piece" in page
        assert sold(world, "rice") == 1

    def test_after_the_cut_off_nothing_is_ordered_and_nothing_lost(
        self, shopper: Shopper, world: World, clock: SetClock
    ) -> None:
        shopper.put(world, rice=2)
        form = shopper.checkout_form()
        clock.move_to(CUTOFF_AT)
        page = words(shopper.post("/checkout", 409, **form).text)
        assert "The cut-off has passed, so nothing was ordered. Your basket is kept" in page
        assert sold(world, "rice") == 0

    def test_an_empty_basket_goes_back(self, shopper: Shopper) -> None:
        assert shopper.client.get("/checkout").headers["Location"] == "/basket"

    @pytest.mark.parametrize("item", ["x:1", "01930000-0000-7000-8000-000000000000:x", ""])
    def test_a_form_out_of_shape_is_refused(self, shopper: Shopper, world: World, item: str) -> None:
        shopper.put(world, rice=1)
        shopper.post("/checkout", 422, **shopper.checkout_form() | {"item": item})

    @pytest.mark.parametrize("qty", ["0", "-3", "1000"])
    def test_a_quantity_that_cannot_be_is_refused(self, shopper: Shopper, world: World, qty: str) -> None:
        shopper.put(world, rice=1)
        form = shopper.checkout_form() | {"item": f"{world.offers['rice']}:{qty}"}
        shopper.post("/checkout", 422, **form)
        assert sold(world, "rice") == 0


class TestPaying:
    def test_a_payment_brings_the_code(self, shopper: Shopper, world: World, bank: ApprovingProvider) -> None:
        order_id = shopper.order(world, orange=1)
        paid = shopper.post(f"/orders/{order_id}/pay")
        assert paid.headers["Location"] == f"/orders/{order_id}/paid"
        code = world.services.database.read(pickups.pickup_code_of_order, order_id, world.residents[0])
        assert code is not None
        page = shopper.get(f"/orders/{order_id}/paid")
        assert "Paid. Thank you!" in page
        assert code in page
        assert bank.charged_cents == 1_990
        assert code in shopper.get(f"/orders/{order_id}")
        picture = shopper.client.get(f"/orders/{order_id}/code.svg")
        assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
        assert picture.headers["Cache-Control"] == "no-store"

    def test_the_payer_is_sent_to_the_provider_and_back(
        self, shopper: Shopper, world: World, bank: ApprovingProvider
    ) -> None:
        bank.at_once = False
        order_id = shopper.order(world, orange=1)
        place = shopper.post(f"/orders/{order_id}/pay").headers["Location"]
        [ref] = bank.states
        assert place == f"https://pay.example/{ref}?back=http://localhost/orders/{order_id}/paid"
        waiting = shopper.client.get(f"/orders/{order_id}/paid").text
        assert 'hx-trigger="every 3s"' in waiting
        assert "Waiting for the payment" in waiting
        bank.approve(ref)
        assert "Paid. Thank you!" in shopper.get(f"/orders/{order_id}/paid")
        assert status_of(world, order_id) is OrderStatus.PAID

    def test_a_declined_payment_can_be_tried_again(
        self, shopper: Shopper, world: World, bank: ApprovingProvider
    ) -> None:
        bank.at_once = False
        order_id = shopper.order(world, orange=1)
        shopper.post(f"/orders/{order_id}/pay")
        bank.decline(next(iter(bank.states)))
        page = shopper.get(f"/orders/{order_id}/paid")
        assert "Not paid The payment was not made and nothing was charged. Try again" in page
        bank.at_once = True
        shopper.post(f"/orders/{order_id}/pay")
        assert status_of(world, order_id) is OrderStatus.PAID

    def test_a_silent_provider_loses_nothing(self, shopper: Shopper, world: World, bank: ApprovingProvider) -> None:
        order_id = shopper.order(world, orange=1)
        bank.fail_next = [ProviderUnreachable()]
        assert shopper.post(f"/orders/{order_id}/pay").headers["Location"] == f"/orders/{order_id}"
        assert "The payment service does not answer at the moment." in shopper.get(f"/orders/{order_id}")
        shopper.post(f"/orders/{order_id}/pay")
        assert bank.charged_cents == 1_990

    def test_money_that_comes_too_late_goes_back(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, clock: SetClock, run: Call, work: Call
    ) -> None:
        bank.at_once = False
        order_id = shopper.order(world, rice=1)
        shopper.post(f"/orders/{order_id}/pay")
        bank.approve(next(iter(bank.states)))
        clock.move_to(CUTOFF_AT)
        assert run(checkout.lapse) == 1
        page = shopper.get(f"/orders/{order_id}/paid")
        work()
        assert "Your money goes back to you" in page
        assert bank.refunded_cents == 6_990

    def test_an_order_that_was_not_paid_in_time_has_lapsed(
        self, shopper: Shopper, world: World, clock: SetClock, run: Call
    ) -> None:
        order_id = shopper.order(world, rice=1)
        clock.move_to(clock.now() + timedelta(minutes=15))
        page = shopper.get(f"/orders/{order_id}")
        assert "Lapsed" in page
        assert "Pay ¥" not in page
        shopper.post(f"/orders/{order_id}/pay")
        assert "This order does not wait for a payment any more." in shopper.get(f"/orders/{order_id}")
        assert "Lapsed" in shopper.get("/orders")
        assert run(checkout.lapse) == 1
        assert told(shopper.html(f"/orders/{order_id}")) == ["Lapsed", "Order placed"]
        assert "It was not paid in time." in shopper.get(f"/orders/{order_id}")


class TestChanging:
    def test_an_unpaid_order_grows_and_shrinks(self, shopper: Shopper, world: World) -> None:
        order_id = shopper.order(world, orange=2, rice=1)
        fields = {f"qty-{world.offers['orange']}": "3", f"qty-{world.offers['rice']}": "0"}
        shopper.post(f"/orders/{order_id}/amend", **fields)
        assert "Pay ¥59.70" in shopper.get(f"/orders/{order_id}")
        assert (sold(world, "orange"), sold(world, "rice")) == (3, 0)

    def test_a_paid_order_only_shrinks_and_the_difference_goes_back(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, work: Call
    ) -> None:
        order_id = buy(shopper, world, orange=2)
        field = f"qty-{world.offers['orange']}"
        answer = shopper.post(f"/orders/{order_id}/amend", 409, **{field: "5"})
        assert "A paid order can only be made smaller." in answer.text
        assert f'name="{field}" value="5"' in answer.text
        shopper.post(f"/orders/{order_id}/amend", **{field: "1"})
        work()
        assert bank.refunded_cents == 1_990
        page = shopper.get(f"/orders/{order_id}")
        assert "You took it out · −1 · ¥19.90 less" in page
        assert "Ordered for ¥39.80 Taken off −¥19.90 In the end ¥19.90" in page
        assert "¥19.90 refunded You took it out" in page

    @pytest.mark.parametrize("typed", ["-1", "", " ", "abc", "1.5", "1000", None])
    def test_what_is_no_number_of_pieces_changes_nothing_and_stays(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, work: Call, typed: str | None
    ) -> None:
        order_id = buy(shopper, world, orange=2, rice=1)
        orange, rice = (f"qty-{world.offers[name]}" for name in ("orange", "rice"))
        form = {rice: "1"} | ({} if typed is None else {orange: typed})
        answer = shopper.post(f"/orders/{order_id}/amend", 422, **form)
        page = words(answer.text)
        assert page.count("Please give a whole number from 0 to 999.") == 1
        assert page.index("Gannan oranges") < page.index("Please give a whole number") < page.index("Northeast rice")
        if typed is not None:
            assert f'name="{orange}" value="{typed}"' in answer.text
        work()
        assert (sold(world, "orange"), sold(world, "rice"), bank.refunded_cents) == (2, 1, 0)
        assert status_of(world, order_id) is OrderStatus.PAID

    def test_an_empty_form_cancels_nothing(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, work: Call
    ) -> None:
        order_id = buy(shopper, world, orange=2)
        shopper.post(f"/orders/{order_id}/amend", 422)
        work()
        assert (status_of(world, order_id), sold(world, "orange"), bank.refunded_cents) == (OrderStatus.PAID, 2, 0)

    def test_taking_out_everything_asks_and_is_then_a_cancelling(self, shopper: Shopper, world: World) -> None:
        order_id = buy(shopper, world, orange=2, rice=1)
        nothing = {f"qty-{world.offers[name]}": "0" for name in ("orange", "rice")}
        answer = shopper.post(f"/orders/{order_id}/amend", 422, **nothing)
        assert "Nothing would be left of this order." in words(answer.text)
        cancel, amend = (answer.text.index(f'action="/orders/{order_id}/{step}"') for step in ("cancel", "amend"))
        assert "</form>" in answer.text[cancel:amend]  # a form of its own: Enter in a field must not cancel
        assert (status_of(world, order_id), sold(world, "orange")) == (OrderStatus.PAID, 2)
        shopper.post(f"/orders/{order_id}/cancel", **nothing)
        assert (status_of(world, order_id), sold(world, "orange")) == (OrderStatus.CANCELLED, 0)

    def test_a_plain_nought_takes_one_line_out(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, work: Call
    ) -> None:
        order_id = buy(shopper, world, orange=2, rice=1)
        form = {f"qty-{world.offers['orange']}": "0", f"qty-{world.offers['rice']}": "1"}
        shopper.post(f"/orders/{order_id}/amend", **form)
        work()
        assert (sold(world, "orange"), sold(world, "rice"), bank.refunded_cents) == (0, 1, 3_980)

    def test_too_many_are_told_at_the_line(self, shopper: Shopper, world: World) -> None:
        order_id = shopper.order(world, rice=1)
        page = words(shopper.post(f"/orders/{order_id}/amend", 409, **{f"qty-{world.offers['rice']}": "9"}).text)
        assert "At most 2 per person." in page
        assert sold(world, "rice") == 1

    def test_cancelling_a_paid_order_returns_the_money(
        self, shopper: Shopper, world: World, bank: ApprovingProvider, work: Call
    ) -> None:
        order_id = buy(shopper, world, orange=2)
        shopper.post(f"/orders/{order_id}/cancel")
        work()
        page = shopper.get(f"/orders/{order_id}")
        assert "This order was cancelled." in page
        assert "Pickup code" not in page
        assert told(shopper.html(f"/orders/{order_id}"))[-3:] == ["Cancelled", "Paid", "Order placed"]
        assert (bank.refunded_cents, sold(world, "orange")) == (3_980, 0)
        assert shopper.client.get(f"/orders/{order_id}/code.svg").status_code == 404

    def test_after_the_cut_off_nothing_changes(self, shopper: Shopper, world: World, clock: SetClock) -> None:
        order_id = buy(shopper, world, orange=2)
        clock.move_to(CUTOFF_AT)
        page = shopper.get(f"/orders/{order_id}")
        assert "Cancel the order" not in page
        shopper.post(f"/orders/{order_id}/cancel")
        assert "The cut-off has passed, so this order cannot be changed any more." in shopper.get(f"/orders/{order_id}")
        assert shopper.client.get(f"/orders/{order_id}/amend").status_code == 303
        shopper.post(f"/orders/{order_id}/amend", **{f"qty-{world.offers['orange']}": "1"})
        assert status_of(world, order_id) is OrderStatus.PAID
        assert sold(world, "orange") == 2


class TestForeignOrders:
    def test_they_do_not_exist(self, shopper: Shopper, world: World) -> None:
        theirs = world.buy(1, orange=2)
        for path in ("", "/amend", "/claim", "/paid", "/code.svg"):
            shopper.get(f"/orders/{theirs}{path}", status=404)
        for path in ("/cancel", "/amend", "/pay", "/claim"):
            shopper.post(f"/orders/{theirs}{path}", 404)
        assert (status_of(world, theirs), sold(world, "orange")) == (OrderStatus.PAID, 2)
        assert "No orders yet" in shopper.get("/orders")

    def test_nor_do_orders_that_never_were(self, shopper: Shopper) -> None:
        for path in ("", "/amend", "/claim", "/paid"):
            shopper.get(f"/orders/{new_id()}{path}", status=404)


class TestLife:
    def test_from_the_cut_off_to_the_claim(
        self, shopper: Shopper, world: World, clock: SetClock, run: Call, work: Call
    ) -> None:
        order_id = buy(shopper, world, orange=3, greens=5)
        work()
        assert "Your payment has arrived ¥84.70 · Order" in shopper.get("/inbox").replace(" new", "")
        clock.move_to(CUTOFF_AT + timedelta(minutes=1))
        live_until(world, run, work, Station.DISPATCH)
        assert "On its way" in shopper.get("/orders/" + str(order_id))
        live_until(world, run, work, Station.HANDOVER)
        page = shopper.get(f"/orders/{order_id}")
        assert "Ready for pickup" in page
        assert "Show it when you fetch your goods." in page
        assert "Your goods have arrived" in shopper.get("/inbox")
        code = world.services.database.read(pickups.pickup_code_of_order, order_id, world.residents[0])
        assert code is not None
        line = world.services.database.read(orders.get_order, order_id).lines[0]
        some = RecordPickup(code=code, event_key="a", lines=(PickLine(order_line_id=line.id, qty=1),))
        hand_out(world.run_as(world.leader("L901")), some)
        assert "Partly picked up" in shopper.get(f"/orders/{order_id}")
        hand_out(world.run_as(world.leader("L901")), RecordPickup(code=code, event_key="b"))
        page = shopper.get(f"/orders/{order_id}")
        assert "Picked up" in page
        assert "Pickup code" not in page
        self.complain(shopper, order_id, line.id)

    def complain(self, shopper: Shopper, order_id: UUID, line_id: UUID) -> None:
        """The form keeps what was typed; a sent complaint is shown."""
        page = shopper.html(f"/orders/{order_id}/claim")
        key = page.split('name="key" value="')[1].split('"')[0]
        wrong = shopper.post(f"/orders/{order_id}/claim", 422, key=key, line=line_id, qty="x", text="soft")
        assert "Please say what is wrong." in wrong.text
        assert "Please give a number of pieces." in wrong.text
        assert ">soft</textarea>" in wrong.text
        shopper.post(
            f"/orders/{order_id}/claim", 422, key=key, line=line_id, kind="quality", qty="000001" + "0" * 5_000
        )
        many = shopper.post(f"/orders/{order_id}/claim", 409, key=key, line=line_id, kind="quality", qty="4")
        assert "At most 3 pieces can be claimed." in many.text
        good = {"key": key, "line": line_id, "kind": "quality", "qty": "1", "text": "soft"}
        shopper.post(f"/orders/{order_id}/claim", **good)
        shopper.post(f"/orders/{order_id}/claim", **good)
        page = shopper.get(f"/orders/{order_id}")
        assert page.count("Complaint sent Gannan oranges × 1") == 1

    def test_a_shortage_is_told_with_its_reason(
        self, shopper: Shopper, world: World, clock: SetClock, run: Call, work: Call
    ) -> None:
        order_id = buy(shopper, world, greens=3, orange=1)
        clock.move_to(CUTOFF_AT + timedelta(minutes=1))
        live_until(world, run, work, Station.CUTOFF)
        page = shopper.get(f"/orders/{order_id}")
        assert "The group did not reach the minimum · −3 · ¥15.00 less" in page
        assert "In the end ¥19.90" in page
        told = shopper.get("/inbox")
        assert "Bok choy · The group did not reach the minimum · ¥15.00 comes back to you or is not charged" in told

    def test_lists_go_on_page_by_page(self, shopper: Shopper, world: World) -> None:
        for _ in range(11):
            world.place(0, orange=1)
        first = shopper.html("/orders")
        assert first.count('class="ll-card shop-order"') == 10
        cursor = first.split("cursor=")[1].split('"')[0]
        assert shopper.html(f"/orders?cursor={cursor}").count('class="ll-card shop-order"') == 1
        shopper.get("/orders?cursor=nonsense", status=422)

    def test_messages_are_marked_as_read(self, shopper: Shopper, world: World, work: Call) -> None:
        buy(shopper, world, rice=1)
        work()
        assert '<span class="ll-count" id="nav-badge-4">1</span>' in shopper.html("/inbox")
        shopper.post("/inbox/read")
        assert "nav-badge-4" not in shopper.html("/inbox")


def test_a_promise_in_cash_has_no_receipt_yet_and_a_stale_page_is_told_why(
    shopper: Shopper, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.run_as(Actor.system("test"))
    run(leaders.set_takes_cash, world.leaders["L901"], takes_cash=True)
    order_id = shopper.order(world, rice=1)
    shopper.post(f"/orders/{order_id}/pay", method="cash")
    page = shopper.get(f"/orders/{order_id}/receipt")
    assert ("The money is held as yet" in page, "Make it out" in page) == (True, False)
    refused = shopper.post(f"/orders/{order_id}/receipt", status=409)
    assert "No money was taken for this order yet" in words(refused.text)

    def misses(*_args: object, **_kwargs: object) -> None:
        raise CashMissed(misses=2)

    later = shopper.order(world, rice=1)
    monkeypatch.setattr("storefront.views.pay.flow.start_payment", misses)
    back = shopper.post(f"/orders/{later}/pay", method="cash")
    assert back.headers["Location"].endswith(f"/orders/{later}")
    assert "You did not fetch 2 orders" in shopper.get(f"/orders/{later}")
