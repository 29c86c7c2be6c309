"""Use-cases of the certificates room."""
