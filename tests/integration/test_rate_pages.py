"""Pages of commission and claims' rules: HQ previews and announces, a leader tries what it would mean for her."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.domains.accounts.models import Account
from app.domains.aftersales import queries as aftersales
from app.domains.catalogue import queries as catalogue
from app.domains.groupbuys.values import Station
from app.domains.scoring.values import Tier
from app.domains.settlement.queries import rates as queries
from app.domains.settlement.service import rates
from app.domains.settlement.values.rates import AnnounceRates, RateRule
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from tests.factories.accounts import let_in, make_account
from tests.factories.scoring import make_tier
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.shopper import words
from tests.factories.world import World, make_world

SYSTEM = Actor.system("test")
Send = Callable[..., Any]


@pytest.fixture
def world(services: Services) -> World:
    """L901 handed two oranges (3.98) and one bag of dumplings (1.25) out just now."""
    made = make_world(services)
    order = made.buy(0, orange=2, dumplings=1)
    run_to(made, Station.HANDOVER)
    pick_up(made, order)
    return made


def fresh(world: World) -> str:
    return str(next(row.id for row in world.services.database.read(catalogue.categories) if row.code == "fresh"))


def as_finance(client: FlaskClient, services: Services) -> str:
    client.set_cookie("locale", "en")
    return let_in(client, services.database, services.database.transact(SYSTEM, make_account, Role.HQ_FINANCE))


def test_hq_previews_and_then_announces(client: FlaskClient, services: Services, world: World) -> None:
    csrf = as_finance(client, services)
    assert "the rates of the offers count" in words(client.get("/hq/rates").text)
    draft = {
        "csrf_token": csrf, "valid_from": "2026-11-30T00:00", "min_line_cents": "0.20", "note": "Fresh counts more",
        "category-0": fresh(world), "tier-0": "", "kind-0": "", "rate-0": "12", "rate-1": "",
    }  # fmt: skip
    page = words(client.post("/hq/rates", data={**draft, "do": "preview"}).text)
    for told in ("Earned ¥5.23", "Would be ¥6.03", "Fruit and vegetables ¥ 3.98 ¥ 4.78 ¥ 0.80"):
        assert told in page
    assert services.database.read(queries.versions) == []
    bad = client.post("/hq/rates", data={**draft, "rate-0": "12.345", "do": "announce"})
    assert bad.status_code == 422
    assert "A percentage such as 8.5." in words(bad.text)
    assert "Fresh counts more" in bad.text
    early = client.post("/hq/rates", data={**draft, "valid_from": "2026-11-22T00:00", "do": "announce"})
    assert early.status_code == 422
    assert "must lie at least 7 days ahead" in words(early.text)
    assert client.post("/hq/rates", data={**draft, "do": "announce"}).status_code == 303
    (card,) = services.database.read(queries.versions)
    assert (card.version, card.min_line_cents, [rule.rate_bps for rule in card.rules]) == (1, 20, [1_200])
    assert "version 1" in words(client.get("/hq/rates").text)


def test_a_leader_tries_another_tier_and_orders_of_her_own(
    client: FlaskClient, services: Services, world: World
) -> None:
    """Gold gets 20 % of fresh goods: 7.96 instead of 3.98; of typed 12.30 it is 2.46; frozen goods are assumed."""
    make_tier(world, "L901", Tier.SILVER)
    at = services.database.clock.now() + timedelta(days=7)
    rule = RateRule(category_id=None, tier=Tier.GOLD, leader_kind=None, rate_bps=2_000)
    world.run_as(SYSTEM)(rates.announce, AnnounceRates(valid_from=at, min_line_cents=0, note="", rules=(rule,)))
    client.set_cookie("locale", "en")
    let_in(client, services.database, Account(id=world.leaders["L901"], role=Role.LEADER))
    asked = f"/leader/earnings/simulator?version=1&tier=gold&category-0={fresh(world)}&sum-0=12.30&sum-1=x"
    page = words(client.get(asked).text)
    for told in (
        "Yours is Silver.",
        "earned ¥3.98 ¥ 7.96",
        "¥ 2.46 20.0%",
        "An amount such as 19.90.",
        "Together ¥2.46",
    ):
        assert told in page
    assert "each offer says its own rate" not in page
    move_clock(world, days=8)
    page = words(client.get("/leader/earnings/simulator").text)
    assert "rates of today (version 1)" in page


def test_finance_sets_the_rules_for_claims(client: FlaskClient, services: Services, world: World) -> None:
    csrf = as_finance(client, services)
    page = client.get("/hq/claims/rules").text
    assert "Version 1 holds." in words(page)
    form = {
        "csrf_token": csrf, "auto_limit_cents": "30.00", "free_claims": "2", "share": "10", "history_days": "90",
        "evidence_hours": "12", "decide_hours": "24", "alert_residents": "4",
    }  # fmt: skip
    bad = client.post("/hq/claims/rules", data={**form, "evidence_hours": "48", "decide_hours": "24"})
    assert bad.status_code == 422
    assert "must not be more than the hours for the decision" in words(bad.text)
    assert client.post("/hq/claims/rules", data=form).status_code == 303
    policy = services.database.read(aftersales.current_policy).policy
    assert (policy.version, policy.auto_limit_cents, policy.alert_residents) == (2, 3_000, 4)
