"""Use-cases of the statements room."""
