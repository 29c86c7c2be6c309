"""Use-cases of the recruitment room."""
