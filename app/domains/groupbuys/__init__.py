"""Group-buys with their offers, quotas and price breaks, and how far each round has come."""
