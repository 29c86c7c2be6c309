"""Whatever happens to a line, in whatever order, its entries add up to f(net)."""

from collections.abc import Sequence

from hypothesis import given, strategies as st

from app.domains.settlement import rules
from app.domains.settlement.values import EntryKind, LineEarning
from app.kernel.ids import new_id
from app.kernel.money import at_rate


def line(picked: int, claimed: int, price: int, bps: int, least: int = 0) -> LineEarning:
    return LineEarning(
        order_line_id=new_id(), order_id=new_id(), leader_id=new_id(), hub_id=new_id(), currency="CNY",
        picked_qty=picked, final_price_cents=price, claimed_cents=claimed, commission_bps=bps,
        commission_min_cents=least, claim_until=None,
    )  # fmt: skip


#: Each step hands out pieces, or gives money back (cents).
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 5_000)), max_size=30)


@given(steps=STEPS, price=st.integers(1, 20_000), bps=st.integers(0, 3_000), least=st.sampled_from((0, 10, 300)))
def test_entries_add_up_after_every_step(steps: Sequence[tuple[bool, int]], price: int, bps: int, least: int) -> None:
    picked = claimed = amount = net = 0
    for is_pickup, number in steps:
        picked += number % 7 if is_pickup else 0
        claimed += 0 if is_pickup else number
        now = line(picked, claimed, price, bps, least)
        change = rules.change(now, amount, net)
        if change:
            assert (change.amount_cents, change.net_cents) != (0, 0)
            assert (change.kind is EntryKind.REVERSAL) == ((change.amount_cents or change.net_cents) < 0)
            amount, net = amount + change.amount_cents, net + change.net_cents
        assert net == max(0, picked * price - claimed)
        assert amount == min(net, max(at_rate(net, bps), least))
        assert 0 <= amount <= net
        assert rules.change(now, amount, net) is None


def test_rounding_per_refund_would_drift_and_does_not() -> None:
    # 3 pieces of 0.99 at 5 %: 14.85 -> 15 cents. One cent at a time rounds to 0 each time; the total does not.
    amount = net = 0
    for claimed in range(298):
        change = rules.change(line(3, claimed, 99, 500), amount, net)
        assert change is not None
        amount, net = amount + change.amount_cents, net + change.net_cents
    assert (amount, net) == (0, 0)


def test_effective_rate_is_rounded_half_up() -> None:
    assert rules.effective_bps(1, 3) == 3_333
    assert rules.effective_bps(2, 3) == 6_667
    assert rules.effective_bps(125, 100_000) == 13
    assert rules.effective_bps(5, 0) == 0
