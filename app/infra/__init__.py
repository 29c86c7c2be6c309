"""What rooms rest on: database, transactions, facts, queue, clock, settings. Knows no business and no HTTP."""
