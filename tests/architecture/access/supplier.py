"""The supplier's door: public, because a supplier has no account. The signed link in the address is what lets him in:
without it every route answers 404 and changes nothing, which tests/integration/test_supplier_door.py shows.
"""

from tests.architecture.access import PUBLIC, Table

TABLE: Table = {
    "supplier.order": PUBLIC,
    "supplier.seen": PUBLIC,
    "supplier.answer": PUBLIC,
    "supplier.statement": PUBLIC,
    "supplier.statement_file": PUBLIC,
}
