"""The pages on which a group-buy is called off, and a draft deleted or moved; and the command."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domains.groupbuys import queries as groupbuys
from app.domains.groupbuys.service import plans
from app.domains.groupbuys.values import GroupBuyStatus, PlanGroupBuy
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.errors import NotFound
from tests.factories.shopper import words
from tests.factories.world import CUTOFF_AT, OPENS_AT, PICKUP_ON, ROUND_ON, World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]
DAY = timedelta(days=1)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


@pytest.fixture
def desk(client: FlaskClient, database: Database) -> Desk:
    found = Desk(client, database, Role.HQ_MERCHANDISER)
    client.set_cookie("locale", "en")
    return found


@pytest.fixture
def draft(world: World, run: Call) -> UUID:
    """Of the next day, without offers."""
    made: UUID = run(
        plans.plan,
        PlanGroupBuy(
            hub_id=world.hub_id, round_on=ROUND_ON + DAY, title="新团", title_en="Another", opens_at=OPENS_AT + DAY,
            cutoff_at=CUTOFF_AT + DAY, pickup_on=PICKUP_ON + DAY, offers=(),
        ),
    )  # fmt: skip
    return made


def test_calling_off_takes_two_steps_and_says_what_it_does(world: World, desk: Desk, read: Call, work: Call) -> None:
    world.buy(0, orange=2, rice=1)
    world.place(1, orange=1)
    board, page = f"/hq/rounds/{world.group_buy_id}", f"/hq/rounds/{world.group_buy_id}/call-off"
    assert f'href="{page}"' in desk.get(board)
    told = words(desk.get(page))
    assert "Paid orders 1 cancelled and refunded Goes back ¥109.70" in told
    assert "Waiting for payment 1" in told
    for typed, fault in (
        ({"reason": "", "code": "LJ-T-261120"}, "Please fill this in."),
        ({"reason": "The road is flooded", "code": "LJ-T"}, "Please type the code of this group-buy: LJ-T-261120."),
    ):
        refused = desk.post(page, **typed)
        assert refused.status_code == 422
        assert fault in words(refused.text)
        assert typed["reason"] in refused.text
    assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.OPEN
    done = desk.post(page, reason="The road is flooded", code="lj-t-261120")
    assert done.headers["Location"] == board
    told = words(desk.get(board))
    assert "Called off The road is flooded" in told
    assert "0 / 2" in told
    assert desk.post(page).headers["Location"] == board  # continue: the job is only one
    work()
    told = words(desk.get(board))
    assert "2 orders cancelled" in told
    assert "Continue" not in told
    assert "This group-buy was called off. The road is flooded" in words(desk.get(page))


def test_a_draft_is_moved_and_deleted(world: World, desk: Desk, draft: UUID, read: Call) -> None:
    page = f"/hq/group-buys/{draft}"
    assert "Delete the draft" in desk.get(page)
    form = desk.get(f"{page}/days")
    assert 'value="2026-11-21T23:00"' in form
    typed = {
        "round_on": "2026-11-20", "pickup_on": "2026-11-22", "opens_at": "2026-11-20T08:00",
        "cutoff_at": "2026-11-20T22:00",
    }  # fmt: skip
    refused = desk.post(f"{page}/days", **typed)
    assert (refused.status_code, "has a group-buy on 2026-11-20 already" in refused.text) == (409, True)
    refused = desk.post(f"{page}/days", **typed | {"round_on": "2026-11-23"})
    assert (refused.status_code, "must lie on the day of the round" in refused.text) == (422, True)
    assert 'value="2026-11-20T22:00"' in refused.text
    moved = typed | {"round_on": "2026-11-23", "pickup_on": "2026-11-24", "opens_at": "2026-11-23T08:00",
                     "cutoff_at": "2026-11-23T22:00"}  # fmt: skip
    assert desk.post(f"{page}/days", **moved).headers["Location"] == page
    assert read(groupbuys.get_group_buy, draft).code == "LJ-T-261123"
    assert (
        desk.post(f"/hq/group-buys/{world.group_buy_id}/delete").headers["Location"].endswith(str(world.group_buy_id))
    )
    assert read(groupbuys.get_group_buy, world.group_buy_id).status is GroupBuyStatus.OPEN
    assert desk.post(f"{page}/delete").headers["Location"] == "/hq/group-buys"
    with pytest.raises(NotFound):
        read(groupbuys.get_group_buy, draft)


def test_the_command_asks_first_and_continues(world: World, app: Flask, read: Call) -> None:
    world.buy(0, rice=1)
    shell = app.test_cli_runner()
    command = ["round", "call-off", "--hub", "LJ-T", "--date", "2026-11-20", "--reason", "flood"]
    asked = shell.invoke(args=command, input="n\n")
    assert asked.exit_code == 1
    assert "LJ-T-261120: 1 paid orders (69.90 CNY go back), 0 unpaid orders, 0 purchase orders" in asked.output
    assert read(groupbuys.call_off_of, world.group_buy_id) is None
    done = shell.invoke(args=[*command, "--yes"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "call-off: 1 order cancelled")
    assert shell.invoke(args=[*command, "--yes"]).exit_code == 0
    assert shell.invoke(args=["round", "cutoff", "--hub", "LJ-T", "--date", "2026-11-20"]).exit_code == 1
