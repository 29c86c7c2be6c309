"""Rows of a whole database, kept in memory and put back."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine


@dataclass(frozen=True)
class Snapshot:
    """Each filled table's rows in PostgreSQL's binary form.

    Sequences are not part of it: emptying a table does not turn its sequence back, so new rows never meet kept ones.
    """

    rows: dict[str, bytes]

    @classmethod
    def of(cls, engine: Engine, tables: Iterable[str]) -> "Snapshot":
        """Keep every row of these tables."""
        rows = {}
        with engine.connect() as connection, connection.connection.cursor() as cursor:
            for table in tables:
                with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)") as out:
                    rows[table] = b"".join(out)
        return cls(rows)

    def put_back(self, engine: Engine) -> None:
        """Write the rows into empty tables, without the checks that they passed when they were made."""
        with engine.begin() as connection, connection.connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, rows in self.rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as into:
                    into.write(rows)
