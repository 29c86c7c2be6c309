"""A supplier answers on a phone behind the link of his mail; HQ decides, sees the difference and amends at a desk."""

from playwright.sync_api import BrowserContext, Page, expect

from app.domains.accounts.models import Account
from app.domains.groupbuys.values import Station
from app.domains.supply import queries
from app.domains.supply.service import terms
from app.domains.supply.values import PurchaseOrderCard, PurchaseStatus
from app.domains.supply.values.purchasing import BelowMinimum, SupplierAnswer
from app.flows import payment, purchasing as flow
from app.infra.clock import SetClock
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from tests.browser.conftest import DESK, Live, accessible
from tests.factories.accounts import make_account
from tests.factories.provider import ApprovingProvider
from tests.factories.world import CUTOFF_AT, World, make_world

SYSTEM = Actor.system("test")


def cut_off(live: Live, clock: SetClock, **pieces: int) -> World:
    world = make_world(live.services)
    live.services.database.transact(SYSTEM, terms.set_minimum_rule, "S91", BelowMinimum.FEE, 30)
    order = world.place(0, **pieces)
    database = live.services.database
    # Paying through the double is another test's matter: here a payment as the provider reports it.
    payment.start_payment(
        lambda use_case, *args, **kwargs: database.transact(world.resident(0), use_case, *args, **kwargs),
        ApprovingProvider(), order.id, "http://localhost/",
    )  # fmt: skip
    clock.move_to(CUTOFF_AT)
    world.station(Station.CUTOFF)
    return world


def order_of(live: Live, world: World) -> PurchaseOrderCard:
    found = live.services.database.read(queries.purchase_orders, PageAsk(limit=9), group_buy_id=world.group_buy_id).rows
    return next(o for o in found if o.supplier_code == "S91")


def test_a_supplier_answers_on_a_phone(live: Live, page: Page, clock: SetClock) -> None:
    world = cut_off(live, clock, orange=10, greens=5)
    order = order_of(live, world)
    address = flow.supplier_link(live.services.settings, live.services.database.read, order.id)
    assert address is not None
    with page.expect_response(lambda answer: answer.url.endswith("/seen")):
        page.goto(address)
    assert order_of(live, world).status is PurchaseStatus.SEEN
    assert accessible(page) == []
    page.get_by_label("实际供货箱数").nth(0).fill("1")
    page.get_by_label("实际供货箱数").nth(1).fill("0")
    page.get_by_label("给网格仓的留言").fill("5 点到")
    page.get_by_role("button", name="发送答复").click()
    expect(page.get_by_text("请说明为什么这一项无法供货。")).to_be_visible()
    expect(page.get_by_label("实际供货箱数").nth(0)).to_have_value("1")
    page.get_by_label("减少的原因").nth(1).fill("大雨")
    page.get_by_role("button", name="发送答复").click()
    expect(page.get_by_text("谢谢，您的答复已发送。")).to_be_visible()
    order = order_of(live, world)
    assert (order.answer, order.expected_qty, order.short_qty) == (SupplierAnswer.CHANGED, 8, 7)
    assert order.supplier_note == "5 点到"
    page.get_by_role("button", name="EN").click()
    expect(page.get_by_role("button", name="Change my answer")).to_be_visible()
    assert accessible(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_hq_decides_sees_the_difference_and_amends(
    live: Live, page: Page, context: BrowserContext, clock: SetClock
) -> None:
    world = cut_off(live, clock, greens=5)
    buyer: Account = live.services.database.transact(SYSTEM, make_account, Role.HQ_BUYER)
    live.let_in(context, buyer)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.goto(f"{live.url}/hq/purchase-orders?state=decision")
    page.get_by_role("link", name=order_of(live, world).no).click()
    expect(page.get_by_role("heading", name="未达供应商起订要求：怎么办？")).to_be_visible()
    assert accessible(page) == []
    page.get_by_role("button", name="加订到起订量").click()
    expect(page.get_by_text("已决定。")).to_be_visible()
    order = order_of(live, world)
    assert (order.status, order.total_cents, order.ordered_qty) == (PurchaseStatus.SENT, 10_500, 30)
    page.locator("#amend").get_by_label("T002 上海青").fill("2")
    page.get_by_label("原因（供应商会看到）").fill("退单")
    page.get_by_role("button", name="发送新版").click()
    expect(page.get_by_text("新版采购单已发出。")).to_be_visible()
    order = order_of(live, world)
    assert (order.version, order.ordered_qty, order.total_cents, order.top_up_cents) == (2, 20, 10_000, 3_000)
    assert accessible(page) == []
