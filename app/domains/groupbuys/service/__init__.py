"""Use-cases of the groupbuys room."""
