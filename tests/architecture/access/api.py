"""Routes of the JSON API."""

from tests.architecture.access import PUBLIC, Table

TABLE: Table = {
    "POST hooks_stripe.stripe": PUBLIC,  # the signature of the body decides
}
