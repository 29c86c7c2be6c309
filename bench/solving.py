"""How the web answers while a search for tours has a processor of its own."""

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

from app.domains.logistics.gateways import apart
from app.domains.logistics.values.routes import SolverBudget
from bench.city import city
from bench.stage import Stage, serving


def quiet_and_busy(stage: Stage, path: str) -> tuple[float, float]:
    """Milliseconds of the slowest hundredth of answers: during a search, and before it."""
    problem = city(500, with_windows=True).problem
    with serving(stage, "wsgi:app", "/healthz") as (port, _, _):
        _slowest(port, path, 1.0)
        quiet = _slowest(port, path)
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(apart.search, problem, SolverBudget(seconds=8))
            time.sleep(2)  # the child starts and reads the problem
            busy = _slowest(port, path)
            found.result()
    return busy, quiet


def _slowest(port: int, path: str, seconds: float = 5.0) -> float:
    """Milliseconds below which ninety-nine of a hundred answers stay, one asked after the other."""
    taken, until = [], time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            answer.read()
        taken.append(1000 * (time.perf_counter() - begun))
    return quantiles(taken, n=100)[98]
