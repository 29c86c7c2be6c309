"""Use-cases of the communities room."""
