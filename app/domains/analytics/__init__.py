"""What only shows when all rooms are read together: the invariants of the house, and the rows that break them."""
