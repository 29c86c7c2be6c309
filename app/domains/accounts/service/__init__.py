"""Use-cases of the accounts room."""
