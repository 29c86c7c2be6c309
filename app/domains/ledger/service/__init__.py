"""Use-cases of the ledger room."""
