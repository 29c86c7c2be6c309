"""Use-cases of the reconciliation room."""
