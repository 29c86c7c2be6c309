"""Facts: what happened, told to rooms above through the queue, in the transaction in which it happened."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Protocol, TypeVar, get_type_hints
from uuid import UUID

F = TypeVar("F", bound="Fact")


class Fact(Protocol):
    """A frozen dataclass with a topic, e.g. ``orders.order_paid``; fields are ids, numbers, text, dates, instants."""

    __dataclass_fields__: ClassVar[dict[str, Any]]
    topic: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Job:
    """Work for the worker: a task's name and its JSON arguments; jobs with one `lock` run one after another."""

    task: str
    args: dict[str, Any]
    lock: str | None = None
    run_at: datetime | None = None


def to_body(fact: Fact) -> dict[str, Any]:
    """A fact's fields as JSON."""
    values = {field.name: getattr(fact, field.name) for field in fields(fact)}
    return {k: v if v is None or isinstance(v, int | str) else _text(v) for k, v in values.items()}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def from_body(kind: type[F], body: dict[str, Any]) -> F:
    """The fact that `to_body` wrote."""
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value) for name, value in body.items()})


def _read(hint: object, value: Any) -> Any:
    if value is None:
        return None
    if hint in {UUID, UUID | None}:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if hint is date else value
