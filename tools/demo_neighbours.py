"""What else happens around one hub's leaders: HQ's plan of tasks, ratings after pickups, applications, days away."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import time
from itertools import cycle
from uuid import UUID

from app.domains.communities import queries as communities
from app.domains.communities.service import absences
from app.domains.communities.values import SERVING
from app.domains.communities.values.absences import AskAbsence
from app.domains.communities.values.ground import PickupPlace
from app.domains.logistics import queries as logistics
from app.domains.logistics.values.pickup import PickupState
from app.domains.ratings import queries as ratings
from app.domains.ratings.service.ratings import answer, rate
from app.domains.ratings.values import GiveRating, Tag
from app.domains.recruitment.rules import CONSENT_VERSION
from app.domains.recruitment.service import applications, desk, endorsing
from app.domains.recruitment.values import Decide, Submit, TrainingStep
from app.domains.tasks import queries as todos
from app.domains.tasks.service import plans
from app.domains.tasks.values import Audience, SavePlan, SaveStep, Tick
from app.flows import absence, tasks
from app.kernel.actors import Role
from app.kernel.errors import DomainError
from app.kernel.paging import PageAsk
from tools.demo_leaders import Leaders

#: The plan: title, day after its start, hour until which, words to copy, whether proof is asked for.
STEPS = (
    ("货架拍照：常温和冷藏分开", 0, 20, "", True),
    (
        "在群里发预告",
        2,
        20,
        "{neighbourhood}的邻居们，十二月的年货从 {date} 开团，{point} {opens}–{closes} 可取。{link}",
        False,
    ),
    ("问三位很久没下单的邻居", 5, 20, "您好，我是{leader}。最近的团里有您常买的水果，需要帮您留吗？{link}", True),
    ("贴好本周取货时间", 6, 18, "", False),
    ("清点周转箱并报数", 7, 20, "", False),
)
PROOFS = ("已按温层分开摆好", "三位都联系了，两位下了单", "已完成，见照片")
Said = tuple[int, int, tuple[Tag, ...], str, str]
#: What residents say of a pickup: stars of leader and goods, what they tick, their words, and what she answers.
SAID: tuple[Said, ...] = (
    (5, 5, (Tag.FRIENDLY, Tag.FRESH), "虾很新鲜，团长还帮忙用冰袋装好。", "谢谢您！下次给您多备两个冰袋。"),
    (4, 3, (Tag.LONG_WAIT,), "六点人多，等了十来分钟，菜不错。", "六点最忙，七点后基本不用等，我也请了帮手。"),
    (5, 4, (Tag.QUICK,), "", ""),
    (5, 5, (Tag.FRIENDLY,), "一直在她这里取，放心。", "谢谢邻居支持。"),
    (5, 5, (Tag.WELL_KEPT, Tag.GOOD_VALUE), "", ""),
    (3, 4, (Tag.LONG_WAIT,), "到的时候没人，打了电话才下来。", "对不起，那天去接孩子了，以后会把时间贴在门口。"),
    (5, 5, (Tag.FRESH,), "草莓没有压坏，包得很仔细。", "谢谢您，易碎的我都单独放。"),
    (4, 5, (Tag.QUICK, Tag.GOOD_VALUE), "取货两分钟，价格也合适。", ""),
)
#: Whose residents rate: hers are read by the demo's usual sign-in.
RATED = "L001"
#: Who applies: name, the last of the identity card, why, and how far it is.
APPLICANTS = (
    ("林素芬", "4021", "退休教师，白天都在家，车库有冷柜。", "asked"),
    ("周建国", "715X", "小区门口开便利店，离驿站远的几栋都到我这里。", "talked"),
    ("何丽萍", "3308", "做过两年社区团购，熟悉清点和冷链。", "trained"),
)


def plan(story: Leaders) -> None:
    """Queue it."""
    story.at(9, 10, _publish, story)
    for ago in (7, 5, 2, 1, 0):
        story.at(ago, 8, _make_todos, story)
    for ago in (6, 4, 3, 1):
        story.at(ago, 19, _tick, story)
    said = cycle(SAID)
    for ago in (7, 3, 2):
        story.at(ago, 22, _rate, story, ago, said)
    story.at(1, 9, _answer_ratings, story)
    for number, _who in enumerate(APPLICANTS):
        story.at(8 - 2 * number, 13, _apply, story, number)
    story.at(2, 10, _go_away, story)


def _publish(story: Leaders) -> None:
    """A plan for all leaders of the hub, from three days on."""
    note = "年末旺季前把取货点和老邻居照顾好"
    plan_id = story.hq(plans.save_plan, SavePlan(plan_id=None, title="年货季准备", note=note, starts_on=story.day(6)))
    for title, offset, hour, script, needs_proof in STEPS:
        step = SaveStep(
            plan_id=plan_id, step_id=None, title=title, day_offset=offset, on_date=None, due_time=time(hour),
            script=script, asset="", needs_proof=needs_proof, owner_id=story.desk.id or plan_id,
            audience=Audience(hub_id=story.stage.hub.id),
        )  # fmt: skip
        story.hq(plans.save_step, step)
    story.hq(tasks.publish, plan_id)


def _make_todos(story: Leaders) -> None:
    tasks.make_todos(story.stage.run, story.stage.read, story.stage.clock.now())


def _tick(story: Leaders) -> None:
    """Three of four do what is due today; the usual sign-in leaves today's for whoever looks at the demo."""
    now, today = story.stage.clock.now(), story.now_on()
    for code, leader in story.leaders.items():
        for card in story.stage.read(todos.todos_of_leader, leader.id, now, today):
            is_due = card.done_at is None and card.due_on <= today
            if not is_due or card.due_on == story.today or story.dice.random() > 0.75:
                continue
            words = story.dice.choice(PROOFS) if card.needs_proof else ""
            photo = story.photo(leader.id) if card.needs_proof and code in {RATED, "L005", "L009"} else ""
            story.as_leader(leader.id, tasks.tick, Tick(todo_id=card.id, text=words, photo=photo))


def _rate(story: Leaders, ago: int, said: Iterator[Said]) -> None:
    """Those who fetched at some leaders' today say how it was."""
    for code in (RATED, "L004", "L007", "L012"):
        cards = story.stage.read(logistics.pickups_of_leader, story.leaders[code].id, story.day(ago))
        fetched = [card for card in cards if card.state is PickupState.DONE]
        for card in fetched[: 3 if code == RATED else 1]:
            leader, goods, tags, text, _answer = next(said)
            wish = GiveRating(order_id=card.order_id, leader_stars=leader, goods_stars=goods, tags=tags, text=text)
            with suppress(DomainError):  # she rated it before, or it is the leader's own order
                story.stage.as_person(card.resident_id, Role.RESIDENT, rate, wish)


def _answer_ratings(story: Leaders) -> None:
    """She answers two of those who wrote something."""
    leader = story.leaders[RATED]
    found = story.stage.read(ratings.ratings_of_leader, leader.id, PageAsk(limit=20)).rows
    replies = {words: reply for *_stars, words, reply in SAID if reply}
    for card in [one for one in found if one.text in replies][:2]:
        story.as_leader(leader.id, answer, card.id, replies[card.text])


def _apply(story: Leaders, number: int) -> None:
    """A resident applies to lead near her home; how far she came differs."""
    name, tail, why, stage = APPLICANTS[number]
    places: list[PickupPlace] = story.stage.read(communities.places, story.stage.hub.id)
    place = places[3 + 4 * number]
    near = [
        home.resident_id for home in story.stage.read(communities.homes_of, story.stage.read(
            communities.resident_ids_of_hub, story.stage.hub.id)).values()
        if home.pickup_point_id == place.pickup_point_id
    ]  # fmt: skip
    applicant, neighbours = near[0], near[1:]
    typed = {
        "name": name, "id_tail": tail, "kind": "shop" if number == 1 else "home", "address": f"{place.address}旁",
        "lat": f"{place.place.lat + 0.0006:.6f}", "lon": f"{place.place.lon + 0.0004:.6f}", "floor": "1",
        "storage_m2": str(9 + 4 * number), "fridge_l": "260", "freezer_l": str(80 + 60 * number), "opens": "09:00",
        "closes": "20:30", "experience": ("none", "some", "much")[number], "why": why,
    }  # fmt: skip
    hers = story.stage.runner(applicant, Role.RESIDENT)
    hers(applications.save_draft, typed, [])
    application_id = hers(applications.submit, Submit(consent_version=CONSENT_VERSION))
    _endorse(story, applicant, neighbours, number + 1)
    if stage != "asked":
        story.hq(desk.add_note, application_id, "电话聊了二十分钟：时间充裕，冷柜照片已看，愿意先做副手。")
        story.hq(desk.confirm_identity, application_id)
    if stage == "trained":
        story.hq(
            desk.decide, Decide(application_id=application_id, accept=True, reason="经验丰富，欢迎加入，先完成培训。")
        )
        for step in list(TrainingStep)[:3]:
            hers(applications.tick_training, step)
        for step in list(TrainingStep)[:2]:
            story.hq(desk.check_training, application_id, step)


def _endorse(story: Leaders, applicant: UUID, neighbours: list[UUID], many: int) -> None:
    given = 0
    for neighbour in neighbours[:12]:
        if given == many:
            return
        token = story.stage.as_person(applicant, Role.RESIDENT, endorsing.make_link)
        with suppress(DomainError):  # she lives too far away
            story.stage.as_person(neighbour, Role.RESIDENT, endorsing.endorse, token, "就住隔壁单元，取货方便")
            given += 1


def _go_away(story: Leaders) -> None:
    """One leader is away in some days and has a deputy with room for both; another has asked."""
    read, hub = story.stage.read, story.stage.hub
    room = {one.pickup_point_id: one.capacity_orders for one in read(communities.places, hub.id)}
    at_point, own = read(communities.residents_by_point), read(communities.residents_by_leader)
    serving = [one for one in story.leaders.values() if one.status in SERVING]
    free = {one.id: room.get(one.pickup_point_id, 0) - at_point.get(one.pickup_point_id, 0) for one in serving}
    deputy = max(serving, key=lambda one: (free[one.id], one.code))
    others = sorted((one for one in serving if one is not deputy), key=lambda one: (own.get(one.id, 0), one.code))
    days = ((others[0], 3, 4, "回老家看父母"), (others[1], 9, 12, "女儿婚礼"))
    asked = [
        story.as_leader(leader.id, absences.ask, AskAbsence(
            leader_id=leader.id, first_on=story.day(-first), last_on=story.day(-last), note=why,
        ))
        for leader, first, last, why in days
    ]  # fmt: skip
    with suppress(DomainError):  # nobody has room for two: it waits for HQ
        story.hq(absence.agree, asked[0], deputy.id)
