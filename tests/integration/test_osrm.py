"""Road distances over real HTTP: a small server that speaks OSRM's table service, well and badly."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.domains.logistics.errors import RoadsUnknown
from app.domains.logistics.gateways.osrm import Osrm, roads_of
from app.domains.logistics.gateways.solver import ground_of
from app.infra.distance import StraightLines
from app.infra.settings import BadSettings, Settings
from app.kernel.geo import Point
from tests.factories.logistics import stop

POINTS = [Point(30.0 + n / 100, 115.0) for n in range(3)]


class Roads(ThreadingHTTPServer):
    """Answers as OSRM does: metres are ten times the difference of the latitudes in thousandths, seconds a tenth."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.answer: dict[str, Any] | bytes | None = None
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Roads

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        given = self.server.answer
        body = given if isinstance(given, bytes) else json.dumps(given or self._table()).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _table(self) -> dict[str, Any]:
        match = re.fullmatch(
            r"/table/v1/driving/([-0-9.,;]+)\?annotations=distance,duration&sources=([0-9;]+)&destinations=([0-9;]+)",
            self.path,
        )
        assert match is not None
        lats = [float(pair.split(",")[1]) for pair in match[1].split(";")]
        sources, goals = ([int(n) for n in match[k].split(";")] for k in (2, 3))
        assert len(lats) <= 100
        metres = [[abs(lats[a] - lats[b]) * 10_000 + (0.4 if a != b else 0) for b in goals] for a in sources]
        return {"code": "Ok", "distances": metres, "durations": [[m / 10 for m in row] for row in metres]}


@pytest.fixture
def roads() -> Iterator[Roads]:
    server = Roads()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_metres_and_seconds_come_from_the_server(roads: Roads) -> None:
    metres, seconds = Osrm(roads.url).table(POINTS)
    assert metres.tolist() == [[0, 100, 200], [100, 0, 100], [200, 100, 0]]
    assert seconds.tolist() == [[0, 10, 20], [10, 0, 10], [20, 10, 0]]
    assert len(roads.asked) == 1
    assert roads.asked[0].startswith("/table/v1/driving/115.000000,30.000000;115.000000,30.010000;")


def test_many_places_are_asked_for_in_blocks(roads: Roads) -> None:
    places = [Point(30.0 + n / 100, 115.0) for n in range(120)]
    metres, seconds = Osrm(roads.url + "/").table(places)
    assert len(roads.asked) == 9
    assert (metres[0, 119], metres[119, 60], metres[49, 50]) == (11_900, 5_900, 100)
    assert (seconds[0, 119], int(metres.trace())) == (1_190, 0)


def test_a_round_is_planned_on_the_server_s_roads(roads: Roads) -> None:
    stops = [stop(1, 30.01, 115.0), stop(1, 30.02, 115.0)]
    ground = ground_of(POINTS[0], stops, Osrm(roads.url))
    assert (ground.leg_m(0, 1), ground.leg_s(1, 2)) == (100, 10)


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        ({"code": "InvalidQuery"}, 400, "HTTP 400"),
        ({"code": "NoTable"}, 200, "NoTable"),
        (b"<html>", 200, "JSONDecodeError"),
        (b"[]", 200, "no object"),
        (
            {"code": "Ok", "distances": [[0, None, 1]] * 3, "durations": [[0, 1, 1]] * 3},
            200,
            "a place cannot be reached",
        ),
        ({"code": "Ok", "distances": [[0]], "durations": [[0]]}, 200, "distances have the wrong size"),
        ({"code": "Ok", "durations": [[0, 1, 1]] * 3}, 200, "distances have the wrong size"),
        ({"code": "Ok", "distances": [["a"]], "durations": [[0]]}, 200, "distances are no table"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused_and_never_guessed(
    roads: Roads, answer: dict[str, Any] | bytes, status: int, reason: str
) -> None:
    roads.answer, roads.status = answer, status
    with pytest.raises(RoadsUnknown) as refusal:
        Osrm(roads.url).table(POINTS)
    assert refusal.value.reason == reason


def test_a_server_that_is_away_is_refused() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RoadsUnknown) as refusal:
        Osrm(f"http://127.0.0.1:{port}", timeout_s=1).table(POINTS)
    assert refusal.value.reason == "URLError"


def test_the_settings_choose_between_roads_and_straight_lines() -> None:
    demo = {"LINLI_MODE": "test", "LINLI_OSRM_URL": "http://roads.example", "LINLI_OSRM_TIMEOUT_S": "4"}
    settings = Settings.from_env(demo)
    assert roads_of(settings.osrm_url, settings.osrm_timeout_s) == Osrm("http://roads.example", 4)
    assert roads_of("", 10) is None
    with pytest.raises(BadSettings, match="LINLI_OSRM_URL"):
        Settings.from_env({"LINLI_MODE": "test", "LINLI_OSRM_URL": "ftp://roads.example"})


def test_straight_lines_are_symmetric_and_take_their_time() -> None:
    metres, seconds = StraightLines(detour=2.0, speed_kmh=36).table(POINTS)
    assert (metres == metres.T).all()
    assert abs(int(metres[0, 1]) - 2_217) <= 1  # 1,108.6 m of arc, twice
    assert (seconds[0, 1], seconds[0, 0]) == (round(metres[0, 1] / 10), 0)
