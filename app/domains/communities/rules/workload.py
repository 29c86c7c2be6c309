"""How many households a leader can know and serve; the one home of this rule."""

from app.domains.communities.values import LEAST_HOUSEHOLDS, MOST_HOUSEHOLDS, Workload


def workload(households: int, leaders: int) -> Workload:
    """How a neighbourhood's households compare with 300 to 500 for each of the `leaders` (at least one) there."""
    if households < LEAST_HOUSEHOLDS * leaders:
        return Workload.FEW
    return Workload.MANY if households > MOST_HOUSEHOLDS * leaders else Workload.RIGHT


def leaders_wanted(households: int) -> int:
    """How many leaders keep each at 500 households or fewer; at least one."""
    return max(1, -(-households // MOST_HOUSEHOLDS))
