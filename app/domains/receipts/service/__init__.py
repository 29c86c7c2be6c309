"""Use-cases of the receipts room."""
