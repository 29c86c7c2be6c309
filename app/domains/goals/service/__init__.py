"""Use-cases of the goals room."""
