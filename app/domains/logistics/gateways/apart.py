"""The engine in a process of its own, so that a search holds up neither the worker's other jobs nor the web.

Both ends are this file of one installation: pickled numbers over pipes that nobody else can write to.
"""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from app.domains.logistics.gateways import engine
from app.domains.logistics.gateways.engine import OnCost, ShouldStop
from app.domains.logistics.values.problem import Found, Problem
from app.domains.logistics.values.routes import SolverBudget

#: How often the caller asks whether to stop.
ASK_S = 0.3
#: The search gives way to everything else on the machine.
NICE = 10
#: It is one thread; its libraries need no more to add up a few numbers.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ROOT = Path(__file__).resolve().parents[4]


class SearchDied(Exception):
    """The process of a search ended without an answer; the worker tries the job again."""


def search(
    problem: Problem,
    budget: SolverBudget,
    on_cost: OnCost | None = None,
    should_stop: ShouldStop | None = None,
    patience: float = 1.0,
) -> Found:
    """As `engine.search`, in a child process that ends with this one. Raises SearchDied when it fails."""
    command = [sys.executable, "-m", "app.domains.logistics.gateways.apart"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, cwd=ROOT, env={**os.environ, **ONE_THREAD}) as child:  # noqa: S603  our own module
        if child.stdin is None or child.stdout is None:
            raise SearchDied
        told: queue.Queue[tuple[str, Any]] = queue.Queue()
        threading.Thread(target=_listen, args=(child.stdout, told), daemon=True).start()
        try:
            pickle.dump((problem, budget, patience), child.stdin)
            child.stdin.flush()
            return _follow(child.stdin, told, on_cost, should_stop)
        finally:
            child.kill()


def _follow(
    orders: IO[bytes], told: "queue.Queue[tuple[str, Any]]", on_cost: OnCost | None, should_stop: ShouldStop | None
) -> Found:
    asked = False
    while True:
        if should_stop and not asked and should_stop():
            asked = True
            orders.write(b"stop\n")
            orders.flush()
        try:
            kind, value = told.get(timeout=ASK_S)
        except queue.Empty:
            continue
        if kind == "found":
            found: Found = value
            return found
        if kind == "died":
            raise SearchDied
        if on_cost:
            on_cost(int(value))


def _listen(answers: IO[bytes], told: "queue.Queue[tuple[str, Any]]") -> None:
    try:
        while True:
            told.put(pickle.load(answers))  # noqa: S301  written by our own child
    except (EOFError, pickle.UnpicklingError, ValueError, OSError):
        told.put(("died", None))


def _give_way() -> None:
    """Run behind everything else; where a processor is free, only on what nobody else wants (SCHED_IDLE).

    A web request is then never kept waiting by the search, not for one time slice. A machine that has no processor to
    spare would leave it nothing at all that way: there it keeps the small share of a low priority.
    """
    os.nice(NICE)
    if hasattr(os, "SCHED_IDLE") and os.getloadavg()[0] < len(os.sched_getaffinity(0)) - 1:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """The child: one problem in, costs and the best tours out; the end of the input or a line ends the search."""
    _give_way()
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    problem, budget, patience = pickle.load(orders)  # noqa: S301  written by our own parent
    stopped = threading.Event()

    def wait_for_the_end() -> None:
        orders.readline()
        stopped.set()

    def tell(kind: str, value: object) -> None:
        pickle.dump((kind, value), answers)
        answers.flush()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    tell("found", engine.search(problem, budget, lambda cost: tell("cost", cost), stopped.is_set, patience))


if __name__ == "__main__":
    main()
