"""Use-cases of the payouts room."""
