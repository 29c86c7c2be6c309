"""Everything that happens to leaders, lived through once in the small world; and damage done to it.

L901 hands out, is rated, ticks a task, plans days away with L100 as deputy, and gets a tier by a cycle. L100 came by an
application; another applicant took hers back. L902 was replaced by L901.
"""

from datetime import date, timedelta
from uuid import UUID

from app.domains.appraisal import queries as appraisal_queries
from app.domains.appraisal.values import ConsequenceKind, DecideConsequence
from app.domains.communities.service.absences import ask
from app.domains.communities.values.absences import AskAbsence
from app.domains.groupbuys.values import Station
from app.domains.recruitment.service import applications, desk
from app.domains.replacements.values import ProposeReplacement, Way
from app.domains.tasks import queries as task_queries
from app.domains.tasks.values import Tick
from app.flows import absence, appraisal, replacement, tasks
from app.infra.clock import SetClock
from app.kernel.actors import Actor, Role
from tests.factories.accounts import make_account
from tests.factories.appraisal import LAST, SYSTEM, make_cycle, make_history, move_on, move_to, pickup_days, seat_of
from tests.factories.breaks import Broken
from tests.factories.communities import resident
from tests.factories.points import make_rest, set_days
from tests.factories.ratings import make_rating
from tests.factories.recruitment import DESK, beginning, make_application, make_ready
from tests.factories.settlement import pick_up, run_to
from tests.factories.tasks import TODAY, make_plan, make_planner, make_todos
from tests.factories.world import World


def live(world: World) -> None:
    """Live through all of it; ends on the day on which the cycle is final and decided."""
    clock = world.services.database.clock
    assert isinstance(clock, SetClock)
    set_days(world.run_as(SYSTEM), world.points["P901"], day_orders=3)
    make_rest(world.run_as(SYSTEM), world.points["P901"], date(2026, 12, 5))
    clock.move_to(clock.now() + timedelta(minutes=1))
    newcomer = _recruit(world)
    order_id = world.buy(0, orange=2)
    world.buy(1, orange=1)
    _do_task(world)
    _go_away(world, newcomer)
    _replace(world)
    cycle_id = make_cycle(world)
    run_to(world, Station.HANDOVER)
    pick_up(world, order_id)
    make_rating(world, order_id)
    run_to(world, Station.SETTLE)
    _appraise(world, cycle_id)


def _recruit(world: World) -> UUID:
    database, place = world.services.database, {"lat": "30.40", "lon": "115.20"}
    account_id, application_id = make_application(database, 1, **place)
    make_ready(database, account_id, application_id)
    newcomer: UUID = database.transact(DESK, desk.activate, beginning(application_id))
    second, _ = make_application(database, 2, **place)
    database.transact(resident(second), applications.withdraw)
    return newcomer


def _do_task(world: World) -> None:
    database, planner = world.services.database, make_planner(world)
    database.transact(planner, tasks.publish, make_plan(world, planner, {}))
    make_todos(world)
    leader = world.leader("L901")
    assert leader.id is not None
    todo = database.read(task_queries.todos_of_leader, leader.id, database.clock.now(), TODAY)[0]
    database.transact(leader, tasks.tick, Tick(todo_id=todo.id))


def _go_away(world: World, deputy_id: UUID) -> None:
    days = AskAbsence(leader_id=world.leaders["L901"], first_on=date(2026, 12, 1), last_on=date(2026, 12, 3))
    world.run_as(SYSTEM)(absence.agree, world.run_as(SYSTEM)(ask, days), deputy_id)


def _replace(world: World) -> None:
    make = world.services.database.transact
    one, other = (
        Actor(f"HQ {n}", Role.HQ_COMMUNITY, make(SYSTEM, make_account, Role.HQ_COMMUNITY).id) for n in range(2)
    )
    wish = ProposeReplacement(
        leader_id=world.leaders["L902"], reason="moved away", way=Way.NAMED, successor_id=world.leaders["L901"]
    )
    make(other, replacement.confirm, make(one, replacement.propose, wish))


def _appraise(world: World, cycle_id: UUID) -> None:
    move_to(world, LAST + timedelta(days=4))
    make_history(world, "L901", pickup_days(), buyers=150)
    move_on(world)
    move_to(world, LAST + timedelta(days=11))
    move_on(world)
    seat = seat_of(world, cycle_id, "L901")
    for card in world.services.database.read(appraisal_queries.consequences, seat_id=seat.id):
        if card.kind is ConsequenceKind.TIER:
            wish = DecideConsequence(consequence_id=card.id, confirm=True, note="well done")
            world.run_as(SYSTEM)(appraisal.decide, wish)


#: What each damage breaks; statements as in `tests.factories.breaks`.
LEADERS: list[tuple[str, Broken]] = [
    (
        """
        UPDATE communities_home SET leader_id = (SELECT id FROM communities_leader WHERE code = 'L902')
        WHERE until_at IS NULL RETURNING leader_id
        """,
        {(7, "gone")},
    ),
    (
        """
        UPDATE accounts_sign_in SET revoked_at = NULL;
        UPDATE accounts_account SET disabled_at = NULL WHERE login = 'l902' RETURNING id
        """,
        {(7, "gone")},
    ),
    ("UPDATE replacements_replacement SET confirmed_by_id = NULL RETURNING id", {(7, "two_persons")}),
    (
        """
        UPDATE communities_home SET until_at = from_at WHERE until_at IS NULL AND resident_id = (
          SELECT (undo -> 'homes' -> 0 ->> 0)::uuid FROM replacements_replacement);
        UPDATE replacements_replacement SET note = 'x' RETURNING id
        """,
        {(7, "seated")},
    ),
    (
        """
        INSERT INTO communities_absence (id, leader_id, hub_id, first_on, last_on, state, asked_by, asked_at)
        SELECT gen_random_uuid(), leader_id, hub_id, last_on, last_on + 9, 'asked', 'x', now() FROM communities_absence;
        SELECT id FROM communities_absence WHERE state = 'agreed'
        """,
        {(7, "away")},
    ),
    (
        """
        INSERT INTO communities_absence (id, leader_id, hub_id, first_on, last_on, state, deputy_id, asked_by, asked_at)
        SELECT gen_random_uuid(), deputy_id, hub_id, first_on, first_on, 'agreed',
               (SELECT id FROM communities_leader WHERE code = 'L902'), 'x', now() FROM communities_absence;
        SELECT id FROM communities_absence WHERE first_on < last_on
        """,
        {(7, "away")},
    ),
    ("UPDATE communities_point_rest SET from_on = '2026-11-21'", {(7, "rests")}),
    ("UPDATE communities_pickup_point SET day_chilled = 0, day_orders = 0 WHERE code = 'P901'", {(7, "room")}),
    (
        """
        INSERT INTO communities_city_plan (id, hub_id, state, sticky_m, most, keep_wishes, asked_by, asked_at, note,
                                           rounds, residents, before_m, after_m, is_relaxed, loads)
        SELECT gen_random_uuid(), id, 'applied', 0, 1, true, 'x', now(), '', '[]', 1, 0, 0, false, '[]'
        FROM communities_hub;
        INSERT INTO communities_planned_move (plan_id, resident_id, home_id, from_point_id, to_point_id, after_m, state)
        SELECT p.id, h.resident_id, h.id, h.pickup_point_id, h.pickup_point_id, 0, 'moved'
        FROM communities_city_plan p, communities_home h LIMIT 1 RETURNING resident_id
        """,
        {(7, "city_plans")},
    ),
    (
        "UPDATE appraisal_seat SET final_centi = final_centi + 1 WHERE final_centi IS NOT NULL RETURNING id",
        {(9, "cycles")},
    ),
    (
        """
        UPDATE appraisal_tier SET from_at = from_at + interval '1 hour' WHERE consequence_id IS NOT NULL
        RETURNING consequence_id
        """,
        {(9, "followed")},
    ),
    (
        """
        UPDATE appraisal_tier SET tier = 'warning' WHERE consequence_id IS NOT NULL RETURNING leader_id
        """,
        {(9, "followed")},
    ),
    (
        """
        UPDATE ratings_rating SET leader_id = (SELECT id FROM communities_leader WHERE code = 'L100') RETURNING id
        """,
        {(9, "rated")},
    ),
    (
        "UPDATE tasks_step SET needs_proof = true; SELECT id FROM tasks_todo WHERE done_at IS NOT NULL",
        {(9, "ticked")},
    ),
    ("UPDATE recruitment_application SET contract_locale = 'en' WHERE status = 'active' RETURNING id", {(9, "signed")}),
    (
        "UPDATE recruitment_training SET checked_at = NULL WHERE step = (SELECT min(step) FROM recruitment_training)",
        {(9, "signed")},
    ),
    (
        "UPDATE recruitment_application SET signed_name = 'x' WHERE status = 'withdrawn' RETURNING id",
        {(9, "forgotten")},
    ),
    ("DELETE FROM infra_audit WHERE action = 'tasks.tick' RETURNING entity_id", {(8, "traces")}),
]
