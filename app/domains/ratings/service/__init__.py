"""Use-cases of the ratings room."""
