"""The books at HQ and on the command line: chart, a journal and its reversal, months."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domains.communities import queries as communities
from app.domains.ledger import queries
from app.domains.ledger.service import journals
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount, Posting
from app.infra.clock import SetClock
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.paging import PageAsk
from tests.conftest import START
from tests.factories.communities import make_city
from tests.factories.ledger import make_compared, make_journal
from tests.integration.test_console import Desk

Call = Callable[..., Any]
A = LedgerAccount


@pytest.fixture
def hub_id(run: Call) -> Any:
    return make_city(run).hub_id


@pytest.fixture
def desk(client: FlaskClient, database: Database, hub_id: Any) -> Desk:
    return Desk(client, database, Role.HQ_FINANCE)


def post_fee(run: Call, hub_id: Any, cents: int = 88) -> None:
    wish = replace(make_journal(cents, JournalKind.PROVIDER_FEE), hub_id=hub_id)
    run(journals.post, replace(wish, postings=(Posting(A.FEES, cents), Posting(A.PROVIDER_CLEARING, -cents))))


def newest(read: Call) -> Any:
    return read(queries.journals, JournalFilter(), PageAsk(1)).rows[0]


def test_the_chart_says_what_every_account_means_and_holds(desk: Desk, run: Call, hub_id: Any) -> None:
    post_fee(run, hub_id, 1_234)
    page = desk.get("/hq/ledger/chart")
    assert page.count('<td data-label="科目" class="ll-lead"') == 22
    assert "支付机构扣下的手续费" in page
    assert "12.34" in page
    desk.client.set_cookie("locale", "en")
    assert "What the payment provider keeps for itself" in desk.get("/hq/ledger/chart")


def test_a_reversal_keeps_what_was_typed_and_is_done_once(desk: Desk, run: Call, read: Call, hub_id: Any) -> None:
    post_fee(run, hub_id)
    path = f"/hq/ledger/journals/{newest(read).id}"
    assert 'name="instead_cents"' in desk.get(path)
    refused = desk.post(path, reason="", instead_cents="0.80")
    assert refused.status_code == 422
    assert 'value="0.80"' in refused.text
    refused = desk.post(path, reason="typed twice", instead_cents="0")
    assert refused.status_code == 422
    assert "typed twice" in refused.text
    assert newest(read).kind is JournalKind.PROVIDER_FEE
    assert desk.post(path, reason="typed twice", instead_cents="0.80").status_code == 303
    assert (newest(read).kind, newest(read).note) == (JournalKind.CORRECTED, "typed twice")
    page = desk.get(path + "")
    assert "typed twice" in page
    assert 'name="reason"' not in page
    again = desk.post(path, reason="once more")
    assert again.status_code == 422
    assert len(read(queries.journals, JournalFilter(), PageAsk(9)).rows) == 3


def test_a_month_is_closed_when_it_is_over(desk: Desk, run: Call, read: Call, hub_id: Any, clock: SetClock) -> None:
    assert "ll-empty" in desk.get("/hq/ledger/periods")
    post_fee(run, hub_id)
    code = read(communities.get_hub, hub_id).code
    assert 'name="month"' not in desk.get("/hq/ledger/periods")
    early = desk.post("/hq/ledger/periods", hub=code, month="2026-11")
    assert early.status_code == 303
    assert read(queries.periods, hub_id) == []
    assert desk.post("/hq/ledger/periods", hub=code, month="no month").status_code == 303
    clock.move_to(START + timedelta(days=20))
    desk = Desk(desk.client, desk.database, Role.HQ_FINANCE)
    assert 'value="2026-11"' in desk.get("/hq/ledger/periods")
    desk.post("/hq/ledger/periods", hub=code, month="2026-11")
    assert "2026-11-20, 2026-11-21, 2026-11-22" in desk.get("/hq/ledger/periods")
    assert read(queries.periods, hub_id) == []
    make_compared(run, START.date(), date(2026, 11, 30))
    for hub in ({"hub": "NONE"}, {"hub": ""}, {}):  # never another hub's month instead of one that is not there
        assert desk.post("/hq/ledger/periods", month="2026-11", **hub).status_code == 404
    assert read(queries.periods, hub_id) == []
    closed = desk.post("/hq/ledger/periods", hub=code, month="2026-11")
    [card] = read(queries.periods, hub_id)
    assert closed.location.endswith(f"/hq/ledger/periods/{card.id}")
    desk.client.set_cookie("locale", "en")
    page = desk.get(f"/hq/ledger/periods/{card.id}")
    assert "Payment fees" in page
    assert "0.88" in page
    assert f"/hq/ledger/periods/{card.id}" in desk.get("/hq/ledger/periods")


def test_the_commands(app: Flask, run: Call, read: Call, hub_id: Any, clock: SetClock) -> None:
    post_fee(run, hub_id)
    runner = app.test_cli_runner()
    assert (
        "fees\texpense\tWhat the payment provider keeps for itself\t0.88 CNY"
        in runner.invoke(args=["ledger", "chart"]).output
    )
    done = runner.invoke(args=["ledger", "checkpoint", "--rebuild"])
    assert done.output == "2 postings taken in\n0 sums were wrong\n"
    code = read(communities.get_hub, hub_id).code
    early = runner.invoke(args=["ledger", "close", "--hub", code, "--month", "2026-11"])
    assert early.exit_code == 1
    assert runner.invoke(args=["ledger", "close", "--hub", "none", "--month", "2026-11"]).exit_code == 1
    clock.move_to(START + timedelta(days=20))
    make_compared(run, START.date(), date(2026, 11, 30))
    closed = runner.invoke(args=["ledger", "close", "--hub", code, "--month", "2026-11"])
    assert closed.output == f"fees\t0.88 CNY\nprovider_clearing\t-0.88 CNY\n2026-11 of {code} is closed\n"
    wrong = newest(read).id
    back = runner.invoke(args=["ledger", "reverse", str(wrong), "--reason", "wrong"])
    assert back.exit_code == 0
    assert newest(read).cause_id == wrong
    assert runner.invoke(args=["ledger", "reverse", str(wrong), "--reason", "wrong"]).exit_code == 1
