"""Appraisal cycles on a city of leaders whose quality is known: are the good found, and does anybody lose an order?

`python -m tools.simulate_leaders --leaders 300 --weeks 12 [--json]`, or `flask simulate leaders`, in a database of its
own. What is real: places, people, announcements, accepted targets, scorecards, provisional and final scores, appeals
with their corrections, HQ's decisions, probations with plans, replacements by two persons, and one lived round a week
(checkout, cut-off, receiving, sorting, routes, handover, pickup, settlement) in which residents of a sample of leaders
order. What is made up: the facts of three further pickup days a week, drawn from each leader's hidden nature and fed
through the official import of history. HQ here confirms whatever the rules propose; people would not always.
"""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from alembic import command
from alembic.config import Config

from app.domains.appraisal import queries
from app.domains.appraisal.service import appeals, targets
from app.domains.appraisal.values import (
    AnnounceCycle,
    AnswerAppeal,
    ConsequenceKind,
    ConsequenceState,
    Correction,
    DecideConsequence,
    FileAppeal,
    PlanInput,
)
from app.domains.communities import queries as communities
from app.domains.communities.values import LeaderStatus
from app.domains.replacements import queries as replacements
from app.domains.scoring.service import history
from app.domains.scoring.values import AdjustFact, ImportDay, Measure, Tier
from app.factory import create_services
from app.flows import appraisal, replacement
from app.infra.clock import SetClock
from app.infra.embedded import embedded_url
from app.infra.services import Services
from app.infra.settings import Settings
from app.kernel.actors import Actor, Role
from app.worker.tasks import run_due
from tools.simulated_city import ZONE, City, found

CYCLES = 3
#: Days of a week on which facts are made up, counted from a cycle's first day; the lived round's pickup is day 4.
MADE_UP = (0, 2, 5)
#: Leaders of whom a resident orders in a lived round.
SAMPLE = 12
#: Leaders in each cycle one of whose handovers is counted wrong, and who appeal.
WRONGED = 3
ROOT = Path(__file__).parent.parent
DATABASE = "linli_simulation"
Say = Callable[[str], None]


@dataclass
class Simulation:
    """Three cycles, one after the other, in a city."""

    city: City
    weeks: int
    say: Say
    begins_on: date
    #: A round is lived in every so many weeks.
    every: int = 1
    ids: dict[int, UUID] = field(default_factory=dict)
    decided: Counter[str] = field(default_factory=Counter)
    appeals: int = 0
    rounds: int = 0
    #: Orders that were open while their leader was replaced.
    at_risk: list[UUID] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How long a cycle is."""
        return self.weeks * 7 // CYCLES // 7 * 7

    def live(self) -> dict[str, Any]:
        """Everything in the order of its dates; returns what is printed."""
        events: list[tuple[date, int, Callable[[], None]]] = []
        for number in range(CYCLES):
            first = self.begins_on + timedelta(days=7 + number * self.days)
            last = first + timedelta(days=self.days - 1)
            events += [
                (first - timedelta(days=7), 0, partial(self._announce, number, first, last)),
                (last + timedelta(days=4), 1, partial(self._score, number, first, last)),
                (last + timedelta(days=10), 3, partial(self._decide, number)),
            ]
            for week in range(0, self.days // 7, self.every):
                on = first + timedelta(days=7 * week + 3)
                events.append((on, 2, partial(self._round, on)))
        for on, _, happen in sorted(events, key=lambda one: one[:2]):
            self.city.move_to(on, time(7))
            self.say(f"{on}")
            happen()
        return self._result(self.ids[CYCLES - 1])

    def _announce(self, number: int, first: date, last: date) -> None:
        wish = AnnounceCycle(hub_id=self.city.hub_id, first_on=first, last_on=last)
        self.ids[number] = self.city.act(self.city.hq[0], appraisal.announce, wish)
        for seat in self.city.read(queries.seats, self.ids[number]):
            self.city.act(Actor("leader", Role.LEADER, seat.leader_id), targets.accept, seat.id)

    def _score(self, number: int, first: date, last: date) -> None:
        """Bring in the made-up days, let the clock move the cycle on, and let those whom we wronged appeal."""
        city, cycle_id = self.city, self.ids[number]
        seats = {seat.leader_id: seat for seat in city.read(queries.seats, cycle_id)}
        on = [first + timedelta(days=n) for n in range((last - first).days + 1) if n % 7 in MADE_UP]
        days = [city.day(leader_id, one) for leader_id in seats for one in on]
        good = [one for one in days if one.facts["on_time_handovers"] and city.nature[one.leader_id].quality == "good"]
        wronged = {one.leader_id: one for one in city.dice.sample(good, min(WRONGED, len(good)))}
        days = [_wrong(one) if wronged.get(one.leader_id) is one else one for one in days]
        for at in range(0, len(days), 2_000):
            city.run(history.import_days, city.hub_id, days[at : at + 2_000])
        appraisal.move_all(city.run, city.services.database.read)
        for leader_id, day in wronged.items():
            self._appeal(seats[leader_id].id, leader_id, day.on_date)
        run_due(city.services)

    def _appeal(self, seat_id: UUID, leader_id: UUID, on: date) -> None:
        leader = Actor("leader", Role.LEADER, leader_id)
        appeal_id = self.city.act(leader, appeals.file, FileAppeal(seat_id=seat_id, text="这天我按时清点了"))
        right = Correction(on_date=on, fact=AdjustFact.ON_TIME_HANDOVERS, delta=1)
        wish = AnswerAppeal(appeal_id=appeal_id, upheld=True, answer="已核实", corrections=(right,))
        self.city.act(self.city.hq[0], appraisal.answer_appeal, wish)
        self.appeals += 1

    def _round(self, on: date) -> None:
        serving = self._serving()
        group_buy_id = self.city.begin_round(on, self.city.dice.sample(serving, min(SAMPLE, len(serving))))
        self.city.end_round(group_buy_id, on)
        self.rounds += 1

    def _serving(self) -> list[UUID]:
        gone = LeaderStatus.REMOVED
        return [
            card.id for card in self.city.read(communities.leader_cards, self.city.hub_id) if card.status is not gone
        ]

    def _decide(self, number: int) -> None:
        """HQ confirms what the rules propose, while residents of whoever leaves have orders in an open round."""
        city, cycle_id = self.city, self.ids[number]
        appraisal.move_all(city.run, city.services.database.read)
        waiting = [
            c for c in city.read(queries.consequences, cycle_id=cycle_id) if c.state is ConsequenceState.PROPOSED
        ]
        leaving = [card.leader_id for card in waiting if card.kind is ConsequenceKind.REPLACEMENT]
        today, before = city.clock.now().astimezone(ZONE).date(), len(city.placed)
        group_buy_id = city.begin_round(today, leaving) if leaving else None
        plan = PlanInput(words="按时清点", until_on=today + timedelta(days=10), goals={Measure.ON_TIME: 9_000},
                         checkups=(today + timedelta(days=5),))  # fmt: skip
        for card in waiting:
            is_probation = card.kind is ConsequenceKind.PROBATION
            wish = DecideConsequence(consequence_id=card.id, confirm=True, note="按考核结果",
                                     plan=plan if is_probation else None)  # fmt: skip
            city.act(city.hq[0], appraisal.decide, wish)
            self.decided[f"{card.kind.value}:{card.tier.value}" if card.tier else card.kind.value] += 1
        for leader_id in leaving:
            proposal = city.read(replacements.open_of_leader, leader_id)
            city.act(city.hq[1], replacement.confirm, proposal.id)
        run_due(city.services)
        if group_buy_id is not None:
            self.at_risk += city.placed[before:]
            city.end_round(group_buy_id, today)
            self.rounds += 1

    def _result(self, cycle_id: UUID) -> dict[str, Any]:
        city = self.city
        status = {card.id: card.status for card in city.read(communities.leader_cards, city.hub_id)}
        seats = {seat.leader_id: seat for seat in city.read(queries.seats, cycle_id)}
        removed = {leader_id for leader_id in city.leaders if status.get(leader_id) is LeaderStatus.REMOVED}
        promoted = {one for one, seat in seats.items() if seat.final_tier is Tier.GOLD and not seat.unjudged}
        weak = {one for one, seat in seats.items() if seat.final_tier is Tier.WARNING and not seat.unjudged} | removed
        kinds = {kind: {one for one in city.leaders if city.nature[one].quality == kind} for kind in ("good", "bad")}
        tiers = Counter(
            f"{city.nature[one].quality}:{seat.final_tier.value if seat.final_tier else 'none'}"
            for one, seat in seats.items()
        )
        lost = city.lost(self.at_risk)
        return {
            "leaders": len(city.leaders), "weeks": self.weeks, "cycles": CYCLES, "days_of_a_cycle": self.days,
            "good": _found(promoted, kinds["good"]), "bad": _found(weak, kinds["bad"]),
            "final_tiers_by_quality": dict(sorted(tiers.items())), "decided": dict(sorted(self.decided.items())),
            "warned": self.decided["warning"], "probation": self.decided["probation"], "replaced": len(removed),
            "good_leaders_replaced": len(removed & kinds["good"]), "appeals_upheld": self.appeals,
            "rounds_lived": self.rounds, "orders_lived": len(city.placed),
            "open_orders_of_replaced_leaders": len(self.at_risk), "orders_lost": len(lost),
        }  # fmt: skip


def _found(named: set[UUID], truly: set[UUID]) -> dict[str, float | int]:
    """Precision and recall of naming: of those named how many are, of those who are how many are named."""
    right = len(named & truly)
    return {
        "named": len(named), "truly": len(truly), "precision": round(right / len(named), 3) if named else 0.0,
        "recall": round(right / len(truly), 3) if truly else 0.0,
    }  # fmt: skip


def _wrong(day: ImportDay) -> ImportDay:
    """The same day with a handover counted late that was in time."""
    facts = dict(day.facts) | {"on_time_handovers": day.facts["on_time_handovers"] - 1}
    return ImportDay(leader_id=day.leader_id, on_date=day.on_date, residents=day.residents, facts=facts)


def simulate(
    services: Services, clock: SetClock, leaders: int, weeks: int, say: Say, *, every: int = 1
) -> dict[str, Any]:
    """Live three cycles of leaders in an empty, migrated database; its dice always fall the same way."""
    city = found(services, clock, leaders)
    return Simulation(city, weeks, say, clock.now().astimezone(ZONE).date(), every).live()


def main() -> None:
    """Simulate in a database of its own on the embedded server, which is dropped before."""
    asked = argparse.ArgumentParser(prog="flask simulate leaders", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    asked.add_argument("--leaders", type=int, default=300, help="from 12 to 5000")
    asked.add_argument("--weeks", type=int, default=12, help="from 6 to 52: three cycles of a third each, whole weeks")
    asked.add_argument("--json", action="store_true", help="print JSON only; progress goes to standard error")
    wish = asked.parse_args()
    if not (12 <= wish.leaders <= 5_000 and 6 <= wish.weeks <= 52):
        asked.error("--leaders from 12 to 5000, --weeks from 6 to 52")
    clock = SetClock(datetime(2026, 1, 4, 1, tzinfo=UTC))
    services = _own_database(clock)
    result = simulate(services, clock, wish.leaders, wish.weeks,
                      say=lambda step: print(f"\r{step}", end="", file=sys.stderr, flush=True))  # fmt: skip
    print(file=sys.stderr)
    if wish.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:34} {value}")


def _own_database(clock: SetClock) -> Services:
    home = ROOT / "var" / "simulation"
    with psycopg.connect(embedded_url(home, "postgres"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
    url = embedded_url(home, DATABASE)
    os.environ.update(DATABASE_URL=url, LINLI_MODE="demo", LINLI_VAR=str(home), LINLI_LOG_LEVEL="ERROR")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{DATABASE}" SET synchronous_commit = off')
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "head")
    return create_services(Settings.from_env(os.environ), clock)


if __name__ == "__main__":
    main()
