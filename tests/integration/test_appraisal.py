"""The appraisal cycle: notice, targets, provisional score, appeal, final, and what HQ makes of it."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from app.domains.appraisal import queries
from app.domains.appraisal.errors import AppealTaken, AppealTooLate, CyclesOverlap, NoticeTooShort
from app.domains.appraisal.service import appeals, cycles, outcomes, targets
from app.domains.appraisal.values import (
    AnswerAppeal,
    AppealStatus,
    ConsequenceCard,
    ConsequenceKind,
    Correction,
    CycleStage,
    DecideConsequence,
    FileAppeal,
    PlanInput,
    PlanState,
    SettleTargets,
    TargetState,
    Why,
)
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderKind, LeaderStatus
from app.domains.notifications.queries import inbox
from app.domains.notifications.values import MessageKind
from app.domains.replacements import queries as replacements
from app.domains.scoring import queries as scoring
from app.domains.scoring.service import facts
from app.domains.scoring.values import AdjustFact, Measure, Tier
from app.domains.settlement.queries import rates
from app.flows import appraisal
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid, NotFound
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from app.kernel.states import WrongState
from app.worker.tasks import run_due
from tests.factories.accounts import make_account
from tests.factories.appraisal import (
    FIRST,
    LAST,
    SYSTEM,
    live_good_and_bad,
    make_cycle,
    make_history,
    move_on,
    move_to,
    pickup_days,
    seat_of,
    stage,
)
from tests.factories.world import World, make_world

TOLD_ON = LAST + timedelta(days=4)
FINAL_ON = TOLD_ON + timedelta(days=7)


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def hq(world: World, name: str = "judge") -> Actor:
    account = world.services.database.transact(SYSTEM, make_account, Role.HQ_COMMUNITY)
    return Actor(name, Role.HQ_COMMUNITY, account.id)


def to_provisional(world: World, late: int = 0) -> UUID:
    """Lived through to the provisional scores; L901's first `late` handovers were counted as late."""
    cycle_id = make_cycle(world)
    move_to(world, TOLD_ON)
    live_good_and_bad(world)
    if late:
        make_history(world, "L901", pickup_days()[:late], buyers=150, on_time=0)
    move_on(world)
    return cycle_id


def to_final(world: World) -> UUID:
    cycle_id = to_provisional(world)
    move_to(world, FINAL_ON)
    move_on(world)
    return cycle_id


def proposed(world: World, cycle_id: UUID, leader: str) -> dict[ConsequenceKind, ConsequenceCard]:
    seat = seat_of(world, cycle_id, leader)
    return {card.kind: card for card in world.services.database.read(queries.consequences, seat_id=seat.id)}


def decide(world: World, card: ConsequenceCard, *, confirm: bool = True, plan: PlanInput | None = None) -> None:
    wish = DecideConsequence(consequence_id=card.id, confirm=confirm, note="因考核结果", plan=plan)
    world.run_as(hq(world))(appraisal.decide, wish)


def told(world: World, leader: str) -> list[str]:
    run_due(world.services)
    page = world.services.database.read(inbox, world.leaders[leader], PageAsk())
    return sorted(str(card.params["what"]) for card in page.rows if card.kind is MessageKind.APPRAISAL)


def test_a_cycle_is_announced_a_week_ahead_and_no_two_judge_the_same_day(world: World) -> None:
    with pytest.raises(NoticeTooShort) as refusal:
        make_cycle(world, FIRST - timedelta(days=1))
    assert (refusal.value.days, refusal.value.earliest_on) == (7, FIRST)
    cycle_id = make_cycle(world)
    with pytest.raises(CyclesOverlap):
        make_cycle(world, LAST, LAST + timedelta(days=14))
    with pytest.raises(Invalid, match="lasts"):
        make_cycle(world, LAST + timedelta(days=1), LAST + timedelta(days=3))
    assert [seat.target_state for seat in world.services.database.read(queries.seats, cycle_id)] == [
        TargetState.PROPOSED, TargetState.PROPOSED,
    ]  # fmt: skip
    assert told(world, "L901") == ["targets"]
    with pytest.raises(Forbidden):
        world.run_as(world.leader())(cycles.call_off, cycle_id, "x")
    world.run_as(SYSTEM)(cycles.call_off, cycle_id, "城市停运")
    make_cycle(world)
    assert told(world, "L901") == ["called_off", "targets", "targets"]


def test_targets_are_accepted_or_answered_and_settled(world: World) -> None:
    cycle_id = make_cycle(world)
    mine, hers = seat_of(world, cycle_id, "L901"), seat_of(world, cycle_id, "L902")
    known = {one.measure: one for one in world.services.database.read(queries.targets, [mine.id])[mine.id]}
    # Nobody has a history yet: half of the way from the policy's worst rate to its best.
    assert (known[Measure.PICKUP_RATE].target_bps, known[Measure.PICKUP_RATE].own_bps) == (8_950, None)
    assert (known[Measure.CLAIM_RATE].target_bps, known[Measure.CLAIM_RATE].higher_is_better) == (55, False)
    run = world.run_as(world.leader("L901"))
    with pytest.raises(NotFound):
        run(targets.accept, hers.id)
    run(targets.answer, mine.id, "小区在翻修")
    with pytest.raises(Invalid):
        world.run_as(hq(world))(
            targets.settle, SettleTargets(seat_id=mine.id, reply="好", targets={Measure.ON_TIME: -1})
        )
    wish = SettleTargets(seat_id=mine.id, reply="理解", targets={Measure.PICKUP_RATE: 8_500})
    world.run_as(hq(world))(targets.settle, wish)
    after = seat_of(world, cycle_id, "L901")
    assert (after.target_state, after.answer, after.reply) == (TargetState.SETTLED, "小区在翻修", "理解")
    kept = {one.measure: one.target_bps for one in world.services.database.read(queries.targets, [mine.id])[mine.id]}
    assert kept == {one.measure: one.target_bps for one in known.values()} | {Measure.PICKUP_RATE: 8_500}
    world.run_as(world.leader("L902"))(targets.accept, hers.id)
    world.run_as(world.leader("L902"))(targets.accept, hers.id)
    assert seat_of(world, cycle_id, "L902").target_state is TargetState.ACCEPTED


def test_the_clock_moves_a_cycle_once_each_and_never_twice(world: World) -> None:
    cycle_id = make_cycle(world)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.ANNOUNCED
    move_to(world, FIRST)
    move_on(world)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.RUNNING
    move_to(world, LAST + timedelta(days=3))
    live_good_and_bad(world)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.RUNNING  # late claims still count
    move_to(world, TOLD_ON)
    move_on(world)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.PROVISIONAL
    good, bad = seat_of(world, cycle_id, "L901"), seat_of(world, cycle_id, "L902")
    assert good.provisional_tier in {Tier.GOLD, Tier.SILVER}
    assert bad.provisional_tier is Tier.WARNING
    assert told(world, "L902") == ["provisional", "targets"]
    cycle = world.services.database.read(queries.get_cycle, cycle_id)
    # Five whole days by the hub's calendar: from the 28th to the end of 2 January in Shanghai.
    assert cycle.appeals_until == datetime(2027, 1, 2, 16, tzinfo=UTC)
    move_to(world, FINAL_ON)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.FINAL
    assert set(proposed(world, cycle_id, "L901")) == {ConsequenceKind.TIER}
    assert set(proposed(world, cycle_id, "L902")) == {ConsequenceKind.TIER, ConsequenceKind.WARNING}
    assert communities_status(world, "L902") is LeaderStatus.ACTIVE  # nobody is moved by a rule


def communities_status(world: World, leader: str) -> LeaderStatus:
    return world.services.database.read(communities.get_leader, world.leaders[leader]).status


def test_an_upheld_appeal_corrects_facts_and_the_score_follows(world: World) -> None:
    cycle_id = to_provisional(world, late=2)
    seat = seat_of(world, cycle_id, "L901")
    leader = world.run_as(world.leader("L901"))
    with pytest.raises(NotFound):
        world.run_as(world.leader("L902"))(appeals.file, FileAppeal(seat_id=seat.id, text="x"))
    appeal_id = leader(appeals.file, FileAppeal(seat_id=seat.id, text="车晚到，不是我"))
    assert leader(appeals.file, FileAppeal(seat_id=seat.id, text="车晚到，不是我")) == appeal_id
    read = world.services.database.read
    assert read(queries.get_appeal, appeal_id).due_at == world.services.database.clock.now() + timedelta(hours=48)
    first, second = hq(world, "one"), hq(world, "two")
    world.run_as(first)(appeals.take, appeal_id)
    right = Correction(on_date=FIRST, fact=AdjustFact.ON_TIME_HANDOVERS, delta=1)
    wish = AnswerAppeal(appeal_id=appeal_id, upheld=True, answer="核实：车晚到", corrections=(right,))
    with pytest.raises(AppealTaken):
        world.run_as(second)(appraisal.answer_appeal, wish)
    with pytest.raises(Invalid, match="upheld"):
        world.run_as(first)(appraisal.answer_appeal, AnswerAppeal(appeal_id=appeal_id, upheld=True, answer="好"))
    twice = Correction(on_date=FIRST, fact=AdjustFact.ON_TIME_HANDOVERS, delta=2)
    too_many = AnswerAppeal(appeal_id=appeal_id, upheld=True, answer="好", corrections=(twice,))
    with pytest.raises(Invalid, match="above its whole"):
        world.run_as(first)(appraisal.answer_appeal, too_many)
    assert seat_of(world, cycle_id, "L901").provisional_centi == seat.provisional_centi
    assert world.run_as(first)(appraisal.answer_appeal, wish).status is AppealStatus.UPHELD
    after = seat_of(world, cycle_id, "L901")
    assert (after.provisional_centi or 0) > (seat.provisional_centi or 0)
    world.run_as(SYSTEM)(facts.rebuild_days, world.hub_id, FIRST, LAST)  # and stays when days are counted anew
    (day, *_) = read(scoring.days_of_leader, world.leaders["L901"], FIRST, LAST)
    assert (day.on_date, day.handovers, day.on_time_handovers) == (FIRST, 1, 1)
    with pytest.raises(WrongState):
        world.run_as(first)(appraisal.answer_appeal, wish)
    assert "appeal_answered" in told(world, "L901")


def test_an_open_appeal_holds_the_final_score_back_and_shouts_when_late(world: World) -> None:
    cycle_id = to_provisional(world)
    seat = seat_of(world, cycle_id, "L901")
    appeal_id = world.run_as(world.leader())(appeals.file, FileAppeal(seat_id=seat.id, text="应再看一遍"))
    read, clock = world.services.database.read, world.services.database.clock
    assert read(queries.appeals_late, clock.now(), world.hub_id) == (1, 0)
    move_to(world, FINAL_ON)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.PROVISIONAL
    assert read(queries.appeals_late, clock.now(), world.hub_id) == (1, 1)
    hers = seat_of(world, cycle_id, "L902")
    with pytest.raises(AppealTooLate):
        world.run_as(world.leader("L902"))(appeals.file, FileAppeal(seat_id=hers.id, text="x"))
    wish = AnswerAppeal(appeal_id=appeal_id, upheld=False, answer="已核对，无误")
    world.run_as(hq(world))(appraisal.answer_appeal, wish)
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.FINAL
    assert seat_of(world, cycle_id, "L901").final_centi == seat.provisional_centi


def test_a_tier_sets_the_commission_from_its_day_on(world: World) -> None:
    cycle_id = to_final(world)
    card = proposed(world, cycle_id, "L901")[ConsequenceKind.TIER]
    with pytest.raises(Forbidden):
        world.run_as(world.leader())(
            appraisal.decide, DecideConsequence(consequence_id=card.id, confirm=True, note="x")
        )
    decide(world, card)
    read, leader_id = world.services.database.read, world.leaders["L901"]
    begins = datetime.combine(FINAL_ON + timedelta(days=6), time(16), UTC)  # midnight of the 7th day in Shanghai
    assert [(one.tier, one.from_at) for one in read(queries.tiers, leader_id)] == [(card.tier, begins)]
    kind = communities_kind(world)
    assert read(rates.standing, leader_id, kind, begins - timedelta(seconds=1)) == (kind, None)
    assert read(rates.standing, leader_id, kind, begins) == (kind, card.tier)
    with pytest.raises(WrongState):
        decide(world, card)


def communities_kind(world: World) -> LeaderKind:
    return world.services.database.read(communities.get_leader, world.leaders["L901"]).kind


def run_cycle(world: World, first: date) -> UUID:
    """A further cycle of four weeks, lived like the first, up to its final score."""
    last = first + timedelta(days=27)
    cycle_id = make_cycle(world, first, last)
    move_to(world, last + timedelta(days=4))
    live_good_and_bad(world, first, last)
    move_on(world)
    move_to(world, last + timedelta(days=11))
    move_on(world)
    return cycle_id


def test_warning_then_probation_with_a_plan_then_a_proposal_to_replace(world: World) -> None:
    for number in range(3):
        today = world.services.database.clock.now().date()
        cycle_id = run_cycle(world, today + timedelta(days=7))
        found = proposed(world, cycle_id, "L902")
        if number == 0:
            assert found[ConsequenceKind.WARNING].reasons == (Why.BELOW_BRONZE,)
            decide(world, found[ConsequenceKind.WARNING])
            assert communities_status(world, "L902") is LeaderStatus.ACTIVE
        elif number == 1:
            probation = found[ConsequenceKind.PROBATION]
            assert probation.reasons == (Why.BELOW_BRONZE, Why.WARNED_BEFORE)
            with pytest.raises(Invalid):
                decide(world, probation)  # a probation needs its plan
            on = world.services.database.clock.now().date()
            plan = PlanInput(words="每天下午四点前清点", until_on=on + timedelta(days=28),
                             goals={Measure.ON_TIME: 9_000}, checkups=(on + timedelta(days=14),))  # fmt: skip
            decide(world, probation, plan=plan)
            assert communities_status(world, "L902") is LeaderStatus.PROBATION
            by_hand = world.run_as(hq(world))
            by_hand(appraisal.change_status, world.leaders["L902"], LeaderStatus.RESTING, "her child is ill")
            by_hand(appraisal.change_status, world.leaders["L902"], LeaderStatus.ACTIVE, "she is back")
            assert communities_status(world, "L902") is LeaderStatus.PROBATION  # a rest ends no plan
            (kept,) = world.services.database.read(queries.plans, world.leaders["L902"])
            assert (kept.state, kept.goals, len(kept.checkups)) == (PlanState.RUNNING, {Measure.ON_TIME: 9_000}, 1)
            world.run_as(hq(world))(outcomes.check_up, kept.checkups[0].id, "仍然晚", on_track=False)
            with pytest.raises(WrongState):
                world.run_as(hq(world))(outcomes.check_up, kept.checkups[0].id, "再看", on_track=True)
        else:
            replace = found[ConsequenceKind.REPLACEMENT]
            assert replace.reasons == (Why.BELOW_BRONZE, Why.PLAN_OVER)
            decide(world, replace)
            assert communities_status(world, "L902") is LeaderStatus.PROBATION  # a second person has to confirm
            (plan_then,) = world.services.database.read(queries.plans, world.leaders["L902"])
            assert plan_then.state is PlanState.FAILED
            (waiting,) = world.services.database.read(replacements.replacements, PageAsk(), world.hub_id).rows
            assert (waiting.leader_id, waiting.appraisal_id) == (world.leaders["L902"], replace.id)


def test_small_samples_and_new_leaders_are_judged_by_nobody(world: World) -> None:
    cycle_id = make_cycle(world)
    move_to(world, TOLD_ON)
    make_history(world, "L901", pickup_days()[:3], buyers=9)
    move_on(world)
    move_to(world, FINAL_ON)
    move_on(world)
    seat = seat_of(world, cycle_id, "L901")
    assert seat.unjudged == (Why.FEW_HANDOVERS, Why.FEW_BUYERS)
    assert proposed(world, cycle_id, "L901") == {}
    move_on(world)
    assert stage(world, cycle_id) is CycleStage.CLOSED  # nothing to decide


def test_history_is_checked_and_may_be_given_again(world: World) -> None:
    move_to(world, TOLD_ON)
    make_history(world, "L901", [FIRST], buyers=5)
    make_history(world, "L901", [FIRST], buyers=6)
    world.run_as(SYSTEM)(facts.rebuild_days, world.hub_id, FIRST, LAST)
    read = world.services.database.read
    (day,) = read(scoring.days_of_leader, world.leaders["L901"], FIRST, LAST)
    assert (day.orders, day.buyers) == (6, 6)
    with pytest.raises(Invalid, match="over"):
        make_history(world, "L901", [TOLD_ON + timedelta(days=1)])
    with pytest.raises(Invalid, match="above its whole"):
        make_history(world, "L901", [FIRST], picked=101)
    with pytest.raises(NotFound):
        world.run_as(SYSTEM)(appraisal.move_on, new_id())
