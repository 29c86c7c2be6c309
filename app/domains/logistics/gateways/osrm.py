"""Road distances from an OSRM server (its table service, https://project-osrm.org/docs/v5.24.0/api/#table-service)."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domains.logistics.errors import RoadsUnknown
from app.infra.distance import DistanceSource
from app.kernel.geo import Point

#: Points on either side of one question; a server answers 100 places at once unless told otherwise.
SIDE = 50


def roads_of(url: str, timeout_s: float) -> DistanceSource | None:
    """The server that the settings name; None = straight lines with the hub's detour."""
    return Osrm(url, timeout_s) if url else None


@dataclass(frozen=True, slots=True)
class Osrm:
    """A server at `url`. Whatever it does not know is refused: distances are never guessed in silence."""

    url: str
    timeout_s: float = 10.0

    def table(self, points: Sequence[Point]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Whole metres and seconds by road, in questions of at most 50 by 50. Raises RoadsUnknown."""
        size = len(points)
        metres, seconds = np.zeros((size, size), dtype=np.int64), np.zeros((size, size), dtype=np.int64)
        for rows in _blocks(size):
            for columns in _blocks(size):
                answer = self._ask([points[n] for n in rows], [points[n] for n in columns])
                for table, name in ((metres, "distances"), (seconds, "durations")):
                    table[np.ix_(rows, columns)] = _numbers(answer, name, (len(rows), len(columns)))
        np.fill_diagonal(metres, 0)
        np.fill_diagonal(seconds, 0)
        return metres, seconds

    def _ask(self, sources: Sequence[Point], goals: Sequence[Point]) -> dict[str, Any]:
        places = ";".join(f"{p.lon:.6f},{p.lat:.6f}" for p in (*sources, *goals))
        here, there = range(len(sources)), range(len(sources), len(sources) + len(goals))
        wish = f"annotations=distance,duration&sources={_list(here)}&destinations={_list(there)}"
        url = f"{self.url.rstrip('/')}/table/v1/driving/{places}?{wish}"
        try:
            with urllib.request.urlopen(url, timeout=self.timeout_s) as answer:  # noqa: S310  an http(s) address by the settings
                found = json.load(answer)
        except urllib.error.HTTPError as refused:
            refused.close()
            raise RoadsUnknown(reason=f"HTTP {refused.code}") from refused
        except (OSError, ValueError, http.client.HTTPException) as lost:
            raise RoadsUnknown(reason=type(lost).__name__) from lost
        if not isinstance(found, dict) or found.get("code") != "Ok":
            raise RoadsUnknown(reason=str(found.get("code") if isinstance(found, dict) else "no object")[:60])
        return found


def _blocks(size: int) -> Iterator[list[int]]:
    return (list(range(first, min(size, first + SIDE))) for first in range(0, size, SIDE))


def _list(numbers: Sequence[int]) -> str:
    return ";".join(map(str, numbers))


def _numbers(answer: dict[str, Any], name: str, shape: tuple[int, int]) -> NDArray[np.int64]:
    """A table of the answer in whole numbers; a pair without a road (null) is refused."""
    try:
        found = np.array(answer.get(name), dtype=np.float64)
    except (TypeError, ValueError) as wrong:
        raise RoadsUnknown(reason=f"{name} are no table") from wrong
    if found.shape != shape:
        raise RoadsUnknown(reason=f"{name} have the wrong size")
    if not np.isfinite(found).all() or (found < 0).any():
        raise RoadsUnknown(reason="a place cannot be reached")
    return np.rint(found).astype(np.int64)
