"""Use-cases of the catalogue room."""
