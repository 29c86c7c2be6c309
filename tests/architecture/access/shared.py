"""Routes that belong to no door."""

from tests.architecture.access import PUBLIC, Table

TABLE: Table = {
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "static": PUBLIC,
    "preferences.set_locale": PUBLIC,
    "preferences.set_size": PUBLIC,
}
