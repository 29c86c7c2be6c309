"""Routes of the storefront."""

from tests.architecture.access import PUBLIC, RESIDENTS, Table

TABLE: Table = {
    "shop.home": PUBLIC,
    "shop.offer": PUBLIC,
    "shop.basket": PUBLIC,
    "shop.put": PUBLIC,
    "shop.sign_in": PUBLIC,
    "shop.ask": PUBLIC,
    "shop.code": PUBLIC,
    "shop.enter": PUBLIC,
    "shop.places": PUBLIC,
    "shop.choose": PUBLIC,
    "shop.leader_link": PUBLIC,
    "shop.me": PUBLIC,
    "mine.checkout": RESIDENTS,
    "mine.place": RESIDENTS,
    "mine.orders": RESIDENTS,
    "mine.order": RESIDENTS,
    "mine.code_picture": RESIDENTS,
    "mine.cancel": RESIDENTS,
    "mine.amend": RESIDENTS,
    "mine.save_amended": RESIDENTS,
    "mine.pay": RESIDENTS,
    "mine.paid": RESIDENTS,
    "mine.claim": RESIDENTS,
    "mine.file_claim": RESIDENTS,
    "mine.inbox": RESIDENTS,
    "mine.read_all": RESIDENTS,
    "mine.sign_out": RESIDENTS,
}
