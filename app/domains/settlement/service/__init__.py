"""Use-cases of the settlement room."""
