"""What only shows when all rooms are read together: the invariants of the house, and what to expect of a round."""
