"""The wizard: what would happen, proposed by one, confirmed by another, taken back; days away at HQ."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderStatus
from app.domains.communities.values.absences import AbsenceState
from app.domains.groupbuys.values import Station
from app.domains.replacements import queries
from app.domains.replacements.values import ReplacementState
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.paging import PageAsk
from tests.factories.settlement import run_to
from tests.factories.shopper import words
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def test_from_the_preview_to_the_rollback(world: World, client: FlaskClient, database: Database, read: Call) -> None:
    world.buy(1, orange=2)
    run_to(world, Station.HANDOVER)
    client.set_cookie("locale", "en")
    one = Desk(client, database, Role.HQ_COMMUNITY)
    page = f"/hq/leaders/{world.leaders['L902']}"
    assert 'value="removed"' not in one.get(page)
    shown = words(one.get(f"{page}/replacement"))
    assert "1 resident · 1 open order · 2 pieces at her door" in shown
    assert "3 / 1,000" in shown
    refused = one.post(f"{page}/replacement", way="named", successor_id="", reason="late", tell_after_min="15")
    assert (refused.status_code, "Please propose" in refused.text, 'value="15"' in refused.text) == (422, False, True)
    gone = one.post(f"{page}/replacement", way="nearest", reason="late", tell_after_min="15")
    (card,) = read(queries.replacements, PageAsk()).rows
    path = f"/hq/replacements/{card.id}"
    assert gone.headers["Location"] == path
    assert "You proposed it. It waits for somebody else." in words(one.get(path))
    assert one.post(f"{path}/confirm").status_code == 409
    other = Desk(client, database, Role.HQ_COMMUNITY)
    assert other.post(f"{path}/confirm").status_code == 303
    done = words(other.get(path))
    assert "Until then it can be taken back." in done
    assert "团长901 fetches at her door" in done
    assert other.post(f"{path}/appeal", appeal="the truck was late").status_code == 303
    assert other.post(f"{path}/answer", answer="no").status_code == 422
    third = Desk(client, database, Role.HQ_COMMUNITY)
    assert third.post(f"{path}/answer", answer="we looked again").status_code == 303
    assert "we looked again" in third.get(path)
    assert third.post(f"{path}/roll-back", note="").status_code == 422
    assert third.post(f"{path}/roll-back", note="her truck was late").status_code == 303
    assert read(queries.get_replacement, card.id).state is ReplacementState.ROLLED_BACK
    assert read(communities.get_leader, world.leaders["L902"]).status is LeaderStatus.ACTIVE
    assert "rolled back" in words(third.get("/hq/replacements"))
    assert "fetches at her door" not in words(third.get(path))


def test_days_away_at_hq(world: World, client: FlaskClient, database: Database, read: Call) -> None:
    client.set_cookie("locale", "en")
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    assert "Nobody is away" in words(desk.get("/hq/absences"))
    typed = {"leader_id": str(world.leaders["L902"]), "first_on": "2026-11-25", "note": "ill"}
    assert desk.post("/hq/absences", **typed, last_on="").status_code == 422
    assert desk.post("/hq/absences", **typed, last_on="2026-11-26").status_code == 303
    (card,) = read(communities.absences_of_leader, world.leaders["L902"])
    path = f"/hq/absences/{card.id}"
    assert desk.post(f"{path}/agree", deputy_id="").status_code == 422
    assert desk.post(f"{path}/agree", deputy_id=str(world.leaders["L901"])).status_code == 303
    assert "团长901 hands out" in words(desk.get("/hq/absences"))
    assert desk.post(f"{path}/cancel").status_code == 303
    assert read(communities.get_absence, card.id).state is AbsenceState.CANCELLED
