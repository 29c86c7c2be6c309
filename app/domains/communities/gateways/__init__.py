"""What the communities room asks of others: a solver of large flows."""
