"""The leader portal: her day, the count, handing out by code, what she earns; only her own, in both languages."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app.domains.accounts.service.accounts import set_password
from app.domains.communities import queries as communities
from app.domains.communities.service.leaders import change_status
from app.domains.communities.values import LeaderStatus
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.domains.logistics.models import Pickup, PickupEvent
from app.domains.logistics.service import driving
from app.domains.logistics.values.handover import HandoverCard, HandoverState
from app.domains.logistics.values.pickup import PickupState
from app.domains.notifications import queries as notifications
from app.domains.settlement import queries as settlement
from app.infra.services import Services
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.conftest import SYSTEM
from tests.factories.kept import kept
from tests.factories.leader import Leader
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.shopper import words
from tests.factories.world import World, make_world

Call = Callable[..., Any]


#: In the afternoon of the pickup day: the truck is there, and nobody has counted; she has counted.
ARRIVED = pytest.mark.parametrize("station", [Station.DISPATCH])
COUNTED = pytest.mark.parametrize("station", [Station.HANDOVER])


@pytest.fixture
def station() -> Station | None:
    """How far the round is when a test begins; None: people still order."""
    return None


@pytest.fixture
def world(services: Services, station: Station | None) -> World:
    """L901 waits for orders 0 and 2, L902 for 1: orange 2 and rice 1, dumplings 2, orange 1."""
    return make_bought(services, station)


@kept
def make_bought(services: Services, station: Station | None) -> World:
    made = make_world(services, residents=3)
    made.buy(0, orange=2, rice=1)
    made.buy(1, orange=1)
    made.buy(2, dumplings=2)
    if station:
        run_to(made, station)
        move_clock(made, hours=29)
    return made


@pytest.fixture
def visitor(client: FlaskClient, services: Services) -> Leader:
    client.set_cookie("locale", "en")
    return Leader(client, services)


@pytest.fixture
def me(visitor: Leader, world: World) -> Leader:
    """The leader of P901 in English."""
    return visitor.as_leader(world.leaders["L901"])


def truck_of(world: World, leader: str = "L901") -> Any:
    """The handover at a leader's point."""
    return world.services.database.read(logistics.handovers_of_leader, world.leaders[leader])[0]


def waiting(world: World, number: int, leader: str = "L901") -> Any:
    """The pickup of a resident."""
    read = world.services.database.read
    cards = read(logistics.pickups_of_leader, world.leaders[leader], truck_of(world, leader).pickup_on)
    return next(card for card in cards if card.resident_id == world.residents[number])


def code_of(world: World, pickup_id: UUID) -> str:
    """The secret of an order."""
    return str(world.services.database.read(lambda s: s.scalar(select(Pickup.code).filter_by(id=pickup_id))))


def wrong_code(world: World) -> str:
    """A code that no order of the world has."""
    known = set(world.services.database.read(lambda s: s.scalars(select(Pickup.code)).all()))
    return next(code for code in (f"{n:06d}" for n in range(9)) if code not in known)


def events_of(world: World) -> int:
    """How often anything was handed out."""
    return int(world.services.database.read(lambda s: s.scalar(select(func.count()).select_from(PickupEvent))))


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("SET TRANSACTION"):
            found.append(statement)

    event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(services.database.engine, "before_cursor_execute", note)


class TestSignIn:
    def test_with_login_and_password(self, visitor: Leader, world: World, run: Call) -> None:
        run(set_password, world.leaders["L901"], "lychee and tea")
        visitor.client.get("/leader/sign-in")
        assert "Login and password do not match." in words(
            visitor.post("/leader/sign-in", status=401, login="L901", password="lychee").text
        )
        answer = visitor.post("/leader/sign-in?next=/leader/orders", login="L901", password="lychee and tea")
        assert answer.headers["Location"] == "/leader/orders"
        assert "团长901" in visitor.get("/leader/me")

    @pytest.mark.usefixtures("world")
    def test_too_many_tries_have_to_wait(self, visitor: Leader) -> None:
        visitor.client.get("/leader/sign-in")
        form = {"login": "l901", "password": "wrong", "csrf_token": visitor.csrf()}
        answers = [visitor.client.post("/leader/sign-in", data=form) for _ in range(12)]
        assert answers[-1].status_code == 429
        assert "Too many tries. Please wait" in words(answers[-1].text)

    def test_strangers_are_sent_to_it(self, visitor: Leader) -> None:
        answer = visitor.client.get("/leader/earnings")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/leader/sign-in?next=/leader/earnings")

    def test_out_again(self, me: Leader) -> None:
        assert me.post("/leader/sign-out").headers["Location"] == "/leader/sign-in"
        assert me.client.get("/leader/").status_code == 303


class TestToday:
    @ARRIVED
    def test_before_the_truck_is_counted(self, me: Leader, world: World) -> None:
        page = me.get("/leader/")
        assert "To hand out 0 Handed out 0 Short 0 Commission today ¥0.00" in page
        arrival = truck_of(world).planned_at.astimezone(ZoneInfo("Asia/Shanghai"))
        assert f"The truck was due today at {arrival:%H:%M} 2 crates · 5 items · count it when it is there" in page

    @COUNTED
    def test_after_one_of_two_was_handed_out(self, me: Leader, world: World) -> None:
        pick_up(world, waiting(world, 0).order_id)
        page = me.get("/leader/")
        # 10 % of 39.80 and 3 % of 69.90: 3.98 + 2.10
        assert "To hand out 1 Handed out 1 Short 0 Commission today ¥6.08" in page
        assert "1 order to hand out Your hours: 16:00 to 21:00" in page

    @COUNTED
    def test_the_day_after(self, me: Leader, world: World) -> None:
        move_clock(world, hours=24)
        assert "2 orders of earlier days were not fetched" in me.get("/leader/")
        page = me.get("/leader/unclaimed")
        assert "From earlier days 居民0 •••• 9000" in page
        assert "居民1" not in page

    def test_her_link_and_its_picture(self, me: Leader, world: World, read: Call) -> None:
        share = read(communities.get_leader, world.leaders["L901"]).share_code
        assert f"http://localhost/s/{share}" in me.get("/leader/")
        picture = me.client.get("/leader/share.svg")
        assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")

    @COUNTED
    def test_the_number_of_statements_does_not_grow(self, me: Leader, world: World) -> None:
        me.get("/leader/")
        with statements(world.services) as found:
            me.get("/leader/")
        assert len(found) == 16


def count_form(truck: HandoverCard) -> dict[str, Any]:
    """The form of a count as the page holds it, before anything is typed."""
    noughts = {f"{what}-{line.sku_id}": "0" for line in truck.lines for what in ("short", "damaged")}
    return noughts | {f"fault-{line.sku_id}": "hub" for line in truck.lines}


@ARRIVED
class TestHandover:
    def test_everything_is_complete_by_one_button(self, me: Leader, world: World) -> None:
        truck = truck_of(world)
        assert "Pork dumplings one 2" in me.get(f"/leader/handovers/{truck.id}")
        place = me.post(f"/leader/handovers/{truck.id}/count", complete="1").headers["Location"]
        page = me.get(place)
        assert "Counted. Residents are told that they can come." in page
        assert "Good pieces 5 of 5 Missing or damaged 0 Given back to residents ¥0.00" in page
        assert truck_of(world).state is HandoverState.COUNTED

    def test_one_damaged_piece(self, me: Leader, world: World) -> None:
        truck, sku = truck_of(world), world.skus["orange"]
        form = count_form(truck) | {f"damaged-{sku}": "1", f"fault-{sku}": "carrier", f"note-{sku}": "crushed"}
        page = me.get(me.post(f"/leader/handovers/{truck.id}/count", **form).headers["Location"])
        assert "Good pieces 4 of 5 Missing or damaged 1 Given back to residents ¥19.90 1 order" in page
        assert "1 damaged Fault: the driver's · crushed 1" in page
        card = waiting(world, 0)
        orange = next(line for line in card.lines if line.sku_id == sku)
        assert (orange.due_qty, card.state) == (1, PickupState.READY)
        assert "Short 1 1 item" in me.get("/leader/")

    def test_a_count_is_final(self, me: Leader, world: World) -> None:
        url = f"/leader/handovers/{truck_of(world).id}/count"
        place = me.post(url, complete="1").headers["Location"]
        me.get(place)
        me.post(url, complete="1")
        assert "This truck was counted before, in the same way." in me.get(place)
        me.post(url, **count_form(truck_of(world)) | {f"short-{world.skus['rice']}": "1"})
        page = me.get(place)
        assert "This truck was counted before. A count is final; here it is." in page
        assert "Good pieces 5 of 5" in page

    def test_a_truck_that_is_still_to_come_cannot_be_counted(self, me: Leader, world: World) -> None:
        run, truck = world.run_as(SYSTEM), truck_of(world)
        (van,) = world.services.database.read(logistics.vehicles, world.hub_id)
        link = run(driving.issue_link, world.group_buy_id, van.id)
        page, told = me.get(f"/leader/handovers/{truck.id}"), "You can count as soon as the driver reports"
        assert told in page
        assert "What comes" in page
        assert "Everything is complete" not in page
        sku = world.skus["orange"]
        typed = count_form(truck) | {f"short-{sku}": "1"}
        refused = me.post(f"/leader/handovers/{truck.id}/count", status=409, **typed)
        assert "The driver has not reported that the truck is here." in words(refused.text)
        assert (
            f'name="short-{sku}" type="number" min="0" max="2" step="1" inputmode="numeric" value="1"' in refused.text
        )
        assert truck_of(world) == truck
        run(driving.arrive, link, truck.pickup_point_id, 0)
        assert told not in me.get(f"/leader/handovers/{truck.id}")
        me.post(f"/leader/handovers/{truck.id}/count", complete="1")
        assert truck_of(world).state is HandoverState.COUNTED

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("3", "More is said to be missing or damaged than was expected (2)."),
            ("-1", "Please give whole numbers from 0 to 2."),
            ("1.5", "Please give whole numbers from 0 to 2."),
            ("", "Please give whole numbers from 0 to 2."),
            (None, "Please give whole numbers from 0 to 2."),
        ],
    )
    def test_wrong_numbers_change_nothing(self, me: Leader, world: World, typed: str | None, told: str) -> None:
        truck, sku = truck_of(world), world.skus["orange"]
        form = count_form(truck) | {f"short-{sku}": typed}
        form = {name: text for name, text in form.items() if text is not None}
        answer = me.post(f"/leader/handovers/{truck.id}/count", status=422, **form)
        page = words(answer.text)
        assert told in page[page.index("Gannan oranges") :]
        if typed is not None:
            assert f'id="short-{sku}" name="short-{sku}" type="number" min="0" max="2" step="1"' in answer.text
            assert f'value="{typed}"' in answer.text
        assert truck_of(world).state is HandoverState.EXPECTED

    def test_a_form_without_fields_counts_nothing(self, me: Leader, world: World) -> None:
        me.post(f"/leader/handovers/{truck_of(world).id}/count", status=422)
        assert truck_of(world).state is HandoverState.EXPECTED

    def test_a_note_that_is_too_long_and_a_fault_of_nobody(self, me: Leader, world: World) -> None:
        truck, sku = truck_of(world), world.skus["orange"]
        form = count_form(truck) | {f"short-{sku}": "1"}
        url = f"/leader/handovers/{truck.id}/count"
        long = me.post(url, status=422, **form | {f"note-{sku}": "n" * 201})
        assert "A note has at most 200 characters." in words(long.text)
        nobody = me.post(url, status=422, **form | {f"fault-{sku}": "moon"})
        assert "Please say whose fault it is." in words(nobody.text)
        assert truck_of(world).state is HandoverState.EXPECTED

    def test_the_truck_of_another_leader_does_not_exist(self, me: Leader, world: World) -> None:
        other = truck_of(world, "L902").id
        me.get(f"/leader/handovers/{other}", status=404)
        me.post(f"/leader/handovers/{other}/count", status=404, complete="1")
        assert truck_of(world, "L902").state is HandoverState.EXPECTED


@COUNTED
class TestPickup:
    def test_a_code_shows_the_order_and_hands_it_out(self, me: Leader, world: World) -> None:
        card = waiting(world, 0)
        shown = me.post("/leader/pickup", status=200, code=code_of(world, card.id)).text
        assert "居民0 •••• 9000" in words(shown)
        assert events_of(world) == 0
        form: dict[str, Any] = dict(
            re.findall(r'<input(?: class="ll-input")?[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', shown)
        )
        done = me.post("/leader/pickup/hand-out", **{k: v for k, v in form.items() if k != "csrf_token"})
        page = me.get(done.headers["Location"])
        assert "Handed out 居民0 •••• 9000" in page
        assert "Gannan oranges one ×2" in page
        assert "Northeast rice one ×1" in page
        again = me.post("/leader/pickup/hand-out", **{k: v for k, v in form.items() if k != "csrf_token"})
        assert again.headers["Location"] == done.headers["Location"]
        assert events_of(world) == 1

    def test_some_now_and_the_rest_later(self, me: Leader, world: World) -> None:
        card = waiting(world, 0)
        code, by_sku = code_of(world, card.id), {line.sku_id: line.order_line_id for line in card.lines}
        orange, rice = by_sku[world.skus["orange"]], by_sku[world.skus["rice"]]
        first = me.post(
            "/leader/pickup/hand-out", code=code, event_key="portal-first", pickup_id=card.id,
            **{f"pick-{orange}": "1", f"pick-{rice}": "0"},
        )  # fmt: skip
        page = me.get(first.headers["Location"])
        assert "Gannan oranges one ×1" in page
        assert "Northeast rice" not in page
        assert "2 pieces of this order still wait; the same code opens them." in page
        assert waiting(world, 0).state is PickupState.PARTLY
        above = me.post(
            "/leader/pickup/hand-out", status=422, code=code, event_key="portal-above", pickup_id=card.id,
            **{f"pick-{orange}": "2"},
        )  # fmt: skip
        assert "Only 1 of this line are still due." in words(above.text)
        me.post("/leader/pickup/hand-out", code=code, event_key="portal-rest", pickup_id=card.id)
        assert waiting(world, 0).state is PickupState.DONE
        twice = me.post("/leader/pickup/hand-out", status=409, code=code, event_key="portal-more", pickup_id=card.id)
        assert "This has been handed out before." in words(twice.text)

    def test_nothing_chosen(self, me: Leader, world: World) -> None:
        card = waiting(world, 2)
        form: dict[str, Any] = {f"pick-{card.lines[0].order_line_id}": "0"}
        answer = me.post("/leader/pickup/hand-out", status=422, code=code_of(world, card.id), pickup_id=card.id, **form)
        assert "Quantity: choose at least one piece" in words(answer.text)
        assert events_of(world) == 0

    def test_an_empty_box_is_no_nought(self, me: Leader, world: World) -> None:
        card = waiting(world, 0)
        first, second = (f"pick-{line.order_line_id}" for line in card.lines)
        form: dict[str, Any] = {first: "1", second: ""}
        answer = me.post("/leader/pickup/hand-out", status=422, code=code_of(world, card.id), pickup_id=card.id, **form)
        assert "Quantity: is not a whole number" in words(answer.text)
        assert events_of(world) == 0

    def test_ten_wrong_codes(self, me: Leader, world: World) -> None:
        wrong = wrong_code(world)
        told = [words(me.post("/leader/pickup", status=422, code=wrong).text) for _ in range(10)]
        assert "This code opens nothing at your pickup point. 9 tries left." in told[0]
        assert "This code opens nothing at your pickup point. 0 tries left." in told[9]
        right = code_of(world, waiting(world, 0).id)
        assert "Too many tries. Please wait" in words(me.post("/leader/pickup", status=429, code=right).text)
        me.post("/leader/pickup/hand-out", status=429, code=right)
        assert events_of(world) == 0

    def test_the_code_of_another_order_than_the_chosen_one(self, me: Leader, world: World) -> None:
        other = code_of(world, waiting(world, 2).id)
        answer = me.post("/leader/pickup/hand-out", status=422, code=other, pickup_id=waiting(world, 0).id)
        assert "9 tries left" in words(answer.text)
        assert events_of(world) == 0

    def test_letters_are_no_code_and_cost_no_try(self, me: Leader, world: World) -> None:
        told = words(me.post("/leader/pickup", status=422, code="12a").text)
        assert "type the digits that the resident shows you" in told
        assert "Code: type" not in told
        assert "9 tries left" in words(me.post("/leader/pickup", status=422, code=wrong_code(world)).text)

    def test_the_list_is_searched_and_shows_no_code(self, me: Leader, world: World) -> None:
        html = me.html("/leader/pickup")
        assert "0 of 2 handed out" in words(html)
        assert "居民0 •••• 9000 Gannan oranges ×2 · Northeast rice ×1 to be handed out" in words(html)
        assert code_of(world, waiting(world, 0).id) not in html
        assert "13800009000" not in html
        found = me.get("/leader/pickup?q=9002")
        assert "居民2" in found
        assert "居民0" not in found
        assert "Nobody found" in me.get("/leader/pickup?q=zzz")
        assert code_of(world, waiting(world, 0).id) not in me.html(f"/leader/pickup/{waiting(world, 0).id}")

    def test_orders_of_another_point_do_not_exist(self, me: Leader, world: World) -> None:
        other = waiting(world, 1, "L902")
        me.get(f"/leader/pickup/{other.id}", status=404)
        me.get(f"/leader/pickup/{other.id}/done", status=404)
        code = code_of(world, other.id)
        me.post("/leader/pickup/hand-out", status=404, code=code, pickup_id=other.id)
        assert "9 tries left" in words(me.post("/leader/pickup", status=422, code=code).text)
        assert events_of(world) == 0

    def test_what_a_phone_kept_is_sent_with_the_portals_own_session(self, me: Leader, world: World) -> None:
        card = waiting(world, 0)
        body = {"code": code_of(world, card.id), "event_key": "offline-0123456789"}
        headers = {"X-CSRFToken": me.csrf()}
        for is_new in (True, False):
            answer = me.client.post("/api/v1/leader/pickups", json=body, headers=headers)
            assert (answer.status_code, answer.get_json()["data"]["is_new"]) == (200, is_new)
        assert me.client.post("/api/v1/leader/pickups", json=body).status_code == 403
        assert events_of(world) == 1


@COUNTED
class TestOrders:
    def test_list_search_and_detail(self, me: Leader, world: World) -> None:
        page = me.get("/leader/orders")
        assert "居民2 •••• 9002 Pork dumplings" in page
        assert "居民1" not in page
        assert "居民2" not in me.get("/leader/orders?q=9000")
        card = waiting(world, 0)
        detail = me.get(f"/leader/orders/{card.order_id}")
        assert "Gannan oranges one · ¥19.90 × 2 ¥39.80" in detail
        assert "Ordered for ¥109.70" in detail
        pick_up(world, card.order_id)
        detail = me.get(f"/leader/orders/{card.order_id}")
        assert "2 of 2 handed out" in detail

    def test_an_order_of_another_leader_does_not_exist(self, me: Leader, world: World) -> None:
        me.get(f"/leader/orders/{waiting(world, 1, 'L902').order_id}", status=404)


@COUNTED
class TestEarnings:
    def test_period_lines_and_statement(self, me: Leader, world: World, read: Call, work: Call) -> None:
        assert "Commission ¥0.00" in me.get("/leader/earnings")
        pick_up(world, waiting(world, 0).order_id)
        pick_up(world, waiting(world, 2).order_id)
        page = me.get("/leader/earnings")
        # 3.98 + 2.10 + 5 % of 50.00 = 8.58 of 159.70: 5.37 %
        assert "Commission ¥8.58 5.4% of ¥159.70 net sales · 2 orders" in page
        assert "¥ 2.10 ¥69.90 × 3.0%" in page
        assert "Commission ¥0.00" in me.get("/leader/earnings?period=last")
        move_clock(world, hours=72)
        run_to(world, Station.SETTLE)
        work()
        card = read(settlement.statements, PageAsk(5), world.leaders["L901"]).rows[0]
        assert f"{card.no} ¥8.58 5.4%" in me.get("/leader/statements")
        assert "Commission of the round ¥8.58 5.4% of ¥159.70 net sales" in me.get(f"/leader/statements/{card.id}")
        assert read(notifications.unread, world.leaders["L901"]) == 1
        assert f"A statement is ready unread Sat 21 Nov · ¥8.58 · {card.no}" in me.get("/leader/inbox")
        me.post("/leader/inbox/read")
        assert read(notifications.unread, world.leaders["L901"]) == 0

    def test_the_statement_of_another_leader_does_not_exist(self, me: Leader, world: World, read: Call) -> None:
        pick_up(world, waiting(world, 1, "L902").order_id, "L902")
        move_clock(world, hours=72)
        run_to(world, Station.SETTLE)
        other = read(settlement.statements, PageAsk(5), world.leaders["L902"]).rows[0]
        me.get(f"/leader/statements/{other.id}", status=404)
        me.get(f"/leader/statements/{new_id()}", status=404)


PAGES = ("", "handovers", "pickup", "unclaimed", "orders", "earnings", "statements", "score", "inbox", "me")


@COUNTED
@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_in_both_languages(me: Leader, world: World, locale: str, page: str) -> None:
    me.client.set_cookie("locale", locale)
    html = me.html(f"/leader/{page}")
    assert f'<html lang="{locale}"' in html
    assert ("今天" if locale == "zh" else "Today") in html


def test_who_rests_is_not_asked_to_share_a_link_that_leads_nowhere(me: Leader, world: World) -> None:
    code = world.services.database.read(communities.get_leader, world.leaders["L901"]).share_code
    assert f"/s/{code}" in me.get("/leader/")
    me.get(f"/s/{code}")
    world.services.database.transact(SYSTEM, change_status, world.leaders["L901"], LeaderStatus.RESTING, "ill")
    me.get(f"/s/{code}", status=302)
    page = me.get("/leader/")
    assert f"/s/{code}" not in page
    assert "share" not in words(page).lower()
