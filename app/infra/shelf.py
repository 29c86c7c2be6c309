"""Files that are made for one person and kept for a while: progress beside the content, under names nobody guesses.

A file lies in a folder of its own below the shelf; the folder's name is random, so that knowing the address of one
file tells nothing about another. What may be read is asked by the caller: the owner stands in the entry.
"""

import json
import re
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_ENTRY, _CONTENT = "entry.json", "content"


class Making(StrEnum):
    """How far a file is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: whose it is, what was asked for, and how far it is; `name` and `media_type` are known at the end."""

    token: str
    owner: str
    wanted: dict[str, Any]
    at: str
    state: Making = Making.WAITING
    done: int = 0
    total: int = 0
    name: str = ""
    media_type: str = ""
    size: int = 0
    why: str = ""

    @property
    def at_instant(self) -> datetime:
        """When it was asked for."""
        return datetime.fromisoformat(self.at)


class Shelf:
    """The files of one kind of one installation; web and worker must see the same directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, owner: str, wanted: dict[str, Any], at: datetime) -> Entry:
        """A new entry that waits to be made."""
        entry = Entry(token=secrets.token_urlsafe(24), owner=owner, wanted=wanted, at=at.isoformat())
        (self._folder / entry.token).mkdir(parents=True)
        self._write(entry)
        return entry

    def find(self, token: str) -> Entry | None:
        """The entry with this token; None when there is none, or none any more."""
        if not _TOKEN.fullmatch(token):
            return None
        try:
            told = json.loads((self._folder / token / _ENTRY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Entry(**{**told, "state": Making(told["state"])})

    def of(self, owner: str) -> list[Entry]:
        """A person's entries, newest first."""
        found = [self.find(path.name) for path in self._folder.glob("*") if path.is_dir()]
        mine = [entry for entry in found if entry and entry.owner == owner]
        return sorted(mine, key=lambda entry: entry.at, reverse=True)

    def progress(self, entry: Entry, done: int, total: int) -> Entry:
        """Note how far the making is."""
        return self._write(replace(entry, state=Making.RUNNING, done=done, total=total, why=""))

    def finish(self, entry: Entry, name: str, media_type: str, content: bytes) -> Entry:
        """Keep the finished file; may be repeated, the last one counts."""
        self._replace(entry.token, _CONTENT, content)
        done = max(entry.total, 1)
        fields: dict[str, Any] = {"name": name, "media_type": media_type, "size": len(content)}
        return self._write(replace(entry, state=Making.DONE, done=done, total=done, **fields))

    def fail(self, entry: Entry, why: str) -> Entry:
        """Note that the file could not be made: the code of a refusal, empty for a fault."""
        return self._write(replace(entry, state=Making.FAILED, why=why))

    def content(self, entry: Entry) -> bytes | None:
        """The finished file; None when it was tidied away meanwhile."""
        try:
            return (self._folder / entry.token / _CONTENT).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, entry: Entry) -> None:
        """Throw an entry away."""
        shutil.rmtree(self._folder / entry.token, ignore_errors=True)

    def tidy(self, before: datetime) -> int:
        """Throw away what was asked for before this moment; says how many."""
        old = [
            entry for path in self._folder.glob("*") if (entry := self.find(path.name))
            and entry.at_instant < before
        ]  # fmt: skip
        for entry in old:
            self.drop(entry)
        return len(old)

    def _write(self, entry: Entry) -> Entry:
        self._replace(entry.token, _ENTRY, json.dumps(asdict(entry), ensure_ascii=False).encode())
        return entry

    def _replace(self, token: str, name: str, content: bytes) -> None:
        """Write a file so that no reader ever sees half of it; an entry that was tidied away stays away."""
        folder = self._folder / token
        if not folder.is_dir():
            return
        fresh = folder / f".{name}.{secrets.token_hex(4)}"
        fresh.write_bytes(content)
        fresh.replace(folder / name)
