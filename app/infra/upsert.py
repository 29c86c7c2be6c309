"""Saving many rows by their own key: three statements whatever the number, with an audit row for each change."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Table, Text, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.infra.db import Base
from app.infra.uow import UnitOfWork
from app.kernel.changes import Changes, InvalidRows, RowChange, RowFault
from app.kernel.ids import new_id
from app.kernel.reasons import Reason

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How rows find their old selves: by the text column `key`, among rows that have the values of `within`."""

    key: str
    #: Name of the audit entry, as room.verb.
    action: str
    within: Mapping[str, Any] = field(default_factory=dict)
    #: Columns that are written once and never changed by an import.
    only_new: Collection[str] = ()
    #: Columns that are written with a change but are none themselves (updated_at).
    stamps: Collection[str] = ()
    #: False where one audit row for the whole batch is the caller's business; updates are always noted.
    audit_new: bool = True


@dataclass(frozen=True, slots=True)
class Saved:
    """Ids of all wanted rows by key, and what changed."""

    ids: dict[str, UUID]
    changes: Changes


def save_rows(uow: UnitOfWork, model: type[Base], rows: Sequence[Row], how: How) -> Saved:
    """Create the rows that are missing and update those that differ; the rest is left alone.

    Rows have an `id` column filled here; all name the same columns. Locks what it changes in the order of the key.
    Raises InvalidRows when a key stands twice.
    """
    refuse_twice([str(row[how.key]) for row in rows], how.key)
    if not rows:
        return Saved({}, Changes())
    table = cast("Table", model.__table__)
    old = _old_rows(uow, table, rows, how)
    compared = [name for name in rows[0] if name != how.key and name not in how.only_new and name not in how.stamps]
    ids = {key: row["id"] for key, row in old.items()}
    changes: list[RowChange] = []
    wanted: list[Row] = []
    for row in rows:
        key = row[how.key]
        kept = old.get(key)
        change = _change(str(key), row, kept, compared)
        if change:
            changes.append(change)
            wanted.append({"id": ids.get(key) or new_id(), **row})
    ids |= _write(uow, table, wanted, compared, how)
    for change in changes:
        if change.before is not None or how.audit_new:
            uow.audit(how.action, ids[change.key], change.before, change.after)
    created = sum(1 for change in changes if change.before is None)
    return Saved(ids, Changes(created, len(changes) - created, len(rows) - len(changes), tuple(changes)))


def refuse_twice(keys: Sequence[str], field_name: str) -> None:
    """Raise InvalidRows for every key that stands more than once."""
    twice = [key for key, number in Counter(keys).items() if number > 1]
    if twice:
        raise InvalidRows(faults=[RowFault(key, field_name, Reason.TWICE, key) for key in twice])


def as_json(value: Any) -> Any:
    """A column's value as JSON for the audit log."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def _old_rows(uow: UnitOfWork, table: Table, rows: Sequence[Row], how: How) -> dict[str, Any]:
    columns = [table.c[name] for name in dict.fromkeys(("id", *rows[0]))]
    keys = literal(sorted(str(row[how.key]) for row in rows), ARRAY(Text))
    found = (
        select(*columns)
        .where(table.c[how.key] == any_(keys), *(table.c[name] == value for name, value in how.within.items()))
        .order_by(table.c[how.key])
        .with_for_update(key_share=True)
    )
    return {row[how.key]: row for row in uow.session.execute(found).mappings()}


def _change(key: str, row: Row, kept: Row | None, compared: Sequence[str]) -> RowChange | None:
    if kept is None:
        return RowChange(key, None, {name: as_json(value) for name, value in row.items()})
    names = [name for name in compared if kept[name] != row[name]]
    if not names:
        return None
    return RowChange(key, {n: as_json(kept[n]) for n in names}, {n: as_json(row[n]) for n in names})


def _write(uow: UnitOfWork, table: Table, wanted: list[Row], compared: Sequence[str], how: How) -> dict[str, UUID]:
    """One INSERT … ON CONFLICT; a twin that came in between is updated only where it differs."""
    if not wanted:
        return {}
    wanted.sort(key=lambda row: str(row[how.key]))
    adding = insert(table)
    fresh = adding.excluded
    saving = adding.on_conflict_do_update(
        index_elements=[table.c[name] for name in (*how.within, how.key)],
        set_={name: fresh[name] for name in (*compared, *how.stamps)},
        where=or_(*(table.c[name].is_distinct_from(fresh[name]) for name in compared)),
    ).returning(table.c[how.key], table.c.id)
    written: dict[str, UUID] = dict(uow.session.execute(saving, [dict(row) for row in wanted]).all())
    equal_twins = [row for row in wanted if row[how.key] not in written]
    if equal_twins:
        written |= {key: row["id"] for key, row in _old_rows(uow, table, equal_twins, how).items()}
    return written
