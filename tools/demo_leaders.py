"""How one hub's leaders fared: facts from the system before, three appraisal cycles, monthly goals.

The first cycle judges weeks before Linli, the second one partly lived here; the third is under way. Everything is told
through the use-cases by the people whose turn it is, with dice of its own, so that the rest of the city stays as it is.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domains.accounts import queries as accounts
from app.domains.appraisal import queries
from app.domains.appraisal.service import appeals, outcomes, targets
from app.domains.appraisal.values import (
    AnnounceCycle,
    AnswerAppeal,
    ConsequenceCard,
    ConsequenceKind,
    ConsequenceState,
    Correction,
    DecideConsequence,
    FileAppeal,
    PlanInput,
    SeatCard,
    SettleTargets,
    Target,
)
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderCard, PostRole
from app.domains.goals.service.goals import set_goals
from app.domains.goals.values import Kpi, SetGoals
from app.domains.scoring.service import history
from app.domains.scoring.values import AdjustFact, ImportDay, Measure
from app.flows import appraisal, claims
from app.infra.storage import Pictures
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due
from tools.demo_snapshot import snapshot
from tools.demo_stage import Stage

#: At this hub, and so many days before the present, its leaders' story begins.
HUB, BEGINS = "LJ-E", 87
#: The last weeks of each cycle, in days before the present: announced, first and last day that it judges.
CYCLES = ((86, 78, 51), (51, 43, 16), (15, 7, -20))
#: Two pickup days a week before Linli.
BEFORE = tuple(day for day in range(84, 28, -1) if day % 7 in (0, 3))
#: Who count late, and are often away when people come for their goods: one all the time, one only lately.
WARNED, TIRED = CARELESS = ("L003", "L011")
#: Who appeals, who finds her targets too high, and who did and was answered.
APPEALS, DOUBTS, SETTLED = "L001", "L002", "L004"
#: The day on which the system before counted the handover of her who appeals as late.
WRONG_DAY = 35
#: Decisions of the second cycle that still wait on the desk.
LEFT_OPEN = 2
WORDS = {
    ConsequenceKind.TIER: "等级按终评结果调整，佣金从生效日起随之变化。",
    ConsequenceKind.WARNING: "准时清点和提货率低于同类小区，请在下个考核期改善。",
    ConsequenceKind.PROBATION: "连续两期低于铜牌，进入观察期，按改进计划执行。",
    ConsequenceKind.RESTORE: "本期表现回升，结束观察期。",
    ConsequenceKind.REPLACEMENT: "观察期满仍低于铜牌，提请更换团长。",
}


@dataclass
class Leaders:
    """The leaders of one hub, and the desk that looks after them."""

    stage: Stage
    dice: random.Random = field(default_factory=lambda: random.Random("linli leaders"))
    cycles: dict[int, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = self.stage.read
        desk = read(accounts.find_account_by_login, "community")
        self.desk = Actor(desk.name, Role.HQ_COMMUNITY, desk.account_id)
        self.leaders: dict[str, LeaderCard] = {
            one.code: one for one in read(communities.leader_cards, self.stage.hub.id)
        }
        self.today = self.stage.end.astimezone(ZoneInfo(self.stage.hub.timezone)).date()

    def day(self, ago: int) -> date:
        """So many days before the present."""
        return self.today - timedelta(days=ago)

    def now_on(self) -> date:
        """The day that it is in the story."""
        return self.stage.clock.now().astimezone(ZoneInfo(self.stage.hub.timezone)).date()

    def at(self, ago: int, hour: int, what: Any, *args: Any) -> None:
        """Put something on a day and an hour of the hub's clock."""
        self.stage.at(self.stage.local(self.day(ago), time(hour)), partial(self._do, partial(what, *args)))

    def _do(self, what: Any) -> None:
        what()
        run_due(self.stage.services)

    def hq(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        """One transaction of the leaders' desk."""
        return self.stage.services.database.transact(self.desk, use_case, *args, **kwargs)

    def as_leader(self, leader_id: UUID, use_case: Any, *args: Any) -> Any:
        """One transaction of a leader."""
        name = next(one.name for one in self.leaders.values() if one.id == leader_id)
        return self.stage.services.database.transact(Actor(name, Role.LEADER, leader_id), use_case, *args)

    def photo(self, leader_id: UUID) -> str:
        """A photo that a leader takes and uploads."""
        pictures = Pictures(self.stage.services.settings.var_dir)
        key: str = claims.upload_photo(self.stage.runner(leader_id, Role.LEADER), pictures, snapshot(self.dice))
        return key

    def plan(self) -> None:
        """Queue everything."""
        self.at(86, 9, self._set_goals)
        self.at(47, 8, self._bring_in, [ago for ago in BEFORE if ago > 47])
        self.at(28, 8, self._bring_in, [ago for ago in BEFORE if ago <= 47])
        for number, (announced, _, last) in enumerate(CYCLES):
            self.at(announced, 10, self._announce, number)
            self.at(announced - 2, 19, self._answer_targets, number)
            if last > 0:
                self.at(last - 4, 9, self._move_on)
                self.at(last - 10, 9, self._move_on)
                self.at(last - 11, 10, self._decide, number)
        self.at(11, 20, self._appeal)
        self.at(10, 15, self._answer_appeal)
        self.at(1, 11, self._check_up)

    def _set_goals(self) -> None:
        """Goals of this hub and of HQ for the last month and this one."""
        months = {self.day(0).replace(day=1), (self.day(0).replace(day=1) - timedelta(days=1)).replace(day=1)}
        rates = {Kpi.PENETRATION: 450, Kpi.ON_TIME: 9_000, Kpi.PICKUP_RATE: 9_200, Kpi.CLAIM_RATE: 300}
        for month in sorted(months):
            self.hq(
                set_goals, SetGoals(hub_id=None, month=month, targets=rates | {Kpi.ORDERS: 4_000, Kpi.BUYERS: 2_000})
            )
            own = rates | {Kpi.ORDERS: 1_400, Kpi.BUYERS: 650}
            self.hq(set_goals, SetGoals(hub_id=self.stage.hub.id, month=month, targets=own))

    def _bring_in(self, days: list[int]) -> None:
        serving = [one for one in self.leaders.values() if one.post is PostRole.PRIMARY]
        rows = [self._day(leader, ago) for leader in serving for ago in days]
        self.hq(history.import_days, self.stage.hub.id, rows)

    def _day(self, leader: LeaderCard, ago: int) -> ImportDay:
        """What the system before knew of one leader's day: some of her regulars came for their boxes.

        Leaders differ in how many regulars they have, and how well they count and hand out.
        """
        dice, own = self.dice, random.Random(leader.code)
        reach, care = own.uniform(0.018, 0.05), own.uniform(0.75, 1)
        poor = leader.code == WARNED or (leader.code == TIRED and ago <= CYCLES[1][1])
        grown, spread = (1, 11) if ago <= CYCLES[1][1] else (0.6, 18)
        many = 4 if poor else 2 + round(leader.households * reach * grown / 8)
        pool = 400 if poor else spread * many
        came = sorted(dice.sample(range(pool), k=min(many + dice.randint(0, 2), pool)))
        orders = len(came) + dice.randint(0, 2)
        due = orders * 4
        picked = round(due * (dice.uniform(0.5, 0.75) if poor else dice.uniform(0.7 + 0.25 * care, 1)))
        on_time = int(dice.random() < (0.15 if poor else care)) if (leader.code, ago) != (APPEALS, WRONG_DAY) else 0
        faults = dice.randint(1, 2) if poor else int(dice.random() < 0.04)
        facts = {
            "orders": orders, "sales_cents": orders * dice.randint(3_500, 6_000), "buyers": len(came),
            "due_pieces": due, "picked_pieces": picked, "in_window_pieces": picked, "handovers": 1,
            "on_time_handovers": on_time, "claims": faults, "leader_fault_claims": faults,
        }  # fmt: skip
        return ImportDay(leader_id=leader.id, on_date=self.day(ago), facts=facts, residents=tuple(came))

    def _announce(self, number: int) -> None:
        _, first, last = CYCLES[number]
        note = ("第一期：按迁移前的数据评估", "第二期：重点看准时清点和提货率", "第三期：年末旺季")[number]
        wish = AnnounceCycle(hub_id=self.stage.hub.id, first_on=self.day(first), last_on=self.day(last), note=note)
        self.cycles[number] = self.hq(appraisal.announce, wish)

    def _seats(self, number: int) -> dict[str, SeatCard]:
        return {seat.leader_code: seat for seat in self.stage.read(queries.seats, self.cycles[number])}

    def _answer_targets(self, number: int) -> None:
        """Nearly everybody accepts; in the cycle under way one has not looked yet, one says no, one was answered."""
        for code, seat in self._seats(number).items():
            is_now = number == len(CYCLES) - 1
            if is_now and code == APPEALS:
                continue
            if is_now and code in {DOUBTS, SETTLED}:
                words = (
                    "小区有三栋在装修，住户搬走了，渗透率目标偏高。"
                    if code == DOUBTS
                    else "旺季货车常晚到，准时目标请放宽。"
                )
                self.as_leader(seat.leader_id, targets.answer, seat.id, words)
                if code == SETTLED:
                    reply = "按货车实际到达时间计算是否准时，目标下调两个百分点。"
                    lower = {Measure.ON_TIME: self._target(seat, Measure.ON_TIME) - 200}
                    self.hq(targets.settle, SettleTargets(seat_id=seat.id, reply=reply, targets=lower))
            else:
                self.as_leader(seat.leader_id, targets.accept, seat.id)

    def _target(self, seat: SeatCard, measure: Measure) -> int:
        wanted: tuple[Target, ...] = self.stage.read(queries.targets, [seat.id])[seat.id]
        return next(one.target_bps for one in wanted if one.measure is measure)

    def _move_on(self) -> None:
        appraisal.move_all(self.stage.run, self.stage.read)

    def _appeal(self) -> None:
        seat = self._seats(1)[APPEALS]
        words = f"{self.day(WRONG_DAY).isoformat()} 货车晚到四十分钟，我当场清点完，旧系统却记成了迟到。附当天照片。"
        self.as_leader(
            seat.leader_id, appeals.file,
            FileAppeal(seat_id=seat.id, text=words, photos=(self.photo(seat.leader_id),)),
        )  # fmt: skip

    def _answer_appeal(self) -> None:
        appeal = self.stage.read(queries.find_appeal, self._seats(1)[APPEALS].id)
        self.hq(appeals.take, appeal.id)
        right = Correction(on_date=self.day(WRONG_DAY), fact=AdjustFact.ON_TIME_HANDOVERS, delta=1)
        answer = "已核对行车记录，货车确实晚到，当天改记为准时，分数已重新计算。"
        wish = AnswerAppeal(appeal_id=appeal.id, upheld=True, answer=answer, corrections=(right,))
        self.hq(appraisal.answer_appeal, wish)

    def _decide(self, number: int) -> None:
        """HQ confirms what the rules propose; of the second cycle two tiers still wait on the desk."""
        waiting = [
            one for one in self.stage.read(queries.consequences, cycle_id=self.cycles[number])
            if one.state is ConsequenceState.PROPOSED
        ]  # fmt: skip
        tiers = [one.id for one in waiting if one.kind is ConsequenceKind.TIER]
        left = set(tiers[-LEFT_OPEN:]) if number else set()
        for one in waiting:
            if one.id not in left:
                self._confirm(one)
        self._move_on()

    def _confirm(self, card: ConsequenceCard) -> None:
        plan = self._probation() if card.kind is ConsequenceKind.PROBATION else None
        wish = DecideConsequence(consequence_id=card.id, confirm=True, note=WORDS[card.kind], plan=plan)
        self.hq(appraisal.decide, wish)

    def _probation(self) -> PlanInput:
        on = self.now_on()
        return PlanInput(
            words="每个到货日十一点前清点；下午四点到九点在取货点；第二天逐一联系没来取货的邻居。",
            until_on=on + timedelta(days=28), goals={Measure.ON_TIME: 9_000, Measure.PICKUP_RATE: 9_300},
            checkups=tuple(on + timedelta(days=n) for n in (4, 14, 25)),
        )  # fmt: skip

    def _check_up(self) -> None:
        plan = self.stage.read(queries.running_plans, [self.leaders[WARNED].id]).get(self.leaders[WARNED].id)
        if plan:
            words = "近三次到货有一次按时清点，取货时间仍常不在，约好周末再谈。"
            self.hq(outcomes.check_up, plan.checkups[0].id, words, on_track=False)


def plan(stage: Stage) -> Leaders | None:
    """Queue the story of a hub's leaders, where this is the hub that has one."""
    if stage.hub.code != HUB:
        return None
    story = Leaders(stage)
    story.plan()
    return story


def begins(hub_code: str, end: datetime, otherwise: datetime) -> datetime:
    """When a hub's life begins: its leaders' story is older than its orders."""
    return end - timedelta(days=BEGINS) if hub_code == HUB else otherwise
