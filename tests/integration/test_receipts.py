"""Receipts, invoices and credit notes: numbered in a row, final, drawn from what they said when they were made out."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.domains.groupbuys.values import Station
from app.domains.orders import queries as orders
from app.domains.orders.values import CutLine, CutReason
from app.domains.payments.values import RefundKind
from app.domains.receipts import queries
from app.domains.receipts.errors import MadeOutAlready, NotPaidYet
from app.domains.receipts.service import papers
from app.domains.receipts.values import Buyer, PaperCard, PaperFilter, PaperKind
from app.flows.receipts import print_own
from app.flows.refund import cut_and_refund
from app.infra.services import Services
from app.kernel.actors import Actor
from app.kernel.errors import Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.worker.tasks import credit_refunds
from tests.factories.pdf import pages_of
from tests.factories.settlement import move_clock, run_to
from tests.factories.world import World, make_world

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services, residents=2)


def issue(world: World, order_id: UUID, number: int = 0, **buyer: str) -> PaperCard:
    """Let a resident have a receipt made out."""
    card: PaperCard = world.services.database.transact(
        world.resident(number), papers.issue_own, order_id, Buyer(**buyer)
    )
    return card


def give_back(world: World, order_id: UUID, cents: int, work: Call) -> None:
    """Give money back on the first line, and let it arrive."""
    database = world.services.database
    line = database.read(orders.get_order, order_id).lines[0]
    cut = CutLine(line_id=line.id, qty=0, amount_cents=cents, reason=CutReason.CLAIM, cause_id=new_id())
    database.transact(Actor.system("test"), cut_and_refund, [cut], RefundKind.BEFORE_PICKUP)
    work()


def kinds(world: World, order_id: UUID) -> list[tuple[str, int, str | None]]:
    """Number, sum and what it takes back from, of everything made out for an order."""
    found = world.services.database.read(queries.papers_of_order, order_id)
    return [(card.no, card.total_cents, card.credits_no) for card in found]


def test_a_receipt_says_what_was_paid_and_stays_so(world: World, work: Call) -> None:
    order_id = world.buy(0, orange=2, rice=1)
    card = issue(world, order_id)
    assert (card.kind, card.no, card.total_cents) == (PaperKind.RECEIPT, "RC-LJ-T-2026-000001", 10_970)
    assert [(line["name"], line["qty"], line["sum_cents"]) for line in card.facts["lines"]] == [
        ("赣南脐橙", 2, 3_980),
        ("东北大米", 1, 6_990),
    ]
    before = print_own(world.run_as(world.resident()), card.id, "zh").content
    give_back(world, order_id, 500, work)
    move_clock(world, days=40)
    again = issue(world, order_id)
    assert (again.id, again.facts) == (card.id, card.facts)
    assert print_own(world.run_as(world.resident()), card.id, "zh").content == before
    texts = pages_of(before)[0]
    assert {"收据", "RC-LJ-T-2026-000001", "CNY 109.70", "赣南脐橙 一份"} <= set(texts)
    english = pages_of(print_own(world.run_as(world.resident()), card.id, "en").content)[0]
    assert {"Receipt", "Gannan oranges one"} <= set(english)


def test_each_refund_gets_a_credit_note_linked_to_the_receipt(world: World, work: Call) -> None:
    order_id = world.buy(0, orange=2)
    give_back(world, order_id, 300, work)  # before the receipt
    issue(world, order_id)
    give_back(world, order_id, 200, work)
    credit_refunds(world.services)
    credit_refunds(world.services)
    first = "RC-LJ-T-2026-000001"
    assert kinds(world, order_id) == [
        (first, 3_980, None),
        ("CN-LJ-T-2026-000001", 300, first),
        ("CN-LJ-T-2026-000002", 200, first),
    ]


def test_an_order_cancelled_after_its_receipt_is_credited_in_full(world: World, work: Call) -> None:
    order_id = world.buy(0, orange=2)
    issue(world, order_id)
    run_to(world, Station.CUTOFF)
    give_back(world, order_id, 3_980, work)
    credit_refunds(world.services)
    assert [row[1] for row in kinds(world, order_id)] == [3_980, 3_980]


def test_an_invoice_is_made_out_to_a_buyer_and_to_nobody_else(world: World) -> None:
    order_id = world.buy(0, orange=1)
    card = issue(world, order_id, title=" 临江小学 ", tax_no="91310000mA1fl0wx2q")
    assert (card.no, card.buyer_title) == ("IN-LJ-T-2026-000001", "临江小学")
    assert card.facts["buyer"] == {"title": "临江小学", "tax_no": "91310000MA1FL0WX2Q"}
    assert issue(world, order_id, title="临江小学", tax_no="91310000MA1FL0WX2Q").id == card.id
    with pytest.raises(MadeOutAlready):
        issue(world, order_id)


@pytest.mark.parametrize(
    ("buyer", "field"),
    [({"title": "x" * 101}, "title"), ({"tax_no": "9" * 18}, "title"), ({"title": "x", "tax_no": "=1+1"}, "tax_no")],
)
def test_buyers_that_cannot_be(world: World, buyer: dict[str, str], field: str) -> None:
    order_id = world.buy(0, orange=1)
    with pytest.raises(Invalid) as refusal:
        issue(world, order_id, **buyer)
    assert refusal.value.field == field
    assert kinds(world, order_id) == []


def test_nothing_is_made_out_for_unpaid_and_for_other_peoples_orders(world: World) -> None:
    unpaid = world.place(0, orange=1).id
    with pytest.raises(NotPaidYet):
        issue(world, unpaid)
    with pytest.raises(NotFound):
        issue(world, world.buy(0, orange=1), number=1)


def test_a_paper_refuses_to_be_changed(world: World) -> None:
    card = issue(world, world.buy(0, orange=1))
    for damage in ("UPDATE receipts_paper SET total_cents = 1", "DELETE FROM receipts_paper"):
        with pytest.raises(IntegrityError, match="final"), world.services.database.engine.begin() as connection:
            connection.execute(text(damage))
    assert world.services.database.read(queries.get_paper, card.id) == card


def test_a_refused_paper_leaves_no_gap(world: World) -> None:
    first, second = world.buy(0, orange=1), world.buy(0, orange=1)

    def fails(uow: Any) -> None:
        papers.issue_own(uow, first, Buyer())
        raise NotPaidYet

    with pytest.raises(NotPaidYet):
        world.services.database.transact(world.resident(), fails)
    assert issue(world, second).no == "RC-LJ-T-2026-000001"


def test_pages_of_resident_and_hq(client: FlaskClient, world: World, work: Call) -> None:
    order_id = world.buy(0, orange=2)
    headers = world.headers(world.residents[0])
    made = client.post(f"/api/v1/orders/{order_id}/receipt", json={}, headers=headers)
    assert (made.status_code, made.json["data"]["no"]) == (200, "RC-LJ-T-2026-000001")
    give_back(world, order_id, 100, work)
    credit_refunds(world.services)
    listed = client.get(f"/api/v1/orders/{order_id}/receipts", headers=headers).json["data"]
    assert [(one["kind"], one["total_cents"]) for one in listed] == [("receipt", 3_980), ("credit_note", 100)]
    assert (
        client.get(f"/api/v1/orders/{order_id}/receipts", headers=world.headers(world.residents[1])).status_code == 404
    )
    read = world.services.database.read
    found = read(queries.papers, PaperFilter(text="cn-lj"), PageAsk()).rows
    assert [card.credits_no for card in found] == ["RC-LJ-T-2026-000001"]
