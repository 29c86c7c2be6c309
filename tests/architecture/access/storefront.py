"""Routes of the storefront."""

from tests.architecture.access import Table

TABLE: Table = {}
