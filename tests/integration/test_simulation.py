"""The simulator in a small form: cycles lived through the use-cases, the good and the bad found, no order lost."""

from app.domains.analytics.queries import broken_invariants
from app.infra.clock import SetClock
from app.infra.services import Services
from tools.simulate_leaders import simulate


def test_three_cycles_of_a_small_city(services: Services) -> None:
    clock, steps = services.database.clock, list[str]()
    assert isinstance(clock, SetClock)
    found = simulate(services, clock, 24, 9, steps.append, every=3)
    assert (found["leaders"], found["cycles"], found["days_of_a_cycle"]) == (24, 3, 21)
    assert (found["good"]["truly"], found["bad"]["truly"]) == (6, 4)
    assert found["good"]["precision"] >= 0.8
    assert found["good"]["recall"] >= 0.8
    assert found["bad"]["precision"] >= 0.75
    assert found["replaced"] >= 1
    assert found["good_leaders_replaced"] == 0
    assert (found["open_orders_of_replaced_leaders"], found["orders_lost"]) == (found["replaced"], 0)
    assert services.database.read(broken_invariants, clock.now()) == []
