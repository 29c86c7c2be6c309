"""A small HTTP load: N keep-alive connections that ask as fast as they are answered, for some seconds."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

#: Makes the next request's bytes for one connection.
Ask = Callable[[int], bytes]


@dataclass
class Result:
    """What a load saw."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: dict[int, bytes] = field(default_factory=dict)

    def per_second(self, *wanted: int) -> float:
        """Answers with one of the wanted statuses, per second."""
        return sum(self.statuses[s] for s in wanted) / self.seconds


def get(path: str, **headers: str) -> bytes:
    """A GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST request with a JSON body."""
    lines = [
        f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", f"Content-Length: {len(body)}",
        *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()),
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def drive(port: int, ask: Ask, *, clients: int = 16, seconds: float = 6.0, requests: int | None = None) -> Result:
    """Let `clients` connections ask for `seconds`, or until `requests` were answered."""
    return asyncio.run(_drive(port, ask, clients, seconds, requests))


async def _drive(port: int, ask: Ask, clients: int, seconds: float, requests: int | None) -> Result:
    result, begun = Result(), time.perf_counter()
    left = [requests if requests is not None else 1 << 60]
    await asyncio.gather(*(_client(n, port, ask, begun + seconds, left, result) for n in range(clients)))
    result.seconds = time.perf_counter() - begun
    return result


async def _client(number: int, port: int, ask: Ask, until: float, left: list[int], result: Result) -> None:
    reader = writer = None
    while time.perf_counter() < until and left[0] > 0:
        left[0] -= 1
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ask(number))
        status, closes, body = await _answer(reader)
        result.statuses[status] += 1
        if status not in result.bodies:
            result.bodies[status] = body
        if closes:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    length = 0
    if b"content-length:" in head:
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length) if length else b""
    return status, b"connection: close" in head, body
