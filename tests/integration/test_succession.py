"""A pickup point without a leader: HQ sees it, names a successor, and everything that is open goes along."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.domains.analytics.queries import broken_invariants
from app.domains.communities import queries as communities
from app.domains.communities.errors import NeededElsewhere, NobodyServes, PointServed
from app.domains.communities.service.leaders import change_status, save_leaders
from app.domains.communities.values import LeaderInput, LeaderKind, LeaderStatus, PostRole
from app.domains.groupbuys.values import Station
from app.domains.logistics import queries as logistics
from app.flows.replacement import take_over
from app.infra.services import Services
from app.infra.uow import Database
from app.kernel.actors import Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from tests.factories.settlement import pick_up, run_to
from tests.factories.shopper import words
from tests.factories.world import World, make_world
from tests.integration.test_console import Desk

Call = Callable[..., Any]


@pytest.fixture
def world(services: Services, run: Call) -> World:
    """P901 has L901 and a backup, L903; L902 at P902 is removed with an order on its way and one unpaid."""
    made = make_world(services)
    backup = LeaderInput(
        code="L903", name="团长903", phone="19900009903", kind=LeaderKind.HOME, neighbourhood="N901",
        pickup_point="P901", role=PostRole.BACKUP, status=LeaderStatus.ACTIVE,
    )  # fmt: skip
    run(save_leaders, [backup])
    return made


def leader(read: Call, code: str) -> Any:
    return next(card for card in read(communities.leader_cards) if card.code == code)


def test_residents_stay_and_open_orders_go_along(world: World, run: Call, read: Call, work: Call) -> None:
    mine, unpaid, other = world.buy(1, orange=2), world.place(1, rice=1).id, world.buy(0, orange=1)
    run_to(world, Station.DISPATCH)
    assert read(communities.lonely_points) == []
    run(change_status, world.leaders["L902"], LeaderStatus.REMOVED, "moved away")
    (lonely,) = read(communities.lonely_points, world.hub_id)
    assert (lonely.place.pickup_point_code, lonely.residents) == ("P902", 1)
    assert [card.code for card in read(communities.free_leaders, world.hub_id)] == ["L901", "L903"]
    point, new = world.points["P902"], leader(read, "L903").id
    assert run(take_over, point, new, "she lives there") == (1, 1)
    assert read(communities.lonely_points) == []
    card = leader(read, "L903")
    assert (card.pickup_point_id, card.post, card.neighbourhood_id) == (
        point, PostRole.PRIMARY, world.neighbourhoods["N902"],
    )  # fmt: skip
    assert read(communities.home_of, world.residents[1]).leader_id == new
    with world.services.database.engine.connect() as connection:
        owners = dict(connection.execute(text("SELECT id, leader_id FROM orders_order")).all())
    assert (owners[mine], owners[other]) == (new, world.leaders["L901"])
    assert owners[unpaid] == world.leaders["L902"]  # it lapsed at the cut-off
    (truck,) = read(logistics.handovers_of_leader, new)
    assert (truck.pickup_point_id, truck.leader_id) == (point, new)
    run_to(world, Station.HANDOVER)
    world.leaders["L903"] = new
    pick_up(world, mine, leader="L903")
    work()
    run_to(world, Station.SETTLE)
    with world.services.database.engine.connect() as connection:
        earned = connection.execute(
            text("SELECT leader_id, sum(amount_cents) FROM settlement_commission_entry GROUP BY 1")
        )
        assert dict(earned.all()) == {new: 398}  # 10 % of 2 × 19.90
    database = world.services.database
    assert database.read(broken_invariants, database.clock.now()) == []


def test_what_is_refused_changes_nothing(world: World, run: Call, read: Call) -> None:
    point, backup = world.points["P902"], leader(read, "L903").id
    with pytest.raises(PointServed):
        run(take_over, point, backup, "why not")
    run(change_status, world.leaders["L902"], LeaderStatus.RESTING, "ill")
    before = read(communities.leader_cards)
    for who, reason, refusal in (
        (backup, " ", Invalid), (world.leaders["L902"], "x", NobodyServes), (new_id(), "x", NotFound),
    ):  # fmt: skip
        with pytest.raises(refusal):
            run(take_over, point, who, reason)
    with pytest.raises(Forbidden):
        world.services.database.transact(world.leader(), take_over, point, backup, "x")
    assert read(communities.leader_cards) == before
    run(change_status, backup, LeaderStatus.RESTING, "ill")
    with pytest.raises(NeededElsewhere):
        run(take_over, point, world.leaders["L901"], "x")


def test_the_page_shows_it_loudly_and_takes_a_name(
    world: World, run: Call, read: Call, client: FlaskClient, database: Database
) -> None:
    desk = Desk(client, database, Role.HQ_COMMUNITY)
    client.set_cookie("locale", "en")
    assert "needs a leader" not in desk.get("/hq/leaders")
    run(change_status, world.leaders["L902"], LeaderStatus.REMOVED, "moved away")
    told = words(desk.get("/hq/leaders"))
    assert "1 pickup point needs a leader P902 自提点902 · Test compound 902 · 1 resident · Name a successor" in told
    page, backup = f"/hq/pickup-points/{world.points['P902']}/successor", leader(read, "L903").id
    assert "1 resident belongs here, and nobody serves." in words(desk.get(page))
    for typed, fault in (
        ({"successor": str(backup), "reason": ""}, "Please fill this in."),
        ({"successor": "", "reason": "she lives there"}, "Please choose one."),
        ({"successor": str(world.leaders["L902"]), "reason": "x"}, "has no leader at present"),
    ):
        refused = desk.post(page, **typed)
        assert (refused.status_code, fault in words(refused.text)) == (422, True), fault
    done = desk.post(page, successor=str(backup), reason="she lives there")
    assert done.headers["Location"] == f"/hq/leaders/{backup}"
    assert "Hers now: 1 residents, 0 open orders." in words(desk.get(f"/hq/leaders/{backup}"))
    assert "has a serving leader, or no residents" in words(desk.get(page))
