"""Use-cases of the notifications room."""
