"""Pure decisions over what all rooms know: what to expect of a round, and what density saves."""
