"""Use-cases of the tasks room."""
