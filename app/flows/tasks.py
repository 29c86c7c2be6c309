"""HQ's plans become leaders' to-dos: who a step is for follows from communities and scorecards."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.aftersales.service import talk
from app.domains.communities import queries as communities
from app.domains.communities.values import SERVING, LeaderCard
from app.domains.communities.values.ground import Hub
from app.domains.scoring import queries as scoring
from app.domains.tasks import queries, rules
from app.domains.tasks.service import plans, todos
from app.domains.tasks.values import Audience, MakeTodo, Seniority, StepCard, Tick, TodoCard
from app.infra.storage import Pictures
from app.infra.uow import Run, UnitOfWork
from app.kernel.actors import Permission
from app.kernel.errors import Forbidden

#: To-dos made in one transaction.
_BATCH = 1_000


def make_todos(run: Run, read: Callable[..., Any], now: datetime) -> int:
    """Make what is due today and tomorrow, by the calendar of each leader's hub; returns how many are new.

    May be repeated: who has a task keeps it. Leaders who begin to serve meanwhile get what is due from then on.
    """
    wanted = read(_wanted, now)
    return sum(run(todos.make, wanted[at : at + _BATCH]) for at in range(0, len(wanted), _BATCH))


def _wanted(session: Any, now: datetime) -> list[MakeTodo]:
    hubs = {hub.id: hub for hub in communities.hubs(session)}
    if not hubs:
        return []
    days = {hub.id: _today(hub, now) for hub in hubs.values()}
    steps = queries.steps_to_make(session, min(days.values()), max(days.values()) + rules.AHEAD, now)
    leaders = described_leaders(session) if steps else []
    return [
        MakeTodo(step_id=step.id, plan_id=step.plan_id, leader_id=leader.id, hub_id=leader.hub_id, due_on=step.due_on,
                 due_at=rules.due_at(step.due_on, step.due_time, hubs[leader.hub_id].timezone))
        for step in steps
        for leader, who in leaders
        if days[leader.hub_id] <= step.due_on <= days[leader.hub_id] + rules.AHEAD
        and rules.is_meant(step.audience, who)
    ]  # fmt: skip


def described_leaders(session: Any) -> list[tuple[LeaderCard, Audience]]:
    """Everybody who serves, with what steps may ask for: hub, tier and stage of the last scorecard."""
    serving = [leader for leader in communities.leader_cards(session) if leader.status in SERVING]
    cards = scoring.last_scorecards(session, [leader.id for leader in serving])
    found = []
    for leader in serving:
        card = cards.get(leader.id)
        who = Audience(
            hub_id=leader.hub_id, leader_id=leader.id, tier=card.tier.value if card else None,
            seniority=Seniority(card.stage.value) if card else Seniority.NEW,
        )  # fmt: skip
        found.append((leader, who))
    return found


def meant_by(steps: Iterable[StepCard], leaders: list[tuple[LeaderCard, Audience]]) -> dict[UUID, int]:
    """How many leaders each step would be for now."""
    return {step.id: sum(rules.is_meant(step.audience, who) for _, who in leaders) for step in steps}


def publish(uow: UnitOfWork, plan_id: UUID) -> None:
    """Let a plan begin; the worker makes its to-dos. Raises NotFound, WrongState, Invalid."""
    uow.require(Permission.TASKS_PLAN)
    plans.publish(uow, plan_id, min(_todays(uow)))


def withdraw(uow: UnitOfWork, plan_id: UUID, reason: str) -> int:
    """Take back a plan that has begun at no hub. Raises NotFound, WrongState, PlanBegun, Invalid."""
    uow.require(Permission.TASKS_PLAN)
    return plans.withdraw(uow, plan_id, reason, max(_todays(uow)))


def tick(uow: UnitOfWork, wish: Tick) -> None:
    """Note that a leader has done a task of her own, with words or a photo of hers as proof.

    Raises NotFound for another's task or photo, TaskAhead, AlreadyTicked, Invalid.
    """
    uow.require(Permission.TASKS_DO)
    if uow.actor.id is None:
        raise Forbidden(permission=Permission.TASKS_DO.value)
    if wish.photo:
        talk.check_own_photos(uow.session, uow.actor.id, [wish.photo])
    leader = communities.get_leader(uow.session, uow.actor.id)
    todos.tick(uow, wish, _today(communities.get_hub(uow.session, leader.hub_id), uow.now))


def keep_asset(run: Run, pictures: Pictures, content: bytes) -> str:
    """Keep a picture for a step and return its key. Raises Forbidden, BadPicture; then nothing is kept."""
    run(plans.check_planner)
    return pictures.keep(content)


def script_for(session: Any, card: TodoCard, link: str) -> str:
    """The script of a task with this leader's names, hours and link in it."""
    leader = communities.get_leader(session, card.leader_id)
    place = communities.get_place(session, leader.pickup_point_id)
    return rules.fill(card.script, {
        "leader": leader.name, "neighbourhood": leader.neighbourhood_name or "", "point": place.pickup_point_name,
        "opens": f"{place.opens:%H:%M}", "closes": f"{place.closes:%H:%M}", "link": link,
        "date": card.due_on.isoformat(),
    })  # fmt: skip


def _todays(uow: UnitOfWork) -> list[date]:
    """The day by each hub's calendar; by UTC while there is no hub."""
    return [_today(hub, uow.now) for hub in communities.hubs(uow.session)] or [uow.now.date()]


def _today(hub: Hub, now: datetime) -> date:
    return now.astimezone(ZoneInfo(hub.timezone)).date()
