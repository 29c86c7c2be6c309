"""Double entry from the first day: balanced, append-only journals, each linked to the event that caused it."""
