"""The checklist: more of what is wanted never earns less, no item earns more than its weight, and 100 is the most."""

from dataclasses import replace

from hypothesis import given, strategies as st

from app.domains.recruitment.rules import FIRST_POLICY, score
from app.domains.recruitment.values import Experience, Facts, Item, Policy, Score

FACTS = st.builds(
    Facts, distance_m=st.integers(0, 5_000), endorsements=st.integers(0, 30), storage_m2=st.integers(0, 300),
    floor=st.integers(-3, 60), fridge_l=st.integers(0, 5_000), freezer_l=st.integers(0, 5_000),
    open_minutes=st.integers(1, 1_440), experience=st.sampled_from(Experience), is_identity_checked=st.booleans(),
)  # fmt: skip


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any weights that make 100, and any amounts that are wanted."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=len(Item) - 1, max_size=len(Item) - 1)))
    weights = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    wanted = st.integers(1, 2_000)
    return Policy(
        version=9, weights=dict(zip(Item, weights, strict=True)), radius_m=draw(wanted), endorsements=draw(wanted),
        storage_m2=draw(wanted), fridge_l=draw(wanted), freezer_l=draw(wanted), open_minutes=draw(wanted),
        pass_points=60,
    )  # fmt: skip


def earned(found: Score) -> dict[Item, int]:
    return {one.item: one.centi for one in found.items}


def better(facts: Facts, field: str, by: int) -> Facts:
    """The same applicant with more of one thing: nearer, lower, more experienced."""
    if field == "experience":
        order = list(Experience)
        return replace(facts, experience=order[min(order.index(facts.experience) + by, len(order) - 1)])
    if field == "is_identity_checked":
        return replace(facts, is_identity_checked=True)
    sign = -1 if field in {"distance_m", "floor"} else 1
    least = 0 if field == "distance_m" else -3
    return replace(facts, **{field: max(least, getattr(facts, field) + sign * by)})


@given(FACTS, policies(), st.sampled_from(list(Facts.__dataclass_fields__)), st.integers(1, 5_000))
def test_more_of_what_is_wanted_never_earns_less(facts: Facts, policy: Policy, field: str, by: int) -> None:
    before, after = score(facts, policy), score(better(facts, field, by), policy)
    assert after.centi >= before.centi
    assert all(after_item >= earned(before)[item] for item, after_item in earned(after).items())


@given(FACTS, policies())
def test_an_item_earns_between_nothing_and_its_weight(facts: Facts, policy: Policy) -> None:
    found = score(facts, policy)
    assert all(0 <= one.centi <= one.weight * 100 for one in found.items)
    assert 0 <= found.centi <= 10_000
    assert [one.item for one in found.items] == list(Item)


def test_the_best_applicant_has_all_points_and_each_item_falls_as_its_rule_says() -> None:
    best = Facts(
        distance_m=0, endorsements=3, storage_m2=6, floor=0, fridge_l=200, freezer_l=100, open_minutes=300,
        experience=Experience.MUCH, is_identity_checked=True,
    )  # fmt: skip
    assert score(best, FIRST_POLICY).centi == 10_000
    poor = replace(best, distance_m=750, endorsements=1, storage_m2=3, floor=3, fridge_l=50, freezer_l=0,
                   open_minutes=120, experience=Experience.SOME, is_identity_checked=False)  # fmt: skip
    assert earned(score(poor, FIRST_POLICY)) == {
        Item.RADIUS: 1_000, Item.ENDORSEMENTS: 666, Item.STORAGE: 750, Item.FLOOR: 300, Item.FRIDGE: 250,
        Item.FREEZER: 0, Item.HOURS: 400, Item.EXPERIENCE: 250, Item.IDENTITY: 0,
    }  # fmt: skip
    assert earned(score(replace(best, distance_m=1_000, floor=9), FIRST_POLICY))[Item.RADIUS] == 0
