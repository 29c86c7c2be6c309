"""Use-cases of the orders room."""
