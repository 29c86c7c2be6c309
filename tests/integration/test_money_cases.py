"""Every worked case of tests/data/money_cases.csv comes to its cents. The sums in the file were worked out by hand."""

from datetime import timedelta

from app.domains.analytics.queries import broken_invariants
from app.domains.catalogue import queries as catalogue
from app.domains.ledger import queries as ledger
from app.domains.logistics.values.sorting import SharePolicy
from app.domains.scoring.values import Tier
from app.domains.settlement.service import commission, rates
from app.domains.settlement.values.rates import AnnounceRates, RateRule
from app.infra.services import Services
from tests.factories.money import SUMS, SYSTEM, MoneyRound, Running, measured, read_cases
from tests.factories.settlement import move_clock
from tests.factories.world import World, make_world

#: How a round shares out what did not come; the rounds are lived one after the other in one world.
POLICIES = {"A": SharePolicy.FIRST_COME, "B": SharePolicy.PRO_RATA, "C": SharePolicy.SPREAD}


def announce(world: World) -> None:
    """Bronze 6 % and gold 11 % of pantry goods hold in every round; at least 0.30 for a parcel in round C only."""
    now = world.services.database.clock.now()
    pantry = next(row.id for row in world.services.database.read(catalogue.categories) if row.code == "pantry")
    tiers = tuple(
        RateRule(category_id=pantry, tier=tier, leader_kind=None, rate_bps=bps)
        for tier, bps in ((Tier.BRONZE, 600), (Tier.GOLD, 1_100))
    )
    for days, least in ((7, 0), (10, 30)):
        wish = AnnounceRates(valid_from=now + timedelta(days=days), min_line_cents=least, note="", rules=tiers)
        world.run_as(SYSTEM)(rates.announce, wish)
    move_clock(world, days=7)


def wrong(world: World, one: Running) -> str:
    """What a case came to where it differs from the file; empty when all is as it must be."""
    found = world.services.database.read(measured, one.sku_id)
    wanted = one.case.expected | {"unsettled": 0, "leader": one.case.expected["commission"]}
    off = [f"{name} {found[name]} instead of {cents}" for name, cents in wanted.items() if found[name] != cents]
    return f"case {one.case.id} ({one.case.told['what_happens']}): {', '.join(off)}" if off else ""


def test_every_case_comes_to_its_cents(services: Services) -> None:
    cases = read_cases()
    assert len(cases) >= 60
    assert len({case.id for case in cases}) == len(cases)
    world = make_world(services, residents=5)
    announce(world)
    lived: list[Running] = []
    for day, (name, policy) in enumerate(POLICIES.items()):
        a_round = MoneyRound(world, [case for case in cases if case.round == name], day, policy.value)
        a_round.live()
        lived += a_round.running
    assert len(lived) == len(cases)
    assert [text for one in lived if (text := wrong(world, one))] == []
    read, now = services.database.read, services.database.clock.now()
    assert read(broken_invariants, now) == []
    whole = {name: sum(case.expected[name] for case in cases) for name in SUMS}
    assert whole["charged"] - whole["refunded"] == whole["sales"] - whole["given_back"]
    move_clock(world, days=4)
    while world.run_as(SYSTEM)(commission.release_due):
        pass
    sums = {row.account.value: row.amount_cents for row in read(ledger.balances, None, world.leaders["L901"])}
    assert (sums["commission"], -sums["leader_payable"]) == (whole["commission"], whole["commission"])
    assert read(broken_invariants, services.database.clock.now()) == []
