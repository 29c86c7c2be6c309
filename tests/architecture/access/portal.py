"""Routes of the leader portal."""

from tests.architecture.access import Table

TABLE: Table = {}
