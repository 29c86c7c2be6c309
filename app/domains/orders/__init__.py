"""What residents ordered: orders, lines, and every later cut of a line with its reason."""
