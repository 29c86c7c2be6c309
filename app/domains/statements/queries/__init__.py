"""Reads of the statements room; nothing here writes."""
