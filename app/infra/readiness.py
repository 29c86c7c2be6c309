"""What a process needs before it may serve: a database at the newest migration, and a worker that lives."""

from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
#: A worker says that it lives every few seconds.
HEARTBEAT_S = 60


@cache
def newest_migration() -> str:
    """The one head of the migrations that this code was written for."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  0.2 s of a start, for whoever is asked first

    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def gaps(session: Session, head: str) -> dict[str, str]:
    """What is wrong, by name; empty = ready. The database's own clock tells how old a heartbeat is."""
    tables = session.execute(text("SELECT to_regclass('alembic_version'), to_regclass('procrastinate_workers')")).one()
    wrong: dict[str, str] = {}
    found = session.scalar(text("SELECT version_num FROM alembic_version")) if tables[0] else None
    if found != head:
        wrong["migrations"] = f"the database is at {found}, the code needs {head}"
    beat = text("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    age = session.scalar(beat) if tables[1] else None
    if age is None or age > HEARTBEAT_S:
        wrong["worker"] = "no worker has ever run" if age is None else f"the last heartbeat is {int(age)} s old"
    return wrong
