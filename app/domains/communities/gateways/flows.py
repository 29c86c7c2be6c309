"""Transportation problems by HiGHS, the linear solver that comes with scipy."""

from typing import Any

import numpy as np

from app.domains.communities.rules.city_plan import Flow, FlowAnswer

#: How far an amount may lie from a whole number: the solver's own tolerance, generously.
WHOLE = 1e-4
#: Places from which on the interior point method is the faster one.
MANY = 20_000


class NotWhole(Exception):
    """The solver's answer is not a whole corner of the problem, so it cannot be a plan."""


def solve(flow: Flow) -> FlowAnswer:
    """The cheapest amounts: every place sends its whole supply or leaves some behind, no stand gets above its room.

    The simplex method ends in a corner, and so does the interior point method with its crossover, which is faster for
    many places. Corners of this problem are whole; checked all the same.
    """
    from scipy.optimize import linprog  # noqa: PLC0415  0.7 s of a start, needed by plans only
    from scipy.sparse import coo_array  # noqa: PLC0415

    places, stands, arcs = len(flow.supply), len(flow.room), len(flow.row)
    every = np.arange(places)
    sent = coo_array(
        (np.ones(arcs + places), (np.concatenate((flow.row, every)), np.arange(arcs + places))),
        shape=(places, arcs + places),
    )
    taken = coo_array((np.ones(arcs), (flow.stand, np.arange(arcs))), shape=(stands, arcs + places))
    cost = np.concatenate((flow.cost, np.full(places, flow.left_cost)))
    limits: Any = {"A_ub": taken.tocsc(), "b_ub": flow.room, "A_eq": sent.tocsc(), "b_eq": flow.supply}
    found: Any = linprog(cost, method="highs-ipm" if places > MANY else "highs-ds", **limits)
    if found.status != 0:
        raise NotWhole(found.message)
    amounts = np.rint(found.x).astype(np.int64)
    full = np.bincount(flow.stand, weights=amounts[:arcs], minlength=stands)
    out = np.bincount(np.concatenate((flow.row, every)), weights=amounts, minlength=places)
    if np.abs(found.x - amounts).max(initial=0.0) > WHOLE or (full > flow.room).any() or (out != flow.supply).any():
        raise NotWhole("amounts of the solver are not whole")
    return FlowAnswer(amounts[:arcs], amounts[arcs:], found.eqlin.marginals, found.ineqlin.marginals)
