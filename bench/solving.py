"""How the web answers while a search for tours has a processor of its own."""

import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from statistics import median, quantiles

from app.domains.logistics.gateways import apart
from app.domains.logistics.values.routes import SolverBudget
from bench.city import city
from bench.stage import Stage, serving

#: Quiet and busy seconds take turns, so that what else happens on the machine meets both alike.
TURNS, SECONDS = 5, 3.0


def quiet_and_busy(stage: Stage, path: str) -> tuple[float, float]:
    """Milliseconds of the slowest hundredth of answers: during a search, and without one; the middle of five turns."""
    problem = city(500, with_windows=True).problem
    quiet, busy = [], []
    with serving(stage, "wsgi:app", "/healthz") as (port, _, _), ThreadPoolExecutor(1) as pool:
        _slowest(port, path)
        for _ in range(TURNS):
            quiet.append(_slowest(port, path))
            running, asked = threading.Event(), threading.Event()
            found = pool.submit(
                apart.search, problem, SolverBudget(seconds=60), lambda _cost, seen=running: seen.set(), asked.is_set
            )
            running.wait(60)  # the child has started, has read the problem and has found a first plan
            busy.append(_slowest(port, path))
            asked.set()
            found.result()
    return median(busy), median(quiet)


def _slowest(port: int, path: str) -> float:
    """Milliseconds below which ninety-nine of a hundred answers stay, one asked after the other."""
    taken, until = [], time.perf_counter() + SECONDS
    while (begun := time.perf_counter()) < until:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            answer.read()
        taken.append(1000 * (time.perf_counter() - begun))
    return quantiles(taken, n=100)[98]
