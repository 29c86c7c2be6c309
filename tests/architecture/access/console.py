"""Routes of the HQ console."""

from tests.architecture.access import Table

TABLE: Table = {}
