"""What leaders earn: commission by line, reversed by refunds, and the statement of a period."""
