"""Use-cases of the scoring room."""
