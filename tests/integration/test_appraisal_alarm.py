"""What waits of an appraisal: shown to those who decide, and photos beside an appeal that are kept for its sake."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app.domains.appraisal import queries, rules
from app.domains.appraisal.service import appeals, cycles
from app.domains.appraisal.values import AnswerAppeal, ConsequenceState, CycleStage, DecideConsequence, FileAppeal
from app.flows import appraisal, tidying
from app.infra.services import Services
from app.infra.storage import Pictures
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden
from app.kernel.ids import new_id
from tests.factories.accounts import let_in, make_account
from tests.factories.aftersales import make_photo
from tests.factories.appraisal import LAST, SYSTEM, live_good_and_bad, make_cycle, move_on, move_to, seat_of, stage
from tests.factories.shopper import words
from tests.factories.world import World, make_world

TOLD_ON = LAST + timedelta(days=4)
FINAL_ON = TOLD_ON + timedelta(days=7)
HQ = Actor("小陈", Role.HQ_COMMUNITY, new_id())


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def appealed(world: World, *photos: str) -> tuple[UUID, UUID]:
    """A cycle with provisional scores, and L901's appeal in it."""
    cycle_id = make_cycle(world)
    move_to(world, TOLD_ON)
    live_good_and_bad(world)
    move_on(world)
    wish = FileAppeal(seat_id=seat_of(world, cycle_id, "L901").id, text="车晚到，不是我", photos=photos)
    return cycle_id, world.run_as(world.leader())(appeals.file, wish)


def answer(world: World, appeal_id: UUID) -> None:
    world.run_as(HQ)(appraisal.answer_appeal, AnswerAppeal(appeal_id=appeal_id, upheld=False, answer="已核对，无误"))


def overview(client: FlaskClient, world: World, role: Role) -> str:
    """The console's first page as somebody of a desk reads it."""
    client.set_cookie("locale", "en")
    let_in(client, world.services.database, world.services.database.transact(SYSTEM, make_account, role))
    return words(client.get("/hq/").text)


def test_late_appeals_and_open_decisions_stand_on_the_overview(world: World, client: FlaskClient) -> None:
    cycle_id, appeal_id = appealed(world)
    page = overview(client, world, Role.HQ_COMMUNITY)
    assert "1 appeal waits for an answer" in page
    assert "past 48 hours" not in page
    move_to(world, TOLD_ON + timedelta(days=3))
    page = overview(client, world, Role.HQ_COMMUNITY)
    assert "1 appeal waits for an answer" in page
    assert "1 past 48 hours" in page
    assert f"/hq/appraisals/{cycle_id}" in client.get("/hq/").text
    for other in (Role.HQ_FINANCE, Role.HQ_MERCHANDISER):
        assert "appeal" not in overview(client, world, other)
    answer(world, appeal_id)
    move_to(world, FINAL_ON)
    move_on(world)
    waiting = [one for one in world.services.database.read(queries.consequences, cycle_id=cycle_id)
               if one.state is ConsequenceState.PROPOSED]  # fmt: skip
    page = overview(client, world, Role.HQ_COMMUNITY)
    assert f"{len(waiting)} consequences of an appraisal wait for a decision" in page
    assert "waits for an answer" not in page
    assert "appraisal" not in overview(client, world, Role.HQ_FINANCE)
    for one in waiting:
        world.run_as(HQ)(appraisal.decide, DecideConsequence(consequence_id=one.id, confirm=False, note="暂不"))
    assert "of an appraisal" not in overview(client, world, Role.HQ_COMMUNITY)
    assert len(waiting) == 3  # two tiers, one warning


def test_photos_beside_an_appeal_stay_while_its_cycle_may_be_disputed(world: World) -> None:
    """Old photos that lie beside nothing go; hers go a year after the cycle was closed, and her words stay."""
    run, shelf = world.run_as(SYSTEM), Pictures(world.services.settings.var_dir)
    hers, unused = (make_photo(world, world.leader(), at) for at in (20, 120))
    cycle_id, appeal_id = appealed(world, hers)
    read, clock = world.services.database.read, world.services.database.clock
    soon = clock.now() + timedelta(seconds=1)
    assert tidying.tidy_photos(run, shelf, soon) == 1
    assert (shelf.find(hers) is None, shelf.find(unused) is None) == (False, True)
    answer(world, appeal_id)
    move_to(world, FINAL_ON)
    move_on(world)
    for one in read(queries.consequences, cycle_id=cycle_id):
        world.run_as(HQ)(appraisal.decide, DecideConsequence(consequence_id=one.id, confirm=False, note="暂不"))
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.CLOSED
    move_to(world, FINAL_ON + timedelta(days=rules.DISPUTED_DAYS))
    assert tidying.tidy_photos(run, shelf, soon) == 0
    assert read(queries.get_appeal, appeal_id).photos == (hers,)
    move_to(world, FINAL_ON + timedelta(days=rules.DISPUTED_DAYS + 1))
    assert tidying.tidy_photos(run, shelf, soon) == 1
    assert (read(queries.get_appeal, appeal_id).photos, read(queries.get_appeal, appeal_id).text) == (
        (), "车晚到，不是我",
    )  # fmt: skip
    assert shelf.find(hers) is None
    for use_case in (tidying.forget_photos, appeals.forget_photos):
        with pytest.raises(Forbidden):
            world.run_as(HQ)(use_case, *([soon, 10] if use_case is tidying.forget_photos else [[hers]]))


def test_photos_beside_an_appeal_in_a_cycle_that_was_called_off_are_old_like_others(world: World) -> None:
    hers = make_photo(world, world.leader(), 20)
    cycle_id, appeal_id = appealed(world, hers)
    world.run_as(HQ)(cycles.call_off, cycle_id, "数据有误")
    soon = world.services.database.clock.now() + timedelta(seconds=1)
    assert tidying.tidy_photos(world.run_as(SYSTEM), Pictures(world.services.settings.var_dir), soon) == 1
    assert world.services.database.read(queries.get_appeal, appeal_id).photos == ()
