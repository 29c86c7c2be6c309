"""HTTP/1.1 over plain sockets: keep-alive, one request after the other per connection, all in one thread."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import unquote

from tools.stripe_double.wire import Answer, Refusal, Request

LARGEST_BODY = 1_000_000
_BACKLOG = 1024

Responder = Callable[[Request], Awaitable[Answer]]


class Server:
    """Listens on 127.0.0.1 and hands each request to the responder."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder
        self._open: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Begin to listen; 0 picks a free port. Returns the port."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=_BACKLOG)
        return int(self._listener.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Stop listening and hang up."""
        if self._listener:
            self._listener.close()
        for writer in list(self._open):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        keep = False
        try:
            request = await _read(reader, writer)
        except Refusal as refusal:
            answer = refusal.answer()
        except asyncio.LimitOverrunError:
            answer = Refusal(431, "The request head is too large.").answer()
        except ValueError:
            answer = Refusal(400, "The request could not be read.").answer()
        else:
            keep = request.headers.get("connection", "").lower() != "close"
            answer = await self._responder(request)
        if answer.status == 0:
            writer.transport.abort()
            return False
        writer.write(_render(answer, keep=keep))
        await writer.drain()
        return keep


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    method, target, headers = _read_head(await reader.readuntil(b"\r\n\r\n"))
    body = await _read_body(reader, writer, headers)
    body.decode()  # a form or JSON: what is not UTF-8 is refused here
    path, _, query = target.partition("?")
    return Request(method, unquote(path), query, headers, body)


def _read_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _version = first.split(" ")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.lower()] = value.strip()
    return method, target, headers


async def _read_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise Refusal(411, "Send a Content-Length.")
    length = int(headers.get("content-length") or 0)
    if not 0 <= length <= LARGEST_BODY:
        raise Refusal(413, "The request body is too large.")
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await reader.readexactly(length) if length else b""


def _render(answer: Answer, *, keep: bool) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Status"
    lines = [
        f"HTTP/1.1 {answer.status} {phrase}",
        "Server: stripe-double",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        f"Connection: {'keep-alive' if keep else 'close'}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + answer.body
