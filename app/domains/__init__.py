"""The business: one room per subject, every room of one shape. See docs/floors.md."""
