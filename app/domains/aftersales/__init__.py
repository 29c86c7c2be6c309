"""Claims on goods that were picked up, and their decisions."""
