"""Everything that the double remembers: JSON rows in memory, written through to SQLite when asked to."""

import json
import sqlite3
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tools.stripe_double.wire import Json

#: Fields by which lists can be narrowed.
_TAG_FIELDS = (
    "charge", "currency", "customer", "destination", "email", "payment_intent", "source", "status", "transfer_group",
    "type",
)  # fmt: skip
#: Rows are appended and replaced by number: random keys beside large bodies made writing three times slower.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (seq INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS answers (key TEXT, print TEXT, path TEXT, request TEXT, status INTEGER, body BLOB);
CREATE TABLE IF NOT EXISTS undelivered (event TEXT PRIMARY KEY) WITHOUT ROWID;
"""
#: Answers kept for idempotency keys; Stripe keeps a day's worth.
KEPT_ANSWERS = 100_000


class Row(NamedTuple):
    """One stored object."""

    seq: int
    created: int
    tags: frozenset[str]
    body: bytes


class KeptAnswer(NamedTuple):
    """The answer that an idempotency key stands for."""

    fingerprint: str
    path: str
    request_id: str
    status: int
    body: bytes


@dataclass
class Changes:
    """What one request changed: objects as (kind, id, body), new events, and the answer for its key."""

    objects: list[Json] = field(default_factory=list)
    events: list[tuple[str, bytes, bool]] = field(default_factory=list)
    answer: tuple[str, KeptAnswer] | None = None


class Store:
    """Rows by kind and identifier. One thread uses it; ``apply`` is all or nothing."""

    def __init__(self, path: Path | None) -> None:
        self._rows: dict[str, dict[str, Row]] = {}
        self._index: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._answers: dict[str, KeptAnswer] = {}
        self.undelivered: dict[str, None] = {}
        self._accepted: list[tuple[str]] = []
        self._seq = 0
        self._base = None if path is None else _open(path)
        if self._base:
            self._load(self._base)

    def body(self, kind: str, ident: str) -> bytes | None:
        """The stored JSON, or None."""
        row = self._rows.get(kind, {}).get(ident)
        return row.body if row else None

    def count(self, kind: str) -> int:
        """How many objects of a kind there are."""
        return len(self._rows.get(kind, ()))

    def kept_answer(self, key: str) -> KeptAnswer | None:
        """The answer given earlier for an idempotency key."""
        return self._answers.get(key)

    def newest_first(
        self, kind: str, tags: Iterable[str] = (), after: str | None = None, before: str | None = None
    ) -> Iterable[Row]:
        """Rows from the newest to the oldest that bear all tags, beginning after (older than) or before an object."""
        wanted = list(tags)
        entries = self._index.get((kind, wanted[0] if wanted else ""), [])
        end = bisect_left(entries, (self._rows[kind][after].seq, "")) if after else len(entries)
        start = bisect_left(entries, (self._rows[kind][before].seq + 1, "")) if before else 0
        rows = self._rows.get(kind, {})
        order = range(start, end) if before else range(end - 1, start - 1, -1)
        for place in order:
            row = rows[entries[place][1]]
            if row.tags.issuperset(wanted):
                yield row

    def apply(self, changes: Changes) -> None:
        """Remember the changes of one request; when it returns they survive the death of the process."""
        written: list[tuple[int, bytes]] = []
        for item in changes.objects:
            body = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
            written.append((self._put(item, body), body))
        for ident, body, wanted in changes.events:
            written.append((self._put(json.loads(body), body), body))
            if wanted:
                self.undelivered[ident] = None
        if changes.answer:
            self._keep(*changes.answer)
        if self._base and (written or changes.answer):
            self._write(self._base, written, changes)

    def delivered(self, event_id: str) -> None:
        """Note that the receiver has accepted an event; written with the next change or by ``note_deliveries``."""
        if event_id in self.undelivered:
            del self.undelivered[event_id]
            self._accepted.append((event_id,))

    def note_deliveries(self) -> None:
        """Write down which events are accepted; what a crash forgets is only delivered once more."""
        if self._base:
            self._base.executemany("DELETE FROM undelivered WHERE event = ?", self._accepted)
        self._accepted.clear()

    def close(self) -> None:
        """Close the file."""
        if self._base:
            self._write(self._base, [], Changes())
            self._base.close()

    def _write(self, base: sqlite3.Connection, written: list[tuple[int, bytes]], changes: Changes) -> None:
        base.execute("BEGIN")
        base.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?)", written)
        waiting = [(ident,) for ident, _, wanted in changes.events if wanted]
        base.executemany("INSERT OR IGNORE INTO undelivered VALUES (?)", waiting)
        if changes.answer:
            key, answer = changes.answer
            base.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", (key, *answer))
        self.note_deliveries()
        base.execute("COMMIT")

    def _load(self, base: sqlite3.Connection) -> None:
        for seq, body in base.execute("SELECT seq, body FROM objects ORDER BY seq"):
            self._put(json.loads(body), body, seq)
        for key, *answer in base.execute("SELECT * FROM answers ORDER BY rowid"):
            self._keep(key, KeptAnswer(*answer))
        self.undelivered = dict.fromkeys(ident for (ident,) in base.execute("SELECT event FROM undelivered"))

    def _keep(self, key: str, answer: KeptAnswer) -> None:
        self._answers[key] = answer
        if len(self._answers) > KEPT_ANSWERS:
            del self._answers[next(iter(self._answers))]

    def _put(self, item: Json, body: bytes, seq: int | None = None) -> int:
        kind, ident = item["object"], item["id"]
        rows = self._rows.setdefault(kind, {})
        old = rows.get(ident)
        if old:
            seq = old.seq
        elif seq is None:
            seq = self._seq + 1
        self._seq = max(self._seq, seq)
        tags = frozenset(f"{name}={item[name]}" for name in _TAG_FIELDS if isinstance(item.get(name), str))
        rows[ident] = Row(seq, int(item.get("created", 0)), tags, body)
        before = old.tags | {""} if old else frozenset[str]()
        for tag in (tags | {""}) - before:
            insort(self._index.setdefault((kind, tag), []), (seq, ident))
        for tag in before - tags - {""}:
            entries = self._index[kind, tag]
            del entries[bisect_left(entries, (seq, ident))]
        return seq


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = NORMAL")
    base.execute("PRAGMA wal_autocheckpoint = 8000")
    base.executescript(_SCHEMA)
    return base
