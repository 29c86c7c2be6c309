"""Use-cases of the logistics room."""
