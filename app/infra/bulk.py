"""Adding thousands of rows with one statement and one parameter per column."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Column, Table, func, insert, literal, select
from sqlalchemy.orm import Session

from app.infra.db import Base


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; defaults of columns left out are filled in.

    The values travel as one array per column (INSERT … SELECT FROM unnest), so the statement stays the same for one
    row and for ten thousand, and neither the driver nor the server reads ten thousand parameters.
    """
    if not rows:
        return
    table = cast("Table", model.__table__)
    given = set(rows[0])
    columns = [c for c in table.c if c.name in given or _has_default(c)]
    arrays = [literal([_value(c, row, given) for row in rows], ARRAY(c.type)) for c in columns]
    source = func.unnest(*arrays).table_valued(*(c.name for c in columns)).render_derived()
    wanted = select(*(source.c[c.name] for c in columns))
    session.execute(insert(table).from_select([c.name for c in columns], wanted, include_defaults=False))


def _has_default(column: Column[Any]) -> bool:
    return column.default is not None and (column.default.is_callable or column.default.is_scalar)


def _value(column: Column[Any], row: Mapping[str, Any], given: set[str]) -> Any:
    if column.name in given:
        return row[column.name]
    default = cast("Any", column.default)
    return default.arg(None) if default.is_callable else default.arg
