"""Rates of commission by version: notice, snapshot, minimum; frozen until the time to complain ends; who bears what."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.domains.aftersales.values import ClaimFault, DecideClaim
from app.domains.analytics.queries import broken_invariants
from app.domains.catalogue import queries as catalogue
from app.domains.communities.values import LeaderKind
from app.domains.groupbuys.values import Station
from app.domains.ledger import queries as ledger
from app.domains.ledger.values import JournalFilter, JournalKind, LedgerAccount, Posting
from app.domains.notifications import queries as inbox
from app.domains.notifications.values import MessageKind
from app.domains.orders import queries as orders
from app.domains.scoring.values import Tier
from app.domains.settlement import rules
from app.domains.settlement.queries import rates as queries
from app.domains.settlement.service import commission, rates
from app.domains.settlement.values.rates import AnnounceRates, RateRule, RateTrial, TrialRow
from app.flows.claims import decide_claim
from app.infra.services import Services
from app.kernel.actors import Actor, Role
from app.kernel.errors import Forbidden, Invalid
from app.kernel.ids import new_id
from app.kernel.paging import PageAsk
from tests.factories.aftersales import line_of, make_claim, make_decision
from tests.factories.scoring import make_tier
from tests.factories.settlement import move_clock, pick_up, run_to
from tests.factories.world import World, make_world

Work = Callable[[], int]
FINANCE = Actor("小钱", Role.HQ_FINANCE, new_id())
SYSTEM = Actor.system("test")


@pytest.fixture
def world(services: Services) -> World:
    return make_world(services)


def rule(
    rate_bps: int, category_id: UUID | None = None, tier: Tier | None = None, kind: LeaderKind | None = None
) -> RateRule:
    return RateRule(category_id=category_id, tier=tier, leader_kind=kind, rate_bps=rate_bps)


def category(world: World, code: str) -> UUID:
    return next(row.id for row in world.services.database.read(catalogue.categories) if row.code == code)


def announce(world: World, *wanted: RateRule, least: int = 0, days: int = 7, note: str = "") -> int:
    """Announce rates that hold from `days` ahead."""
    at = world.services.database.clock.now() + timedelta(days=days)
    wish = AnnounceRates(valid_from=at, min_line_cents=least, note=note, rules=wanted)
    version: int = world.run_as(FINANCE)(rates.announce, wish)
    return version


def held_for_a_week(world: World, *wanted: RateRule, least: int = 0) -> None:
    """Rates that were announced a week ago and hold now."""
    move_clock(world, days=-7)
    announce(world, *wanted, least=least)
    move_clock(world, days=7)


def owed(world: World) -> tuple[int, int]:
    """(frozen, available) of L901."""
    found = world.services.database.read(ledger.balances, None, world.leaders["L901"])
    by = {row.account: -row.amount_cents for row in found}
    return by.get(LedgerAccount.LEADER_FROZEN, 0), by.get(LedgerAccount.LEADER_PAYABLE, 0)


def release(world: World) -> int:
    done: int = world.run_as(SYSTEM)(commission.release_due)
    return done


def sound(world: World) -> bool:
    return world.services.database.read(broken_invariants, world.services.database.clock.now()) == []


def test_new_rates_keep_their_notice_and_leaders_are_told(world: World, work: Work) -> None:
    for days in (0, 6):
        with pytest.raises(Invalid) as early:
            announce(world, rule(800), days=days)
        assert early.value.field == "valid_from"
    assert announce(world, rule(800), rule(900, tier=Tier.GOLD), least=15, note="鼓励生鲜") == 1
    assert announce(world, rule(700), days=30) == 2
    work()
    for leader_id in world.leaders.values():
        told = world.services.database.read(inbox.inbox, leader_id, PageAsk()).rows
        assert [card.params["version"] for card in told if card.kind is MessageKind.RATES_ANNOUNCED] == [2, 1]
    read, now = world.services.database.read, world.services.database.clock.now()
    assert read(queries.version_at, now) is None
    card = read(queries.version_at, now + timedelta(days=7))
    assert card is not None
    assert (card.version, card.min_line_cents, [one.rate_bps for one in card.rules]) == (1, 15, [800, 900])
    assert [one.version for one in read(queries.versions)] == [2, 1]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ((), "rules"), ((rule(3_001),), "rules"), ((rule(100), rule(200)), "rules"),
        ((rule(100, new_id()),), "rules"),
    ],
)  # fmt: skip
def test_senseless_rates_are_refused(world: World, wanted: tuple[RateRule, ...], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        announce(world, *wanted)
    assert wrong.value.field == field
    with pytest.raises(Invalid):
        announce(world, rule(100), least=-1)
    at = world.services.database.clock.now() + timedelta(days=9)
    wish = AnnounceRates(valid_from=at, min_line_cents=0, note="", rules=(rule(100),))
    for role in (Role.HQ_SERVICE, Role.LEADER, Role.HQ_COMMUNITY):
        with pytest.raises(Forbidden):
            world.run_as(Actor("x", role, new_id()))(rates.announce, wish)
    assert world.services.database.read(queries.versions) == []


def test_the_most_particular_rule_that_fits_counts(world: World) -> None:
    """Fresh 12 %, all in shops 9 %, silver 7 %; L901 hands out at home and is silver: fresh 12 %, frozen 7 %."""
    make_tier(world, "L901", Tier.SILVER)
    held_for_a_week(
        world, rule(1_200, category(world, "fresh")), rule(900, kind=LeaderKind.SHOP), rule(700, tier=Tier.SILVER)
    )
    mine = {sku: world.skus[sku] for sku in ("orange", "dumplings")}
    found = world.services.database.read(
        queries.line_rates, world.leaders["L901"], list(mine.values()), world.services.database.clock.now()
    )
    assert [found[mine[name]].rate_bps for name in ("orange", "dumplings")] == [1_200, 700]
    card = world.services.database.read(queries.version_at, world.services.database.clock.now())
    assert card is not None
    frozen_id = category(world, "frozen")
    assert rules.rate_for(card.rules, frozen_id, Tier.SILVER, LeaderKind.HOME) == 700
    assert rules.rate_for(card.rules, frozen_id, None, LeaderKind.HOME) is None
    assert rules.rate_for(card.rules, frozen_id, Tier.SILVER, LeaderKind.SHOP) == 700


def test_a_line_keeps_the_rate_of_its_order_when_the_tier_changes(world: World) -> None:
    """Bronze earns 6 %, gold 11 %: 2 oranges at 19.90 ordered as bronze earn 2.39, one ordered as gold 2.19."""
    make_tier(world, "L901", Tier.BRONZE)
    held_for_a_week(world, rule(600, tier=Tier.BRONZE), rule(1_100, tier=Tier.GOLD))
    first = world.buy(0, orange=2)
    make_tier(world, "L901", Tier.GOLD, days=1)
    second = world.buy(2, orange=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, first)
    pick_up(world, second)
    read = world.services.database.read
    assert [read(orders.get_order, one).lines[0].commission_bps for one in (first, second)] == [600, 1_100]
    assert owed(world) == (239 + 219, 0)
    assert sound(world)


def test_a_parcel_earns_at_least_the_minimum_and_never_more_than_it_costs(world: World) -> None:
    """Greens at 5.00: 1 % would be 0.05, the minimum is 0.30."""
    held_for_a_week(world, rule(100), least=30)
    order = world.buy(0, greens=5)
    run_to(world, Station.HANDOVER)
    pick_up(world, order, greens=1)
    assert owed(world) == (30, 0)
    pick_up(world, order, greens=4)
    assert owed(world) == (30, 0)  # 1 % of 25.00 is 0.25
    claim = make_claim(world, order, greens=5)
    make_decision(world, claim.id, ClaimFault.LEADER)
    assert owed(world) == (0, 0)
    assert rules.commission_cents(20, 100, 30) == 20
    assert sound(world)


def test_commission_is_frozen_until_the_time_to_complain_ends(world: World) -> None:
    """Oranges are fresh (24 h), dumplings frozen goods (72 h): 3.98 and 1.25."""
    order = world.buy(0, orange=2, dumplings=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    picked_at = world.services.database.clock.now()
    assert owed(world) == (398 + 125, 0)
    (kept,) = world.services.database.read(queries.frozen, world.leaders["L901"])
    assert (kept.amount_cents, kept.next_at) == (523, picked_at + timedelta(hours=24))
    move_clock(world, hours=23)
    assert release(world) == 0
    move_clock(world, hours=1)
    assert release(world) == 1
    assert owed(world) == (125, 398)
    move_clock(world, hours=48)
    assert release(world) == 1
    assert release(world) == 0
    assert owed(world) == (0, 523)
    leader = world.leaders["L901"]
    page = world.services.database.read(ledger.journals, JournalFilter(kind=JournalKind.COMMISSION_RELEASED), PageAsk())
    assert [journal.postings for journal in page.rows] == [
        (Posting(LedgerAccount.LEADER_FROZEN, cents, leader), Posting(LedgerAccount.LEADER_PAYABLE, -cents, leader))
        for cents in (125, 398)
    ]
    assert sound(world)


def test_an_open_claim_keeps_it_frozen_and_a_late_fault_is_taken_from_what_is_available(world: World) -> None:
    order = world.buy(0, orange=2, dumplings=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    claim = make_claim(world, order, orange=1)
    move_clock(world, hours=72)
    assert release(world) == 1  # the dumplings
    assert owed(world) == (398, 125)
    make_decision_late(world, claim.id)
    assert owed(world) == (199, 125)
    assert release(world) == 1
    assert owed(world) == (0, 199 + 125)
    assert sound(world)


def make_decision_late(world: World, claim_id: UUID) -> None:
    """The leader's time is over, so she is not heard any more."""
    wish = DecideClaim(claim_id=claim_id, approve=True, fault=ClaimFault.LEADER, reason="没有回应")
    world.run_as(Actor("阿芳", Role.HQ_SERVICE, new_id()))(decide_claim, wish)


def test_what_is_available_already_is_taken_back_from_there(world: World) -> None:
    """A claim whose line was released in between: the correction does not go through what is frozen."""
    order = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    move_clock(world, hours=24)
    claim = make_claim(world, order, orange=1)  # the last minute
    with world.services.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE aftersales_claim SET status = 'rejected'")
        connection.exec_driver_sql("UPDATE aftersales_claim SET decided_at = now()")
    assert release(world) == 1
    with world.services.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE aftersales_claim SET status = 'open', decided_at = NULL")
    move_clock(world, hours=13)
    make_decision_late(world, claim.id)
    assert owed(world) == (0, 199)
    assert release(world) == 0


@pytest.mark.parametrize("fault", list(ClaimFault))
def test_only_her_own_fault_costs_a_leader_anything(world: World, fault: ClaimFault) -> None:
    """Two oranges earn 3.98; one given back costs the goods' 16.20 to whoever is at fault."""
    order = world.buy(0, orange=2)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    make_decision(world, make_claim(world, order, orange=1).id, fault)
    assert owed(world) == (199 if fault is ClaimFault.LEADER else 398, 0)
    read = world.services.database.read
    losses = {row.account: row.amount_cents for row in read(ledger.balances, LedgerAccount.HUB_LOSS)}
    charged = read(ledger.journals, JournalFilter(kind=JournalKind.SUPPLIER_CHARGED), PageAsk()).rows
    hub_pays = fault in {ClaimFault.HUB, ClaimFault.CARRIER}
    assert (losses.get(LedgerAccount.HUB_LOSS, 0), len(charged)) == (
        1_620 if hub_pays else 0,
        fault is ClaimFault.SUPPLIER,
    )
    line = line_of(world, order, "orange")
    (refund,) = [
        cut for cut in read(orders.cuts_of_order, order) if cut.line_id == line and cut.reason.value == "claim"
    ]
    assert refund.amount_cents == 1_990


def test_a_trial_shows_what_other_rates_would_have_paid_and_writes_nothing(world: World) -> None:
    """3.98 for oranges and 1.25 for dumplings; at 12 % of fresh goods, and a least of 2.00: 4.78 and 2.00."""
    order = world.buy(0, orange=2, dumplings=1)
    run_to(world, Station.HANDOVER)
    pick_up(world, order)
    fresh, frozen = category(world, "fresh"), category(world, "frozen")
    now = world.services.database.clock.now()
    asked = RateTrial(
        since=now - timedelta(days=7), until=now + timedelta(seconds=1), min_cents=200,
        rules=(rule(1_200, fresh), rule(2_000, tier=Tier.GOLD)),
    )  # fmt: skip
    leader = world.leaders["L901"]

    def row(category_id: UUID, net: int, earned: int, would: int) -> TrialRow:
        return TrialRow(leader_id=leader, category_id=category_id, lines=1, net_cents=net, earned_cents=earned,
                        would_cents=would)  # fmt: skip

    def tried(**other: Any) -> list[TrialRow]:
        return sorted(world.services.database.read(queries.trial, replace(asked, **other)), key=lambda r: -r.net_cents)

    assert tried() == [row(fresh, 3_980, 398, 478), row(frozen, 2_500, 125, 200)]
    assert tried(tier=Tier.GOLD) == [row(fresh, 3_980, 398, 478), row(frozen, 2_500, 125, 500)]
    assert tried(leader_id=world.leaders["L902"]) == []
    assert owed(world) == (523, 0)
