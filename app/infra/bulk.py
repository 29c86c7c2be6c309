"""Thousands of rows or ids in one statement, with one parameter per column."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CollectionAggregate,
    Column,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTableAs, DropTable
from sqlalchemy.sql.dml import ReturningInsert

from app.infra.db import Base

Row = Mapping[str, Any]
NOTHING: Row = MappingProxyType({})


def insert_rows(session: Session, model: type[Base], rows: Sequence[Row], same: Row = NOTHING) -> None:
    """Insert rows that all name the same columns; `same` holds what all have alike. Defaults are filled in.

    The values travel as one array per column (INSERT … SELECT FROM unnest), so the statement stays the same for one
    row and for ten thousand, and neither the driver nor the server reads ten thousand parameters.
    """
    if rows:
        session.execute(*_insert(model, rows, same))


def insert_new_rows(
    session: Session, model: type[Base], rows: Sequence[Row], key: Sequence[str], same: Row = NOTHING
) -> set[UUID]:
    """As `insert_rows`, but rows whose `key` stands already, or stands twice, are passed over; the ids that are new."""
    if not rows:
        return set()
    return set(session.scalars(*_insert(model, rows, same, tuple(key))))


def one_of(ids: Iterable[UUID]) -> CollectionAggregate[Any]:
    """What a column is compared with to be any of these ids, however many; they travel as one parameter."""
    return any_(literal(list(ids), ARRAY(Uuid())))


def one_text_of(texts: Iterable[str]) -> CollectionAggregate[Any]:
    """As `one_of`, for a column of text."""
    return any_(literal(list(texts), ARRAY(Text())))


def any_of(name: str) -> CollectionAggregate[Any]:
    """As `one_of`, for a statement that is built once: the ids are given with it as the parameter `name`."""
    return any_(bindparam(name, type_=ARRAY(Uuid())))


@contextmanager
def set_aside(session: Session, wanted: Select[*tuple[Any, ...]], name: str) -> Iterator[Table]:
    """The rows of a long SELECT as a table of this transaction, gone afterwards.

    PostgreSQL reads for it with several processes, which it never does for INSERT … SELECT or UPDATE … FROM.
    """
    aside = CreateTableAs(wanted, name, temporary=True)
    session.execute(aside)
    yield aside.table
    session.execute(DropTable(aside.table))


def _insert(
    model: type[Base], rows: Sequence[Row], same: Row, key: tuple[str, ...] | None = None
) -> tuple[Insert | ReturningInsert[Any], dict[str, Any]]:
    given = frozenset(rows[0])
    statement, columns = _statement(model, given, tuple(same), key)
    values = {f"each_{c.name}": [_value(c, row, given) for row in rows] for c in columns}
    return statement, values | {f"same_{name}": value for name, value in same.items()}


@cache
def _statement(
    model: type[Base], given: frozenset[str], same: tuple[str, ...], key: tuple[str, ...] | None
) -> tuple[Insert | ReturningInsert[Any], list[Column[Any]]]:
    """Built once for each shape of rows; with a `key` it returns the ids of rows that are new."""
    table = cast("Table", model.__table__)
    columns = [c for c in table.c if c.name not in same and (c.name in given or _has_default(c))]
    arrays = [bindparam(f"each_{c.name}", type_=ARRAY(c.type)) for c in columns]
    source = func.unnest(*arrays).table_valued(*(c.name for c in columns)).render_derived()
    alike = [bindparam(f"same_{name}", type_=table.c[name].type) for name in same]
    wanted = select(*(source.c[c.name] for c in columns), *alike)
    adding = insert(table).from_select([*(c.name for c in columns), *same], wanted, include_defaults=False)
    if key is None:
        return adding, columns
    return adding.on_conflict_do_nothing(index_elements=list(key)).returning(table.c.id), columns


def _has_default(column: Column[Any]) -> bool:
    return column.default is not None and (column.default.is_callable or column.default.is_scalar)


def _value(column: Column[Any], row: Mapping[str, Any], given: Collection[str]) -> Any:
    if column.name in given:
        return row[column.name]
    default = cast("Any", column.default)
    return default.arg(None) if default.is_callable else default.arg
