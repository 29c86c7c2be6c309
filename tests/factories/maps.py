"""A small server that speaks Nominatim's, AMap's and Baidu's protocol, well and badly."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: Tiananmen: WGS-84 as published beside its GCJ-02 and BD-09 (see tests/unit/test_coordinates.py).
WGS, GCJ, BD = (39.915, 116.404), (39.91640428, 116.41024450), (39.92269955, 116.41662724)


class Maps(ThreadingHTTPServer):
    """Answers by path as the three services do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []
        self.answer: Any = None
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Maps

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append({"path": parts.path, **{k: v[0] for k, v in parse_qs(parts.query).items()}})
        usual: dict[str, Any] = {
            "/search": [{"lat": str(WGS[0]), "lon": str(WGS[1]), "display_name": "天安门"}],
            "/v3/geocode/geo": {"status": "1", "geocodes": [{"formatted_address": "北京市天安门",
                                                             "location": f"{GCJ[1]},{GCJ[0]}"}]},
            "/geocoding/v3/": {"status": 0, "result": {"location": {"lng": BD[1], "lat": BD[0]}}},
        }  # fmt: skip
        body = json.dumps(self.server.answer if self.server.answer is not None else usual[parts.path]).encode()
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"{self.server.url}/search?q=elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_maps() -> Iterator[Maps]:
    """The server on a free port of this machine."""
    server = Maps()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
