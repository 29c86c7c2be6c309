"""Use-cases of the payments room."""
