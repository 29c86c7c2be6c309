"""The pages of a leader's money: her weeks and withdrawals in the portal, the same and the bank's files at HQ."""

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from werkzeug.test import TestResponse

from app.domains.accounts.models import Account
from app.domains.payouts import queries
from app.domains.payouts.values import PayoutFilter, PayoutStatus
from app.domains.statements.queries import weeks
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.paging import PageAsk
from app.worker.tasks import close_weeks
from tests.factories.accounts import let_in, make_account
from tests.factories.payouts import Till, make_till
from tests.factories.pdf import pages_of
from tests.factories.settlement import move_clock
from tests.factories.shopper import words
from tests.factories.world import make_world

Call = Callable[..., Any]
SYSTEM = Actor.system("test")


class Person:
    """Somebody's browser in English; answers are whole responses, `words` reads them."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        client.set_cookie("locale", "en")
        self.client, self.database, self.csrf = client, services.database, ""

    def as_leader(self, account_id: UUID) -> "Person":
        """Sign in without the form."""
        self.csrf = let_in(self.client, self.database, Account(id=account_id, role="leader"))
        return self

    def as_hq(self, role: Role) -> "Person":
        """Sign in at the console as somebody new."""
        self.csrf = let_in(self.client, self.database, self.database.transact(SYSTEM, make_account, role))
        return self

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path)

    def post(self, path: str, fields: dict[str, Any]) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data={"csrf_token": self.csrf, **fields})

    def upload(self, path: str, text: str) -> TestResponse:
        """Send a file."""
        return self.post(path, {"file": (io.BytesIO(text.encode()), "answer.csv")})


def told(answer: TestResponse) -> str:
    """What a page says."""
    return words(answer.text)


@pytest.fixture
def till(services: Services) -> Till:
    return make_till(make_world(services, residents=1))


@pytest.fixture
def me(client: FlaskClient, services: Services, till: Till) -> Person:
    """The leader of P901 in English."""
    return Person(client, services).as_leader(till.world.leaders["L901"])


def newest(till: Till) -> Any:
    """The payout asked for last."""
    return till.world.services.database.read(queries.payouts, PayoutFilter(), PageAsk()).rows[0]


def test_a_leader_withdraws_on_her_phone(me: Person, till: Till) -> None:
    page = me.get("/leader/withdraw")
    assert "¥100.00" in told(page)
    shown = re.search(r'name="shown_cents" value="(\d+)"', page.text)
    assert shown is not None
    assert shown[1] == "10000"
    wish = {"amount_cents": "30.00", "shown_cents": shown[1], "key": "page-1"}
    assert me.post("/leader/withdraw", wish).status_code == 303
    assert me.post("/leader/withdraw", wish).status_code == 303  # pressed twice
    assert till.available() == 7_000
    page = told(me.get(f"/leader/withdraw/{newest(till).id}"))
    assert "¥29.00" in page
    assert "•••• 1234" in page
    assert "6216610000001234" not in page


@pytest.mark.parametrize(
    ("amount", "shown", "sentence"),
    [
        ("200", "10000", "Only ¥100.00 is available at present."),
        ("5", "10000", "At least ¥10.00 can be withdrawn."),
        ("-5", "10000", "An amount such as 19.90."),
        ("30", "9000", "The available balance has changed from ¥90.00 to ¥100.00. Please look again and ask anew."),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(
    me: Person, till: Till, amount: str, shown: str, sentence: str
) -> None:
    answer = me.post("/leader/withdraw", {"amount_cents": amount, "shown_cents": shown, "key": "page-2"})
    assert answer.status_code in {409, 422}
    assert sentence in told(answer)
    assert f'value="{amount}"' in answer.text
    assert till.available() == 10_000


def test_a_leader_sees_only_her_own(me: Person, till: Till) -> None:
    card = till.ask(3_000)
    move_clock(till.world, days=3)
    close_weeks(till.world.services)
    week = till.world.services.database.read(weeks.weeks, PageAsk()).rows[0]
    assert me.get(f"/leader/weeks/{week.id}").status_code == 200
    other = me.as_leader(till.world.leaders["L902"])
    for place in (f"/leader/withdraw/{card.id}", f"/leader/weeks/{week.id}", f"/leader/weeks/{week.id}.pdf"):
        assert other.get(place).status_code == 404


def test_a_week_on_the_page_on_paper_and_in_a_workbook(me: Person, till: Till) -> None:
    till.ask(3_000)
    assert "This week so far" in told(me.get("/leader/weeks"))
    move_clock(till.world, days=3)
    close_weeks(till.world.services)
    week = till.world.services.database.read(weeks.weeks, PageAsk()).rows[0]
    page = told(me.get(f"/leader/weeks/{week.id}"))
    assert "Withdrawal fee" in page
    assert "¥70.00" in page
    texts = pages_of(me.get(f"/leader/weeks/{week.id}.pdf?lang=zh").data)[0]
    assert {"周结算单", "提现手续费", "期末余额", week.no} <= set(texts)
    book = CalamineWorkbook.from_filelike(io.BytesIO(me.get(f"/leader/weeks/{week.id}.xlsx?lang=en").data))
    cells = [cell for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert {"Closing balance", 70.0, -29.0, -1.0, week.no} <= set(cells)


def test_the_leader_api_tells_the_same(client: FlaskClient, till: Till) -> None:
    headers = till.world.headers(till.world.leaders["L901"])
    money = client.get("/api/v1/leader/money", headers=headers).json["data"]
    assert (money["available_cents"], money["min_cents"], money["details"]["masked_no"]) == (10_000, 1_000, "•••• 1234")
    wish = {"amount_cents": 3_000, "shown_cents": 10_000}
    for _ in range(2):
        asked = client.post("/api/v1/leader/payouts", json=wish, headers={**headers, "Idempotency-Key": "api-key-1"})
        assert asked.status_code == 200
    stale = client.post("/api/v1/leader/payouts", json=wish, headers={**headers, "Idempotency-Key": "api-key-2"})
    assert (stale.status_code, stale.json["error"]) == (409, "balance_changed")
    found = client.get(f"/api/v1/leader/payouts/{asked.json['data']['id']}", headers=headers).json["data"]
    assert (found["status"], found["net_cents"], [step["status"] for step in found["steps"]]) == (
        "asked", 2_900, ["asked"],
    )  # fmt: skip
    move_clock(till.world, days=3)
    close_weeks(till.world.services)
    listed = client.get("/api/v1/leader/weeks", headers=headers).json["data"]["items"]
    sheet = client.get(f"/api/v1/leader/weeks/{listed[0]['id']}", headers=headers).json["data"]
    assert sheet["closing_cents"] == 7_000 == sum(line["amount_cents"] for line in sheet["lines"])


def test_hq_approves_makes_the_file_and_takes_the_answer(
    client: FlaskClient, services: Services, till: Till, work: Call
) -> None:
    desk = Person(client, services)
    card = till.ask(9_000)
    desk.as_hq(Role.HQ_FINANCE)
    assert desk.post(f"/hq/payouts/{card.id}/approve", {}).status_code == 303
    again = desk.post(f"/hq/payouts/{card.id}/approve", {})
    assert (again.status_code, "second person" in told(again)) == (409, True)
    desk.as_hq(Role.HQ_ADMIN)
    assert desk.post(f"/hq/payouts/{card.id}/approve", {}).status_code == 303
    work()
    assert desk.post("/hq/bank-files", {"hub": "LJ-T"}).status_code == 303
    batch = till.world.services.database.read(queries.batches, None, PageAsk()).rows[0]
    content = desk.get(f"/hq/bank-files/{batch.id}.csv").data
    assert content == desk.get(f"/hq/bank-files/{batch.id}.csv").data
    assert b"6216610000001234" in content
    bad = desk.upload(f"/hq/bank-files/{batch.id}/answer", "付款编号,结果\nW0,成功\n")
    assert (bad.status_code, "is not known" in told(bad)) == (422, True)
    good = desk.upload(f"/hq/bank-files/{batch.id}/answer", f"付款编号,结果,银行流水号\n{card.no},成功,B-1\n")
    assert good.status_code == 303
    work()
    assert till.card(card.id).status is PayoutStatus.PAID
    for place in ("/hq/payouts", f"/hq/payouts/{card.id}", f"/hq/bank-files/{batch.id}", "/hq/weeks"):
        assert desk.get(place).status_code == 200


def test_hq_sets_the_rules_and_keeps_what_was_typed(client: FlaskClient, services: Services, till: Till) -> None:
    desk = Person(client, services)
    desk.as_hq(Role.HQ_ADMIN)
    typed = {"hub": "LJ-T", "min_cents": "1", "fee_cents": "2", "second_above_cents": "50", "cooldown_hours": "24"}
    answer = desk.post("/hq/payouts/rules", typed)
    assert (answer.status_code, "must be above the fee" in told(answer)) == (422, True)
    assert 'value="50"' in answer.text
    assert desk.post("/hq/payouts/rules", typed | {"min_cents": "20"}).status_code == 303
    policy = till.world.services.database.read(queries.policy_of, till.world.hub_id)
    assert (policy.min_cents, policy.fee_cents, policy.second_above_cents, policy.cooldown_hours) == (
        2_000,
        200,
        5_000,
        24,
    )
